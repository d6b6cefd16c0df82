//! Paired statistics: the trial is the sample, the round is the pair, and "inconclusive" is an answer.
//!
//! Nothing here knows an engine or a file: numbers in, numbers out.

mod beta;
mod interval;

pub(crate) mod planning;

pub(crate) mod binomial;
pub(crate) mod multiple;

pub(crate) mod history;
pub(crate) mod regression;
pub(crate) mod slope;

use self::interval::Estimate;

/// With fewer rounds an interval promises more than it knows, so there is no verdict.
pub(crate) const ENOUGH_ROUNDS: usize = 8;

/// One engine against another over the rounds that both took part in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    /// The typical ratio of the rounds: the median, or with several processes the geometric mean of their medians.
    pub(crate) ratio: f64,
    /// The 95 % interval; with fewer than [`ENOUGH_ROUNDS`] rounds the smallest and the largest ratio seen.
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) rounds: usize,
    /// How many processes the rounds come from.
    pub(crate) processes: usize,
    /// How far one round's log-ratio is from the next: what [`planning::rounds_needed`] asks for.
    pub(crate) sigma: f64,
    /// How likely so large a difference is between equals; below 0.05 exactly where the interval leaves 1 out. 1 with too
    /// few rounds for an interval.
    pub(crate) p_value: f64,
    pub(crate) verdict: Verdict,
}

impl Comparison {
    /// Of what has no ratio: no round that both took part in, or a zero in one of them.
    pub(crate) const UNKNOWN: Comparison = Comparison {
        ratio: f64::NAN,
        low: 0.0,
        high: f64::INFINITY,
        rounds: 0,
        processes: 0,
        sigma: 0.0,
        p_value: 1.0,
        verdict: Verdict::Inconclusive,
    };

    /// Whether there is a ratio at all.
    pub(crate) fn is_known(&self) -> bool {
        self.rounds > 0
    }
}

/// What an interval says about a ratio where more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Faster,
    Slower,
    Equivalent,
    Inconclusive,
    /// The control of the cell failed: nothing can be said.
    Invalid,
}

/// Compares by the logarithms of the rounds' ratios, one list per process, each in the order in which they were measured.
/// `delta` is the difference that does not matter (0.02 is 2 %). What is not a finite number is not a round.
///
/// The interval holds the truth 93 to 97 times of 100 from three processes on, whether or not processes differ, rounds
/// resemble the ones before, or some are wild; the coverage tests count it. One process knows nothing about how the next
/// would differ: its interval is for a first look. Two say so little about it that they hardly ever decide.
///
/// `None` when there is no round at all.
pub(crate) fn compare(processes: &[Vec<f64>], delta: f64) -> Option<Comparison> {
    let finite = |rounds: &Vec<f64>| rounds.iter().copied().filter(|log| log.is_finite()).collect::<Vec<f64>>();
    let processes: Vec<Vec<f64>> = processes.iter().map(finite).filter(|rounds| !rounds.is_empty()).collect();
    let mut logs = processes.concat();
    let middle = median(&mut logs)?;
    let few = Comparison {
        ratio: middle.exp(),
        // `median` sorted them.
        low: logs[0].exp(),
        high: logs[logs.len() - 1].exp(),
        rounds: logs.len(),
        processes: processes.len(),
        sigma: planning::robust_deviation(&logs),
        p_value: 1.0,
        verdict: Verdict::Inconclusive,
    };
    if few.rounds < ENOUGH_ROUNDS {
        return Some(few);
    }
    let estimate = Estimate::new(&processes, interval::RESAMPLES);
    let (low, high) = estimate.interval();
    let (low, high) = (low.exp(), high.exp());
    let (ratio, p_value) = (estimate.centre.exp(), estimate.p_value());
    Some(Comparison { ratio, low, high, p_value, verdict: verdict(low, high, delta), ..few })
}

/// The middle value, or the mean of the two in the middle; sorts. `None` of an empty list.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    Some(if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) })
}

/// Wholly beyond `delta`: decided. Wholly within: a tie. The bounds are symmetric for a ratio and its inverse.
pub(crate) fn verdict(low: f64, high: f64, delta: f64) -> Verdict {
    let (less, more) = (1.0 / (1.0 + delta), 1.0 + delta);
    match () {
        () if low > more => Verdict::Faster,
        () if high < less => Verdict::Slower,
        () if low >= less && high <= more => Verdict::Equivalent,
        () => Verdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests;
