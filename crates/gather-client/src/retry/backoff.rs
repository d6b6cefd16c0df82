//! How long to wait before the next attempt.

use std::time::Duration;

/// Exponential waits with full jitter: each is drawn evenly between nothing and an upper bound that doubles.
///
/// Full jitter spreads the clients that failed together best (M. Brooker, "Exponential Backoff And Jitter", AWS
/// Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The upper bound of the first wait. Default: 250 milliseconds.
    pub first: Duration,
    /// No upper bound exceeds it. Default: 10 seconds.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { first: Duration::from_millis(250), max: Duration::from_secs(10) }
    }
}

impl Backoff {
    /// The upper bound of the wait after the attempt of this number, counted from one.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let backoff = gather_client::retry::Backoff::default();
    /// assert_eq!(backoff.bound(3), Duration::from_secs(1));
    /// assert_eq!(backoff.bound(u32::MAX), Duration::from_secs(10));
    /// ```
    pub fn bound(&self, attempt: u32) -> Duration {
        let factor = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.max)
    }

    /// The wait after the attempt of this number: between nothing and the bound; where the server has asked for a time,
    /// between that time and at most [`first`](Backoff::first) more, lest all who were told the same come back at once.
    pub(super) fn wait(&self, attempt: u32, asked: Option<Duration>, random: &mut fastrand::Rng) -> Duration {
        match asked {
            Some(asked) => asked.saturating_add(up_to(self.first.min(self.max), random)),
            None => up_to(self.bound(attempt), random),
        }
    }
}

fn up_to(bound: Duration, random: &mut fastrand::Rng) -> Duration {
    let nanoseconds = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.u64(0..=nanoseconds))
}
