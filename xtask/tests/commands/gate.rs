//! `cargo xtask gate`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::law::{copy, definitions, empty_folder, few, flat, slower, text, usual, wrong, xtask};
use crate::stage::Run;

/// A file of counts with so many allocations for each of smol's pages.
fn counts(allocations: f64, instructions: f64) -> String {
    let count = |number: f64| {
        format!("{{\"median\":{number},\"lowest\":{number},\"highest\":{number},\"repetitions\":3,\"exact\":true}}")
    };
    format!(
        "{{\"schema\":\"gather-counts/1\"}}\n{{\"workload\":\"flat\",\"cell\":\"16 in flight\",\"engine\":\"smol\",\"requests\":400,\
         \"instructions_source\":\"callgrind\",\"allocations\":{},\"instructions\":{},\"wakeups\":{}}}\n",
        count(allocations),
        count(instructions),
        count(allocations)
    )
}

fn counted(name: &str, allocations: f64, instructions: f64) -> PathBuf {
    copy(flat(), name, &[("counts.ndjson", &counts(allocations, instructions))])
}

fn gate(base: &Path, head: &Path, more: &[&str]) -> Run {
    xtask(&[&["gate", "--base", text(base), "--head", text(head)], more].concat())
}

#[test]
fn nothing_changed_is_one_line() {
    let base = counted("gate-base", 12.0, 1000.0);
    let run = gate(&base, &counted("gate-same", 12.0, 1000.0), &["--markdown"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    assert!(run.stdout.starts_with("**nothing changed: 3 counts and "), "{run:?}");
}

#[test]
fn one_more_allocation_is_a_regression_unless_it_is_allowed() {
    let (base, head) = (counted("gate-12", 12.0, 1000.0), counted("gate-13", 13.0, 1000.0));
    let run = gate(&base, &head, &[]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stdout.starts_with("regression: 1 number worse"), "{run:?}");
    let row = run.stdout.lines().find(|line| line.contains(" allocations ")).unwrap_or_default();
    assert!(row.contains("+8.3 %") && row.ends_with("regression"), "{run:?}");
    assert!(run.stdout.lines().any(|line| line.contains(" wakeups ") && line.ends_with("worse")), "{run:?}");
    assert_eq!(gate(&base, &head, &["--allow", "allocations=9%"]).code, Some(0));
    assert_eq!(gate(&base, &head, &["--allow", "allocations=8%"]).code, Some(3));
    assert_eq!(gate(&head, &base, &[]).code, Some(0), "fewer is better");
}

#[test]
fn instructions_may_rise_by_a_hundredth() {
    let base = counted("gate-1000", 12.0, 1000.0);
    assert_eq!(gate(&base, &counted("gate-1009", 12.0, 1009.0), &[]).code, Some(0));
    assert_eq!(gate(&base, &counted("gate-1011", 12.0, 1011.0), &[]).code, Some(3));
}

#[test]
fn what_changed_stands_above_the_fold() {
    let (base, head) = (counted("gate-fold-12", 12.0, 1000.0), counted("gate-fold-13", 13.0, 1000.0));
    let run = gate(&base, &head, &["--markdown"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let (above, below) = run.stdout.split_once("<details>").unwrap();
    assert!(above.contains("| allocations |") && !above.contains("| instructions |"), "{run:?}");
    assert!(above.lines().next().unwrap().contains("noise floor"), "{run:?}");
    assert!(below.contains("| instructions |") && below.contains("cargo xtask bench"), "{run:?}");
}

#[test]
fn a_time_gates_when_two_runs_agree() {
    let run = gate(usual(), slower(), &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("for information") && run.stdout.contains("a second `--head`"), "{run:?}");
    let again = copy(slower(), "gate-slower-again", &[]);
    let run = gate(usual(), slower(), &["--head", text(&again)]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stdout.lines().any(|line| line.contains("smol") && line.ends_with("regression")), "{run:?}");
    assert!(!run.stdout.contains("async-std"), "{run:?}");
    let run = gate(usual(), slower(), &["--head", text(&copy(usual(), "gate-usual-again", &[]))]);
    assert_eq!(run.code, Some(0), "one of two is not enough: {run:?}");
}

#[test]
fn an_answer_that_became_wrong_exits_with_2() {
    let run = gate(flat(), wrong(), &[]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stdout.contains("smol answers wrongly in flat"), "{run:?}");
}

#[test]
fn a_gate_that_compared_nothing_is_not_green() {
    let base = counted("gate-with", 12.0, 1000.0);
    let run = gate(&base, flat(), &[]);
    assert!(run.code == Some(5) && run.stderr.contains("nothing that gates could be compared"), "{run:?}");
    let empty = empty_folder("gate-empty");
    let trials = fs::read_to_string(flat().join("trials.ndjson")).unwrap();
    fs::write(empty.join("trials.ndjson"), format!("{}\n", trials.lines().next().unwrap())).unwrap();
    let run = gate(flat(), &empty, &[]);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert_eq!(gate(flat(), few(), &[]).code, Some(4), "three rounds say nothing");
}

#[test]
fn a_run_is_not_held_against_itself() {
    let run = gate(flat(), flat(), &[]);
    assert!(run.code == Some(1) && run.stderr.contains("`--base` and `--head` are the same run"), "{run:?}");
    let file = flat().join("trials.ndjson");
    let run = gate(usual(), flat(), &["--head", text(&file)]);
    assert!(run.code == Some(1) && run.stderr.contains("`--head` and `--head` are the same run"), "{run:?}");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let base = counted("gate-fine", 12.0, 1000.0);
    let broken = copy(flat(), "gate-broken", &[("counts.ndjson", "{\"schema\":\"gather-counts/1\"}\nnot json\n")]);
    let run = gate(&base, &broken, &[]);
    assert!(run.code == Some(1) && run.stderr.contains("counts.ndjson:2: is not JSON"), "{run:?}");
    let run = gate(&base, &base, &["--allow", "allocations"]);
    assert!(run.code == Some(1) && run.stderr.contains("such as `allocations=1%`"), "{run:?}");
    let run = xtask(&["gate", "--head", text(flat())]);
    assert!(run.code == Some(1) && run.stderr.contains("`--base` is missing"), "{run:?}");
    let run = gate(&base, &base, &["--workload", "flat"]);
    assert!(run.code == Some(1) && run.stderr.contains("runs were counted already"), "{run:?}");
    let run = xtask(&["gate", "--base", "no-such-revision"]);
    assert!(run.code == Some(1) && run.stderr.contains("git knows no such revision"), "{run:?}");
    let run = gate(&base, &base, &["--head", text(&base), "--head", text(&base)]);
    assert!(run.code == Some(1) && run.stderr.contains("may be given twice"), "{run:?}");
}

/// A repository with one revision, and a cargo that builds nothing: the base's programs and the head's are there already.
fn repository(name: &str) -> PathBuf {
    let root = empty_folder(name);
    let write = |file: &str, text: &str| {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    definitions().into_iter().for_each(|(file, text)| write(&format!("tree/benches/{file}"), &text));
    write("tree/Cargo.toml", "");
    for which in ["base", "head"] {
        write(&format!("{which}/gather-origin"), include_str!("../fakes/gather-origin"));
        write(&format!("{which}/gather-runner"), include_str!("../fakes/gather-runner-law"));
        write(&format!("{which}/gather-runner-allocations"), include_str!("../fakes/gather-runner-law"));
        write(&format!("{which}/gather-count"), "#!/bin/sh\necho unsupported reason=no_such_tool\n");
    }
    write("head/reconnects", "");
    let cargo = "#!/bin/sh\ncase $(pwd) in */base/*) which=base ;; *) which=head ;; esac\n\
        for program in gather-origin gather-runner gather-runner-allocations gather-count; do echo \"{\\\"executable\\\":\\\"$(dirname \"$0\")/$which/$program\\\"}\"; done\n";
    write("cargo", cargo);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"];
        let output =
            Command::new("git").args(identity).args(arguments).current_dir(root.join("tree")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    root
}

fn gate_revision(root: &Path, revision: &str, more: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["gate", "--base", revision]).args(more).arg("--results").arg(root.join("results"));
    command.env("CARGO", root.join("cargo")).env("CARGO_MANIFEST_DIR", root.join("tree/xtask"));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

#[test]
fn a_revision_is_built_and_both_are_counted() {
    let root = repository("gate-revision");
    let run = gate_revision(&root, "HEAD", &["--workload", "flat", "--engine", "smol", "--markdown"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stdout.starts_with("**regression: "), "only the summary is on standard output: {run:?}");
    assert!(run.stdout.contains("| smol | connections | 0 | 1.00 | from nothing | regression |"), "{run:?}");
    fs::remove_file(root.join("head/reconnects")).unwrap();
    let run = gate_revision(&root, "HEAD", &["--workload", "flat", "--engine", "smol"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.starts_with("nothing changed: "), "{run:?}");
    let folder = root.join("tree/benches");
    let run = gate_revision(&root, "HEAD", &["--definitions", text(&folder), "--workload", "flat"]);
    assert!(run.code == Some(0) && run.stderr.matches("build      done").count() == 2, "its own: {run:?}");
    let run = gate_revision(&root, "HEAD", &["--definitions", "/usr"]);
    assert!(run.code == Some(1) && run.stderr.contains("has a base: fatal: not a git repository"), "{run:?}");
    let run = gate_revision(&root, "no-such-revision", &[]);
    assert!(run.code == Some(1) && run.stderr.contains("git knows no such revision"), "{run:?}");
    let run = gate_revision(&root, "HEAD", &["--workload", "storm"]);
    assert!(run.code == Some(1) && run.stderr.contains("no workload is called `storm`"), "{run:?}");
    assert!(!run.stderr.contains("build  "), "a mistyped name is found before anything is built: {run:?}");
    // What is changed and not committed is the head, and a workload that the base's runner does not know is no peace.
    let runner = include_str!("../fakes/gather-runner-law");
    let older = runner.replacen(
        "#!/bin/sh\n",
        "#!/bin/sh\n[ \"$2\" = smol ] && echo unsupported reason=no_such_model && exit 0\n",
        1,
    );
    fs::write(root.join("base/gather-runner"), older).unwrap();
    let run = gate_revision(&root, "HEAD", &["--workload", "flat", "--engine", "smol"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.lines().next().unwrap().contains("; 1 in one of the two alone; base HEAD ("), "{run:?}");
    assert!(run.stdout.contains("not counted in the base (unsupported: no such model): flat, "), "{run:?}");
}

#[test]
fn an_engine_that_breaks_is_not_let_pass_because_it_costs_nothing() {
    let root = repository("gate-broken-engine");
    fs::remove_file(root.join("head/reconnects")).unwrap();
    let smol = ["--workload", "flat", "--engine", "smol"];
    fs::write(root.join("head/wrong"), "").unwrap();
    let run = gate_revision(&root, "HEAD", &smol);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stdout.starts_with("broken: 1 answer no more"), "{run:?}");
    assert!(
        run.stdout.contains("smol answers wrongly in flat") && run.stdout.contains("links 6001 instead"),
        "{run:?}"
    );
    // What was wrong before gates nothing, and nothing else of it is compared.
    let always = include_str!("../fakes/gather-runner-law").replace("[ -f \"$here/wrong\" ] && links", "links");
    fs::write(root.join("base/gather-runner"), &always).unwrap();
    let run = gate_revision(&root, "HEAD", &smol);
    assert!(run.code == Some(0) && !run.stdout.contains("smol"), "{run:?}");
    fs::write(root.join("base/gather-runner"), include_str!("../fakes/gather-runner-law")).unwrap();
    fs::remove_file(root.join("head/wrong")).unwrap();
    for (how, line, words) in [
        ("fails", "echo error kind=connect message=connection_refused; exit 1", "connection refused"),
        ("does not take part any more", "echo unsupported reason=no_such_model; exit 0", "no such model"),
    ] {
        let broken = format!("#!/bin/sh\nif [ \"$2\" = smol ]; then {line}; fi\n");
        fs::write(root.join("head/gather-runner"), broken + include_str!("../fakes/gather-runner-law")).unwrap();
        let run = gate_revision(&root, "HEAD", &smol);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.stdout.contains(&format!("smol {how} in flat")) && run.stdout.contains(words), "{run:?}");
    }
}
