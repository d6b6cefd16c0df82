//! How noisy rounds are, and how many of them a difference needs.

use super::{ENOUGH_ROUNDS, median};

/// How many rounds find a difference of such a size four times of five: `(2.8 sigma / difference)^2`, and never fewer than
/// a verdict needs.
///
/// 2.8 is 1.96 + 0.84, the normal quantiles for 5 % on two sides and a power of 80 % (Cohen 1988, "Statistical power analysis
/// for the behavioral sciences"). It is a plan, not a promise: a median needs up to half as many again where
/// the noise is normal, and what differs between processes needs processes rather than rounds.
pub(crate) fn rounds_needed(sigma: f64, difference: f64) -> usize {
    let exact = (2.8 * sigma / difference).powi(2);
    // A rounding error must not ask for one more round. A difference of nothing needs more rounds than there are.
    ((exact * (1.0 - 1e-9)).ceil() as usize).max(ENOUGH_ROUNDS)
}

/// The standard deviation of what most values show: 1.4826 times the median distance from the median (Rousseeuw and Croux
/// 1993). The plain one would let a single wild round, which the median ignores, ask for hundreds of rounds more.
pub(super) fn robust_deviation(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    let Some(centre) = median(&mut values) else { return 0.0 };
    let mut distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    1.4826 * median(&mut distances).unwrap_or(0.0)
}

#[cfg(test)]
mod tests;
