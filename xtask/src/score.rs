//! From trials to the rows of a table: medians, costs, flags, the ratio to the reference, and whether to believe it.

mod memory;

pub(crate) use self::memory::Peak;

use crate::definitions::{Family, InFlight};
use crate::gates::{self, Gated};
use crate::limit::{self, Limit, Waiting};
use crate::metric::{self, Metric};
use crate::outcome::{Outcome, Trial};
use crate::plan::{Cell, Entry, Planned};
use crate::stats::{self, Comparison, ENOUGH_ROUNDS, Verdict};
use crate::words::Words;

/// One contestant's line.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) label: String,
    pub(crate) family: Family,
    /// The reference once more.
    pub(crate) twin: bool,
    /// A program that is not this workspace's: another language, client and parser at once.
    pub(crate) outside: bool,
    /// Does with a page what the reference does. Who only counts its bytes is no rival of those who look for links.
    pub(crate) same_work: bool,
    pub(crate) trials: usize,
    /// The median of the metric.
    pub(crate) value: f64,
    /// In some round there was none of what is compared, and a zero has no ratio.
    pub(crate) has_zero: bool,
    /// The medians of the words that the workload wants to see besides; `None` where a trial does not report it.
    pub(crate) columns: Vec<Option<f64>>,
    pub(crate) cpu_seconds: f64,
    pub(crate) cpus: usize,
    /// Of the process (VmHWM).
    pub(crate) peak_bytes: f64,
    /// Of its cgroup, where it had one of its own.
    pub(crate) cgroup: Option<Peak>,
    /// Work done a second, also where the metric is another.
    pub(crate) rate: f64,
    pub(crate) first_connections: f64,
    pub(crate) later_connections: f64,
    pub(crate) late: bool,
    pub(crate) origin_bound: bool,
    pub(crate) origin_capacity: f64,
    /// What an engine with fewer places than the cell's concurrency can reach at most while it waits.
    pub(crate) pool_limit: Option<f64>,
    /// To the reference; `None` for the reference itself.
    pub(crate) ratio: Option<Comparison>,
    /// Goodness by round, for comparisons among rows.
    pub(crate) rounds: Vec<Sample>,
    /// The logarithm of the CPU time by round.
    pub(crate) cpu_rounds: Vec<Sample>,
    /// The logarithm of the peak memory by round.
    pub(crate) peak_rounds: Vec<Sample>,
}

/// A number of one trial, with what it is paired by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// Process and part: rounds of one process resemble each other.
    pub(crate) process: (usize, usize),
    pub(crate) round: usize,
    pub(crate) value: f64,
}

#[cfg(test)]
impl Row {
    /// A row with nothing but its rounds, all of one process.
    pub(crate) fn new(label: &str, family: Family, rounds: &[(usize, f64)]) -> Row {
        let sample = |(round, value): &(usize, f64)| Sample { process: (0, 0), round: *round, value: *value };
        let rounds: Vec<Sample> = rounds.iter().map(sample).collect();
        Row {
            label: label.into(),
            family,
            twin: false,
            outside: false,
            same_work: true,
            trials: rounds.len(),
            value: 1.0,
            has_zero: false,
            columns: Vec::new(),
            cpu_seconds: 0.0,
            cpus: 1,
            peak_bytes: 0.0,
            cgroup: None,
            rate: 0.0,
            first_connections: 0.0,
            later_connections: 0.0,
            late: false,
            origin_bound: false,
            origin_capacity: f64::INFINITY,
            pool_limit: None,
            ratio: None,
            cpu_rounds: rounds.clone(),
            peak_rounds: rounds.clone(),
            rounds,
        }
    }
}

/// Whether a cell can be believed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Validity {
    /// The two of the A/A control tie: further apart than this means something.
    Valid { floor: f64 },
    /// Too few rounds, or no control.
    Unknown,
    /// The control failed, and why.
    Invalid(String),
}

/// Everything that a table and a verdict say about one cell.
#[derive(Debug, Clone)]
pub(crate) struct Score {
    pub(crate) metric: Metric,
    pub(crate) rows: Vec<Row>,
    pub(crate) reference: Option<String>,
    pub(crate) limit: Option<Limit>,
    pub(crate) delta: f64,
    pub(crate) validity: Validity,
    pub(crate) gated: Gated,
}

impl Score {
    /// Aggregates what a cell gathered, be it the whole or only a part.
    pub(crate) fn new(planned: &Planned, cell: &Cell, outcome: &Outcome) -> Score {
        let metric = cell.metric.clone();
        let delta = planned.delta;
        let reference = cell.entries.iter().position(|entry| entry.label == planned.reference).unwrap_or(0);
        let gated = gates::gate(outcome, reference);
        let mut rows: Vec<Row> =
            (0..cell.entries.len()).filter_map(|index| row(planned, cell, outcome, &gated, index)).collect();
        // Without the workload's reference (it was refused, or the run was cut short) the first row stands in for it.
        let reference = rows.iter().find(|row| row.label == planned.reference).or(rows.first()).cloned();
        for row in &mut rows {
            let other = reference.as_ref().filter(|other| other.label != row.label);
            row.ratio = other.map(|other| compare(row, other, delta).unwrap_or(Comparison::UNKNOWN));
        }
        let validity = validity(&rows, delta);
        if matches!(validity, Validity::Invalid(_)) {
            rows.iter_mut().filter_map(|row| row.ratio.as_mut()).for_each(|ratio| ratio.verdict = Verdict::Invalid);
        }
        let waiting = Waiting {
            concurrency: cell.number("concurrency") as f64,
            delay_ns: median_of(outcome.trials.iter().map(|trial| &trial.words), "origin_delay_mean_ns")
                .filter(|_| cell.number("delay_us") > 0)
                .unwrap_or(0.0),
            silent_share: cell.number("silent_percent") as f64 / 100.0,
            deadline_ns: cell.number("deadline_ms") as f64 * 1e6,
        };
        let item = metric.item(cell.model());
        let limit = limit::limit(&planned.limits, &metric, item, waiting, &rows);
        let reference = reference.map(|row| row.label);
        Score { metric, rows, reference, limit, delta, validity, gated }
    }

    /// The rows that somebody might choose, the twin left out.
    pub(crate) fn real_rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.twin)
    }

    /// How far the reference is from itself, where that is known.
    pub(crate) fn floor(&self) -> Option<f64> {
        if let Validity::Valid { floor } = self.validity { Some(floor) } else { None }
    }

    pub(crate) fn is_invalid(&self) -> bool {
        matches!(self.validity, Validity::Invalid(_))
    }
}

/// Judges the A/A control. One interval of twenty leaves out 1 by chance, so leaving it out by a hair is no failure: the
/// control fails when its interval lies beyond half of what counts as a difference, or is too wide to show one.
fn validity(rows: &[Row], delta: f64) -> Validity {
    let twin = rows.iter().find(|row| row.twin).and_then(|row| row.ratio.as_ref());
    let Some(twin) = twin.filter(|twin| twin.rounds >= ENOUGH_ROUNDS) else { return Validity::Unknown };
    let (low, high) = (twin.low.ln(), twin.high.ln());
    let delta = delta.ln_1p();
    let shown = || format!("{:.3} [{:.3}, {:.3}]", twin.ratio, twin.low, twin.high);
    match () {
        () if low > delta / 2.0 || high < -delta / 2.0 => {
            Validity::Invalid(format!("the reference does not tie with itself: {}", shown()))
        }
        () if (high - low) / 2.0 > delta => Validity::Invalid(format!(
            "too noisy: the reference against itself is {}, wider than {:.0} % to either side",
            shown(),
            delta.exp_m1() * 100.0
        )),
        () => Validity::Valid { floor: high.max(-low).exp_m1() },
    }
}

/// One row against another, paired by round.
pub(crate) fn compare(row: &Row, other: &Row, delta: f64) -> Option<Comparison> {
    match row.has_zero || other.has_zero {
        true => Some(Comparison::UNKNOWN),
        false => stats::compare(&pair(&row.rounds, &other.rounds), delta),
    }
}

/// The CPU time of one row against that of another, paired by round. Here more is worse.
pub(crate) fn compare_cpu(row: &Row, other: &Row, delta: f64) -> Option<Comparison> {
    stats::compare(&pair(&row.cpu_rounds, &other.cpu_rounds), delta)
}

/// The peak memory of one row against that of another, paired by round. Here more is worse.
pub(crate) fn compare_peak(row: &Row, other: &Row, delta: f64) -> Option<Comparison> {
    stats::compare(&pair(&row.peak_rounds, &other.peak_rounds), delta)
}

/// The differences of the rounds that both have, one list for each process, in the order of the rounds.
pub(crate) fn pair(rounds: &[Sample], others: &[Sample]) -> Vec<Vec<f64>> {
    let paired = rounds.iter().filter_map(|sample| {
        let other = others.iter().find(|other| other.round == sample.round)?;
        Some((sample.process, sample.round, sample.value - other.value))
    });
    let mut paired: Vec<_> = paired.collect();
    paired.sort_by_key(|(process, round, _)| (*process, *round));
    let lists = paired.chunk_by(|a, b| a.0 == b.0).map(|run| run.iter().map(|(.., value)| *value).collect());
    lists.collect()
}

fn row(planned: &Planned, cell: &Cell, outcome: &Outcome, gated: &Gated, index: usize) -> Option<Row> {
    let entry = &cell.entries[index];
    // Who answered wrongly or broke down has no times to compare, whatever came before.
    if outcome.is_out(index) {
        return None;
    }
    let metric = &cell.metric;
    let item = metric.item(cell.model());
    let counts =
        |(place, trial): &(usize, &Trial)| trial.entry == index && trial.round > 0 && !gated.dropped.contains(place);
    let trials: Vec<&Trial> = outcome.trials.iter().enumerate().filter(counts).map(|(_, trial)| trial).collect();
    let words = || trials.iter().map(|trial| &trial.words);
    let mut values: Vec<f64> = words().filter_map(|words| metric.value(words, entry)).collect();
    let number = |key| median_of(words(), key).unwrap_or(0.0);
    let share = median(words().filter_map(|words| Some(words.number("origin_cpu_ns")? / served_for(words)?)));
    let capacity = |words: &Words| {
        Some(words.number("pages")? * 1e9 / words.number("origin_cpu_ns")? * words.number("origin_cpus").unwrap_or(1.0))
    };
    let late_ns = number("origin_late_p99_ns");
    let delay_ns = entry.number("delay_us") as f64 * 1e3;
    let warm_up = outcome.trials.iter().find(|trial| trial.entry == index && trial.round == 0);
    let cpu = |words: &Words| metric::cpu_seconds(item, words, entry);
    let rate = Metric::Rate(item);
    Some(Row {
        label: entry.label.clone(),
        family: entry.engine.family,
        twin: entry.twin,
        outside: entry.engine.is_outside(),
        same_work: cell.does_the_same(entry, &planned.reference),
        trials: trials.len(),
        value: stats::median(&mut values)?,
        has_zero: values.contains(&metric::ZERO),
        columns: planned
            .columns
            .iter()
            .map(|word| median(words().filter_map(|w| metric::word(word, w, entry))))
            .collect(),
        cpu_seconds: median(words().filter_map(cpu)).unwrap_or(0.0),
        cpus: usable_cpus(entry),
        peak_bytes: number("vmhwm_bytes"),
        cgroup: Peak::of(&trials),
        rate: median(words().filter_map(|words| rate.value(words, entry))).unwrap_or(0.0),
        first_connections: warm_up.and_then(|trial| trial.words.number("origin_accepted")).unwrap_or(0.0),
        later_connections: number("origin_accepted"),
        late: delay_ns > 0.0 && (late_ns > 1e6 || late_ns > delay_ns / 20.0),
        origin_bound: share.is_some_and(|share| share > 0.8),
        origin_capacity: median(words().filter_map(capacity)).unwrap_or(f64::INFINITY),
        pool_limit: limit::pool(&planned.limits, cell, entry, number("origin_delay_mean_ns")),
        ratio: None,
        rounds: samples(&trials, |words| Some(metric.goodness(metric.value(words, entry)?))),
        cpu_rounds: samples(&trials, |words| cpu(words).filter(|seconds| *seconds > 0.0).map(f64::ln)),
        peak_rounds: samples(&trials, |words| words.number("vmhwm_bytes").filter(|bytes| *bytes > 0.0).map(f64::ln)),
    })
}

/// How long the server could compute: of the origin it is the time that passed, of one with more workers a multiple of that.
fn served_for(words: &Words) -> Option<f64> {
    Some(words.number("origin_wall_ns")? * words.number("origin_cpus").unwrap_or(1.0))
}

fn samples(trials: &[&Trial], value: impl Fn(&Words) -> Option<f64>) -> Vec<Sample> {
    let sample = |trial: &&Trial| {
        Some(Sample { process: (trial.process, trial.part), round: trial.round, value: value(&trial.words)? })
    };
    trials.iter().filter_map(sample).collect()
}

/// On how many CPUs the engine can compute at once.
fn usable_cpus(entry: &Entry) -> usize {
    let threads = if entry.engine.in_flight == InFlight::One { 1 } else { entry.cpus.len() };
    threads.max(1)
}

fn median_of<'w>(words: impl Iterator<Item = &'w Words>, key: &str) -> Option<f64> {
    median(words.filter_map(|words| words.number(key)))
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    stats::median(&mut values.filter(|value| value.is_finite()).collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests;
