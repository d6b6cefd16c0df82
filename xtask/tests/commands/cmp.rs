//! `cargo xtask cmp`.

use std::fs;

use crate::law::{copy, empty_folder, few, flat, slower, text, usual, xtask};

#[test]
fn what_became_slower_is_found_and_what_did_not_is_a_tie() {
    let run = xtask(&["cmp", text(usual()), text(slower()), "--workload", "flat"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let row = |engine: &str| {
        run.stdout.lines().find(|line| line.trim_start().starts_with(engine)).unwrap_or_default().to_owned()
    };
    // A page takes 50 us + 5.4 us, then 62.5 us + 5.4 us: 18 % fewer pages.
    assert!(row("smol ").contains("-18 % ["), "{run:?}");
    assert!(row("async-std ").trim_end().ends_with('='), "{run:?}");
    assert!(row("tokio-current ").trim_end().ends_with("= (to raw-floor)"), "{run:?}");
    assert!(run.stdout.contains("STORED NUMBERS ARE NO BASELINE"), "{run:?}");
    assert!(run.stdout.contains("cargo xtask diff --base REV"), "{run:?}");
}

#[test]
fn engines_are_columns_where_that_fits() {
    let run = xtask(&["cmp", text(usual()), text(slower()), "--workload", "sweep", "--engine", "smol"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout.lines().any(|line| line.trim_start().starts_with("pages/s") && line.ends_with("smol")),
        "{run:?}"
    );
    assert!(run.stdout.lines().any(|line| line.contains("4,096 in flight") && line.contains("-18 % [")), "{run:?}");
    // At one in flight waiting hides it.
    assert!(run.stdout.lines().any(|line| line.contains("  1 in flight") && line.contains('=')), "{run:?}");
}

#[test]
fn what_did_not_change_can_be_hidden() {
    let run = xtask(&["cmp", text(usual()), text(slower()), "--workload", "flat", "--changed"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("  smol") && !run.stdout.contains("  async-std"), "{run:?}");
    assert!(run.stdout.contains("rows that did not change"), "{run:?}");
}

#[test]
fn too_few_rounds_say_nothing() {
    let run = xtask(&["cmp", text(flat()), text(few())]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.lines().any(|line| line.contains("  smol") && line.trim_end().ends_with('~')), "{run:?}");
    assert!(run.stdout.contains("changed: 0 of"), "{run:?}");
}

#[test]
fn another_machine_is_said_out_loud() {
    let other = copy(flat(), "cmp-other-machine", &[]);
    let trials = fs::read_to_string(other.join("trials.ndjson")).unwrap();
    let (header, rest) = trials.split_once('\n').unwrap();
    let key = "\"cpu_model\":\"";
    let begin = header.find(key).unwrap() + key.len();
    let header = format!("{}Abacus 9000 {}", &header[..begin], &header[begin..]);
    fs::write(other.join("trials.ndjson"), format!("{header}\n{rest}")).unwrap();
    let run = xtask(&["cmp", text(flat()), text(&other)]);
    assert!(run.code == Some(0) && run.stdout.contains("DIFFERENT cpu_model"), "{run:?}");
}

#[test]
fn runs_that_are_not_there_or_not_alike_are_clear_errors() {
    let run = xtask(&["cmp", text(flat())]);
    assert!(run.code == Some(1) && run.stderr.contains("`cmp` needs two runs"), "{run:?}");
    let run = xtask(&["cmp", text(flat()), text(flat())]);
    assert!(run.code == Some(1) && run.stderr.contains("A and B are the same run"), "{run:?}");
    let run = xtask(&["cmp", text(flat()), "/no/such/run"]);
    assert!(run.code == Some(1) && run.stderr.contains("there is no run at /no/such/run"), "{run:?}");
    let old = empty_folder("cmp-schema");
    fs::write(old.join("trials.ndjson"), "{\"schema\":\"gather-trials/1\"}\n").unwrap();
    let run = xtask(&["cmp", text(flat()), text(&old)]);
    assert!(run.code == Some(1) && run.stderr.contains("the schema is gather-trials/1; this program reads"), "{run:?}");
    let run = xtask(&["cmp", text(flat()), text(usual()), "--engine", "smoll"]);
    assert!(run.code == Some(1) && run.stderr.contains("did you mean `smol`?"), "{run:?}");
    let run = xtask(&["cmp", text(flat()), text(usual()), "--workload", "sweep"]);
    assert!(run.code == Some(1) && run.stderr.contains("no workload of this run is called `sweep`"), "{run:?}");
}

#[test]
fn runs_without_a_common_cell_exit_with_5() {
    let other = copy(flat(), "cmp-nothing-in-common", &[]);
    let trials = fs::read_to_string(other.join("trials.ndjson")).unwrap();
    fs::write(other.join("trials.ndjson"), trials.replace("16 in flight", "17 in flight")).unwrap();
    let run = xtask(&["cmp", text(flat()), text(&other)]);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(run.stderr.contains("no cell and engine in common") && run.stderr.contains("17 in flight"), "{run:?}");
}
