//! The command line: what to count, and the program with its arguments.

use std::ffi::OsString;
use std::process::ExitCode;

use lexopt::prelude::*;

use crate::Failure;

/// What to do.
pub(crate) enum Args {
    Help,
    Syscalls(Command),
    Instructions(Command),
}

/// The program to count, as it would be started without us.
pub(crate) struct Command {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
}

const HELP: &str = "\
gather-count: what a runner does during a trial, counted

    gather-count --syscalls -- PROGRAM [ARGUMENTS]...
    gather-count --instructions -- PROGRAM [ARGUMENTS]...

PROGRAM speaks the protocol of benches/FORMAT.md on its standard input and output, and so does gather-count: it
passes every line on and adds what it counted to the line of each trial.

    --syscalls       system calls and wake-ups, through ptrace
    --instructions   instructions in user space, by perf where the machine has the counter, by callgrind where not";

pub(crate) fn help() -> Result<ExitCode, Failure> {
    println!("{HELP}");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn read() -> Result<Args, Failure> {
    parse(lexopt::Parser::from_env()).map_err(|error| Failure::new("usage", error))
}

fn parse(mut words: lexopt::Parser) -> Result<Args, lexopt::Error> {
    let mut mode: Option<fn(Command) -> Args> = None;
    while let Some(word) = words.next()? {
        let chosen: fn(Command) -> Args = match word {
            Long("help") | Short('h') => return Ok(Args::Help),
            Long("syscalls") => Args::Syscalls,
            Long("instructions") => Args::Instructions,
            Value(program) => {
                let arguments = words.raw_args()?.collect();
                let mode = mode.ok_or("--syscalls or --instructions is missing")?;
                return Ok(mode(Command { program, arguments }));
            }
            _ => return Err(word.unexpected()),
        };
        // Each kind has a pass of its own: under callgrind ptrace would count callgrind.
        if mode.replace(chosen).is_some() {
            return Err("one of --syscalls and --instructions at a time".into());
        }
    }
    Err("the program to count is missing: gather-count --syscalls -- PROGRAM [ARGUMENTS]...".into())
}
