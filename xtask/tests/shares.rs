//! Workloads that ask for shares of a capacity: it is measured first, kept, and the same when a run goes on.
#![cfg(target_os = "linux")]

mod stage;

use stage::Stage;

const LOAD: &str = r#"
question = "How long does it take?"
expectation = "Not long."
analysis = "Shares."
engines = ["good", "half"]
reference = "good"
rounds = 8
[params]
model = "open-loop"
rate_percent = [50, 95]
arrivals = ["poisson", "constant"]
seconds = "0.3"
requests = 1000
concurrency = 64
delay_us = 1000
"#;

/// The stage with that workload, one part of it replaced.
fn stage_with(name: &str, from: &str, to: &str) -> Stage {
    let stage = Stage::new(name);
    assert!(LOAD.contains(from), "{from:?}");
    stage.append("workloads/load.toml", &LOAD.replacen(from, to, 1));
    stage
}

/// The rates that runners were given, in the order of their starts, each once.
fn rates(stage: &Stage) -> Vec<String> {
    let arguments = stage.read("runner.arguments");
    let words = arguments.split_whitespace().filter_map(|word| word.strip_prefix("rate="));
    let mut rates: Vec<String> = Vec::new();
    for rate in words {
        if !rates.iter().any(|known| known == rate) {
            rates.push(rate.to_owned());
        }
    }
    rates
}

#[test]
fn everyone_is_offered_a_share_of_what_the_slowest_can_do() {
    let stage = stage_with("shares", "", "");
    let run = stage.run(&["--workload", "load", "--seed", "7"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    // Half makes 5,000 pages a second less a hair, good twice as many.
    assert!(run.stdout.contains("capacity of a closed loop, 64 in flight, 1 ms delay, 8 rounds"), "{run:?}");
    assert!(run.stdout.contains("95 % of 4,999 pages/s (half), at random, 64 in flight"), "{run:?}");
    assert!(run.stdout.contains("50 % of 4,999 pages/s (half), at even intervals, 64 in flight"), "{run:?}");
    let (_, summary) = run.stdout.split_once("summary").expect("a summary");
    assert!(summary.contains("50 % of 4,999 pages/s (half), at random"), "{run:?}");
    assert_eq!(rates(&stage), ["2499", "4749"]);
    let arguments = stage.read("runner.arguments");
    for line in arguments.lines() {
        assert!(!line.contains("rate_percent"), "no runner knows the share: {line}");
        let closed = line.contains("model=fetch");
        assert_eq!(closed, !line.contains("rate="), "{line}");
        assert_eq!(closed, !line.contains("arrivals=") && !line.contains("seconds="), "{line}");
    }
    let results = stage.results();
    assert_eq!(results.matches(r#""capacity":4999"#).count(), 1);
    assert!(results.contains(r#""cell":"95 % of the slowest engine's capacity, at random"#), "the number is no name");
    assert!(stage.tables().contains("95 % of 4,999 pages/s (half), at random"), "the report knows it too");
}

#[test]
fn a_capacity_and_the_latencies_after_it_share_no_table() {
    let [before, after] = ["shares-before", "shares-after"].map(|name| stage_with(name, "", ""));
    let [one, other] = [&before, &after].map(|stage| {
        stage.run(&["--workload", "load", "--seed", "7"]);
        stage.folder().join(stage.newest()).display().to_string()
    });
    let run = before.raw(&["cmp", &one, &other]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let latencies = run.stdout.find("latency p99 ms").expect("a heading");
    assert!(run.stdout.find("pages/s").is_some_and(|rates| rates < latencies), "{run:?}");
    let below = &run.stdout[latencies..];
    assert!(below.contains("50 % of the slowest") && !below.contains("closed loop"), "{run:?}");
}

#[test]
fn a_run_that_was_killed_goes_on_at_the_same_rates() {
    let undisturbed = stage_with("shares-undisturbed", "", "");
    undisturbed.run(&["--workload", "load", "--seed", "5"]);
    // The closed loop takes 39 lines below the header, the capacity the one after.
    for lines in [20, 40, 41, 42, 70] {
        let stage = stage_with(&format!("shares-killed-{lines}"), "", "");
        stage.kill_after(lines, &["--workload", "load", "--seed", "5"]);
        let run = stage.run(&["--resume"]);
        assert_eq!(run.code, Some(0), "killed after {lines} lines: {run:?}");
        assert_eq!(stage.counted_trials(), undisturbed.counted_trials(), "killed after {lines} lines");
        assert_eq!(stage.tables(), undisturbed.tables(), "killed after {lines} lines");
        assert_eq!(stage.results().matches(r#""capacity":"#).count(), 1, "killed after {lines} lines");
    }
}

#[test]
fn a_capacity_that_is_written_down_is_not_measured_again() {
    let stage = stage_with("shares-kept", "", "");
    stage.kill_after(42, &["--workload", "load"]);
    let (run, before) = (stage.newest(), rates(&stage).len());
    stage.edit(&run, r#""capacity":4999"#, r#""capacity":3000"#);
    let resumed = stage.run(&["--resume"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert!(resumed.stdout.contains("95 % of 3,000 pages/s (half)"), "{resumed:?}");
    assert_eq!(rates(&stage)[before..], ["1500", "2850"]);
}

#[test]
fn a_budget_buys_no_rounds_for_a_capacity() {
    let stage = stage_with("shares-budget", r#"["good", "half"]"#, r#"["good", "close"]"#);
    stage.edit("workloads/load.toml", "requests = 1000", "requests = 10");
    stage.edit("workloads/load.toml", "rounds = 8", "rounds = 8\ndelta_percent = 1");
    let run = stage.run(&["--workload", "load", "--budget", "20m"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    // The closed loop is undecided and would be the only one to gain: the script's latencies are all alike.
    assert!(run.stdout.contains("not decided: close"), "{run:?}");
    assert!(!stage.results().contains("more_processes"), "{run:?}");
}

#[test]
fn answers_are_checked_at_a_rate_that_is_not_measured() {
    let stage = stage_with("shares-verify", "", "");
    let run = stage.run(&["--verify", "--workload", "load"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("10 answers, all right"), "{run:?}");
    assert_eq!(rates(&stage), ["1000", "1900"]);
}

#[test]
fn a_capacity_that_nobody_has_leaves_the_shares_out() {
    let stage = stage_with("shares-nobody", r#"["good", "half"]"#, r#"["good"]"#);
    stage.edit("workloads/load.toml", r#""good""#, r#""unable""#);
    stage.edit("workloads/load.toml", r#""good""#, r#""unable""#);
    let run = stage.run(&["--workload", "load"]);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(run.stderr.contains("left out   load: 50 % of the slowest engine's capacity, at random"), "{run:?}");
    assert_eq!(rates(&stage), [""; 0]);
}

#[test]
fn an_engine_that_answers_wrongly_is_not_the_slowest() {
    let stage = stage_with("shares-wrong", r#""half""#, r#""wrong""#);
    let run = stage.run(&["--workload", "load"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stdout.contains("50 % of 9,999 pages/s (good)"), "{run:?}");
}

#[test]
fn shares_that_make_no_sense_are_refused_with_the_line() {
    let refused = |name, from, to, said| {
        let run = stage_with(name, from, to).run(&["--workload", "load"]);
        assert!(run.code == Some(1) && run.stderr.contains(said), "{run:?}");
    };
    refused(
        "shares-100",
        "95]",
        "100]",
        "load.toml:8: `params.rate_percent`: expected percentages from 1 to 99, found 100",
    );
    refused("shares-0", "[50, 95]", "0", "expected percentages from 1 to 99, found 0");
    refused("shares-word", "[50, 95]", "\"half\"", "expected percentages from 1 to 99, found half");
    refused("shares-rate", "requests = 1000", "rate = 5", "goes with model = \"open-loop\" and without `rate`");
    refused("shares-model", "\"open-loop\"", "\"fetch\"", "goes with model = \"open-loop\" and without `rate`");
    refused(
        "shares-own",
        "[\"good\", \"half\"]",
        "[\"good\", \"half rate_percent=5\"]",
        "the rate is the same for every engine",
    );
}
