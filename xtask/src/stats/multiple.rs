//! Many comparisons at once: with enough of them, something always looks different.

/// Which of these p-values stand out, such that at most a share `q` of those that do are false on average (Benjamini and
/// Hochberg 1995). In the order of the input; a p-value that is not a number never stands out.
pub(crate) fn stand_out(p_values: &[f64], q: f64) -> Vec<bool> {
    let mut ascending = p_values.to_vec();
    ascending.sort_by(f64::total_cmp);
    let count = p_values.len() as f64;
    let ranked = ascending.iter().enumerate();
    // The largest that is below its rank's share of `q` takes all smaller ones with it.
    let threshold = ranked.filter(|(index, p)| **p <= q * (index + 1) as f64 / count).map(|(_, p)| *p).next_back();
    p_values.iter().map(|p| threshold.is_some_and(|threshold| *p <= threshold)).collect()
}

/// How many of so many equal cells would look different by chance.
pub(crate) fn expected_false_alarms(cells: usize, rate: f64) -> f64 {
    cells as f64 * rate
}

#[cfg(test)]
mod tests;
