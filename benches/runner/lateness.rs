//! How late what was to happen at a time has happened: of timers, and of deadlines.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hdrhistogram::Histogram;

use crate::Failure;

/// Nanoseconds since `due`; nothing when it is still to come.
pub(crate) fn since(due: Instant) -> Option<u64> {
    let late = Instant::now().checked_duration_since(due)?;
    Some(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX))
}

/// The lateness of many, one word each: no lock, no allocation while they are measured.
#[derive(Clone)]
pub(crate) struct Slots(Arc<[AtomicU64]>);

/// In place of a lateness: too early.
const EARLY: u64 = u64::MAX;

impl Slots {
    pub(crate) fn new(sleeps: u64) -> Self {
        Slots((0..sleeps).map(|_| AtomicU64::new(EARLY)).collect())
    }

    pub(crate) fn set(&self, number: u64, due: Instant) {
        self.0[number as usize].store(since(due).unwrap_or(EARLY), Ordering::Relaxed);
    }

    pub(crate) fn collect(&self) -> Result<Lateness, Failure> {
        let mut lateness = Lateness::new()?;
        let late = self.0.iter().map(|slot| slot.load(Ordering::Relaxed));
        late.for_each(|late| lateness.record((late != EARLY).then_some(late)));
        Ok(lateness)
    }
}

/// A minute: the lab gives up before that.
const MOST_LATE_NS: u64 = 60_000_000_000;

/// A distribution of lateness.
pub(crate) struct Lateness {
    histogram: Histogram<u64>,
    /// How many were too early.
    pub(crate) early: u64,
}

impl Lateness {
    pub(crate) fn new() -> Result<Self, Failure> {
        // Bounds, because a histogram that grows cannot saturate.
        let histogram =
            Histogram::new_with_bounds(1, MOST_LATE_NS, 3).map_err(|error| Failure::new("lateness", error))?;
        Ok(Lateness { histogram, early: 0 })
    }

    pub(crate) fn record(&mut self, late: Option<u64>) {
        match late {
            Some(late) => self.histogram.saturating_record(late),
            None => self.early += 1,
        }
    }

    /// A quantile is there where ten were beyond it: with fewer it would be a guess.
    pub(crate) fn words(&self) -> String {
        let count = self.histogram.len();
        let mut words = String::new();
        for (name, per_mille) in [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)] {
            if count * (1000 - per_mille) >= 10_000 {
                let late = self.histogram.value_at_quantile(per_mille as f64 / 1000.0);
                let _ = write!(words, "late_{name}_ns={late} ");
            }
        }
        if count > 0 {
            let _ = write!(words, "late_mean_ns={:.0} late_max_ns={}", self.histogram.mean(), self.histogram.max());
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::Lateness;

    pub(crate) fn words(late: impl IntoIterator<Item = u64>) -> String {
        let mut lateness = Lateness::new().unwrap();
        late.into_iter().for_each(|late| lateness.record(Some(late)));
        lateness.words()
    }

    #[test]
    fn a_quantile_needs_ten_beyond_it() {
        assert_eq!(words([]), "");
        assert_eq!(words([7; 19]), "late_mean_ns=7 late_max_ns=7");
        assert_eq!(words([7; 20]), "late_p50_ns=7 late_mean_ns=7 late_max_ns=7");
        assert!(!words([7; 999]).contains("p99"), "nine are beyond the 99th percentile of 999");
        assert!(words([7; 1000]).contains("late_p99_ns=7 "));
    }

    #[test]
    fn lateness_is_right_to_a_thousandth_at_any_scale() {
        let words = words((1..=1000).map(|number| number * 1_000_000));
        for (name, expected) in [("p50", 500e6), ("p90", 900e6), ("p99", 990e6), ("max", 1000e6)] {
            let word = words.split_whitespace().find_map(|word| word.strip_prefix(&*format!("late_{name}_ns=")));
            let found: f64 = word.unwrap().parse().unwrap();
            assert!((found / expected - 1.0).abs() < 1e-3, "{name}: {found} instead of {expected}");
        }
    }
}
