//! How far a typical log-ratio may be from the truth, when rounds of one process resemble each other.
//!
//! The unit that was drawn anew is the process: its code lies elsewhere in memory, its threads met other neighbours. What
//! differs between processes does not average out over the rounds of one. So the processes' spread is the error:
//!
//! - *Several processes*: the mean of their medians, and Student's t with one degree of freedom less than processes. It is
//!   the interval of Kalibera and Jones (2013, "Rigorous benchmarking in reasonable time") with medians within
//!   the processes, which are deaf to wild rounds. Percentiles of a hierarchical bootstrap, even expanded ones,
//!   are not what they say with so few: three processes can be drawn in ten ways. Nor are rounds drawn
//!   again within the processes, which would count their noise twice (Davison and Hinkley 1997, "Bootstrap methods and their
//!   application", section 3.8).
//! - *Many processes with one or two rounds each*: such a process has no median to speak of. So it is the median over the
//!   processes, and its error from resamples of them.
//! - *One process*: the median over the rounds, its error from resamples of the rounds; drawn in blocks where a round resembles
//!   the one before (Künsch 1989, the moving blocks bootstrap).
//!
//! A bootstrap gives an error, and Student's t makes an interval of it: percentiles are too narrow for few units
//! (Hesterberg 2015, "What teachers should know about the bootstrap", section 4).

use fastrand::Rng;

use super::{ENOUGH_ROUNDS, beta, median};

/// How often the units are drawn anew.
pub(super) const RESAMPLES: usize = 10_000;
/// From so many rounds on a process's median ignores a wild one.
const ROUNDS_FOR_A_MEDIAN: usize = 3;
/// Fixed, so that the same trials always give the same interval.
const SEED: u64 = 0x6761_7468_6572;
const CONFIDENCE: f64 = 0.95;

/// A typical value, how far it is off, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) centre: f64,
    /// The standard error of the centre.
    pub(super) error: f64,
    pub(super) degrees: usize,
}

impl Estimate {
    /// Of at least one process, each with at least one round, and two rounds in all.
    pub(super) fn new(processes: &[Vec<f64>], resamples: usize) -> Estimate {
        if let [rounds] = processes {
            return of_rounds(rounds, resamples);
        }
        let medians: Vec<f64> = processes.iter().filter_map(|rounds| median(&mut rounds.clone())).collect();
        let rounds: usize = processes.iter().map(Vec::len).sum();
        // A resample needs as many units to draw from as a verdict needs rounds.
        if medians.len() >= ENOUGH_ROUNDS && rounds < ROUNDS_FOR_A_MEDIAN * medians.len() {
            bootstrap(&medians, 1, resamples)
        } else {
            of_processes(&medians)
        }
    }

    /// The 95 % interval.
    pub(super) fn interval(&self) -> (f64, f64) {
        let half = beta::student_quantile(CONFIDENCE, self.degrees as f64) * self.error;
        (self.centre - half, self.centre + half)
    }

    /// How likely a centre at least so far from zero is when the truth is zero.
    pub(super) fn p_value(&self) -> f64 {
        match (self.error > 0.0, self.centre == 0.0) {
            (true, _) => beta::student_tails(self.centre / self.error, self.degrees as f64),
            (false, true) => 1.0,
            (false, false) => 0.0,
        }
    }
}

/// Every process counts the same, however many rounds it had: the spread of the medians is then right whether the rounds
/// or the processes make the noise.
fn of_processes(medians: &[f64]) -> Estimate {
    let count = medians.len() as f64;
    let centre = medians.iter().sum::<f64>() / count;
    let squares: f64 = medians.iter().map(|value| (value - centre).powi(2)).sum();
    Estimate { centre, error: (squares / (count - 1.0) / count).sqrt(), degrees: medians.len() - 1 }
}

fn of_rounds(rounds: &[f64], resamples: usize) -> Estimate {
    bootstrap(rounds, block_length(rounds), resamples)
}

/// How many successive rounds are drawn together: one, unless a round resembles the one before. At least four blocks
/// remain, or the error would rest on next to nothing.
fn block_length(rounds: &[f64]) -> usize {
    let length = match lag_one_autocorrelation(rounds) {
        strong if strong > 0.6 => 4,
        middling if middling > 0.4 => 3,
        weak if weak > 0.2 => 2,
        _ => 1,
    };
    length.min(rounds.len() / 4).max(1)
}

/// How much a round resembles the one before: from -1 to 1. Around the rounds' own centre it is too low by about one part in
/// their number (Marriott and Pope 1954), which is given back.
fn lag_one_autocorrelation(rounds: &[f64]) -> f64 {
    let centre = median(&mut rounds.to_vec()).unwrap_or(0.0);
    let squares: f64 = rounds.iter().map(|value| (value - centre).powi(2)).sum();
    let products: f64 = rounds.windows(2).map(|pair| (pair[0] - centre) * (pair[1] - centre)).sum();
    if squares > 0.0 { products / squares + 1.0 / rounds.len() as f64 } else { 0.0 }
}

/// The median and its error, from the medians of resamples: blocks of so many successive values, drawn with replacement, as
/// many as make up the list or a part of a block fewer.
fn bootstrap(values: &[f64], length: usize, resamples: usize) -> Estimate {
    let mut rng = Rng::with_seed(SEED);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Each value as its place in the sorted list: a resample is then a count for each place, and its median needs no sorting.
    // xtask is built without optimisation, where that is the difference between a blink and a wait.
    let place = |value: &f64| sorted.partition_point(|other| other.total_cmp(value).is_lt());
    let places: Vec<usize> = values.iter().map(place).collect();
    let (blocks, starts) = (values.len() / length, values.len() - length + 1);
    let mut counts = vec![0; sorted.len()];
    let mut medians = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        counts.fill(0);
        for _ in 0..blocks {
            let start = rng.usize(..starts);
            for place in &places[start..start + length] {
                counts[*place] += 1;
            }
        }
        medians.push(median_of_counts(&sorted, &counts));
    }
    let centre = median(&mut sorted).unwrap_or(f64::NAN);
    // Resamples spread less than samples do, by one unit in their number.
    let shrunk = blocks as f64 / (blocks as f64 - 1.0);
    Estimate { centre, error: spread(&mut medians) * shrunk.sqrt(), degrees: blocks - 1 }
}

/// The standard deviation that a normal distribution with the same central 95 % would have. The plain one would listen to
/// the one resample in a thousand that drew a wild round again and again.
fn spread(values: &mut [f64]) -> f64 {
    const NORMAL: f64 = 1.959_964;
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    let at = |share: f64| values[(share * last as f64).round() as usize];
    let outside = (1.0 - CONFIDENCE) / 2.0;
    (at(1.0 - outside) - at(outside)) / (2.0 * NORMAL)
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

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod tests;
