//! Files that are right, and files that are wrong in one way each: the message names the file, the line, the key and what was expected.

use std::path::Path;

use super::reader::File;
use super::{Engine, engine, workload};

const ENGINES: &str = r#"
[[engine]]
name = "tokio"
about = "tokio"
family = "async"
client = "hyper"
runtime = "tokio"
"#;

const WORKLOAD: &str = r#"
question = "q"
expectation = "e"
analysis = "a"
engines = ["tokio", "tokio compute=rayon threads=2"]
reference = "tokio"
limits = ["little"]
[params]
requests = 1_000
concurrency = [1, 64]
page = "fixed:2700"
[[size]]
when = { concurrency = 64 }
requests = 10
"#;

fn engines() -> Vec<Engine> {
    engine::parse(&File::new(Path::new("engines.toml"), ENGINES.into())).unwrap()
}

/// Parses the workload after one replacement; the message when it is refused.
fn check(from: &str, to: &str) -> Result<super::Workload, String> {
    assert!(WORKLOAD.contains(from), "the replacement {from:?} changes nothing");
    let file = File::new(Path::new("w.toml"), WORKLOAD.replacen(from, to, 1));
    workload::parse(&file, super::Class::Curated, &engines()).map_err(|failure| failure.to_string())
}

#[test]
fn a_workload_keeps_the_order_of_its_parameters_and_its_contestants_words() {
    let workload = check("", "").unwrap();
    let keys: Vec<&str> = workload.params.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["requests", "concurrency", "page"]);
    assert_eq!(workload.params[0].1, ["1000"]);
    assert_eq!(workload.params[1].1, ["1", "64"]);
    assert_eq!(workload.contestants[1].own, [("compute".into(), "rayon".into()), ("threads".into(), "2".into())]);
    assert_eq!((workload.rounds, workload.threads, workload.cpus.as_slice()), (12, 1, [1].as_slice()));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let cases = [
        ("question = \"q\"", "", "w.toml:1: `question` is missing; expected a string"),
        ("question = \"q\"", "question = 3", "w.toml:2: `question`: expected a string, found 3"),
        ("requests = 10", "requests = 0", "w.toml:14: `requests`: expected a whole number of at least 1, found 0"),
        ("requests = 10", "requests = -1", "w.toml:14: `requests`: expected a whole number, 0 or more, found -1"),
        (
            "[1, 64]",
            "[]",
            "w.toml:10: `params.concurrency`: expected a word without spaces, a whole number, or a list of them",
        ),
        (
            "[1, 64]",
            "[1, 2.5]",
            "w.toml:10: `params.concurrency`: expected a word without spaces, a whole number, or a list of them",
        ),
        ("limits = [\"little\"]", "limits = [\"big\"]", "w.toml:7: `limits`: expected little or cpu, found \"big\""),
        ("limits = [", "limit = [", "w.toml:7: no key is called `limit`; did you mean `limits`?"),
        (
            "[\"tokio\", ",
            "[\"tokoi\", ",
            "w.toml:5: `engines`: no engine is called `tokoi`; did you mean `tokio`?\nknown: tokio",
        ),
        (
            "compute=rayon",
            "compute",
            "w.toml:5: `engines`: `tokio compute threads=2`: expected an engine, then key=value words, found `compute`",
        ),
        (
            "reference = \"tokio\"",
            "reference = \"smol\"",
            "w.toml:6: `reference`: expected one of `engines`, found \"smol\"",
        ),
        (
            "requests = 1_000",
            "requests = [1, 2]",
            "w.toml:8: `params.requests`: expected one number of at least 1; use [[size]] to vary it",
        ),
        (
            "[[size]]",
            "[[published]]\nsource = \"s\"\nnote = \"n\"\nbytes = { tokoi = 1 }\n[[size]]",
            "w.toml:15: `bytes`: no contestant of this workload is called `tokoi`; did you mean `tokio`?",
        ),
        (
            "[[size]]",
            "[[published]]\nsource = \"s\"\nnote = \"n\"\nbytes = { tokio = \"many\" }\n[[size]]",
            "w.toml:15: `bytes.tokio`: expected a whole number",
        ),
        (
            "[[size]]",
            "[[published]]\nsource = \"s\"\nnote = \"n\"\n[[size]]",
            "w.toml:12: expected either `bytes` or `value`",
        ),
        ("question = \"q\"", "question = \"q", "w.toml:2: invalid basic string"),
        ("[[size]]", "[size]", "w.toml:12: `size`: expected a list of tables"),
    ];
    for (from, to, expected) in cases {
        let message = check(from, to).expect_err(to);
        assert!(message.starts_with(expected), "{to:?}\n gave {message}\n not  {expected}");
    }
}

#[test]
fn an_engine_of_an_unknown_family_or_twice_is_refused() {
    let parse =
        |text: String| engine::parse(&File::new(Path::new("engines.toml"), text)).expect_err("refused").to_string();
    assert_eq!(
        parse(ENGINES.replace("async", "magic")),
        "engines.toml:5: `family`: expected async, blocking, client, control or floor, found \"magic\""
    );
    assert_eq!(parse(ENGINES.repeat(2)), "engines.toml:10: the engine `tokio` is there twice");
    assert!(parse(String::new()).contains("no engine is defined"));
}

#[test]
fn an_engine_from_outside_has_a_command_of_its_own() {
    let text = format!("{ENGINES}command = [\"python3\", \"engine.py\"]\n");
    let engines = engine::parse(&File::new(Path::new("engines.toml"), text)).unwrap();
    assert_eq!(engines[0].command, ["python3", "engine.py"]);
    assert_eq!(engines[0].answers, ["pages", "bytes", "links", "checksum", "timeouts", "cancelled"]);
}

#[test]
fn an_engine_of_a_package_has_no_command_as_well() {
    let parse = |line: &str| engine::parse(&File::new(Path::new("engines.toml"), format!("{ENGINES}{line}\n")));
    let engines = parse("package = \"some-runner\"").unwrap();
    assert_eq!(engines[0].package.as_deref(), Some("some-runner"));
    assert!(!engines[0].is_runners_own(), "the oracle is asked elsewhere");
    let message = parse("package = \"some-runner\"\ncommand = [\"sh\"]").expect_err("refused").to_string();
    assert!(message.starts_with("engines.toml:8: `package`: goes without `command`"), "{message}");
}

#[test]
fn an_engine_may_be_held_to_some_words_of_the_answer_and_to_no_others() {
    let parse = |line: &str| engine::parse(&File::new(Path::new("benches/engines.toml"), format!("{ENGINES}{line}\n")));
    let engines = parse("answers = [\"pages\"]").unwrap();
    assert_eq!(engines[0].answers, ["pages"]);
    assert_eq!(engines[0].folder, Path::new("benches"));
    assert_eq!(parse("answers = []").unwrap()[0].answers, [""; 0]);
    assert_eq!(
        parse("answers = [\"pages\", \"lengths\"]").expect_err("refused").to_string(),
        "benches/engines.toml:8: `answers`: expected some of pages, bytes, links, checksum, timeouts, cancelled, found \"lengths\""
    );
}
