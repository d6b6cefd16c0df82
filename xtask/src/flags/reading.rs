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

/// The flags of `advise`: a question, as typed.
#[derive(Debug, Default)]
pub(crate) struct Advise {
    pub(crate) latency: String,
    pub(crate) body: String,
    pub(crate) cpu: Option<String>,
    pub(crate) concurrency: u64,
    pub(crate) cpus: Option<u64>,
    pub(crate) run: Option<PathBuf>,
    pub(crate) results: Option<PathBuf>,
}

/// The flags of `gate`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate {
    /// A run, or without a head a revision.
    pub(crate) base: PathBuf,
    /// One run, or two of the same revision.
    pub(crate) heads: Vec<PathBuf>,
    /// What to count where there is no head.
    pub(crate) workloads: Vec<String>,
    pub(crate) engines: Vec<String>,
    /// Where engines and workloads are described; in another repository, `base` is a revision of that one.
    pub(crate) definitions: Option<PathBuf>,
    /// `allocations=1%`, as typed.
    pub(crate) allowed: Vec<String>,
    pub(crate) markdown: bool,
    pub(crate) results: Option<PathBuf>,
}

/// The flags of `record`.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) run: Option<PathBuf>,
    pub(crate) name: Option<String>,
    /// Where recorded runs are kept, instead of `benches/record`.
    pub(crate) records: Option<PathBuf>,
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

pub(super) fn advise(parser: &mut Parser) -> Result<Advise, Error> {
    let mut flags = Advise::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("latency") => flags.latency = parser.value()?.string()?,
            Long("body") => flags.body = parser.value()?.string()?,
            Long("cpu") => flags.cpu = Some(parser.value()?.string()?),
            Long("concurrency") => flags.concurrency = parser.value()?.parse()?,
            Long("cpus") => flags.cpus = Some(parser.value()?.parse()?),
            Long("run") => flags.run = Some(parser.value()?.into()),
            Long("results") => flags.results = Some(parser.value()?.into()),
            other => return Err(other.unexpected()),
        }
    }
    for (flag, missing) in [
        ("--latency", flags.latency.is_empty()),
        ("--body", flags.body.is_empty()),
        ("--concurrency", flags.concurrency == 0),
    ] {
        if missing {
            return Err(format!(
                "`{flag}` is missing or 0; for example `cargo xtask advise --latency 80ms --body 30KB --cpu 2ms --concurrency 200`"
            )
            .into());
        }
    }
    match flags.cpus {
        Some(0) => Err("`--cpus` must be at least 1".into()),
        _ => Ok(flags),
    }
}

pub(super) fn gate(parser: &mut Parser) -> Result<Gate, Error> {
    let mut flags = Gate::default();
    let mut base = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("base") => base = Some(parser.value()?.into()),
            Long("head") if flags.heads.len() == 2 => return Err("`--head` may be given twice, not more".into()),
            Long("head") => flags.heads.push(parser.value()?.into()),
            Long("workload") => flags.workloads.push(parser.value()?.string()?),
            Long("engine") => flags.engines.push(parser.value()?.string()?),
            Long("definitions") => flags.definitions = Some(parser.value()?.into()),
            Long("allow") => flags.allowed.push(parser.value()?.string()?),
            Long("markdown") => flags.markdown = true,
            Long("results") => flags.results = Some(parser.value()?.into()),
            other => return Err(other.unexpected()),
        }
    }
    flags.base = base.ok_or("`--base` is missing: the revision, or the run, to compare with")?;
    let measures = !flags.workloads.is_empty() || !flags.engines.is_empty() || flags.definitions.is_some();
    if measures && !flags.heads.is_empty() {
        return Err(
            "`--workload`, `--engine` and `--definitions` say what to count of a revision; runs were counted already"
                .into(),
        );
    }
    Ok(flags)
}

pub(super) fn record(parser: &mut Parser) -> Result<Record, Error> {
    let mut flags = Record::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("name") => flags.name = Some(parser.value()?.string()?),
            Long("records") => flags.records = Some(parser.value()?.into()),
            Long("results") => flags.results = Some(parser.value()?.into()),
            Value(run) if flags.run.is_none() => flags.run = Some(run.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(flags)
}
