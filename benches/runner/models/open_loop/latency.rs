//! What the requests' latencies become: two histograms, and the quantiles that there are enough requests for.

use std::fmt::Write as _;
use std::time::Instant;

use hdrhistogram::Histogram;

use crate::Failure;

/// The latencies of a trial, each to three digits.
pub(crate) struct Latencies {
    /// From when the request was meant to start: what somebody who wanted the page then has waited.
    corrected: Histogram<u64>,
    /// From when it did start, which leaves out how long it had to wait for its turn: the mistake called coordinated
    /// omission, shown beside it.
    uncorrected: Histogram<u64>,
}

/// One request's times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// When it was meant to start.
    pub(crate) due: Instant,
    /// When the engine took it up.
    pub(crate) taken: Instant,
    /// Whether its latency counts.
    pub(crate) timed: bool,
}

/// Longer than any deadline that one sets. What is longer yet counts as this.
const LONGEST_NS: u64 = 3_600_000_000_000;

/// An empty histogram, of nanoseconds to three digits. Its bounds are fixed, so that nothing is allocated while it records.
pub(crate) fn histogram() -> Result<Histogram<u64>, Failure> {
    Histogram::new_with_bounds(1, LONGEST_NS, 3).map_err(|error| Failure::new("latency", error))
}

impl Latencies {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Latencies { corrected: histogram()?, uncorrected: histogram()? })
    }

    /// Records a request that is done.
    pub(crate) fn record(&mut self, times: Times, done: Instant) {
        if !times.timed {
            return;
        }
        let nanoseconds =
            |from: Instant| done.saturating_duration_since(from).as_nanos().try_into().unwrap_or(LONGEST_NS);
        self.corrected.saturating_record(nanoseconds(times.due));
        self.uncorrected.saturating_record(nanoseconds(times.taken));
    }

    /// Adds what another pipeline has recorded.
    pub(crate) fn merge(&mut self, other: &Latencies) {
        // They have the same bounds, so nothing can be lost.
        let _ = self.corrected.add(&other.corrected);
        let _ = self.uncorrected.add(&other.uncorrected);
    }

    /// The words of both.
    pub(crate) fn words(&self) -> String {
        let mut words = describe("latency", &self.corrected);
        let _ = write!(words, " {}", describe("uncorrected", &self.uncorrected));
        let _ = write!(words, " hdr={} uncorrected_hdr={}", pairs(&self.corrected), pairs(&self.uncorrected));
        words
    }
}

/// The quantiles that are told, in thousandths.
const QUANTILES: [(&str, u64); 4] = [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)];

/// Beyond a quantile there have to be ten requests, or it says more about them than about the engine.
const BEYOND: u64 = 10;

/// The quantiles of `histogram` that there are enough values for, its mean and its maximum.
pub(crate) fn describe(name: &str, histogram: &Histogram<u64>) -> String {
    let mut words = String::new();
    for (quantile, thousandths) in QUANTILES {
        if histogram.len() * (1000 - thousandths) >= BEYOND * 1000 {
            let value = histogram.value_at_quantile(thousandths as f64 / 1000.0);
            let _ = write!(words, "{name}_{quantile}_ns={value} ");
        }
    }
    let _ = write!(words, "{name}_mean_ns={:.0} {name}_max_ns={}", histogram.mean(), histogram.max());
    words
}

/// The values that occurred, each with how often: they can be merged and drawn, and read by eye. (HdrHistogram's own
/// encoding is shorter, but is base64 of deflated bytes: four crates here, and as many in every reader.)
pub(crate) fn pairs(histogram: &Histogram<u64>) -> String {
    let mut pairs = String::new();
    for value in histogram.iter_recorded() {
        let comma = if pairs.is_empty() { "" } else { "," };
        let _ = write!(pairs, "{comma}{}:{}", value.value_iterated_to(), value.count_at_value());
    }
    if pairs.is_empty() { "-".to_owned() } else { pairs }
}

#[cfg(test)]
mod tests;
