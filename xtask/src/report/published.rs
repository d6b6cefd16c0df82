//! What others have published on what a cell measures, beside what was measured here: below its table, wherever that is shown.

use crate::numbers;
use crate::plan::{self, Cell, Planned};
use crate::score::{Row, Score};

/// A sentence for each publication on this cell: its figure of each contestant, ours, and how many times as much ours is. They come from
/// another machine and another year, so no interval and no verdict goes with them.
pub(crate) fn sentences(planned: &Planned, cell: &Cell, score: &Score) -> Vec<String> {
    let of_this_cell = planned.published.iter().filter(|published| plan::matches(&published.when, &cell.params));
    let sentence = |published: &crate::definitions::Published| {
        let figure = |row: &Row| {
            let theirs = published.value(&row.label)?;
            let ours = score.metric.shown(row.value);
            let [theirs_shown, ours_shown] = [theirs, ours].map(numbers::significant);
            let times = numbers::ratio(ours / theirs);
            Some(format!("{} {theirs_shown}, here {ours_shown} ({times} times as much)", row.label))
        };
        let figures: Vec<String> = score.real_rows().filter_map(figure).collect();
        let unit = score.metric.column();
        (!figures.is_empty())
            .then(|| format!("{} in {unit}: {}. {}.", published.source, figures.join("; "), published.note))
    };
    of_this_cell.filter_map(sentence).collect()
}

#[cfg(test)]
mod tests;
