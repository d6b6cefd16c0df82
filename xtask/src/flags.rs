//! The whole command line: what `cargo xtask` understands, and its help text.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt as _;

use crate::failure::Failure;

/// What `cargo xtask` alone, `help` and `--help` print.
pub(crate) const HELP: &str = include_str!("help.txt");

/// One invocation.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    List(Bench),
    Bench(Bench),
}

/// The flags of `bench`; `list` reads the ones that name files.
#[derive(Debug, Default)]
pub(crate) struct Bench {
    pub(crate) quick: bool,
    pub(crate) verify: bool,
    pub(crate) workloads: Vec<String>,
    pub(crate) engines: Vec<String>,
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) rounds: Option<usize>,
    pub(crate) seed: Option<u64>,
    pub(crate) port: u16,
    pub(crate) definitions: Option<PathBuf>,
    pub(crate) results: Option<PathBuf>,
    pub(crate) no_build: bool,
    pub(crate) bin_dir: Option<PathBuf>,
    /// The arguments as typed, to print a command that repeats the run.
    pub(crate) typed: Vec<String>,
}

/// Reads a command line (without the program's name).
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, Failure> {
    let arguments: Vec<OsString> = arguments.collect();
    parse_all(&arguments).map_err(|error| Failure::Setup(format!("{error} (see `cargo xtask --help`)")))
}

fn parse_all(arguments: &[OsString]) -> Result<Command, lexopt::Error> {
    let mut parser = lexopt::Parser::from_args(arguments);
    match parser.next()? {
        None | Some(Short('h') | Long("help")) => Ok(Command::Help),
        Some(Value(name)) => match name.to_string_lossy().as_ref() {
            "help" => Ok(Command::Help),
            "list" => Ok(bench(&mut parser, &arguments[1..])?.map_or(Command::Help, |(flags, _)| Command::List(flags))),
            "bench" => Ok(match bench(&mut parser, &arguments[1..])? {
                None => Command::Help,
                Some((flags, true)) => Command::List(flags),
                Some((flags, false)) => Command::Bench(flags),
            }),
            other => Err(crate::names::unknown("command", other, &["bench", "list", "help"]).into()),
        },
        Some(other) => Err(other.unexpected()),
    }
}

/// The flags after the command, and whether only the list was asked for; `None` when help was.
fn bench(parser: &mut lexopt::Parser, typed: &[OsString]) -> Result<Option<(Bench, bool)>, lexopt::Error> {
    let mut list = false;
    let mut flags =
        Bench { typed: typed.iter().map(|word| word.to_string_lossy().into_owned()).collect(), ..Bench::default() };
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("list") => list = true,
            Long("quick") => flags.quick = true,
            Long("verify") => flags.verify = true,
            Long("no-build") => flags.no_build = true,
            Long("workload") => flags.workloads.push(parser.value()?.string()?),
            Long("engine") => flags.engines.push(parser.value()?.string()?),
            Long("corpus") => flags.corpus = Some(parser.value()?.into()),
            Long("definitions") => flags.definitions = Some(parser.value()?.into()),
            Long("results") => flags.results = Some(parser.value()?.into()),
            Long("bin-dir") => flags.bin_dir = Some(parser.value()?.into()),
            Long("seed") => flags.seed = Some(parser.value()?.parse()?),
            Long("port") => flags.port = parser.value()?.parse()?,
            Long("rounds") => {
                let rounds = parser.value()?.parse()?;
                if rounds == 0 {
                    return Err("`--rounds` must be at least 1 (8 for a verdict)".into());
                }
                flags.rounds = Some(rounds);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((flags, list)))
}
