//! What a count of successes says about how often there are successes.

use super::beta;

/// Between which shares of successes the truth lies, with such a confidence: the exact interval of Clopper and Pearson (1934),
/// as R's `binom.test` gives it. Half of the doubt is on each side.
///
/// # Panics
///
/// With more successes than tries, or a confidence that is not between 0 and 1.
pub(crate) fn binomial_interval(successes: u64, tries: u64, confidence: f64) -> (f64, f64) {
    let failures = failures(successes, tries);
    let doubt = (1.0 - confidence) / 2.0;
    (lower(successes, tries, doubt), 1.0 - lower(failures, tries, doubt))
}

/// The share that the truth does not exceed, with such a confidence: all of the doubt is on the one side. With no success in
/// `n` tries it is about `3 / n` for 95 %.
///
/// # Panics
///
/// As [`binomial_interval`].
pub(crate) fn binomial_upper_bound(successes: u64, tries: u64, confidence: f64) -> f64 {
    1.0 - lower(failures(successes, tries), tries, 1.0 - confidence)
}

fn failures(successes: u64, tries: u64) -> u64 {
    assert!(successes <= tries, "{successes} successes of {tries} tries");
    tries - successes
}

/// The largest share for which so many successes or more are no likelier than `doubt`.
fn lower(successes: u64, tries: u64, doubt: f64) -> f64 {
    assert!(doubt > 0.0 && doubt < 1.0, "a confidence is between 0 and 1");
    if successes == 0 {
        return 0.0;
    }
    let (a, b) = (successes as f64, (tries - successes) as f64 + 1.0);
    // That tail of the binomial distribution is an incomplete beta function, which grows with the share.
    let mut bounds = (0.0, 1.0);
    for _ in 0..60 {
        let share = f64::midpoint(bounds.0, bounds.1);
        if beta::incomplete_beta(share, a, b) < doubt { bounds.0 = share } else { bounds.1 = share }
    }
    f64::midpoint(bounds.0, bounds.1)
}

#[cfg(test)]
mod tests;
