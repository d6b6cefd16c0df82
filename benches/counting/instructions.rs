//! Instructions of a trial, as the difference between a short run of the program and a long one.
//!
//! A tool counts a process from its start to its end. The start, the warm-up of every cache and the end are the same in a
//! run with one trial of N requests and in one with 3N, so half of the difference is what N requests cost.

use std::io::{BufRead, stdin};
use std::process::{self, ExitCode};

use nix::sys::signal::{Signal, kill};

use crate::Failure;
use crate::args::Command;
use crate::attach::id;
use crate::program::{Program, kind, say, unsupported};
use crate::tools::{Folder, Tool};

/// Answers trials by runs under a tool, and everything else by the program itself.
pub(crate) fn count(command: &Command) -> Result<ExitCode, Failure> {
    let mut program = Program::start(process::Command::new(&command.program).args(&command.arguments))?;
    let first = program.lines.next()?;
    let Some(ready) = first.as_deref().filter(|line| kind(line) == "ready") else {
        return program.pass_on(first);
    };
    let Some(tool) = Tool::find()? else {
        return program.unsupported("neither perf counters nor valgrind");
    };
    say(ready)?;
    for line in stdin().lock().lines() {
        let line = line.map_err(|error| Failure::new("input", error))?;
        if kind(&line) == "trial" {
            match trial(tool, command, &line) {
                Ok(answer) => say(&answer)?,
                // By itself it works, or its timed trials would say so: callgrind does not know every call of the kernel.
                Err(Failure { kind: UNDER_TOOL, message }) => say(&unsupported(&message))?,
                Err(error) => return Err(error),
            }
            continue;
        }
        program.tell(&line);
        match program.lines.next()? {
            Some(answer) => say(&answer)?,
            None => break,
        }
    }
    program.pass_on(None)
}

/// The kind of a failure of the program while a tool counts it.
const UNDER_TOOL: &str = "program";

/// The answer to a trial's line.
fn trial(tool: Tool, command: &Command, line: &str) -> Result<String, Failure> {
    let requests: Option<u64> = line.split_whitespace().find_map(|word| word.strip_prefix("requests=")?.parse().ok());
    let requests = requests.ok_or_else(|| Failure::new("input", "a trial that is counted needs requests=NUMBER"))?;
    let (answer, short) = run(tool, command, requests)?;
    let (_, long) = run(tool, command, requests.saturating_mul(3))?;
    let difference = long.checked_sub(short).ok_or_else(|| {
        Failure::new("instructions", format!("{short} with {requests} requests and {long} with three times as many"))
    })?;
    Ok(format!("{} instructions={} instructions_source={}", answer.trim_end(), difference / 2, tool.name()))
}

/// One process with one trial: its line, and the instructions of its whole life.
fn run(tool: Tool, command: &Command, requests: u64) -> Result<(String, u64), Failure> {
    let folder = Folder::new()?;
    let mut program = Program::start(&mut tool.run(command, &folder))?;
    let answer = trial_of(&mut program, tool, requests);
    program.input = None;
    if answer.is_err() {
        // Not killed: whoever watches over the run would be gone before it has ended the program.
        let _ = kill(id(&program.child), Signal::SIGTERM);
    }
    let status = program.child.wait().map_err(|error| Failure::new("wait", error))?;
    let answer = answer?;
    if !status.success() {
        return Err(Failure::new(UNDER_TOOL, format!("under {} it ended with {status}", tool.name())));
    }
    Ok((answer, tool.read(&folder)?))
}

fn trial_of(program: &mut Program, tool: Tool, requests: u64) -> Result<String, Failure> {
    expect(program, tool, "ready")?;
    program.tell(&format!("trial requests={requests}"));
    expect(program, tool, "trial")
}

fn expect(program: &mut Program, tool: Tool, expected: &str) -> Result<String, Failure> {
    let failed = |what: &str| Failure::new(UNDER_TOOL, format!("under {} it {what}", tool.name()));
    match program.lines.next()? {
        Some(line) if kind(&line) == expected => Ok(line),
        Some(line) => Err(failed(&format!("said instead of `{expected}`: {line}"))),
        None => Err(failed(&format!("ended without saying `{expected}`"))),
    }
}
