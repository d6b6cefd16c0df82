//! The flags of the commands that measure nothing: they read runs that were measured.

use std::path::PathBuf;

use lexopt::Arg::{Long, Value};
use lexopt::{Error, Parser, ValueExt as _};

/// The flags of `cmp`.
#[derive(Debug, Default)]
pub(crate) struct Cmp {
    /// The run before and the run after.
    pub(crate) runs: Vec<PathBuf>,
    pub(crate) workloads: Vec<String>,
    pub(crate) engines: Vec<String>,
    /// Show only what changed.
    pub(crate) changed: bool,
    pub(crate) results: Option<PathBuf>,
}

/// The flags of `rank` and of `cost`.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) run: Option<PathBuf>,
    pub(crate) workloads: Vec<String>,
    pub(crate) results: Option<PathBuf>,
}

pub(super) fn cmp(parser: &mut Parser) -> Result<Cmp, Error> {
    let mut flags = Cmp::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("workload") => flags.workloads.push(parser.value()?.string()?),
            Long("engine") => flags.engines.push(parser.value()?.string()?),
            Long("changed") => flags.changed = true,
            Long("results") => flags.results = Some(parser.value()?.into()),
            Value(run) if flags.runs.len() < 2 => flags.runs.push(run.into()),
            other => return Err(other.unexpected()),
        }
    }
    match flags.runs.len() {
        2 => Ok(flags),
        _ => Err("`cmp` needs two runs, the one before and the one after: `cargo xtask cmp A B`".into()),
    }
}

pub(super) fn read(parser: &mut Parser) -> Result<Read, Error> {
    let mut flags = Read::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("workload") => flags.workloads.push(parser.value()?.string()?),
            Long("results") => flags.results = Some(parser.value()?.into()),
            Value(run) if flags.run.is_none() => flags.run = Some(run.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(flags)
}
