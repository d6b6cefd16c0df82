//! Engines with a number of places of their own, and trials of an odd length.
#![cfg(target_os = "linux")]

mod stage;

use stage::Stage;

const POOLS: &str = r#"
question = "How large a pool?"
expectation = "Large."
analysis = "Pools."
engines = ["good", "good concurrency=8", "queue concurrency=8", "half"]
reference = "good"
rounds = 8
limits = ["little", "cpu"]
columns = ["latency_p99_ns", "nobody_says_ns"]
[params]
requests = 1000
concurrency = 600
delay_us = [0, 20000]
[[size]]
when = { delay_us = 20000, concurrency = 8 }
requests = 10
[[expect]]
when = { delay_us = 20000 }
in_flight_max = "concurrency"
"#;

fn stage_with_pools(name: &str) -> Stage {
    let stage = Stage::new(name);
    stage.append("workloads/pools.toml", POOLS);
    stage
}

/// The first line of a table that begins with this engine.
fn row<'t>(text: &'t str, engine: &str) -> &'t str {
    text.lines().find(|line| line.trim_start().starts_with(&format!("{engine}  "))).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn a_pool_is_held_to_its_own_size_and_shown_its_own_limit() {
    let stage = stage_with_pools("pools");
    let run = stage.run(&["--workload", "pools"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stdout.contains("WRONG queue concurrency=8: in_flight_max 7 instead of 8"), "{run:?}");
    let (at_once, delayed) = run.stdout.split_once("20 ms delay, 8 rounds").expect("two tables");
    assert!(!at_once.contains("pool limit"), "nobody waits: {at_once}");
    // Eight places and 20 ms are 400 pages a second; the script makes 10,000 whatever it is told.
    assert!(row(delayed, "good concurrency=8").contains("pool limit 400/s: "), "{delayed}");
    assert!(!row(delayed, "half").contains("pool limit"), "{delayed}");
    let arguments = stage.read("runner.arguments");
    assert!(arguments.lines().any(|line| line.contains("concurrency=8") && line.ends_with("requests=10")));
}

#[test]
fn room_is_made_for_the_places_that_each_engine_has() {
    let stage = stage_with_pools("pools-room");
    let flags = ["--workload", "pools", "--engine", "good concurrency=8", "--rounds", "2"];
    // 600 for the reference and for its twin, 8 for the pool: that fits 1,500, as three times 600 would not.
    let run = stage.run_with_descriptors(1000, &flags);
    assert!(run.code == Some(0) && run.stdout.contains("a process per trial"), "{run:?}");
    let run = stage.run_with_descriptors(1500, &flags);
    assert!(run.code == Some(0) && run.stdout.contains("2 rounds in 2 processes"), "{run:?}");
}

#[test]
fn a_pool_that_needs_more_than_the_machine_has_is_refused() {
    let stage = stage_with_pools("pools-large");
    let flags = ["--workload", "pools", "--engine", "good concurrency=5000"];
    let run = stage.run_with_descriptors(1000, &flags);
    assert!(run.code == Some(1) && run.stderr.contains("and the hard limit is 1000"), "{run:?}");
}

#[test]
fn a_column_that_no_trial_fills_is_left_out() {
    let run = stage_with_pools("pools-columns").run(&["--workload", "pools", "--engine", "half"]);
    assert!(run.stdout.contains("latency p99 ms") && !run.stdout.contains("nobody says"), "{run:?}");
}

#[test]
fn trials_of_an_odd_length_are_named() {
    let stage = stage_with_pools("pools-sizes");
    let run = stage.run(&["--workload", "pools", "--engine", "good concurrency=8"]);
    let (at_once, delayed) = run.stdout.split_once("20 ms delay, 8 rounds").expect("two tables");
    assert!(!at_once.contains("sizes: "), "a tenth of a second and more: {at_once}");
    assert!(
        delayed.contains("sizes: a trial should take 5 ms to 0.5 s, and took: good concurrency=8 0.0010 s."),
        "{run:?}"
    );
}
