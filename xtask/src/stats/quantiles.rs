//! Quantiles of histograms, written as pairs of a value and how often it was seen.

/// One histogram out of several: pairs sorted by value, each value once. Sound for counts, where averages of quantiles are not.
pub(crate) fn merge(histograms: &[Vec<(u64, u64)>]) -> Vec<(u64, u64)> {
    let mut pairs = histograms.concat();
    pairs.sort_unstable();
    pairs.retain(|(_, count)| *count > 0);
    pairs.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    pairs
}

/// The smallest value that at least a share `q` of the merged values do not exceed; as HdrHistogram counts.
///
/// `None` unless ten values are expected beyond it, `count >= 10 / (1 - q)`: fewer make a guess of it. So there is a 0.99
/// from a thousand values on, and never a 1: that is [`largest`].
pub(crate) fn quantile(merged: &[(u64, u64)], q: f64) -> Option<u64> {
    let total: u64 = merged.iter().map(|(_, count)| count).sum();
    // The comparison is written so that a rounding error of `1 - q` does not decide, and that no number is no quantile.
    let known = (0.0..1.0).contains(&q) && total as f64 * (1.0 - q) >= 10.0 * (1.0 - 1e-9);
    if !known {
        return None;
    }
    let rank = ((q * total as f64 * (1.0 - 1e-12)).ceil() as u64).max(1);
    let mut seen = 0;
    merged.iter().find_map(|(value, count)| {
        seen += count;
        (seen >= rank).then_some(*value)
    })
}

/// The largest value seen.
pub(crate) fn largest(merged: &[(u64, u64)]) -> Option<u64> {
    merged.last().map(|(value, _)| *value)
}

#[cfg(test)]
mod tests;
