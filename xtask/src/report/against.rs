//! How much better each contestant is than those that the workload wants it held against: below its table, wherever that is shown.

use crate::numbers;
use crate::plan::Planned;
use crate::score::{self, Row, Score};
use crate::stats::Comparison;

/// A sentence for each of them: `12.3 [12.0, 12.6]` is how many times as good as it somebody is, paired by round, with the 95 %
/// interval. Of one that gave no times it says so; who was not asked for is not missed.
pub(crate) fn sentences(planned: &Planned, score: &Score) -> Vec<String> {
    let asked = |label: &&String| planned.cells.iter().any(|cell| cell.entries.iter().any(|e| e.label == **label));
    planned.against.iter().filter(asked).filter_map(|label| sentence(label, score)).collect()
}

fn sentence(label: &str, score: &Score) -> Option<String> {
    let Some(other) = score.real_rows().find(|row| row.label == label) else {
        return Some(format!("{label} gave no times to be held against."));
    };
    let ratio = |row: &Row| {
        let compared = score::compare(row, other, score.delta).filter(Comparison::is_known)?;
        let [ratio, low, high] = [compared.ratio, compared.low, compared.high].map(numbers::ratio);
        Some(format!("{} {ratio} [{low}, {high}]", row.label))
    };
    let ratios: Vec<String> = score.real_rows().filter(|row| row.label != label).filter_map(ratio).collect();
    (!ratios.is_empty()).then(|| format!("times {} {label}: {}.", score.metric.comparative(), ratios.join(", ")))
}

#[cfg(test)]
mod tests;
