//! What counts as a wrong answer, and what it is called.

use super::*;
use crate::definitions::Engine;

fn entry(expected: Vec<(&'static str, String)>) -> Entry {
    let engine = Engine::plain("tokio");
    let params = [("page", "corpus"), ("parse", "links"), ("delay_us", "20000"), ("compute", "rayon")];
    let params = params.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let expected = expected.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Entry { label: "tokio".into(), twin: false, engine, params, requests: 10, threads: 1, cpus: vec![1], expected }
}

fn differences(expected: Vec<(&'static str, String)>, trial: &str, counted: bool) -> String {
    let oracle =
        Words::parse("answer pages=10 bytes=27000 links=30 checksum=123456789012345678901234567890 timeouts=0");
    Expected::new(&oracle, &entry(expected)).differences(&Words::parse(trial), counted).join("; ")
}

const RIGHT: &str = "trial pages=10 bytes=27000 links=30 checksum=123456789012345678901234567890 timeouts=0 errors=0";

#[test]
fn the_oracles_answer_is_right_and_every_difference_is_named() {
    assert_eq!(differences(vec![], RIGHT, true), "");
    assert_eq!(differences(vec![], &RIGHT.replace("links=30", "links=29"), true), "links 29 instead of 30");
    assert_eq!(differences(vec![], &RIGHT.replace("567890 ", "567891 "), true).split(' ').next(), Some("checksum"));
    assert_eq!(differences(vec![], &RIGHT.replace("timeouts=0", ""), true), "timeouts not reported, expected 0");
    assert_eq!(differences(vec![], &RIGHT.replace("errors=0", "errors=2"), true), "2 errors");
}

#[test]
fn the_workload_may_say_more_than_the_oracle_and_overrules_it() {
    assert_eq!(differences(vec![("links", "31".into())], RIGHT, true), "links 30 instead of 31");
    let in_flight = vec![("in_flight_max", "64".to_owned())];
    let queued = format!("{RIGHT} origin_in_flight_max=63");
    assert_eq!(differences(in_flight.clone(), &queued, true), "in_flight_max 63 instead of 64");
    assert_eq!(differences(in_flight, &queued, false), "", "a warm-up is still connecting");
}

#[test]
fn connections_are_those_that_the_origin_accepted_in_every_trial() {
    let eight = vec![("connections", "8".to_owned())];
    for counted in [true, false] {
        assert_eq!(differences(eight.clone(), &format!("{RIGHT} origin_accepted=8"), counted), "");
        assert_eq!(
            differences(eight.clone(), &format!("{RIGHT} origin_accepted=9"), counted),
            "connections 9 instead of 8"
        );
    }
    assert_eq!(differences(eight, RIGHT, true), "connections not reported, expected 8");
}

#[test]
fn delay_and_place_do_not_change_the_question() {
    assert_eq!(question(&entry(vec![])), "page=corpus parse=links requests=10");
}

#[test]
fn an_engine_is_held_to_the_words_that_it_answers_and_to_no_errors() {
    let oracle = Words::parse("answer pages=10 bytes=27000 links=30 checksum=1 timeouts=0");
    let mut entry = entry(vec![("checksum", "2".into()), ("in_flight_max", "64".into())]);
    entry.engine.answers = vec!["pages".into()];
    let differences = |trial: &str| Expected::new(&oracle, &entry).differences(&Words::parse(trial), true).join("; ");
    assert_eq!(differences("trial pages=10 links=1 origin_in_flight_max=64"), "");
    assert_eq!(differences("trial pages=9 origin_in_flight_max=64"), "pages 9 instead of 10");
    assert_eq!(
        differences("trial pages=10 errors=1 origin_in_flight_max=63"),
        "1 errors; in_flight_max 63 instead of 64"
    );
}
