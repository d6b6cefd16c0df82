//! The command line: which engine, which origin, where to run, and the workload in `key=value` words.

use std::net::SocketAddr;

use lexopt::prelude::*;

use crate::Failure;
use crate::counters::Counter;
use crate::engines;
use crate::workload::Workload;

/// What to do.
pub(crate) enum Args {
    Help,
    List,
    /// The CPUs that the canary stays on.
    Canary(Vec<usize>),
    Run(Box<Run>),
}

/// One engine on one workload.
pub struct Run {
    pub(crate) engine: String,
    pub(crate) origin: SocketAddr,
    /// The CPUs to stay on; empty for all.
    pub(crate) cpus: Vec<usize>,
    pub(crate) threads: usize,
    pub(crate) workload: Workload,
    /// What is counted beside the clock.
    pub(crate) counters: &'static [Counter],
    /// What an engine is made of that is not one of this library's.
    pub(crate) package: Option<&'static str>,
}

impl Run {
    /// How many threads the engine may compute on.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many exchanges may be in flight.
    pub fn concurrency(&self) -> usize {
        self.workload.concurrency
    }

    /// How many idle connections a client should keep at most: what a trial left open is to be there for the next.
    pub fn connections(&self) -> usize {
        self.workload.most_connections()
    }

    /// Whether connections are to be used again; else each request asks for its own to be closed.
    pub fn reuses(&self) -> bool {
        self.workload.reuse
    }

    /// What the engine is made of, with its version.
    pub(crate) fn version(&self) -> String {
        self.package.map_or_else(|| engines::version(&self.engine), engines::version_of)
    }
}

const HELP: &str = "\
gather-runner: one engine on one workload, for `cargo xtask bench`

    gather-runner --engine NAME --origin ADDRESS [--cpus LIST] [--threads N] key=value...
    gather-runner --list
    gather-runner --canary [--cpus LIST]

The last does a fixed amount of work for each line `canary` on standard input, and says how long it took. The first prints `ready ...` and then obeys lines on standard input: `trial [requests=N]`, `oracle [requests=N]`.
The keys and the lines are described in benches/FORMAT.md.";

pub(crate) fn help() -> Result<(), Failure> {
    println!("{HELP}");
    Ok(())
}

pub(crate) fn read() -> Result<Args, Failure> {
    parse(lexopt::Parser::from_env()).map_err(|error| Failure::new("usage", error))
}

fn parse(mut words: lexopt::Parser) -> Result<Args, lexopt::Error> {
    let (mut engine, mut origin, mut canary) = (None, None, false);
    let (mut cpus, mut threads, mut workload) = (Vec::new(), 1, Workload::default());
    while let Some(word) = words.next()? {
        match word {
            Long("help") | Short('h') => return Ok(Args::Help),
            Long("list") => return Ok(Args::List),
            Long("canary") => canary = true,
            Long("engine") => engine = Some(words.value()?.string()?),
            Long("origin") => origin = Some(words.value()?.parse()?),
            Long("threads") => threads = words.value()?.parse()?,
            Long("cpus") => {
                let list = words.value()?.string()?;
                cpus = list
                    .split(',')
                    .map(str::parse)
                    .collect::<Result<_, _>>()
                    .map_err(|error| format!("--cpus {list}: {error}"))?;
            }
            Value(word) => workload.set(&word.string()?)?,
            _ => return Err(word.unexpected()),
        }
    }
    if canary {
        return Ok(Args::Canary(cpus));
    }
    let engine = engine.ok_or("--engine NAME is missing")?;
    let origin = origin.ok_or("--origin ADDRESS is missing")?;
    workload.check()?;
    Ok(Args::Run(Box::new(Run {
        engine,
        origin,
        cpus,
        threads: std::cmp::max(threads, 1),
        workload,
        counters: &[],
        package: None,
    })))
}
