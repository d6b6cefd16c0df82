//! From trials to the rows of a table: medians, costs, flags, and the ratio to the reference.

use crate::definitions::{Family, InFlight, Workload};
use crate::limit::{self, Limit, Waiting};
use crate::plan::{Cell, Entry, Planned};
use crate::session::{Outcome, Trial};
use crate::stats::{self, Comparison};
use crate::words::Words;

/// What a cell is about, by its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    PagesPerSecond,
    JobsPerSecond,
    /// What a page costs in CPU time; less is better.
    CpuPerPage,
    /// How late a heartbeat is at the 99th percentile; less is better.
    BeatLateness,
    /// What one sleeping task weighs; less is better.
    TaskBytes,
}

impl Metric {
    pub(crate) fn of(workload: &Workload, cell: &Cell) -> Metric {
        match cell.model() {
            "fetch" if workload.compares_cpu => Metric::CpuPerPage,
            "heartbeat" => Metric::BeatLateness,
            "cpu" => Metric::JobsPerSecond,
            "idle" => Metric::TaskBytes,
            _ => Metric::PagesPerSecond,
        }
    }

    pub(crate) fn is_rate(self) -> bool {
        matches!(self, Metric::PagesPerSecond | Metric::JobsPerSecond)
    }

    /// What is counted, in the singular.
    pub(crate) fn item(self) -> &'static str {
        match self {
            Metric::JobsPerSecond => "job",
            Metric::TaskBytes => "task",
            Metric::PagesPerSecond | Metric::CpuPerPage | Metric::BeatLateness => "page",
        }
    }

    /// The number that the cell compares; `None` when the trial does not report it.
    pub(crate) fn value(self, trial: &Words, entry: &Entry) -> Option<f64> {
        let value = match self {
            Metric::PagesPerSecond | Metric::JobsPerSecond => self.items(trial, entry)? / seconds(trial)?,
            Metric::CpuPerPage => self.cpu_seconds(trial, entry)? * 1e6,
            Metric::BeatLateness => trial.number("beat_p99_ns")? / 1e6,
            Metric::TaskBytes => trial.number("per_task_bytes")?,
        };
        // A ratio of logarithms knows no zero; a lateness below a nanosecond is none.
        (value >= 0.0).then(|| value.max(1e-9))
    }

    /// How much work the trial did.
    fn items(self, trial: &Words, entry: &Entry) -> Option<f64> {
        match self {
            Metric::JobsPerSecond => Some(entry.number("jobs").max(1) as f64),
            Metric::TaskBytes => Some(entry.number("tasks").max(1) as f64),
            Metric::PagesPerSecond | Metric::CpuPerPage | Metric::BeatLateness => trial.number("pages"),
        }
    }

    /// The CPU time that an item took, in seconds.
    fn cpu_seconds(self, trial: &Words, entry: &Entry) -> Option<f64> {
        let ns = trial.number("cpu_user_ns")? + trial.number("cpu_sys_ns")?;
        Some(ns / 1e9 / self.items(trial, entry).filter(|items| *items > 0.0)?)
    }

    /// The logarithm of a value, turned so that more is better.
    fn goodness(self, value: f64) -> f64 {
        if self.is_rate() { value.ln() } else { -value.ln() }
    }
}

/// One contestant's line.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) label: String,
    pub(crate) family: Family,
    pub(crate) trials: usize,
    /// The median of the metric.
    pub(crate) value: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) cpus: usize,
    pub(crate) peak_bytes: f64,
    /// Pages a second, also where the metric is another.
    pub(crate) rate: f64,
    pub(crate) beat_p50_ms: f64,
    pub(crate) beat_max_ms: f64,
    pub(crate) first_connections: f64,
    pub(crate) later_connections: f64,
    pub(crate) late: bool,
    pub(crate) origin_bound: bool,
    pub(crate) origin_capacity: f64,
    /// To the reference; `None` for the reference itself.
    pub(crate) ratio: Option<Comparison>,
    /// Goodness by round, for comparisons among rows.
    pub(crate) rounds: Vec<(usize, f64)>,
    /// The logarithm of the CPU time by round.
    pub(crate) cpu_rounds: Vec<(usize, f64)>,
}

#[cfg(test)]
impl Row {
    /// A row with nothing but its rounds.
    pub(crate) fn new(label: &str, family: Family, rounds: &[(usize, f64)]) -> Row {
        Row {
            label: label.into(),
            family,
            trials: rounds.len(),
            value: 1.0,
            cpu_seconds: 0.0,
            cpus: 1,
            peak_bytes: 0.0,
            rate: 0.0,
            beat_p50_ms: 0.0,
            beat_max_ms: 0.0,
            first_connections: 0.0,
            later_connections: 0.0,
            late: false,
            origin_bound: false,
            origin_capacity: f64::INFINITY,
            ratio: None,
            rounds: rounds.to_vec(),
            cpu_rounds: rounds.to_vec(),
        }
    }
}

/// Everything that a table and a verdict say about one cell.
#[derive(Debug, Clone)]
pub(crate) struct Score {
    pub(crate) metric: Metric,
    pub(crate) rows: Vec<Row>,
    pub(crate) reference: Option<String>,
    pub(crate) limit: Option<Limit>,
    pub(crate) delta: f64,
    pub(crate) steal_percent: f64,
}

impl Score {
    /// Aggregates what a cell gathered, be it the whole or only a part.
    pub(crate) fn new(planned: &Planned, cell: &Cell, outcome: &Outcome) -> Score {
        let metric = Metric::of(&planned.workload, cell);
        let delta = planned.workload.delta_percent as f64 / 100.0;
        let indices = 0..cell.entries.len();
        let mut rows: Vec<Row> = indices.filter_map(|index| row(metric, cell, outcome, index)).collect();
        // Without the workload's reference (it was refused, or the run was cut short) the first row stands in for it.
        let reference = rows.iter().find(|row| row.label == planned.workload.reference).or(rows.first()).cloned();
        for row in &mut rows {
            row.ratio =
                reference.as_ref().filter(|other| other.label != row.label).and_then(|r| compare(row, r, delta));
        }
        let waiting = Waiting {
            concurrency: cell.number("concurrency") as f64,
            delay_ns: median_of(outcome.trials.iter().map(|trial| &trial.words), "origin_delay_mean_ns")
                .filter(|_| cell.number("delay_us") > 0)
                .unwrap_or(0.0),
            silent_share: cell.number("silent_percent") as f64 / 100.0,
            deadline_ns: cell.number("deadline_ms") as f64 * 1e6,
        };
        let limit = limit::limit(&planned.workload.limits, metric, waiting, &rows);
        let reference = reference.map(|row| row.label);
        Score { metric, rows, reference, limit, delta, steal_percent: outcome.steal_percent }
    }
}

/// One row against another, paired by round.
pub(crate) fn compare(row: &Row, other: &Row, delta: f64) -> Option<Comparison> {
    stats::compare(&pair(&row.rounds, &other.rounds), delta)
}

/// The CPU time of one row against that of another, paired by round. Here more is worse.
pub(crate) fn compare_cpu(row: &Row, other: &Row, delta: f64) -> Option<Comparison> {
    stats::compare(&pair(&row.cpu_rounds, &other.cpu_rounds), delta)
}

/// The differences of the rounds that both have, by process: one process per engine and cell for now.
fn pair(rounds: &[(usize, f64)], others: &[(usize, f64)]) -> [Vec<f64>; 1] {
    let paired = rounds.iter().filter_map(|(round, value)| {
        let (_, other) = others.iter().find(|(number, _)| number == round)?;
        Some(value - other)
    });
    [paired.collect()]
}

fn row(metric: Metric, cell: &Cell, outcome: &Outcome, index: usize) -> Option<Row> {
    let entry = &cell.entries[index];
    if outcome.wrong.iter().any(|(wrong, _)| *wrong == index) {
        return None;
    }
    let of_entry = |trial: &&Trial| trial.entry == index;
    let trials: Vec<&Trial> = outcome.trials.iter().filter(of_entry).filter(|trial| trial.round > 0).collect();
    let words = || trials.iter().map(|trial| &trial.words);
    let mut values: Vec<f64> = words().filter_map(|words| metric.value(words, entry)).collect();
    let number = |key| median_of(words(), key).unwrap_or(0.0);
    let share =
        median(words().filter_map(|words| Some(words.number("origin_cpu_ns")? / words.number("origin_wall_ns")?)));
    let capacity = |words: &Words| Some(words.number("pages")? * 1e9 / words.number("origin_cpu_ns")?);
    let late_ns = number("origin_late_p99_ns");
    let delay_ns = entry.number("delay_us") as f64 * 1e3;
    let warm_up = outcome.trials.iter().filter(of_entry).find(|trial| trial.round == 0);
    let cpu = |words: &Words| metric.cpu_seconds(words, entry);
    Some(Row {
        label: entry.label.clone(),
        family: entry.engine.family,
        trials: trials.len(),
        value: stats::median(&mut values)?,
        cpu_seconds: median(words().filter_map(cpu)).unwrap_or(0.0),
        cpus: usable_cpus(entry),
        peak_bytes: number("vmhwm_bytes"),
        rate: median(words().filter_map(|words| Some(words.number("pages")? / seconds(words)?))).unwrap_or(0.0),
        beat_p50_ms: number("beat_p50_ns") / 1e6,
        beat_max_ms: number("beat_max_ns") / 1e6,
        first_connections: warm_up.and_then(|trial| trial.words.number("origin_accepted")).unwrap_or(0.0),
        later_connections: number("origin_accepted"),
        late: delay_ns > 0.0 && (late_ns > 1e6 || late_ns > delay_ns / 20.0),
        origin_bound: share.is_some_and(|share| share > 0.8),
        origin_capacity: median(words().filter_map(capacity)).unwrap_or(f64::INFINITY),
        ratio: None,
        rounds: by_round(&trials, |words| Some(metric.goodness(metric.value(words, entry)?))),
        cpu_rounds: by_round(&trials, |words| cpu(words).filter(|seconds| *seconds > 0.0).map(f64::ln)),
    })
}

fn by_round(trials: &[&Trial], value: impl Fn(&Words) -> Option<f64>) -> Vec<(usize, f64)> {
    trials.iter().filter_map(|trial| Some((trial.round, value(&trial.words)?))).collect()
}

/// On how many CPUs the engine can compute at once.
fn usable_cpus(entry: &Entry) -> usize {
    let threads = if entry.engine.in_flight == InFlight::One { 1 } else { entry.cpus.len() };
    threads.max(1)
}

fn seconds(trial: &Words) -> Option<f64> {
    trial.number("wall_ns").filter(|wall| *wall > 0.0).map(|wall| wall / 1e9)
}

fn median_of<'w>(words: impl Iterator<Item = &'w Words>, key: &str) -> Option<f64> {
    median(words.filter_map(|words| words.number(key)))
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    stats::median(&mut values.filter(|value| value.is_finite()).collect::<Vec<f64>>())
}
