//! The tools that count a program's instructions: perf where the machine has the counter, callgrind where not.

use std::fs;
use std::path::PathBuf;
use std::process::{Command as Process, Stdio};

use crate::Failure;
use crate::args::Command;

/// What counts instructions on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tool {
    /// The processor's own counter: nothing slows down.
    Perf,
    /// A simulation, fifty times slower: most virtual machines have no counter.
    Callgrind,
}

impl Tool {
    /// The best tool there is, if any.
    pub(crate) fn find() -> Result<Option<Tool>, Failure> {
        // Whether the counter exists shows only when it is tried.
        let nothing = Command { program: "true".into(), arguments: Vec::new() };
        for tool in [Tool::Perf, Tool::Callgrind] {
            let folder = Folder::new()?;
            let tried =
                tool.run(&nothing, &folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
            if tried.is_ok_and(|status| status.success()) && tool.read(&folder).is_ok() {
                return Ok(Some(tool));
            }
        }
        Ok(None)
    }

    /// The name for the words of a trial.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::Perf => "perf",
            Tool::Callgrind => "callgrind",
        }
    }

    /// The program under this tool, which will write into the folder.
    pub(crate) fn run(self, command: &Command, folder: &Folder) -> Process {
        // A program that never ends under a tool is ended, even when we are gone by then.
        let mut process = Process::new("timeout");
        process.args(["-k", "5", LONGEST_RUN_S]);
        match self {
            Tool::Perf => {
                process.args(["perf", "stat", "-x", ",", "-e", "instructions:u", "-o"]);
                process.arg(folder.0.join("perf")).arg("--");
            }
            Tool::Callgrind => {
                // Children too: what is called a program may be a script that starts it. Fair, because a thread that
                // spins would otherwise keep the one that it waits for from running. What callgrind itself has to say
                // can be endless, and nobody reads it.
                process.args(["valgrind", "--tool=callgrind", "--trace-children=yes", "--fair-sched=try"]);
                process.arg("--log-file=/dev/null");
                process.arg(format!("--callgrind-out-file={}/%p", folder.0.display()));
            }
        }
        process.arg(&command.program).args(&command.arguments);
        process
    }

    /// The instructions of all processes that wrote into the folder.
    pub(crate) fn read(self, folder: &Folder) -> Result<u64, Failure> {
        let failed = |error| Failure::new("instructions", format!("{}: {error}", self.name()));
        let mut sum = None;
        for file in fs::read_dir(&folder.0).map_err(failed)? {
            let text = fs::read_to_string(file.map_err(failed)?.path()).map_err(failed)?;
            let found = match self {
                Tool::Perf => perf_count(&text),
                Tool::Callgrind => callgrind_count(&text),
            };
            sum = found.map(|found| sum.unwrap_or(0) + found).or(sum);
        }
        sum.ok_or_else(|| Failure::new("instructions", format!("{} counted nothing", self.name())))
    }
}

/// `123456,,instructions:u,...`, or `<not supported>` in the place of the number; lines of comment around it.
fn perf_count(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("instructions:u"))?;
    line.split(',').next()?.parse().ok()
}

/// `totals: 123456` ends the file of each process.
fn callgrind_count(text: &str) -> Option<u64> {
    let totals = text.lines().filter_map(|line| line.strip_prefix("totals:")?.trim().parse::<u64>().ok());
    totals.reduce(|sum, total| sum + total)
}

/// Two runs have to fit into the minute that the lab gives a trial.
const LONGEST_RUN_S: &str = "25";

/// A folder for a tool's output, removed with its value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Result<Folder, Failure> {
        let folder = std::env::temp_dir().join(format!("gather-count-{}", std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => Ok(Folder(folder)),
            Err(error) => Err(Failure::new("instructions", format!("cannot create {}: {error}", folder.display()))),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
