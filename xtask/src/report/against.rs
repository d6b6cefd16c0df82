//! How much better each contestant is than those that the workload wants it held against: below its table, wherever that is shown.

use crate::numbers;
use crate::plan::Planned;
use crate::score::{self, Row, Score};

/// A sentence for each of them: `12.3 [12.0, 12.6]` is how many times as good as it somebody is, paired by round, with the 95 %
/// interval. Of one that gave no times it says so.
pub(crate) fn sentences(planned: &Planned, score: &Score) -> Vec<String> {
    planned.against.iter().filter_map(|label| sentence(label, score)).collect()
}

fn sentence(label: &str, score: &Score) -> Option<String> {
    let Some(other) = score.real_rows().find(|row| row.label == label) else {
        return Some(format!("{label} gave no times to be held against."));
    };
    let ratio = |row: &Row| {
        let compared = score::compare(row, other, score.delta)?;
        let [ratio, low, high] = [compared.ratio, compared.low, compared.high].map(numbers::ratio);
        Some(format!("{} {ratio} [{low}, {high}]", row.label))
    };
    let ratios: Vec<String> = score.real_rows().filter(|row| row.label != label).filter_map(ratio).collect();
    (!ratios.is_empty()).then(|| format!("times {} {label}: {}.", score.metric.comparative(), ratios.join(", ")))
}
