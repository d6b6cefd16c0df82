//! How the delays of a period were served: two histograms, and how they are written on one line.

use std::fmt::Write;

use hdrhistogram::Histogram;

use crate::answer::Delay;

/// The delays of all answers that had one.
#[derive(Debug)]
pub(crate) struct ServedDelays {
    count: u64,
    sum_ns: u128,
    late_max_ns: u64,
    late_ns: Histogram<u64>,
    served_ns: Histogram<u64>,
}

impl ServedDelays {
    /// None so far.
    pub(crate) fn new() -> ServedDelays {
        // An hour covers any lateness of a process that is still asked, and two digits are one percent.
        let histogram = Histogram::new_with_max(3_600_000_000_000, 2).expect("the bounds and digits are valid");
        ServedDelays { count: 0, sum_ns: 0, late_max_ns: 0, late_ns: histogram.clone(), served_ns: histogram }
    }

    /// One more.
    pub(crate) fn record(&mut self, delay: &Delay) {
        self.count += 1;
        self.sum_ns += u128::from(delay.served_ns);
        self.late_max_ns = self.late_max_ns.max(delay.late_ns);
        self.late_ns.saturating_record(delay.late_ns);
        self.served_ns.saturating_record(delay.served_ns);
    }

    /// Adds the words of `/_stats`.
    pub(crate) fn describe(&self, line: &mut String) {
        let mean = self.sum_ns / u128::from(self.count.max(1));
        // A bucket's upper end may lie above all that was recorded.
        let late = |share| self.late_ns.value_at_quantile(share).min(self.late_max_ns);
        // Writing to a String cannot fail.
        let _ = write!(
            line,
            "delayed={} delay_mean_ns={mean} late_p50_ns={} late_p99_ns={} late_max_ns={} late_hist={} delay_hist={}",
            self.count,
            late(0.5),
            late(0.99),
            self.late_max_ns,
            pairs(&self.late_ns),
            pairs(&self.served_ns),
        );
    }
}

/// A pair takes at most 25 bytes, so that the line with both histograms stays below 64 KiB.
const MOST_PAIRS: usize = 1024;

/// The bits of a value below its first that two significant digits keep: 128 buckets for each power of two.
const FINEST_BITS: u32 = 7;

/// The recorded values as `upper_ns:count`, with the upper end of the bucket, so that whoever records it again finds the same
/// bucket. When there are too many, the buckets are made twice as wide until there are not.
pub(crate) fn pairs(histogram: &Histogram<u64>) -> String {
    if histogram.is_empty() {
        return "-".to_owned();
    }
    let mut buckets: Vec<(u64, u64)> =
        histogram.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect();
    let mut bits = FINEST_BITS;
    while buckets.len() > MOST_PAIRS {
        bits -= 1;
        buckets = widened(&buckets, bits);
    }
    let words: Vec<String> = buckets.iter().map(|(upper_ns, count)| format!("{upper_ns}:{count}")).collect();
    words.join(",")
}

fn widened(buckets: &[(u64, u64)], bits: u32) -> Vec<(u64, u64)> {
    let mut wide: Vec<(u64, u64)> = Vec::with_capacity(buckets.len());
    for &(value, count) in buckets {
        let upper = upper_end(value, bits);
        match wide.last_mut() {
            Some(last) if last.0 == upper => last.1 += count,
            _ => wide.push((upper, count)),
        }
    }
    wide
}

/// The upper end of the bucket of `value` when `bits` bits below the first are kept.
fn upper_end(value: u64, bits: u32) -> u64 {
    let dropped = value.max(1).ilog2().saturating_sub(bits);
    value | ((1 << dropped) - 1)
}
