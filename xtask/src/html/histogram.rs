//! Latencies as the trials tell them: how often each value occurred, merged over trials, and what a share of them stayed
//! below.

use std::collections::BTreeMap;

/// How often each value occurred.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Histogram {
    counts: BTreeMap<u64, u64>,
    total: u64,
}

impl Histogram {
    /// Adds `value:count` pairs, comma-separated; what is not one is passed over.
    pub(crate) fn add(&mut self, pairs: &str) {
        for pair in pairs.split(',') {
            let numbers =
                pair.split_once(':').and_then(|(value, count)| Some((value.parse().ok()?, count.parse().ok()?)));
            if let Some((value, count)) = numbers.filter(|(_, count)| *count > 0) {
                let known: &mut u64 = self.counts.entry(value).or_default();
                *known = known.saturating_add(count);
                self.total = self.total.saturating_add(count);
            }
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The smallest value that at least this share of all does not exceed; `None` when there is none at all.
    pub(crate) fn quantile(&self, share: f64) -> Option<u64> {
        let wanted = (share * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (value, count) in &self.counts {
            seen += count;
            if seen >= wanted {
                return Some(*value);
            }
        }
        self.counts.keys().next_back().copied()
    }

    /// The shares that are worth telling, each with its value: evenly spread over `log(1 / (1 - share))`, and none beyond
    /// which there are fewer than ten, for they would say more about those few than about the engine.
    pub(crate) fn spectrum(&self) -> Vec<(f64, u64)> {
        let share = |step: i32| 1.0 - 10_f64.powf(f64::from(step) / -16.0);
        let told = (0..).map(share).take_while(|share| (1.0 - share) * self.total as f64 >= 9.999_999);
        told.filter_map(|share| Some((share, self.quantile(share)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_merged_and_nonsense_is_passed_over() {
        let mut histogram = Histogram::default();
        for pairs in ["100:1,200:8", "100:0,300:1", "-", "", "x:y,4", "100:1"] {
            histogram.add(pairs);
        }
        assert_eq!(histogram.total(), 11);
        assert_eq!(
            [0.0, 0.5, 0.9, 1.0].map(|share| histogram.quantile(share)),
            [Some(100), Some(200), Some(200), Some(300)]
        );
        assert_eq!(Histogram::default().quantile(0.5), None);
    }

    #[test]
    fn a_spectrum_ends_where_there_are_too_few() {
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|value| histogram.add(&format!("{value}:1")));
        let spectrum = histogram.spectrum();
        let (share, value) = spectrum[spectrum.len() - 1];
        assert!((0.98..=0.9901).contains(&share), "{share}");
        assert!((980..=991).contains(&value), "{value}");
        assert!(Histogram::default().spectrum().is_empty());
    }
}
