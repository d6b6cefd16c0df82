//! `cargo xtask report --markdown`, `report --splice` and `record`.

use std::fs;
use std::path::Path;

use crate::law::{copy, empty_folder, flat, text, usual, wrong, xtask};
use crate::stage::Run;

fn record(run: &Path, records: &Path, more: &[&str]) -> Run {
    xtask(&[&["record", text(run), "--records", text(records)], more].concat())
}

fn splice(file: &Path, records: &Path, more: &[&str]) -> Run {
    xtask(&[&["report", "--splice", text(file), "--records", text(records)], more].concat())
}

#[test]
fn a_run_as_markdown_has_every_table_and_verdict() {
    let run = xtask(&["report", text(usual()), "--markdown"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stdout.matches("\n| engine | ").count(), 8, "{run:?}");
    assert_eq!(run.stdout.matches("\n- verdict: ").count(), 8, "{run:?}");
    assert!(run.stdout.contains("\n## sweep\n") && run.stdout.contains("```sh\ncargo xtask bench "), "{run:?}");
    let run = xtask(&["report", text(wrong()), "--markdown"]);
    assert!(run.stdout.contains("- **wrong** smol: links 6001 instead of 6000"), "{run:?}");
}

#[test]
fn a_record_holds_every_trial_and_its_report() {
    let records = empty_folder("record");
    let run = record(flat(), &records, &["--name", "first"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let file = |folder: &Path| fs::read_to_string(folder.join("trials.ndjson")).unwrap();
    assert!(file(&records.join("first")).len() * 2 < file(flat()).len(), "in columns");
    let shown = |run: &Path| xtask(&["report", text(run), "--markdown"]).stdout;
    assert_eq!(shown(&records.join("first")), shown(flat()).replace(text(flat()), text(&records.join("first"))));
    let run = xtask(&["bench", "--no-build", &format!("--resume={}", text(&records.join("first")))]);
    assert!(run.code == Some(1) && run.stderr.contains("is a record, which is finished"), "{run:?}");
    let run = record(flat(), &empty_folder("record-again"), &["--name", "first"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(fs::read_to_string(records.join("first/report.md")).unwrap().contains("## flat"));
    assert!(run.stderr.contains("trials.ndjson ") && run.stderr.contains(" KB"), "{run:?}");
    let run = record(flat(), &records, &["--name", "first"]);
    assert!(run.code == Some(1) && run.stderr.contains("records are never overwritten"), "{run:?}");
    let run = record(flat(), &records, &["--name", "../up"]);
    assert!(run.code == Some(1) && run.stderr.contains("expected the name of a folder"), "{run:?}");
    assert_eq!(record(flat(), &records, &[]).code, Some(0));
    let names = fs::read_dir(&records).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.filter(|name| name.starts_with("20")).count() == 1, "named after the date and the CPU");
}

#[test]
fn a_run_that_was_cut_short_is_no_record() {
    let cut = copy(flat(), "record-cut", &[]);
    let trials = fs::read_to_string(cut.join("trials.ndjson")).unwrap();
    let lines: Vec<&str> = trials.lines().collect();
    fs::write(cut.join("trials.ndjson"), lines[..lines.len() - 5].join("\n") + "\n").unwrap();
    let run = record(&cut, &empty_folder("record-none"), &[]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("is not finished") && run.stderr.contains("bench --resume="), "{run:?}");
}

#[test]
fn a_large_record_is_thinned_and_says_so() {
    let large = copy(flat(), "record-large", &[]);
    let histogram = (1..2500).map(|value| format!("{}:3", value * 1000)).collect::<Vec<_>>().join(",");
    let trials = fs::read_to_string(large.join("trials.ndjson")).unwrap();
    // Each another, or they would be kept once.
    let trials = trials.lines().enumerate().map(|(number, line)| {
        line.replace("\"wall_ns\":", &format!("\"hdr\":\"{number}:1,{histogram}\",\"wall_ns\":")) + "\n"
    });
    let trials: String = trials.collect();
    assert!(trials.len() > 2_000_000);
    fs::write(large.join("trials.ndjson"), &trials).unwrap();
    let records = empty_folder("record-thin");
    let run = record(&large, &records, &["--name", "thin"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let thin = fs::read_to_string(records.join("thin/trials.ndjson")).unwrap();
    assert!(thin.len() < 500_000, "{}", thin.len());
    assert!(thin.lines().next().unwrap().contains("\"thinned\":\""), "{run:?}");
    assert!(run.stderr.contains("histograms were thinned"), "{run:?}");
}

#[test]
fn a_document_takes_the_newest_recorded_tables() {
    let records = empty_folder("splice");
    record(flat(), &records, &["--name", "old"]);
    let newest = copy(usual(), "splice-newest", &[]);
    let trials = fs::read_to_string(newest.join("trials.ndjson")).unwrap();
    fs::write(newest.join("trials.ndjson"), trials.replacen("\"utc\":\"20", "\"utc\":\"29", 1)).unwrap();
    record(&newest, &records, &["--name", "new"]);
    let file = empty_folder("splice-file").join("README.md");
    let markers = "# Title\n<!-- BEGIN: report flat -->\nold\n<!-- END: report flat -->\nrest\n";
    fs::write(&file, markers).unwrap();
    let run = splice(&file, &records, &["--check"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("is not up to date") && run.stderr.contains("is         old"), "{run:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), markers, "--check writes nothing");
    assert_eq!(splice(&file, &records, &[]).code, Some(0));
    let once = fs::read_to_string(&file).unwrap();
    assert!(once.starts_with("# Title\n") && once.ends_with("<!-- END: report flat -->\nrest\n"), "{once}");
    assert!(once.contains("| tokio-current |") && once.contains("`benches/record/new`"), "{once}");
    assert!(once.contains("```sh\ncargo xtask bench "), "{once}");
    assert_eq!(splice(&file, &records, &["--check"]).code, Some(0));
    splice(&file, &records, &[]);
    assert_eq!(fs::read_to_string(&file).unwrap(), once, "a second time changes nothing");
}

#[test]
fn a_marker_without_its_half_or_its_record_is_an_error() {
    let records = empty_folder("splice-errors");
    record(flat(), &records, &["--name", "only"]);
    let file = empty_folder("splice-errors-file").join("README.md");
    let error = |text: &str| {
        fs::write(&file, text).unwrap();
        let run = splice(&file, &records, &[]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "nothing is written");
        run.stderr
    };
    assert!(error("no markers\n").contains("there is no `<!-- BEGIN: report NAME -->`"));
    assert!(error("<!-- BEGIN: report flat -->\n").contains("`<!-- END: report flat -->` is missing"));
    let unknown = error("<!-- BEGIN: report storm -->\n<!-- END: report storm -->\n");
    assert!(unknown.contains("has this workload (known: flat)"), "{unknown}");
    let run = splice(Path::new("/no/such/file"), &records, &[]);
    assert!(run.code == Some(1) && run.stderr.contains("cannot read /no/such/file"), "{run:?}");
    assert_eq!(xtask(&["report", "--check"]).code, Some(1));
}

#[test]
fn a_self_test_is_kept_in_short_and_told_where_it_belongs() {
    let header = fs::read_to_string(flat().join("trials.ndjson")).unwrap();
    let environment = header.split_once("\"environment\":").unwrap().1.split_once('}').unwrap().0;
    let environment = format!("{environment}}}");
    let lines = format!(
        "{{\"schema\":\"gather-selftest/1\",\"utc\":\"2026-01-02T03:04:05Z\",\"command\":\"cargo xtask selftest\",\
         \"environment\":{environment}}}\n\
         {{\"try\":\"identical\",\"delta\":0.02,\"valid\":true,\"control\":{{\"ratio\":1,\"low\":0.99,\"high\":1.01}}}}\n\
         {{\"finding\":\"identical code told apart\",\"text\":\"0 of 1: at most 95.00 %\",\"found\":0,\"tries\":1,\
         \"wanted\":\"at most 3 %\",\"held\":false}}\n"
    );
    let tested = copy(flat(), "selftest-run", &[("selftest.ndjson", &lines)]);
    let (records, results) = (empty_folder("selftest-records"), empty_folder("selftest-results"));
    let report =
        || xtask(&["report", text(flat()), "--markdown", "--records", text(&records), "--results", text(&results)]);
    assert!(report().stdout.contains("not measured on this machine (`cargo xtask selftest`)"), "{:?}", report());
    let run = record(&tested, &records, &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let folder = fs::read_dir(&records).unwrap().next().unwrap().unwrap();
    let name = folder.file_name().into_string().unwrap();
    assert!(name.starts_with("2026-01-02-") && name.ends_with("-selftest"), "{name}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no trials");
    assert_eq!(fs::read_to_string(folder.path().join("selftest.ndjson")).unwrap(), lines);
    let run = report();
    let folded = "<details><summary>Error rates of the lab on this machine, 2026-01-02: 0 of 1 tests held</summary>";
    let told = run.stdout.lines().find(|line| line.starts_with(folded)).unwrap_or_else(|| panic!("{run:?}"));
    assert!(told.contains("0 of 1: at most 95.00 % (wanted: at most 3 %), which FAILED"), "{told}");
    let flattering = lines.replace("\"low\":0.99", "\"low\":1.9").replace("\"high\":1.01", "\"high\":2");
    fs::write(tested.join("selftest.ndjson"), flattering).unwrap();
    let run = record(&tested, &records, &["--name", "flattering"]);
    assert!(run.code == Some(1) && run.stderr.contains("its tries come to 1 of 1"), "{run:?}");
}
