//! Paired statistics: the trial is the sample, the round is the pair, and "inconclusive" is an answer.
//!
//! Nothing here knows an engine or a file: numbers in, numbers out.

use fastrand::Rng;

/// With fewer rounds an interval promises more than it knows, so there is no verdict.
pub(crate) const ENOUGH_ROUNDS: usize = 8;

/// How often the rounds are drawn anew.
const RESAMPLES: usize = 10_000;
/// Fixed, so that the same trials always give the same interval.
const SEED: u64 = 0x6761_7468_6572;

/// One engine against another over the rounds that both took part in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    /// The median of the rounds' ratios (in logarithms).
    pub(crate) ratio: f64,
    /// The 95 % interval; with fewer than [`ENOUGH_ROUNDS`] rounds the smallest and the largest ratio seen.
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) rounds: usize,
    pub(crate) verdict: Verdict,
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

/// Compares by the logarithms of the rounds' ratios, one list per process: rounds of one process resemble each other, so
/// processes are drawn first and rounds within them. `delta` is the difference that does not matter (0.02 is 2 %).
///
/// `None` when there is no round at all.
pub(crate) fn compare(processes: &[Vec<f64>], delta: f64) -> Option<Comparison> {
    let mut logs: Vec<f64> = processes.iter().flatten().copied().collect();
    let ratio = median(&mut logs)?.exp();
    let rounds = logs.len();
    if rounds < ENOUGH_ROUNDS {
        // `median` sorted them.
        let (low, high) = (logs[0].exp(), logs[rounds - 1].exp());
        return Some(Comparison { ratio, low, high, rounds, verdict: Verdict::Inconclusive });
    }
    let (low, high) = interval(processes, RESAMPLES);
    let (low, high) = (low.exp(), high.exp());
    Some(Comparison { ratio, low, high, rounds, verdict: verdict(low, high, delta) })
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
fn verdict(low: f64, high: f64, delta: f64) -> Verdict {
    let (less, more) = (1.0 / (1.0 + delta), 1.0 + delta);
    match () {
        () if low > more => Verdict::Faster,
        () if high < less => Verdict::Slower,
        () if low >= less && high <= more => Verdict::Equivalent,
        () => Verdict::Inconclusive,
    }
}

/// The bootstrap interval of the median: percentiles of the medians of resamples.
fn interval(processes: &[Vec<f64>], resamples: usize) -> (f64, f64) {
    let mut rng = Rng::with_seed(SEED);
    let mut sorted: Vec<f64> = processes.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    // Each round as its place in the sorted list: a resample is then a count for each place, and its median needs no sorting.
    // xtask is built without optimisation, where that is the difference between a blink and a wait.
    let place = |value: &f64| sorted.partition_point(|other| other.total_cmp(value).is_lt());
    let processes: Vec<Vec<usize>> = processes.iter().map(|rounds| rounds.iter().map(place).collect()).collect();
    let processes: Vec<Vec<usize>> = processes.into_iter().filter(|rounds| !rounds.is_empty()).collect();
    let mut medians = Vec::with_capacity(resamples);
    let mut counts = vec![0; sorted.len()];
    for _ in 0..resamples {
        counts.fill(0);
        for _ in 0..processes.len() {
            let rounds = &processes[rng.usize(..processes.len())];
            for _ in 0..rounds.len() {
                counts[rounds[rng.usize(..rounds.len())]] += 1;
            }
        }
        medians.push(median_of_counts(&sorted, &counts));
    }
    medians.sort_by(f64::total_cmp);
    let last = medians.len() - 1;
    let at = |share: f64| medians[(share * last as f64).round() as usize];
    let outside = outside(sorted.len());
    (at(outside), at(1.0 - outside))
}

/// The median of a list that holds each of the sorted values so many times.
fn median_of_counts(sorted: &[f64], counts: &[usize]) -> f64 {
    let total: usize = counts.iter().sum();
    let (below, above) = (total.saturating_sub(1) / 2, total / 2);
    let mut seen = 0;
    let mut lower = f64::NAN;
    for (value, count) in sorted.iter().zip(counts) {
        seen += count;
        if lower.is_nan() && seen > below {
            lower = *value;
        }
        if seen > above {
            return f64::midpoint(lower, *value);
        }
    }
    lower
}

/// How much of the resampled medians is left out on each side, so that the interval holds the truth 95 times of 100.
///
/// 2.5 % would be right for very many rounds. With few the plain percentile interval is too narrow and holds the truth
/// less often than it says. The expanded percentile interval takes `phi(-sqrt(n / (n - 1)) * t(0.975, n - 1))` instead
/// (Hesterberg 2015, "What teachers should know about the bootstrap", section 4.4); a test counts how often it holds.
fn outside(rounds: usize) -> f64 {
    const EXPANDED: [(f64, f64); 8] = [
        (8.0, 0.005_74),
        (10.0, 0.008_55),
        (12.0, 0.010_76),
        (15.0, 0.013_21),
        (20.0, 0.015_88),
        (30.0, 0.018_75),
        (50.0, 0.021_18),
        (100.0, 0.023_09),
    ];
    let rounds = rounds as f64;
    // The value is nearly linear in 1 / n; beyond the table it goes to 0.025 with it.
    let after = EXPANDED.iter().position(|(n, _)| *n >= rounds);
    let ((n, low), (m, high)) = match after {
        Some(0) => return EXPANDED[0].1,
        Some(after) => (EXPANDED[after - 1], EXPANDED[after]),
        None => (EXPANDED[EXPANDED.len() - 1], (f64::INFINITY, 0.025)),
    };
    low + (high - low) * (1.0 / n - 1.0 / rounds) / (1.0 / n - 1.0 / m)
}

#[cfg(test)]
mod tests;
