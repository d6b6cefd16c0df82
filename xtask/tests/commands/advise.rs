//! `cargo xtask advise`.

use crate::law::{few, flat, text, usual, xtask};

fn ask(latency: &str, body: &str, cpu: &str, concurrency: &str) -> crate::stage::Run {
    let question = ["--latency", latency, "--body", body, "--cpu", cpu, "--concurrency", concurrency];
    xtask(&[&["advise", "--run", text(usual())], &question[..]].concat())
}

#[test]
fn below_the_knee_async_is_not_worth_it_for_speed() {
    let run = ask("20ms", "2.7KB", "0ms", "64");
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].contains("20.0 ms away, 2.70 KB"), "{run:?}");
    assert!(lines[2].trim_start().starts_with("Take "), "the answer stands first: {run:?}");
    assert!(
        run.stdout.contains("Async is not worth it for speed: pool-raw with 64 threads makes as many pages"),
        "{run:?}"
    );
    // 64 / (20 ms + 55 us), three engines that cannot be told apart.
    assert!(run.stdout.contains("about 3,19") && run.stdout.contains("cannot be told from it"), "{run:?}");
    assert!(run.stdout.contains("the nearest cell of") && run.stdout.contains("sweep, 64 in flight"), "{run:?}");
    assert!(!run.stdout.contains("EXTRAPOLATED"), "{run:?}");
}

#[test]
fn above_the_knee_it_says_how_many_are_enough() {
    let run = ask("20ms", "2.7KB", "0ms", "4096");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("in flight are enough: from there on the CPU is the limit"), "{run:?}");
    assert!(run.stdout.contains("Async is worth it: "), "{run:?}");
}

#[test]
fn long_parsing_is_handed_over() {
    let run = ask("80ms", "30KB", "2ms", "200");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("Hand the parsing over") && run.stdout.contains("for 2.00 ms"), "{run:?}");
    assert!(!ask("80ms", "30KB", "100us", "200").stdout.contains("Hand the parsing over"));
}

#[test]
fn beyond_what_was_measured_it_says_so() {
    let run = ask("2s", "5MB", "0ms", "100000");
    assert_eq!(run.code, Some(0), "{run:?}");
    for what in ["EXTRAPOLATED", "latency 2.00 s", "body 5,000 KB", "concurrency 100,000 (measured: 1 to 4,096)"] {
        assert!(run.stdout.replace("\n    ", " ").contains(what), "{what}: {run:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let question = ["--latency", "80ms", "--body", "30KB", "--concurrency", "200"];
    let run = xtask(&[&["advise", "--run", text(flat())], &question[..]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    for workload in ["concurrency-sweep", "latency-sweep", "body-size", "real-pages"] {
        assert!(run.stdout.contains(workload), "{workload}: {run:?}");
    }
    let run = xtask(&[&["advise", "--run", text(few())], &question[..]].concat());
    assert!(run.code == Some(5) && run.stderr.contains("has no valid cell"), "{run:?}");
}

#[test]
fn a_question_that_cannot_be_read_is_an_error() {
    let run = ask("80", "30KB", "2ms", "200");
    assert!(run.code == Some(1) && run.stderr.contains("`--latency 80`: expected a time"), "{run:?}");
    let run = ask("80ms", "30KB", "2ms", "0");
    assert!(run.code == Some(1) && run.stderr.contains("`--concurrency` is missing or 0"), "{run:?}");
    let run = ask("80ms", "30KB", "2ms", "many");
    assert_eq!(run.code, Some(1), "{run:?}");
}
