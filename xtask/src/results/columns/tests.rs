//! What is packed and read back is what it was.

use super::*;

const RECORDED: &str = include_str!("../../../tests/data/run/trials.ndjson");

/// The lines of a packed file, in the order in which they were written, as text.
fn lines(packed: &str) -> Vec<String> {
    let objects = whole_lines(packed).skip(1).map(|(_, line)| super::super::object(line).expect("an object"));
    let mut rows: Vec<Row> = objects.flat_map(|object| unpack(object).expect("columns")).collect();
    rows.sort_by_key(|(number, _)| *number);
    rows.into_iter().map(|(_, object)| Value::Object(object).to_string()).collect()
}

#[test]
fn every_line_of_a_run_comes_back_in_its_place() {
    let packed = pack(RECORDED).expect("a run");
    let original: Vec<String> = RECORDED
        .lines()
        .skip(1)
        .map(|line| Value::Object(super::super::object(line).expect("an object")).to_string())
        .collect();
    assert_eq!(lines(&packed), original);
    assert!(packed.len() * 3 < RECORDED.len(), "{} of {}", packed.len(), RECORDED.len());
    assert_eq!(pack(&packed).expect("a packed run"), packed, "a second time changes nothing");
}

#[test]
fn the_header_describes_each_engine_once_and_comes_back() {
    let first = |text: &str| super::super::object(text.lines().next().expect("a header")).expect("an object");
    let mut header = first(&pack(RECORDED).expect("a run"));
    assert_eq!(header[DESCRIPTIONS].as_array().map(Vec::len), Some(7), "as many as there are engines");
    unpack_header(&mut header).expect("descriptions");
    header.insert("schema".into(), LINES.into());
    assert_eq!(header, first(RECORDED));
    let mut header = first(&pack(RECORDED).expect("a run"));
    header.insert(DESCRIPTIONS.into(), Vec::<Value>::new().into());
    assert_eq!(unpack_header(&mut header).unwrap_err(), "an engine has no `description` among `descriptions`");
}

#[test]
fn words_that_some_trials_lack_and_lines_that_are_no_trials_stay_what_they_are() {
    let place = "\"workload\":\"w\",\"cell\":\"c\",\"engine\":\"e\"";
    let text = format!(
        "{{\"schema\":\"{LINES}\"}}\n{{{place},\"round\":1,\"a\":1,\"same\":\"x\"}}\n{{{place},\"failed\":\"why\"}}\n\
         {{{place},\"round\":2,\"b\":2,\"same\":\"x\"}}\n{{{place},\"round\":3,\"wrong\":[\"links\"]}}\n\
         {{{place},\"round\":4,\"line\":7}}\n{{\"torn"
    );
    let packed = pack(&text).expect("a run");
    assert!(packed.contains("\"same\":\"x\"") && packed.contains("\"a\":[1,null]"), "{packed}");
    let expected = [
        r#"{"a":1,"cell":"c","engine":"e","round":1,"same":"x","workload":"w"}"#,
        r#"{"cell":"c","engine":"e","failed":"why","workload":"w"}"#,
        r#"{"b":2,"cell":"c","engine":"e","round":2,"same":"x","workload":"w"}"#,
        r#"{"cell":"c","engine":"e","round":3,"workload":"w","wrong":["links"]}"#,
        r#"{"cell":"c","engine":"e","line":7,"round":4,"workload":"w"}"#,
    ];
    assert_eq!(lines(&packed), expected);
}

#[test]
fn what_is_damaged_is_named() {
    let cases = [
        (r#"{"a":1}"#, "`line` is missing"),
        (r#"{"line":1,"said":2}"#, "there is neither `columns` nor `said`, an object"),
        (r#"{"columns":[]}"#, "`columns` is not an object"),
        (r#"{"columns":{"a":1}}"#, "`line` is missing"),
        (r#"{"columns":{"line":["x"]}}"#, "`line`: \"x\" is no number of a line"),
        (r#"{"columns":{"line":[2,3],"wall_ns":[1,2,3]}}"#, "`wall_ns` has 3 values for 2 trials"),
    ];
    for (line, message) in cases {
        assert_eq!(unpack(super::super::object(line).expect("an object")).unwrap_err(), message, "{line}");
    }
    assert_eq!(pack("no\n").unwrap_err().split(": ").take(2).collect::<Vec<_>>(), ["line 1", "is not JSON"]);
    assert_eq!(pack("").expect("nothing"), "");
}
