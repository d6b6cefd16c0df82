//! `cargo xtask cost`.

use crate::law::{flat, text, usual, xtask};

#[test]
fn the_smallest_concurrency_that_pays_is_found_in_each_coin() {
    let run = xtask(&["cost", text(usual())]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let row = run.stdout.lines().find(|line| line.trim_start().starts_with("tokio-current  ")).unwrap_or_default();
    // In pages and in CPU time a pool is dearer from somewhere between 64 and 4,096 threads on; in memory from 16 on.
    assert_eq!(row.matches("4,096 (64, 4,096]").count(), 2, "{run:?}");
    assert!(row.trim_end().ends_with("16 (1, 16]"), "{run:?}");
    assert!(
        run.stdout.contains("- tokio-current, smol, async-std: in pages/s async pays from 4,096 in flight on"),
        "{run:?}"
    );
    assert!(run.stdout.contains("against: the best of pool-raw"), "{run:?}");
    assert!(!run.stdout.contains("raw-floor"), "nobody would choose it: {run:?}");
}

#[test]
fn never_is_an_answer() {
    let run = xtask(&["cost", text(crate::law::slower())]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let row = run.stdout.lines().find(|line| line.trim_start().starts_with("smol  ")).unwrap_or_default();
    assert!(row.contains("4,096 (64, 4,096]"), "{run:?}");
    let run = xtask(&["cost", text(flat())]);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(run.stderr.contains("concurrency-sweep"), "{run:?}");
}
