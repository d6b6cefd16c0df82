//! Workloads whose pages somebody else serves: asked there, left out where there is no such server, and held against others.
#![cfg(target_os = "linux")]

mod stage;

use stage::Stage;

const SERVED: &str = r#"
question = "Does it hold elsewhere?"
expectation = "It does."
analysis = "Another server."
server = "nginx"
engines = ["good", "half"]
reference = "good"
against = ["half"]
[params]
model = "fetch"
requests = 1000
concurrency = 64
page = "corpus"
"#;

fn stage(name: &str) -> Stage {
    let stage = Stage::new(name);
    stage.append("workloads/served.toml", SERVED);
    stage
}

#[test]
fn another_server_is_asked_by_those_who_want_it_alone() {
    let stage = stage("served");
    let run = stage.run(&["--workload", "sweep", "--workload", "served", "--rounds", "1"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("from files by nginx/1.0"), "{run:?}");
    assert!(run.stdout.contains("server: nginx, from files"), "{run:?}");
    assert!(stage.read("nginx.arguments").contains("--nginx "), "{run:?}");
    let asked = stage.read("runner.arguments");
    for line in asked.lines().filter(|line| line.contains("--origin")) {
        let elsewhere = line.contains("--origin 127.0.0.1:10 ");
        assert_eq!(elsewhere, line.contains("page=corpus"), "{line}");
    }
    stage.assert_nobody_left();
}

#[test]
fn everybody_is_held_against_whom_the_workload_names() {
    let stage = stage("against");
    let run = stage.run(&["--workload", "served", "--rounds", "8"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let line = run.stdout.lines().find(|line| line.contains("against: ")).expect("a paragraph");
    assert!(line.contains("times as fast as half: good 2.0"), "{line}");
    assert!(!line.contains("half 1.0") && !line.contains("(A/A)"), "{line}");
    let markdown = stage.report(&["--markdown"]).stdout;
    assert!(markdown.contains("- against: times as fast as half: good 2.0"), "{markdown}");
    let page = stage.folder().join("page.html");
    stage.report(&["--html", page.to_str().unwrap()]);
    assert!(stage.read("page.html").contains("times as fast as half: good 2.0"));
}

#[test]
fn without_the_server_its_workloads_are_left_out_and_the_others_run() {
    let stage = stage("unserved");
    stage.append("no-nginx", "");
    let run = stage.run(&["--workload", "sweep", "--workload", "served", "--rounds", "1"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("left out   served: nginx is not on this machine"), "{run:?}");
    assert!(run.stdout.contains("without good: nginx is not on this machine"), "{run:?}");
    assert!(!stage.read("runner.arguments").contains("page=corpus"), "{run:?}");
    let run = stage.run(&["--workload", "served", "--rounds", "1"]);
    assert_eq!(run.code, Some(5), "nothing was measured: {run:?}");
    stage.assert_nobody_left();
}

#[test]
fn what_such_a_server_cannot_be_asked_is_refused_with_its_line() {
    let refused = [
        ("server = \"nginx\"", "server = \"apache\"", "`server`: expected origin or nginx, found \"apache\""),
        ("page = \"corpus\"", "page = \"corpus\"\ndelay_us = [0, 1000]", "`params.delay_us`: expected 0"),
        ("page = \"corpus\"", "page = \"fixed:2700\"", "`params.page`: expected corpus"),
        ("against = [\"half\"]", "against = [\"queue\"]", "`against`: expected some of `engines`, found \"queue\""),
    ];
    for (from, to, message) in refused {
        let stage = stage("refused-server");
        stage.edit("workloads/served.toml", from, to);
        let run = stage.run(&["--workload", "served", "--rounds", "1"]);
        assert_ne!(run.code, Some(0), "{run:?}");
        assert!(run.stderr.contains("served.toml:") && run.stderr.contains(message), "{run:?}");
    }
}
