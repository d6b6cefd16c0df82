//! When each request is meant to start: arithmetic alone, from the rate and a seed.

use std::time::Duration;

use fastrand::Rng;

/// How the requests are spread over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrivals {
    /// At equal distances.
    Constant,
    /// As of many users who know nothing of each other: the distances are distributed exponentially.
    Poisson,
}

/// So many requests a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) rate: u64,
    pub(crate) arrivals: Arrivals,
    pub(crate) seed: u64,
}

const SECOND: u64 = 1_000_000_000;

/// What is due and not started waits in memory, so there is an end to it.
const MOST: u64 = 100_000_000;

impl Schedule {
    /// The starts of so many requests, as distances from the beginning; they never decrease. The first of constant
    /// arrivals is at 0.
    pub(crate) fn offsets(self, requests: u64) -> impl Iterator<Item = Duration> + Send {
        let mut rng = Rng::with_seed(self.seed);
        let mut sum = 0.0;
        (0..requests).map(move |index| match self.arrivals {
            // In whole numbers, so that no error adds up over an hour.
            Arrivals::Constant => {
                let nanoseconds = u128::from(index) * u128::from(SECOND) / u128::from(self.rate);
                Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
            }
            Arrivals::Poisson => {
                // The logarithm of (0, 1]: 1 - f64 leaves out the zero.
                sum += -(1.0 - rng.f64()).ln() / self.rate as f64;
                Duration::from_secs_f64(sum)
            }
        })
    }

    /// How many requests last so many seconds, one at least; `None` where there is no such time, or they are too many to be
    /// kept in memory until they are due.
    pub(crate) fn requests_in(self, seconds: f64) -> Option<u64> {
        let requests = (self.rate as f64 * seconds).round();
        (seconds > 0.0 && requests <= MOST as f64).then_some((requests as u64).max(1))
    }
}

#[cfg(test)]
mod tests;
