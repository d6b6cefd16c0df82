//! `cargo xtask engines`: makes the programs of the outside engines, or says what to install first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::compile::{target_folder, workspace_root};
use crate::failure::Failure;
use crate::names;
use crate::outside;
use crate::processes::Processes;
use crate::say;

/// What can be made: a name, what it holds, and how.
const KINDS: [(&str, &str, Make); 3] = [
    ("python", "the guide's programs in Python, and Scrapy", python),
    ("spider", "the crate spider", spider),
    ("wrk", "the load generator wrk, as a ceiling", wrk),
];

type Make = fn(&mut Processes) -> Result<Made, Failure>;

/// How it went with one of them.
enum Made {
    /// What is there, for a person.
    Ready(String),
    /// What to do about it.
    Missing(String),
}

/// Makes those that are named, or all. The exit code is 0 when all of these are ready.
pub(crate) fn run(wanted: &[String]) -> Result<u8, Failure> {
    let known = KINDS.map(|(name, _, _)| name);
    if let Some(name) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::Setup(names::unknown("kind of outside engine", name, &known)));
    }
    let mut processes = Processes::new()?;
    let mut missing = 0;
    for (name, what, make) in KINDS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let line = match make(&mut processes)? {
            Made::Ready(with) => format!("{name:<8} ready    {what}: {with}\n"),
            Made::Missing(advice) => {
                missing += 1;
                format!("{name:<8} missing  {what}: {advice}\n")
            }
        };
        say::out(&line);
    }
    Ok(u8::from(missing > 0))
}

/// Where all of this is put.
fn folder() -> PathBuf {
    target_folder().join("engines")
}

fn sources() -> PathBuf {
    workspace_root().join("benches/engines")
}

/// A virtual environment with the pinned packages. What they were is kept in it, so that a second call has nothing to do.
fn python(processes: &mut Processes) -> Result<Made, Failure> {
    let environment = folder().join("python");
    let interpreter = environment.join("bin/python");
    let requirements = sources().join("python/requirements.txt");
    let stamp = environment.join("requirements.installed");
    let pinned = fs::read_to_string(&requirements)
        .map_err(|error| Failure::io(format_args!("cannot read {}", requirements.display()), &error))?;
    if interpreter.is_file() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == pinned) {
        return Ok(Made::Ready(environment.display().to_string()));
    }
    if outside::in_path("python3").is_none() {
        return Ok(Made::Missing("python3 is not installed (Debian, Ubuntu: apt-get install python3-venv)".into()));
    }
    // A half-made environment is made anew.
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&environment);
    if !succeeds(processes, "python3 -m venv", &mut venv)? {
        return Ok(Made::Missing(
            "python3 -m venv failed, see above (Debian, Ubuntu: apt-get install python3-venv)".into(),
        ));
    }
    let mut pip = Command::new(&interpreter);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
    if !succeeds(processes, "pip install", &mut pip)? {
        return Ok(Made::Missing("pip could not install the packages; its own message stands above".into()));
    }
    fs::write(&stamp, pinned).map_err(|error| Failure::io(format_args!("cannot write {}", stamp.display()), &error))?;
    Ok(Made::Ready(environment.display().to_string()))
}

/// A package outside of the workspace, so that its three hundred dependencies are nobody else's.
fn spider(processes: &mut Processes) -> Result<Made, Failure> {
    let target = folder().join("spider");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--manifest-path"]).arg(sources().join("spider/Cargo.toml"));
    cargo.arg("--target-dir").arg(&target);
    if !succeeds(processes, "cargo build", &mut cargo)? {
        return Ok(Made::Missing("its build failed; cargo's own message stands above".into()));
    }
    Ok(Made::Ready(target.join("release/gather-engine-spider").display().to_string()))
}

/// Nothing is made here: wrk is a package of the system, and its adapter needs Python alone.
fn wrk(_: &mut Processes) -> Result<Made, Failure> {
    if outside::in_path("python3").is_none() {
        return Ok(Made::Missing("its adapter needs python3 (Debian, Ubuntu: apt-get install python3)".into()));
    }
    match outside::in_path("wrk") {
        Some(program) => Ok(Made::Ready(version(&program))),
        None => Ok(Made::Missing(
            "wrk is not installed (Debian, Ubuntu: apt-get install wrk; Fedora: dnf install wrk; else https://github.com/wg/wrk)"
                .into(),
        )),
    }
}

/// `wrk -v` prints its version, a usage, and ends with 1.
fn version(program: &Path) -> String {
    let output = Command::new(program).arg("-v").stdin(Stdio::null()).output();
    let text = output.map(|output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
    let first = text.unwrap_or_default().lines().next().map(str::trim).unwrap_or_default().to_owned();
    format!("{} {first}", program.display())
}

/// Runs a tool to its end, what it prints being for the user.
pub(crate) fn succeeds(processes: &mut Processes, name: &str, command: &mut Command) -> Result<bool, Failure> {
    say::note(&format!("running    {name}"));
    let tool = processes.start_tool(name, command)?;
    // A cold build on a small machine takes minutes; an hour means that something hangs.
    while let Some(line) = processes.line_or_end(tool, Duration::from_secs(3600))? {
        say::note(&line);
    }
    Ok(processes.stop(tool).is_some_and(|status| status.success()))
}
