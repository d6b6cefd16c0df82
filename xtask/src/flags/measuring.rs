//! The flags of the commands that measure: `bench`, and what measures in its way.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::Arg::Long;
use lexopt::{Error, Parser, ValueExt as _};

use super::{Command, List};

/// The flags of `bench`, and of the commands that measure in its way.
#[derive(Debug, Default, Clone)]
pub(crate) struct Bench {
    /// The command's own name.
    pub(crate) command: &'static str,
    pub(crate) quick: bool,
    pub(crate) all: bool,
    pub(crate) verify: bool,
    /// Count instead of timing.
    pub(crate) counts: bool,
    /// A control group for each engine.
    pub(crate) cgroup: bool,
    pub(crate) workloads: Vec<String>,
    pub(crate) engines: Vec<String>,
    pub(crate) corpus: Option<PathBuf>,
    pub(crate) rounds: Option<usize>,
    /// As typed; [`crate::budget::parse`] reads it.
    pub(crate) budget: Option<String>,
    /// The run to go on with; nothing inside means the newest.
    pub(crate) resume: Option<Option<PathBuf>>,
    pub(crate) seed: Option<u64>,
    pub(crate) port: u16,
    pub(crate) definitions: Option<PathBuf>,
    pub(crate) results: Option<PathBuf>,
    pub(crate) no_build: bool,
    pub(crate) bin_dir: Option<PathBuf>,
    /// The arguments as typed, to print a command that repeats the run.
    pub(crate) typed: Vec<String>,
}

/// The flags of `diff`.
#[derive(Debug)]
pub(crate) struct Diff {
    /// The revision to compare with.
    pub(crate) base: String,
    pub(crate) bench: Bench,
}

/// The flags of `selftest`.
#[derive(Debug)]
pub(crate) struct SelfTest {
    pub(crate) bench: Bench,
    /// How many cells of identical code at least, and how many with more CPU time.
    pub(crate) identical: usize,
    pub(crate) injected: usize,
}

pub(super) fn bench(parser: &mut Parser, typed: &[OsString]) -> Result<Command, Error> {
    let mut list = false;
    let mut flags = Bench {
        command: "bench",
        typed: typed.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        ..Bench::default()
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("list") => list = true,
            Long("quick") => flags.quick = true,
            Long("all") => flags.all = true,
            Long("verify") => flags.verify = true,
            Long("counts") => flags.counts = true,
            Long("cgroup") => flags.cgroup = true,
            Long("no-build") => flags.no_build = true,
            Long("workload") => flags.workloads.push(parser.value()?.string()?),
            Long("engine") => flags.engines.push(parser.value()?.string()?),
            Long("corpus") => flags.corpus = Some(parser.value()?.into()),
            Long("budget") => flags.budget = Some(budget(parser)?),
            Long("resume") => flags.resume = Some(parser.optional_value().map(PathBuf::from)),
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
    if flags.verify && (flags.budget.is_some() || flags.resume.is_some()) {
        return Err("`--verify` measures nothing: it goes with neither `--budget` nor `--resume`".into());
    }
    Ok(if list { Command::List(List { definitions: flags.definitions }) } else { Command::Bench(Box::new(flags)) })
}

pub(super) fn selftest(parser: &mut Parser, typed: &[OsString]) -> Result<SelfTest, Error> {
    let typed = typed.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let bench = Bench { command: "selftest", budget: Some("19m".into()), typed, ..Bench::default() };
    let mut flags = SelfTest { bench, identical: 100, injected: 40 };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("identical") => flags.identical = parser.value()?.parse()?,
            Long("injected") => flags.injected = parser.value()?.parse()?,
            Long("budget") => flags.bench.budget = Some(budget(parser)?),
            Long("seed") => flags.bench.seed = Some(parser.value()?.parse()?),
            Long("no-build") => flags.bench.no_build = true,
            Long("bin-dir") => flags.bench.bin_dir = Some(parser.value()?.into()),
            Long("definitions") => flags.bench.definitions = Some(parser.value()?.into()),
            Long("results") => flags.bench.results = Some(parser.value()?.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(flags)
}

pub(super) fn diff(parser: &mut Parser, typed: &[OsString]) -> Result<Diff, Error> {
    let typed = typed.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut bench = Bench { command: "diff", typed, ..Bench::default() };
    let mut base = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("base") => base = Some(parser.value()?.string()?),
            Long("quick") => bench.quick = true,
            Long("workload") => bench.workloads.push(parser.value()?.string()?),
            Long("engine") => bench.engines.push(parser.value()?.string()?),
            Long("corpus") => bench.corpus = Some(parser.value()?.into()),
            Long("budget") => bench.budget = Some(budget(parser)?),
            Long("rounds") => bench.rounds = Some(parser.value()?.parse()?),
            Long("seed") => bench.seed = Some(parser.value()?.parse()?),
            Long("definitions") => bench.definitions = Some(parser.value()?.into()),
            Long("results") => bench.results = Some(parser.value()?.into()),
            other => return Err(other.unexpected()),
        }
    }
    let base = base.ok_or("`diff` needs the revision to compare with: --base REV (a branch, a tag or a hash)")?;
    Ok(Diff { base, bench })
}

/// Refused here and not when everything else is already set up.
fn budget(parser: &mut Parser) -> Result<String, Error> {
    let text = parser.value()?.string()?;
    crate::budget::parse(&text).map_err(Error::from)?;
    Ok(text)
}
