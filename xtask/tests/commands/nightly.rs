//! The steps of the nightly workflow that keep its history, as GitHub would run them: on the first night, and on those after it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::law::{empty_folder, flat};
use crate::stage::Run;

const WORKFLOW: &str = include_str!("../../../.github/workflows/bench.yml");

const PAST: &str = "The past, so that the report can draw it";

#[test]
fn the_first_night_begins_the_history_and_the_next_goes_on() {
    let night = Night::new("history");
    for number in ["1", "2", "3"] {
        let past = night.step(PAST, number);
        assert_eq!(past.code, Some(0), "{past:?}");
        let report = night.step("Report", number);
        assert!(report.code == Some(0) && night.read("runner/report.html").contains("<svg"), "{report:?}");
        assert!(night.read("summary").contains("## flat"), "{}", night.read("summary"));
        let kept = night.step("Keep it", number);
        assert_eq!(kept.code, Some(0), "{kept:?}");
        night.next();
    }
    let files = night.git("origin", &["ls-tree", "-r", "--name-only", "bench-history"]);
    assert_eq!(files.matches("/trials.ndjson\n").count(), 3, "{files}");
    assert_eq!(files.matches("/counts.ndjson\n").count(), 3, "{files}");
    assert!(!files.contains("code"), "the history holds nothing else: {files}");
    let log = night.git("origin", &["log", "--format=%s", "bench-history"]);
    assert_eq!(log.lines().count(), 3, "{log}");
    assert!(log.lines().all(|line| line.starts_with("bench: 20")), "{log}");
}

#[test]
fn an_origin_that_cannot_be_asked_does_not_begin_another_history() {
    let night = Night::new("unreachable");
    fs::rename(night.root.join("origin"), night.root.join("gone")).unwrap();
    let past = night.step(PAST, "1");
    assert_eq!(past.code, Some(128), "{past:?}");
    assert!(!night.root.join("runner/history").exists());
}

#[test]
fn counting_leaves_the_newest_run_the_one_that_was_timed() {
    let night = Night::new("counts");
    fs::remove_file(night.root.join("runner/bench/run/counts.ndjson")).unwrap();
    let count = night.step("Count", "1");
    assert_eq!(count.code, Some(0), "{count:?}");
    assert_eq!(night.read("runner/bench/run/counts.ndjson"), "counted\n");
    assert_eq!(night.step(PAST, "1").code, Some(0));
    assert_eq!(night.step("Report", "1").code, Some(0));
}

/// A machine of GitHub's: a checkout, its origin, a temporary folder with a run in it.
struct Night {
    root: PathBuf,
}

impl Night {
    fn new(name: &str) -> Night {
        let night = Night { root: empty_folder(&format!("nightly-{name}")) };
        fs::create_dir(night.root.join("origin")).unwrap();
        night.git("origin", &["init", "--quiet", "--bare"]);
        fs::create_dir_all(night.root.join("code")).unwrap();
        night.git("code", &["init", "--quiet", "--initial-branch", "main"]);
        fs::write(night.root.join("code/code"), "code").unwrap();
        night.git("code", &["add", "."]);
        night.git("code", &["commit", "--quiet", "--message", "code"]);
        night.git("code", &["push", "--quiet", "../origin", "main"]);
        fs::create_dir(night.root.join("bin")).unwrap();
        fs::write(night.root.join("bin/cargo"), CARGO).unwrap();
        fs::set_permissions(night.root.join("bin/cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        night.next();
        night
    }

    /// A fresh machine: as shallow a checkout as GitHub's, and nothing of the night before.
    fn next(&self) {
        for folder in ["checkout", "runner"] {
            let _ = fs::remove_dir_all(self.root.join(folder));
        }
        let origin = format!("file://{}", self.root.join("origin").display());
        self.git("", &["clone", "--quiet", "--depth", "1", "--branch", "main", &origin, "checkout"]);
        let run = self.root.join("runner/bench/run");
        fs::create_dir_all(&run).unwrap();
        fs::copy(flat().join("trials.ndjson"), run.join("trials.ndjson")).unwrap();
        fs::write(run.join("counts.ndjson"), "counted\n").unwrap();
        fs::write(self.root.join("summary"), "").unwrap();
    }

    /// The script of a step, in the shell that the workflow names.
    fn step(&self, name: &str, number: &str) -> Run {
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script(name)]);
        command.current_dir(self.root.join("checkout"));
        command.env("RUNNER_TEMP", self.root.join("runner")).env("GITHUB_STEP_SUMMARY", self.root.join("summary"));
        command.env("GITHUB_RUN_ID", number).env("GITHUB_RUN_ATTEMPT", "1");
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", self.root.join("bin").display()));
        command.env("XTASK", env!("CARGO_BIN_EXE_xtask"));
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"];
        let folder = self.root.join(folder);
        let output = Command::new("git").args(identity).args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root.join(file)).unwrap()
    }
}

/// The lines below `run: |` of a step, without their indentation.
fn script(name: &str) -> String {
    let (_, step) = WORKFLOW.split_once(&format!("      - name: {name}\n")).unwrap_or_else(|| panic!("no step {name}"));
    let (step, _) = step.split_once("\n      - ").unwrap_or((step, ""));
    let (_, script) = step.split_once("        run: |\n").expect("the step has a script");
    script.lines().map(|line| format!("{}\n", line.strip_prefix("          ").unwrap_or(line))).collect()
}

/// `cargo xtask` is the program under test; only what would be counted is there already.
const CARGO: &str = r#"#!/bin/sh
case "$*" in
    "xtask bench --counts "*) mkdir -p "$RUNNER_TEMP/counts/run" && echo counted > "$RUNNER_TEMP/counts/run/counts.ndjson" ;;
    "xtask "*) shift; exec "$XTASK" "$@" ;;
    *) echo "cargo $*: not expected" >&2; exit 1 ;;
esac
"#;
