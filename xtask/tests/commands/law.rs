//! Runs whose right answers are known, each made once for all tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::stage::{Run, Stage};

/// What everything is as it should be.
pub(crate) fn usual() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| measured("law-usual", &[], &["--seed", "3"]))
}

/// The same, where smol takes a quarter more CPU time.
pub(crate) fn slower() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| measured("law-slower", &[("slower", "125")], &["--seed", "4"]))
}

/// The same, where smol's answers are wrong.
pub(crate) fn wrong() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| measured("law-wrong", &[("wrong", "")], &["--seed", "5", "--workload", "flat"]))
}

/// A single workload without a concurrency axis.
pub(crate) fn flat() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| measured("law-flat", &[], &["--seed", "6", "--workload", "flat"]))
}

/// Three rounds, which are too few for anything.
pub(crate) fn few() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| measured("law-few", &[], &["--seed", "7", "--workload", "flat", "--rounds", "3"]))
}

fn measured(name: &str, files: &[(&str, &str)], arguments: &[&str]) -> PathBuf {
    let stage = Stage::new(name);
    stage.write("gather-runner", include_str!("../fakes/gather-runner-law"));
    stage.write("engines.toml", &engines());
    // The stage's own workloads name its own engines.
    fs::remove_dir_all(stage.folder().join("workloads")).unwrap();
    fs::create_dir(stage.folder().join("workloads")).unwrap();
    for (workload, text) in [("sweep", SWEEP), ("flat", FLAT), ("bodies", BODIES)] {
        stage.write(&format!("workloads/{workload}.toml"), text);
    }
    files.iter().for_each(|(file, text)| stage.write(file, text));
    let mut all = vec!["--rounds", "9"];
    if !arguments.contains(&"--workload") {
        all.extend(["--workload", "sweep", "--workload", "flat", "--workload", "bodies"]);
    }
    all.extend(arguments);
    let run = stage.run(&all);
    assert!(matches!(run.code, Some(0 | 2)), "{run:?}");
    let mut folders = fs::read_dir(stage.folder().join("results")).unwrap();
    folders.next().unwrap().unwrap().path()
}

/// Runs a command on nothing but its arguments.
pub(crate) fn xtask(arguments: &[&str]) -> Run {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| Stage::new("law-nothing")).raw(arguments)
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// An empty folder of a test's own.
pub(crate) fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A copy of a run with more files in it.
pub(crate) fn copy(run: &Path, name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = empty_folder(name);
    fs::copy(run.join("trials.ndjson"), folder.join("trials.ndjson")).unwrap();
    files.iter().for_each(|(file, text)| fs::write(folder.join(file), text).unwrap());
    folder
}

/// What `benches/` holds: the engines, and the workload `flat`.
pub(crate) fn definitions() -> [(&'static str, String); 2] {
    [("engines.toml", engines()), ("workloads/flat.toml", FLAT.to_owned())]
}

fn engines() -> String {
    let table = |(name, family, more): (&str, &str, &str)| {
        format!(
            "[[engine]]\nname = \"{name}\"\nabout = \"a law\"\nfamily = \"{family}\"\nclient = \"sh\"\nruntime = \"sh\"\n{more}\n\n"
        )
    };
    let engines = [
        ("tokio-current", "async", ""),
        ("smol", "async", ""),
        ("async-std", "async", ""),
        ("pool-raw", "blocking", ""),
        ("sequential-raw", "blocking", "in_flight = \"one\""),
        ("raw-floor", "floor", ""),
        ("python", "blocking", "command = [\"sh\", \"gather-runner\"]"),
    ];
    engines.map(table).concat()
}

const SWEEP: &str = r#"
question = "How many?"
expectation = "Some."
analysis = "A sweep."
engines = ["tokio-current", "smol", "async-std", "pool-raw", "raw-floor"]
reference = "tokio-current"
limits = ["little", "cpu"]
[params]
requests = 2000
concurrency = [1, 16, 64, 4096]
delay_us = 20000
page = "fixed:2700"
"#;

const FLAT: &str = r#"
question = "Who is fastest?"
expectation = "Nobody."
analysis = "No delay."
engines = ["tokio-current", "smol", "async-std", "pool-raw", "sequential-raw", "raw-floor", "python"]
reference = "tokio-current"
limits = ["cpu"]
[params]
requests = 2000
concurrency = 16
delay_us = 0
page = "fixed:2700"
"#;

const BODIES: &str = r#"
question = "How large?"
expectation = "Large."
analysis = "Bodies."
engines = ["tokio-current", "smol", "pool-raw", "raw-floor"]
reference = "tokio-current"
limits = ["cpu"]
[params]
requests = 500
concurrency = 64
delay_us = 0
page = ["fixed:1000", "fixed:16000", "fixed:256000"]
"#;
