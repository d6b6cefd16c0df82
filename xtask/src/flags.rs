//! The whole command line: what `cargo xtask` understands, and its help texts.

mod measuring;
mod reading;

pub(crate) use self::measuring::{Bench, Diff, SelfTest};
pub(crate) use self::reading::{Advise, Cmp, Gate, Read, Record};

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt as _};

use crate::failure::Failure;

/// One invocation.
#[derive(Debug)]
pub(crate) enum Command {
    /// The help of a command, or of all.
    Help(&'static str),
    List(List),
    Show(Show),
    Bench(Box<Bench>),
    Report(Report),
    SelfTest(Box<SelfTest>),
    Diff(Box<Diff>),
    /// The outside engines to make; all of them when none is named.
    Engines(Vec<String>),
    Cmp(Cmp),
    Rank(Read),
    Cost(Read),
    Advise(Advise),
    Gate(Gate),
    Record(Record),
}

/// The flags of `list`.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) definitions: Option<PathBuf>,
}

/// The flags of `show`.
#[derive(Debug, Default)]
pub(crate) struct Show {
    pub(crate) workloads: Vec<String>,
    pub(crate) definitions: Option<PathBuf>,
}

/// The flags of `report`.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// A run's folder or file; the newest when nothing is named.
    pub(crate) run: Option<PathBuf>,
    /// Only these; all of the run when none is named.
    pub(crate) workloads: Vec<String>,
    pub(crate) results: Option<PathBuf>,
    /// Where the page goes; without it tables are printed.
    pub(crate) html: Option<PathBuf>,
    /// A folder with other runs, for the page's history.
    pub(crate) history: Option<PathBuf>,
    pub(crate) markdown: bool,
    /// The file whose marked parts are replaced by recorded tables.
    pub(crate) splice: Option<PathBuf>,
    /// Only say whether that file is what it would be.
    pub(crate) check: bool,
    /// Where recorded runs are kept, instead of `benches/record`.
    pub(crate) records: Option<PathBuf>,
}

/// Every command with its help text.
const COMMANDS: &[(&str, &str)] = &[
    ("bench", include_str!("help/bench.txt")),
    ("list", include_str!("help/list.txt")),
    ("show", include_str!("help/show.txt")),
    ("report", include_str!("help/report.txt")),
    ("engines", include_str!("help/engines.txt")),
    ("diff", include_str!("help/diff.txt")),
    ("selftest", include_str!("help/selftest.txt")),
    ("cmp", include_str!("help/cmp.txt")),
    ("rank", include_str!("help/rank.txt")),
    ("cost", include_str!("help/cost.txt")),
    ("advise", include_str!("help/advise.txt")),
    ("gate", include_str!("help/gate.txt")),
    ("record", include_str!("help/record.txt")),
];

/// What `cargo xtask` alone, `help` and `--help` print.
const HELP: &str = include_str!("help/overview.txt");

/// Reads a command line (without the program's name).
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, Failure> {
    let arguments: Vec<OsString> = arguments.collect();
    parse_all(&arguments).map_err(|error| Failure::Setup(format!("{error} (see `cargo xtask --help`)")))
}

fn parse_all(arguments: &[OsString]) -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let name = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(Command::Help(HELP)),
        Some(Value(name)) => name.string()?,
        Some(other) => return Err(other.unexpected()),
    };
    if name == "help" {
        let topic = parser.next()?.map(|argument| match argument {
            Value(topic) => help(&topic.string()?),
            other => Err(other.unexpected()),
        });
        return Ok(Command::Help(topic.transpose()?.unwrap_or(HELP)));
    }
    let text = help(&name)?;
    if arguments[1..].iter().any(|word| word == "--help" || word == "-h") {
        return Ok(Command::Help(text));
    }
    match name.as_str() {
        "list" => list(&mut parser).map(Command::List),
        "show" => show(&mut parser).map(Command::Show),
        "report" => report(&mut parser).map(Command::Report),
        "engines" => names(&mut parser).map(Command::Engines),
        "selftest" => measuring::selftest(&mut parser, &arguments[1..]).map(|flags| Command::SelfTest(Box::new(flags))),
        "diff" => measuring::diff(&mut parser, &arguments[1..]).map(|flags| Command::Diff(Box::new(flags))),
        "cmp" => reading::cmp(&mut parser).map(Command::Cmp),
        "rank" => reading::read(&mut parser).map(Command::Rank),
        "cost" => reading::read(&mut parser).map(Command::Cost),
        "advise" => reading::advise(&mut parser).map(Command::Advise),
        "gate" => reading::gate(&mut parser).map(Command::Gate),
        "record" => reading::record(&mut parser).map(Command::Record),
        _ => measuring::bench(&mut parser, &arguments[1..]),
    }
}

fn help(name: &str) -> Result<&'static str, lexopt::Error> {
    let text = COMMANDS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let known: Vec<&str> = COMMANDS.iter().map(|(known, _)| *known).chain(["help"]).collect();
    text.ok_or_else(|| crate::names::unknown("command", name, &known).into())
}

fn list(parser: &mut Parser) -> Result<List, lexopt::Error> {
    let mut flags = List::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("definitions") => flags.definitions = Some(parser.value()?.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(flags)
}

fn show(parser: &mut Parser) -> Result<Show, lexopt::Error> {
    let mut flags = Show::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("definitions") => flags.definitions = Some(parser.value()?.into()),
            Value(name) => flags.workloads.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    if flags.workloads.is_empty() {
        return Err("`show` needs the name of a workload (`cargo xtask list` has them)".into());
    }
    Ok(flags)
}

/// The names after a command that takes nothing else.
fn names(parser: &mut Parser) -> Result<Vec<String>, lexopt::Error> {
    let mut names = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(name) => names.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(names)
}

fn report(parser: &mut Parser) -> Result<Report, lexopt::Error> {
    let mut flags = Report::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("results") => flags.results = Some(parser.value()?.into()),
            Long("workload") => flags.workloads.push(parser.value()?.string()?),
            Long("html") => flags.html = Some(parser.value()?.into()),
            Long("history") => flags.history = Some(parser.value()?.into()),
            Long("markdown") => flags.markdown = true,
            Long("splice") => flags.splice = Some(parser.value()?.into()),
            Long("check") => flags.check = true,
            Long("records") => flags.records = Some(parser.value()?.into()),
            Value(run) if flags.run.is_none() => flags.run = Some(run.into()),
            other => return Err(other.unexpected()),
        }
    }
    if flags.history.is_some() && flags.html.is_none() {
        return Err("`--history` goes with `--html FILE`: the tables have no history".into());
    }
    if flags.check && flags.splice.is_none() {
        return Err("`--check` needs `--splice FILE`".into());
    }
    if flags.splice.is_some() && (flags.run.is_some() || flags.markdown || !flags.workloads.is_empty()) {
        return Err(
            "`--splice` takes its tables from the recorded runs: it goes with neither a RUN nor `--markdown` nor `--workload`"
                .into(),
        );
    }
    Ok(flags)
}

#[cfg(test)]
mod tests;
