//! Where a series of results moved to another level: the marks on the history's sparkline.

use fastrand::Rng;

/// A level needs so many values: fewer are an outlier until more come.
const SHORTEST: usize = 3;
const PERMUTATIONS: usize = 999;
/// A series without any change shows one so often.
const FALSE_ALARMS: f64 = 0.01;
/// Fixed, so that the same history always has the same marks.
const SEED: u64 = 0x6869_7374;

/// The indices at which a new level begins, ascending. What is not a finite number is passed over.
///
/// The best split into two levels is kept when hardly any shuffle of the same values splits as well, and each side is looked
/// at in turn: the scheme of E-divisive (Matteson and James 2014), which Hunter uses on benchmark histories (Fleming et al.
/// 2023, arXiv 2301.03034), with a difference of means in place of an energy distance. Nothing is assumed about the noise but
/// that it has no memory. With three values after a change, the fewest, eleven or so before it are needed.
pub(crate) fn change_points(values: &[f64]) -> Vec<usize> {
    let finite: Vec<(usize, f64)> = values.iter().copied().enumerate().filter(|(_, value)| value.is_finite()).collect();
    let series: Vec<f64> = finite.iter().map(|(_, value)| *value).collect();
    let mut found = Vec::new();
    let mut open = vec![(0, series.len())];
    while let Some((start, end)) = open.pop() {
        if let Some(split) = significant_split(&series[start..end]) {
            let change = start + split;
            found.push(finite[change].0);
            open.extend([(start, change), (change, end)]);
        }
    }
    found.sort_unstable();
    found
}

fn significant_split(series: &[f64]) -> Option<usize> {
    let (split, gain) = best_split(series, |index| both_last(series, index))?;
    let mut rng = Rng::with_seed(SEED);
    let mut shuffled = series.to_vec();
    let mut as_good = 0.0;
    let most = FALSE_ALARMS * (PERMUTATIONS + 1) as f64;
    for _ in 0..PERMUTATIONS {
        rng.shuffle(&mut shuffled);
        // A sum in another order differs in its last digits only.
        as_good += if best_split(&shuffled, |_| true)?.1 >= gain * (1.0 - 1e-9) { 1.0 } else { 0.0 };
        // The series itself is one of the orders that split as well.
        if as_good + 1.0 > most {
            return None;
        }
    }
    Some(split)
}

/// Whether both sides have enough values nearer to their own mean than to the other's. One wild value at the end makes a
/// difference of means, but not a level.
fn both_last(series: &[f64], index: usize) -> bool {
    let mean = |side: &[f64]| side.iter().sum::<f64>() / side.len() as f64;
    let (before, after) = series.split_at(index);
    let middle = f64::midpoint(mean(before), mean(after));
    let rises = mean(after) > middle;
    let own = |side: &[f64], above: bool| side.iter().filter(|value| (**value > middle) == above).count();
    own(before, !rises) >= SHORTEST && own(after, rises) >= SHORTEST
}

/// Where two levels explain most, and how much: the square sum between them. `None` where no split is admitted.
fn best_split(series: &[f64], admitted: impl Fn(usize) -> bool) -> Option<(usize, f64)> {
    let count = series.len();
    let mean = series.iter().sum::<f64>() / count as f64;
    let mut above = 0.0;
    let mut best = None;
    for (index, value) in series.iter().enumerate() {
        // The values before the index, against the mean of all.
        if index >= SHORTEST && count - index >= SHORTEST {
            let gain = above * above * count as f64 / (index as f64 * (count - index) as f64);
            if best.is_none_or(|(_, most)| gain > most) && admitted(index) {
                best = Some((index, gain));
            }
        }
        above += value - mean;
    }
    best
}

#[cfg(test)]
mod tests;
