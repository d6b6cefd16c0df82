//! What will run: the chosen workloads, each unfolded into cells (one combination of its axes), each with its contestants,
//! sizes and processes. A plan is written into the results, so that everything that reads them needs nothing else.

mod cells;
mod entry;
mod json;
#[cfg(test)]
mod plain;
mod share;
mod title;

use std::collections::BTreeSet;

use self::cells::Unfolding;
pub(crate) use self::entry::matches;
pub(crate) use self::json::{from_json, to_json};
pub(crate) use self::share::{Capacity, RATE_PERCENT, Share};
pub(crate) use self::title::title;

use crate::definitions::{Class, Contestant, Definitions, Engine, LimitKind, ProcessUse, Published, Server, Workload};
use crate::environment::{Environment, SPARE_DESCRIPTORS};
use crate::failure::Failure;
use crate::flags::Bench;
use crate::metric::Metric;

/// A workload with everything that flags decided about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Planned {
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) question: String,
    pub(crate) expectation: String,
    pub(crate) analysis: String,
    /// The label of the contestant that ratios are taken to.
    pub(crate) reference: String,
    /// Closer than this is a tie: 0.02 is 2 %.
    pub(crate) delta: f64,
    pub(crate) time_limit_s: u64,
    pub(crate) limits: Vec<LimitKind>,
    pub(crate) threads: u64,
    pub(crate) cpus: Vec<u64>,
    /// Words of a trial that its table shows beside the metric.
    pub(crate) columns: Vec<String>,
    /// Labels of those that everybody is held against, beside the reference.
    pub(crate) against: Vec<String>,
    pub(crate) server: Server,
    /// What others say of the same.
    pub(crate) published: Vec<Published>,
    pub(crate) cells: Vec<Cell>,
}

/// One combination of the workload's axes: what one table shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) title: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) metric: Metric,
    pub(crate) process_use: ProcessUse,
    /// How many rounds each process of a contestant lives through, one number for each process.
    pub(crate) processes: Vec<usize>,
    pub(crate) entries: Vec<Entry>,
    /// Where its rate is a share of what the engines can do.
    pub(crate) share: Option<Share>,
}

/// One contestant in one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) label: String,
    /// The reference once more, under another name: the A/A control.
    pub(crate) twin: bool,
    pub(crate) engine: Engine,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) requests: u64,
    pub(crate) threads: u64,
    pub(crate) cpus: Vec<u64>,
    /// What the workload itself says about the answer.
    pub(crate) expected: Vec<(String, String)>,
}

impl Entry {
    pub(crate) fn param(&self, key: &str) -> Option<&str> {
        find(&self.params, key)
    }

    pub(crate) fn number(&self, key: &str) -> u64 {
        self.param(key).and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

impl Cell {
    pub(crate) fn param(&self, key: &str) -> Option<&str> {
        find(&self.params, key)
    }

    pub(crate) fn number(&self, key: &str) -> u64 {
        self.param(key).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// `fetch`, `heartbeat`, `cpu`, `idle`, ...
    pub(crate) fn model(&self) -> &str {
        self.param("model").unwrap_or("fetch")
    }

    /// The rounds of all processes.
    pub(crate) fn rounds(&self) -> usize {
        self.processes.iter().sum()
    }

    /// Whether a contestant does with a page what the reference does: who is asked for something else is in the table to show
    /// what that costs.
    pub(crate) fn does_the_same(&self, entry: &Entry, reference: &str) -> bool {
        let asked = |entry: &Entry| find(&entry.params, "parse").map(str::to_owned);
        self.entries.iter().find(|other| other.label == reference).is_none_or(|other| asked(other) == asked(entry))
    }

    /// How many trials it takes, warm-ups included.
    pub(crate) fn trials(&self) -> usize {
        let warm_ups = if self.process_use == ProcessUse::Cold { 0 } else { self.processes.len() };
        // Where only answers are checked there are no rounds, and one trial all the same.
        self.entries.len() * (warm_ups + self.rounds()).max(1)
    }
}

/// At least so many processes of each contestant: what differs from process to process (where its memory lies, which
/// connections it got) must not decide a comparison. The interval is that of their medians: of three it is so wide that a
/// difference of five percent is often missed, however many rounds each lives through.
const PROCESSES: usize = 5;
/// More rounds bring more processes, one for so many rounds, up to what is enough: then they live longer.
const ROUNDS_PER_PROCESS: usize = 5;
const ENOUGH_PROCESSES: usize = 10;

/// How so many rounds are spread over processes.
pub(crate) fn processes(rounds: usize, process_use: ProcessUse) -> Vec<usize> {
    if process_use != ProcessUse::Kept {
        return if rounds == 0 { vec![0] } else { vec![1; rounds] };
    }
    let count = PROCESSES.max(rounds.div_ceil(ROUNDS_PER_PROCESS).min(ENOUGH_PROCESSES)).min(rounds).max(1);
    (0..count).map(|process| (rounds + process) / count).rev().collect()
}

/// From how many addresses the origin has to serve.
pub(crate) fn hosts(plan: &[Planned]) -> u64 {
    plan.iter().flat_map(|planned| &planned.cells).map(|cell| cell.number("hosts")).max().unwrap_or(0).max(1)
}

/// The CPUs of nginx, as workloads count them: the origin's and those of the engines that it serves; none where nobody wants it.
pub(crate) fn nginx_cpus(plan: &[Planned]) -> BTreeSet<u64> {
    let served = plan.iter().filter(|planned| planned.server == Server::Nginx);
    let engines = served.flat_map(|planned| &planned.cells).flat_map(|cell| &cell.entries);
    let cpus: BTreeSet<u64> = engines.flat_map(|entry| entry.cpus.iter().copied()).collect();
    if cpus.is_empty() { cpus } else { cpus.into_iter().chain([0]).collect() }
}

/// Where the runners of all contestants cannot keep their connections at the same time, every trial gets a process.
pub(crate) fn fit(plan: &mut [Planned], environment: &Environment) {
    for cell in plan.iter_mut().flat_map(|planned| &mut planned.cells) {
        let connections: u64 = cell.entries.iter().map(|entry| entry.number("concurrency")).sum();
        let fits =
            connections + SPARE_DESCRIPTORS <= environment.hard_descriptors && connections <= environment.ports / 2;
        if cell.process_use == ProcessUse::Kept && !fits {
            cell.process_use = ProcessUse::PerTrial;
            cell.processes = processes(cell.rounds(), cell.process_use);
        }
    }
}

/// Where only answers are checked, a trial makes no more requests than this or the concurrency: every page of the documentation,
/// and a debug build is still done with it in seconds.
const ENOUGH_TO_VERIFY: u64 = 615;

/// The p99 that open loops are compared by is reported of no fewer than this.
const ENOUGH_FOR_A_QUANTILE: u64 = 1000;

/// Chooses and unfolds. Unknown names are failures that list the known ones.
pub(crate) fn plan(definitions: &Definitions, flags: &Bench) -> Result<Vec<Planned>, Failure> {
    for name in &flags.engines {
        Contestant::parse(name, &definitions.engines).map_err(Failure::Setup)?;
    }
    let chosen = choose(definitions, flags)?;
    chosen.into_iter().map(|workload| unfold(definitions, workload, flags)).collect()
}

/// The packages of this workspace, beside the runner's, that have an engine of the plan.
pub(crate) fn packages(plan: &[Planned]) -> BTreeSet<&str> {
    let entries = plan.iter().flat_map(|planned| &planned.cells).flat_map(|cell| &cell.entries);
    entries.filter_map(|entry| entry.engine.package.as_deref()).collect()
}

fn choose<'d>(definitions: &'d Definitions, flags: &Bench) -> Result<Vec<&'d Workload>, Failure> {
    let known: Vec<&str> = definitions.workloads.iter().map(|workload| workload.name.as_str()).collect();
    if let Some(name) = flags.workloads.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::Setup(crate::names::unknown("workload", name, &known)));
    }
    let named = |workload: &&Workload| match flags.workloads.is_empty() {
        // The controls fail on purpose: only who names one runs it.
        true if flags.all || flags.quick => workload.class != Class::Control,
        true => workload.class == Class::Curated,
        false => flags.workloads.contains(&workload.name),
    };
    let chosen: Vec<&Workload> = definitions.workloads.iter().filter(named).collect();
    if !flags.quick {
        return Ok(chosen);
    }
    let quick: Vec<&Workload> = chosen.into_iter().filter(|workload| workload.quick.is_some()).collect();
    if quick.is_empty() {
        return Err(Failure::Nothing("none of these workloads has a [quick] table; leave out --quick".into()));
    }
    Ok(quick)
}

fn unfold(definitions: &Definitions, workload: &Workload, flags: &Bench) -> Result<Planned, Failure> {
    let quick = workload.quick.as_ref().filter(|_| flags.quick);
    let contestants = quick.map_or(&workload.contestants, |quick| &quick.contestants);
    let contestants = filter(workload, contestants, &flags.engines, definitions)?;
    let sizes = quick.filter(|quick| !quick.sizes.is_empty()).map_or(&workload.sizes, |quick| &quick.sizes);
    let axes = workload.axes(quick.is_some());
    let rounds = quick.map_or(workload.rounds, |quick| quick.rounds);
    let verify = flags.verify;
    let asked_rounds = if verify { Some(0) } else { flags.rounds };
    let cells = Unfolding { definitions, workload, contestants, sizes, asked_rounds, rounds, verify }.cells(&axes)?;
    let Workload { name, question, expectation, analysis, reference, .. } = workload.clone();
    Ok(Planned {
        name,
        class: workload.class.name().into(),
        question,
        expectation,
        analysis,
        reference,
        delta: workload.delta_percent as f64 / 100.0,
        time_limit_s: workload.time_limit_s,
        limits: workload.limits.clone(),
        threads: workload.threads,
        cpus: workload.cpus.clone(),
        columns: workload.columns.clone(),
        against: workload.against.clone(),
        server: workload.server,
        published: workload.published.clone(),
        cells,
    })
}

/// The contestants that `--engine` asks for. The reference always runs: without it there is no ratio.
fn filter(
    workload: &Workload,
    listed: &[Contestant],
    wanted: &[String],
    definitions: &Definitions,
) -> Result<Vec<Contestant>, Failure> {
    if wanted.is_empty() {
        return Ok(listed.to_vec());
    }
    let asked = |contestant: &Contestant| {
        wanted.iter().any(|name| *name == contestant.label || *name == contestant.engine)
            || contestant.label == workload.reference
    };
    let mut contestants: Vec<Contestant> = listed.iter().filter(|contestant| asked(contestant)).cloned().collect();
    for name in wanted {
        if !contestants.iter().any(|contestant| contestant.label == *name || contestant.engine == *name) {
            contestants.push(Contestant::parse(name, &definitions.engines).map_err(Failure::Setup)?);
        }
    }
    Ok(contestants)
}

/// The value of a parameter.
fn find<'p>(params: &'p [(String, String)], key: &str) -> Option<&'p str> {
    params.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests;
