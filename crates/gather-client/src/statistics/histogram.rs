//! Durations counted in buckets: a fixed size, whatever is recorded.

use std::fmt;
use std::time::Duration;

/// How many buckets there are for each doubling: two buckets' bounds are at most an eighth apart.
const PER_DOUBLING: u64 = 8;

/// Buckets up to 2³² microseconds, which is 71 minutes: the first eight are a microsecond each, then come 29 doublings.
const BUCKETS: usize = 240;

/// Durations from a microsecond to 71 minutes, in 240 buckets that become wider with what is in them: log-linear, as in
/// HdrHistogram (G. Tene), with eight buckets for each doubling.
///
/// What is read from it is at most an eighth larger than what was recorded, and never smaller, to the microsecond. Longer
/// durations are counted in the last bucket; the [longest](Histogram::max) is kept as it was. It takes 1,960 bytes and never
/// more. The two digits that are the least of use in the crate `hdrhistogram` would take 26 KiB over the same range, and
/// there are two histograms for each host.
///
/// ```
/// use std::time::Duration;
/// use gather_client::statistics::Histogram;
///
/// let mut histogram = Histogram::default();
/// (1..=100).for_each(|milliseconds| histogram.record(Duration::from_millis(milliseconds)));
/// let median = histogram.quantile(0.5).expect("a hundred of them");
/// assert!(median >= Duration::from_millis(50) && median <= Duration::from_micros(56_250));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    buckets: [u64; BUCKETS],
    count: u64,
    sum: Duration,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { buckets: [0; BUCKETS], count: 0, sum: Duration::ZERO, max: Duration::ZERO }
    }
}

impl Histogram {
    /// How many durations were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest, as it was recorded. Zero when there is none.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The mean of all, exact but for the division. `None` when there is none.
    pub fn mean(&self) -> Option<Duration> {
        let nanos = self.sum.as_nanos().checked_div(self.count.into())?;
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// The duration that the share `quantile` of all does not exceed: 0.5 for the median, 0.99, 1.0 for the longest.
    /// `None` when nothing was recorded. What is outside of 0 to 1 is taken for the nearer of them.
    ///
    /// ```
    /// use std::time::Duration;
    /// let mut times = gather_client::statistics::Histogram::default();
    /// (1..=100).for_each(|millis| times.record(Duration::from_millis(millis)));
    /// let median = times.quantile(0.5).unwrap();
    /// assert!(median >= Duration::from_millis(50) && median <= Duration::from_micros(56_250));
    /// assert_eq!(times.quantile(1.0), Some(Duration::from_millis(100)));
    /// ```
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let rank = (quantile.clamp(0.0, 1.0) * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bucket.or((self.count > 0).then_some(BUCKETS - 1)).map(|bucket| upper(bucket).min(self.max))
    }

    /// The buckets that are not empty, shortest first: the longest duration that is counted in one, and how many are.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        let all = self.buckets.iter().enumerate();
        all.filter(|(_, count)| **count > 0).map(|(bucket, count)| (upper(bucket).min(self.max), *count))
    }

    /// Counts one more.
    pub fn record(&mut self, duration: Duration) {
        self.buckets[bucket_of(duration)] += 1;
        self.count += 1;
        self.sum = self.sum.saturating_add(duration);
        self.max = self.max.max(duration);
    }

    pub(super) fn add(&mut self, more: &Histogram) {
        let Histogram { buckets, count, sum, max } = more;
        self.buckets.iter_mut().zip(buckets).for_each(|(sum, count)| *sum += count);
        self.count += count;
        self.sum = self.sum.saturating_add(*sum);
        self.max = self.max.max(*max);
    }
}

fn bucket_of(duration: Duration) -> usize {
    let micros = duration.as_secs().saturating_mul(1_000_000).saturating_add(duration.subsec_micros().into());
    if micros < PER_DOUBLING {
        return micros as usize;
    }
    // The three bits after the leading one choose among the eight buckets of its doubling.
    let leading = micros.ilog2();
    let bucket = u64::from(leading - 2) * PER_DOUBLING + ((micros >> (leading - 3)) & (PER_DOUBLING - 1));
    (bucket as usize).min(BUCKETS - 1)
}

/// The longest duration that belongs to a bucket: all that round down to its last microsecond.
fn upper(bucket: usize) -> Duration {
    // The last one has no end.
    if bucket == BUCKETS - 1 {
        return Duration::MAX;
    }
    let next = bucket as u64 + 1;
    let micros = match next / PER_DOUBLING {
        0 => next,
        doubling => (PER_DOUBLING + next % PER_DOUBLING) << (doubling - 1),
    };
    Duration::from_micros(micros) - Duration::from_nanos(1)
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantiles = [0.5, 0.9, 0.99].map(|quantile| self.quantile(quantile));
        let mut debug = f.debug_struct("Histogram");
        debug.field("count", &self.count).field("p50, p90, p99", &quantiles).field("max", &self.max).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Histogram {
    /// Counts, sum and maximum, and the buckets that are not empty as pairs of bound and count. Times are seconds.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let buckets: Vec<(f64, u64)> = self.buckets().map(|(bound, count)| (bound.as_secs_f64(), count)).collect();
        let mut fields = serializer.serialize_struct("Histogram", 4)?;
        fields.serialize_field("count", &self.count)?;
        fields.serialize_field("sum", &self.sum.as_secs_f64())?;
        fields.serialize_field("max", &self.max.as_secs_f64())?;
        fields.serialize_field("buckets", &buckets)?;
        fields.end()
    }
}
