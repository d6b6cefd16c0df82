//! Questions as typed, and answers that can be worked out by hand.

use super::evidence::{Engine, Point};
use super::model::Model;
use super::question::Question;
use crate::definitions::{Family, InFlight};
use crate::flags::Advise;

fn typed(latency: &str, body: &str, cpu: &str, concurrency: u64) -> Advise {
    Advise { latency: latency.into(), body: body.into(), cpu: Some(cpu.into()), concurrency, ..Advise::default() }
}

fn question(latency: &str, body: &str, cpu: &str, concurrency: u64) -> Question {
    Question::parse(&typed(latency, body, cpu, concurrency)).unwrap()
}

#[test]
fn a_question_is_read_as_people_write_it() {
    let read = question("80ms", "30KB", "2ms", 200);
    assert!((read.latency_s - 0.08).abs() < 1e-12 && (read.parse_s - 0.002).abs() < 1e-12, "{read:?}");
    assert_eq!((read.body_kb, read.concurrency, read.cpus), (30.0, 200.0, 1.0));
    assert!((question("1.5s", "1.5MB", "500us", 1).body_kb - 1500.0).abs() < 1e-9);
    assert!((question("0ms", "900b", "0ms", 1).body_kb - 0.9).abs() < 1e-9);
}

#[test]
fn what_cannot_be_read_names_its_flag() {
    for (flags, flag) in [
        (typed("80", "30KB", "2ms", 1), "--latency 80"),
        (typed("-1ms", "30KB", "2ms", 1), "--latency -1ms"),
        (typed("nanms", "30KB", "2ms", 1), "--latency nanms"),
        (typed("80ms", "30", "2ms", 1), "--body 30"),
        (typed("80ms", "30KB", "soon", 1), "--cpu soon"),
    ] {
        let message = Question::parse(&flags).unwrap_err();
        assert!(message.contains(flag), "{message}");
    }
}

/// An engine that costs 50 us a page, 2 us a kilobyte, 10 us for each tenfold concurrency, 8 MB and 30 KB in flight.
fn known(in_flight: InFlight) -> Engine {
    let mut points = Vec::new();
    for concurrency in [1.0, 10.0, 100.0, 1000.0_f64] {
        for body_kb in [1.0, 16.0, 256.0] {
            points.push(Point {
                name: format!("{concurrency} {body_kb}"),
                latency_s: 0.02,
                body_kb,
                concurrency,
                parsed_kb: 0.0,
                cpu_s: (50.0 + 2.0 * body_kb + 10.0 * concurrency.log10()) * 1e-6,
                peak_bytes: 8e6 + 30e3 * concurrency,
                in_flight: concurrency,
            });
        }
    }
    Engine { label: "known".into(), family: Family::Async, in_flight, points }
}

fn close(value: f64, expected: f64) -> bool {
    (value / expected - 1.0).abs() < 1e-6
}

#[test]
fn costs_that_add_up_are_found_again() {
    let engine = known(InFlight::Asked);
    let model = Model::new(&engine).unwrap();
    // 50 + 60 + 20 us and 2 ms of parsing; 100 in flight over 82.13 ms would be more than one CPU can do.
    let costs = model.predict(&question("80ms", "30KB", "2ms", 100));
    assert!(close(costs.cpu_s.value, 2.13e-3), "{costs:?}");
    assert!(close(costs.rate.value, 1.0 / 2.13e-3) && !costs.waits, "{costs:?}");
    assert!(close(costs.memory.value, 11e6), "{costs:?}");
    assert!(close(costs.knee.value, 82.13 / 2.13), "{costs:?}");
    assert!(costs.rate.low <= costs.rate.value && costs.rate.value <= costs.rate.high, "{costs:?}");
    assert_eq!(model.nearest(&question("20ms", "20KB", "0ms", 90)).name, "100 16");
    assert!(model.unknown_parts().is_empty());
}

#[test]
fn waiting_is_the_limit_below_the_knee() {
    let engine = known(InFlight::Asked);
    let model = Model::new(&engine).unwrap();
    let costs = model.predict(&question("1s", "1KB", "0ms", 10));
    // 50 + 2 + 10 us.
    assert!(costs.waits && close(costs.rate.value, 10.0 / 1.000_062), "{costs:?}");
}

#[test]
fn one_page_at_a_time_is_one_page_at_a_time() {
    let engine = known(InFlight::One);
    let costs = Model::new(&engine).unwrap().predict(&question("100ms", "1KB", "0ms", 500));
    assert!(close(costs.in_flight, 1.0) && close(costs.rate.value, 1.0 / 0.100_052), "{costs:?}");
}

#[test]
fn a_single_cell_gives_a_figure_without_an_interval() {
    let mut engine = known(InFlight::Asked);
    engine.points.truncate(1);
    let costs = Model::new(&engine).unwrap().predict(&question("20ms", "1KB", "0ms", 1));
    assert!(close(costs.cpu_s.value, 52e-6) && costs.cpu_s.low.is_nan(), "{costs:?}");
}

#[test]
fn pages_with_a_parser_do_not_teach_what_a_body_costs() {
    let mut engine = known(InFlight::Asked);
    engine.points.retain(|point| point.body_kb == 1.0);
    let parsed = Point { body_kb: 30.0, parsed_kb: 30.0, cpu_s: 5e-3, ..engine.points[0].clone() };
    engine.points.push(parsed);
    let model = Model::new(&engine).unwrap();
    let costs = model.predict(&question("20ms", "30KB", "0ms", 1));
    assert!(close(costs.cpu_s.value, 52e-6), "the parser's time is not the body's: {costs:?}");
    assert_eq!(model.unknown_parts().len(), 1);
}

#[test]
fn a_cell_that_parses_stands_in_for_none_that_does_not() {
    let mut engine = known(InFlight::Asked);
    engine.points.truncate(1);
    let parsed = Point { body_kb: 30.0, parsed_kb: 30.0, cpu_s: 5e-3, ..engine.points[0].clone() };
    engine.points.push(parsed.clone());
    let model = Model::new(&engine).unwrap();
    let costs = model.predict(&question("20ms", "30KB", "0ms", 1));
    assert!(close(costs.cpu_s.value, 52e-6), "the nearer cell has a parser's time in it: {costs:?}");
    assert_eq!(model.off(model.nearest(&question("20ms", "30KB", "0ms", 1))), None, "one cell has no fit");
    engine.points = vec![parsed];
    assert!(Model::new(&engine).is_none(), "nobody knows what of it is the engine's");
}
