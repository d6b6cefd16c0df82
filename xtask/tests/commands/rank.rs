//! `cargo xtask rank`.

use crate::law::{few, text, usual, xtask};
use crate::stage::Stage;

#[test]
fn equals_share_a_rank_and_families_stand_apart() {
    let run = xtask(&["rank", text(usual())]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let position = |what: &str| run.stdout.find(what).unwrap_or_else(|| panic!("{what} is missing: {run:?}"));
    let headings = ["async runtimes", "blocking threads", "written by hand", "programs from outside"].map(position);
    assert!(headings.is_sorted(), "{run:?}");
    let asynchronous = &run.stdout[headings[0]..headings[1]];
    let by_hand = &run.stdout[headings[2]..headings[3]];
    let outside = &run.stdout[headings[3]..];
    for engine in ["tokio-current", "smol", "async-std"] {
        let row = asynchronous.lines().find(|line| line.contains(engine)).unwrap_or_default();
        assert!(row.contains("1-3 tie"), "{engine}: {run:?}");
    }
    assert!(by_hand.contains("raw-floor") && !asynchronous.contains("raw-floor"), "{run:?}");
    assert!(outside.contains("python") && !asynchronous.contains("python"), "{run:?}");
    // async-std was not asked about bodies, sequential-raw about nothing but one cell.
    assert!(asynchronous.contains("cells: 5 of 8"), "{run:?}");
    assert!(run.stdout.contains("in too few: sequential-raw (1)"), "{run:?}");
}

#[test]
fn who_is_behind_by_more_than_noise_has_the_next_rank() {
    let run = xtask(&["rank", text(crate::law::slower()), "--workload", "flat"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let row = |engine: &str| run.stdout.lines().find(|line| line.contains(engine)).unwrap_or_default().to_owned();
    assert!(row("smol").trim_start().starts_with("3  smol"), "{run:?}");
    assert!(row("tokio-current").contains("1-2 tie"), "{run:?}");
    // 50 + 5.4 us and 62.5 + 5.4 us, with sequential-raw at 40 + 5.4 us the best of those that one may choose.
    assert!(row("tokio-current").contains("0.82 [") && row("  smol").contains("0.67 ["), "{run:?}");
}

#[test]
fn what_cannot_be_believed_is_left_out_and_said() {
    let run = xtask(&["rank", text(few())]);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(run.stderr.contains("too few rounds"), "{run:?}");
    let stage = Stage::new("rank-invalid");
    assert_eq!(stage.run(&["--workload", "unsteady"]).code, Some(4));
    let run = stage.raw(&["rank", "--results", text(&stage.folder().join("results"))]);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(run.stderr.contains("unsteady") && run.stderr.contains("(invalid)"), "{run:?}");
}
