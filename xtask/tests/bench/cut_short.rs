//! Runs that were killed or interrupted: nothing is lost, nothing is made twice, nobody is left behind.

use std::fs;
use std::time::{Duration, Instant};

use crate::stage::Stage;

#[test]
fn a_run_that_was_killed_goes_on_and_reports_the_same() {
    let undisturbed = Stage::new("undisturbed");
    undisturbed.run(&["--workload", "sweep", "--seed", "5"]);
    for lines in [1, 2, 9, 20, 33, 50] {
        let stage = Stage::new(&format!("killed-{lines}"));
        stage.kill_after(lines, &["--workload", "sweep", "--seed", "5"]);
        let run = stage.run(&["--resume"]);
        assert_eq!(run.code, Some(0), "killed after {lines} lines: {run:?}");
        assert_eq!(stage.counted_trials(), undisturbed.counted_trials(), "killed after {lines} lines");
        assert_eq!(stage.tables(), undisturbed.tables(), "killed after {lines} lines");
    }
}

#[test]
fn a_line_that_was_being_written_is_cut_off_and_run_again() {
    let stage = Stage::new("torn");
    stage.kill_after(30, &["--workload", "sweep", "--seed", "5"]);
    stage.tear_the_last_line();
    assert_eq!(stage.run(&["--resume"]).code, Some(0));
    let undisturbed = Stage::new("not-torn");
    undisturbed.run(&["--workload", "sweep", "--seed", "5"]);
    assert_eq!(stage.counted_trials(), undisturbed.counted_trials());
}

#[test]
fn other_programs_or_other_files_are_not_continued() {
    let stage = Stage::new("other");
    stage.kill_after(9, &["--workload", "sweep"]);
    stage.append_to_runner("# changed\n");
    let run = stage.run(&["--resume"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr.contains("cannot be continued: the origin or the runner, which were built anew, changed"),
        "{run:?}"
    );
    let run = Stage::new("none").run(&["--resume"]);
    assert!(run.code == Some(5) && run.stderr.contains("there are no results in"), "{run:?}");
    let run = stage.raw(&["report", "Cargo.toml"]);
    assert!(run.code == Some(1) && run.stderr.contains("Cargo.toml:1: is not JSON"), "{run:?}");
}

#[test]
fn an_interrupt_stops_everything_and_prints_what_there_was() {
    let stage = Stage::new("interrupt");
    let run = stage.interrupt_when("hanging", &["--workload", "sweep", "--engine", "hangs"]);
    assert_eq!(run.code, Some(130), "{run:?}");
    assert!(run.stderr.contains("interrupted"), "{run:?}");
    assert!(
        run.stdout.contains("verdict: Inconclusive") && run.stdout.contains("go on      cargo xtask bench --resume"),
        "{run:?}"
    );
    assert!(stage.results().lines().count() >= 3);
    stage.assert_nobody_left();
}

#[test]
fn a_terminals_interrupt_that_reaches_the_children_first_is_no_accident() {
    let stage = Stage::new("group");
    let run = stage.interrupt_group_when("hanging", &["--workload", "sweep", "--engine", "hangs"]);
    assert_eq!(run.code, Some(130), "{run:?}");
    assert!(!run.stderr.contains("ended unasked"), "{run:?}");
    stage.assert_nobody_left();
}

#[test]
fn an_interrupt_while_something_is_built_leaves_nobody_behind() {
    let stage = Stage::new("interrupted-build");
    // Who is started in the background of a script does not hear an interrupt.
    let cargo =
        "#!/bin/sh\ncd \"$(dirname \"$0\")\"\nsleep 60 > /dev/null 2>&1 &\necho $! > sleep.pid\ntouch building\nwait\n";
    let run = stage.interrupt_build_when("building", cargo);
    assert_eq!(run.code, Some(130), "{run:?}");
    assert!(run.stderr.contains("interrupted: every process was stopped"), "{run:?}");
    let stat = format!("/proc/{}/stat", stage.read("sleep.pid").trim());
    let deadline = Instant::now() + Duration::from_secs(20);
    // A moment after it was killed it may still be there, for somebody to look at its end.
    while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < deadline, "the build's child was left behind");
        std::thread::yield_now();
    }
    assert!(!stage.folder().join("results").exists(), "nothing was measured, and no run looks as if it had been");
}
