//! `cargo xtask bench` as a user meets it: the real binary, with shell scripts in the places of the origin and the runner.
#![cfg(target_os = "linux")]

#[path = "../stage/mod.rs"]
mod stage;

mod cut_short;

use stage::Stage;

#[test]
fn every_cell_ends_with_a_verdict_and_the_results_are_kept() {
    let stage = Stage::new("verdicts");
    let run = stage.run(&["--quick", "--seed", "7"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stdout.matches("verdict: ").count(), 2, "{run:?}");
    assert!(run.stdout.contains("good is fastest, 2.00 [2.00, 2.00] times as fast as half"), "{run:?}");
    assert!(run.stdout.contains("repeat     cargo xtask bench"), "{run:?}");
    let results = stage.results();
    // Two cells, two engines and the control, five warm-ups and eight rounds each, below one header.
    assert_eq!(results.lines().count(), 1 + 2 * 3 * (5 + 8));
    assert!(results.lines().next().is_some_and(|header| header.contains(r#""schema":"gather-trials/2""#)));
    assert!(results.lines().nth(1).is_some_and(|line| line.contains(r#""wall_ns":"#)));
}

#[test]
fn the_same_seed_gives_the_same_order() {
    let order = |name| {
        let stage = Stage::new(name);
        stage.run(&["--workload", "sweep", "--seed", "3"]);
        let engines = stage
            .results()
            .lines()
            .filter_map(|line| line.split(r#""engine":""#).nth(1).map(|rest| rest[..4].to_owned()))
            .collect::<Vec<_>>();
        engines[1..].join(" ")
    };
    assert_eq!(order("order-a"), order("order-b"));
}

#[test]
fn fewer_than_eight_rounds_are_inconclusive() {
    let stage = Stage::new("few");
    let run = stage.run(&["--quick", "--rounds", "3"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("Inconclusive: 3 rounds of 8"), "{run:?}");
    assert!(run.stdout.contains("few-rounds"), "{run:?}");
}

#[test]
fn a_wrong_answer_refuses_the_timing_and_exits_with_2() {
    let stage = Stage::new("wrong");
    let run = stage.run(&["--workload", "sweep", "--engine", "wrong"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stdout.contains("WRONG wrong: links 3001 instead of 3000; its times are refused"), "{run:?}");
    assert!(!run.stdout.lines().any(|line| line.trim_start().starts_with("wrong ")), "a row of times: {run:?}");
    assert!(stage.results().contains(r#""wrong":["links 3001 instead of 3000"]"#));
}

#[test]
fn a_client_that_quietly_queues_is_wrong() {
    let stage = Stage::new("queue");
    let run = stage.run(&["--workload", "sweep", "--engine", "queue"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stdout.contains("WRONG queue: in_flight_max 63 instead of 64"), "{run:?}");
}

#[test]
fn verify_checks_a_debug_build_and_prints_no_time() {
    let stage = Stage::new("verify");
    let run = stage.run(&["--verify", "--workload", "sweep", "--engine", "debug"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("debug") && run.stdout.contains("right"), "{run:?}");
    assert!(!run.stdout.contains("/s") && !run.stdout.contains("ratio"), "{run:?}");
    assert_eq!(stage.run(&["--verify", "--workload", "sweep", "--engine", "wrong"]).code, Some(2));
}

#[test]
fn a_debug_build_is_refused_for_timing() {
    let run = Stage::new("debug").run(&["--workload", "sweep", "--engine", "debug"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("built without optimisation"), "{run:?}");
}

#[test]
fn a_runner_that_dies_is_left_out_with_its_last_words_and_the_others_go_on() {
    let stage = Stage::new("dies");
    let run = stage.run(&["--workload", "sweep", "--engine", "dies"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("FAILED dies: the runner of `dies` ended unasked, with exit status: 7"), "{run:?}");
    assert!(run.stdout.contains("| the engine room is on fire"), "{run:?}");
    assert!(
        run.stdout.contains("verdict: good has no rival here") && run.stdout.contains("2 engines failed"),
        "{run:?}"
    );
    assert!(stage.results().contains(r#""failed":"the runner of `dies` ended"#));
    stage.assert_nobody_left();
}

#[test]
fn a_runner_that_ends_while_another_one_measures_is_left_out_and_the_others_go_on() {
    for (engine, reason) in [
        ("leaves", "the runner of `leaves` ended unasked, with exit status: 7"),
        ("stillborn", "the runner of `stillborn` failed (engine): no such package"),
    ] {
        let stage = Stage::new(engine);
        let run = stage.run(&["--workload", "sweep", "--engine", engine]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.stdout.contains(&format!("FAILED {engine}: {reason}")), "{run:?}");
        assert!(run.stdout.contains("verdict: good has no rival here"), "{run:?}");
        stage.assert_nobody_left();
    }
}

#[test]
fn a_runner_that_reports_an_error_is_quoted() {
    let run = Stage::new("fails").run(&["--workload", "sweep", "--engine", "fails"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("FAILED fails: the runner of `fails` failed (connect): connection refused"), "{run:?}");
}

#[test]
fn an_origin_that_dies_mid_run_is_an_error_and_keeps_the_results() {
    let stage = Stage::new("kills");
    let run = stage.run(&["--workload", "sweep", "--engine", "kills"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("the origin ended unasked, with signal: 9"), "{run:?}");
    assert!(run.stdout.contains("verdict: "), "{run:?}");
    stage.assert_nobody_left();
}

#[test]
fn a_runner_that_hangs_or_babbles_is_left_out() {
    let stage = Stage::new("hangs");
    let run = stage.run(&["--workload", "impatient", "--engine", "hangs"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stdout.contains("FAILED hangs: the runner of `hangs` did not answer within 1 s"), "{run:?}");
    stage.assert_nobody_left();
    let run = Stage::new("babbles").run(&["--workload", "sweep", "--engine", "babbles"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stdout.contains("the runner of `babbles` should have said `trial ...` and said: good morning"),
        "{run:?}"
    );
}

#[test]
fn a_reference_that_does_not_tie_with_itself_makes_the_table_invalid_and_exits_with_4() {
    let run = Stage::new("wobbly").run(&["--workload", "unsteady"]);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.stdout.contains("wobbly (A/A)") && run.stdout.contains("verdict: Invalid: "), "{run:?}");
    assert!(!run.stdout.contains("faster") && run.stdout.contains("invalid: the A/A control failed"), "{run:?}");
}

#[test]
fn a_budget_buys_more_rounds_where_something_is_open() {
    let stage = Stage::new("budget");
    let run = stage.run(&["--workload", "close", "--budget", "2m"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("more       "), "{run:?}");
    assert!(stage.results().contains(r#""more_processes":["#));
    let run = stage.raw(&["bench", "--budget", "soon"]);
    assert!(run.code == Some(1) && run.stderr.contains("expected a time such as 90s, 10m or 1h30m"), "{run:?}");
}

#[test]
fn unknown_names_list_the_known_ones_and_the_nearest() {
    let stage = Stage::new("names");
    let run = stage.run(&["--engine", "godo"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("no engine is called `godo`; did you mean `good`?\nknown: good, half"), "{run:?}");
    let run = stage.run(&["--workload", "sweeep"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("no workload is called `sweeep`; did you mean `sweep`?"), "{run:?}");
    assert_eq!(stage.run(&["--engin"]).code, Some(1));
    assert_eq!(stage.run(&["--rounds", "0"]).code, Some(1));
    assert_eq!(stage.run(&["--rounds", "many"]).code, Some(1));
}

#[test]
fn an_engine_that_does_not_do_it_is_left_out_and_nothing_at_all_exits_with_5() {
    let stage = Stage::new("unable");
    let run = stage.run(&["--workload", "sweep", "--engine", "unable"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("without unable: no such model"), "{run:?}");
    assert_eq!(stage.run(&["--workload", "nobody"]).code, Some(5));
}

#[test]
fn what_the_machine_cannot_do_is_refused_with_both_numbers() {
    let run = Stage::new("descriptors").run_with_descriptors(500, &["--workload", "crowd"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("needs 964 file descriptors and the hard limit is 500"), "{run:?}");
}

#[test]
fn a_port_that_is_taken_and_a_corpus_that_is_not_there_are_clear() {
    let stage = Stage::new("port");
    let run = stage.run(&["--quick", "--port", "1"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("| gather-origin: port 1 is taken"), "{run:?}");
    let run = stage.run(&["--quick", "--corpus", "/no/such/folder"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("--corpus /no/such/folder: is not a folder"), "{run:?}");
}

#[test]
fn too_many_connections_for_the_descriptors_get_a_process_per_trial() {
    let stage = Stage::new("fresh");
    let run = stage.run_with_descriptors(1000, &["--workload", "crowd"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("a process per trial"), "{run:?}");
    // The oracle once for each size, then two engines and the control in eight rounds.
    assert_eq!(stage.read("runner.pids").lines().count(), 1 + 3 * 8);
}

#[test]
fn help_and_list_explain_themselves() {
    let stage = Stage::new("help");
    for arguments in [&[][..], &["--help"], &["help"]] {
        let run = stage.raw(arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(run.stdout.contains("cargo xtask bench --quick") && run.stdout.contains("Exit codes"), "{run:?}");
        // Every command that it names explains itself.
        let commands = run.stdout.lines().skip_while(|line| !line.starts_with("Commands")).skip(1);
        for name in commands.map_while(|line| line.split_whitespace().next()) {
            let help = stage.raw(&[name, "--help"]);
            assert!(help.code == Some(0) && help.stdout.starts_with(&format!("cargo xtask {name}")), "{help:?}");
            assert_eq!(stage.raw(&["help", name]).stdout, help.stdout);
        }
    }
    assert_eq!(stage.raw(&["help", "bensh"]).code, Some(1));
    let run = stage.run(&["--list"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("Does it sweep?") && run.stdout.contains("half"), "{run:?}");
}

#[test]
fn the_workloads_of_this_workspace_are_valid() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches");
    let run = Stage::new("own").raw(&["list", "--definitions", root]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for name in ["latency-sweep *", "real-pages *", "cpu-bound *", "ten-thousand"] {
        assert!(run.stdout.contains(name), "{name} is missing: {run:?}");
    }
}
