//! Whether the trials of a cell took about as long as a trial should.

use super::wrap;
use crate::metric::Metric;
use crate::numbers;
use crate::outcome::Outcome;
use crate::plan::{Cell, Planned};
use crate::stats;

/// A trial should take 5 ms to 0.5 s; from here on the start and the end of it show, or it takes time that more rounds would use
/// better.
const TOO_SHORT: f64 = 0.002;
const TOO_LONG: f64 = 2.0;

/// Names the contestants whose median trial is far from that; empty when none is. What is no rate has a length of its own, and
/// the controls are as short as they are on purpose.
pub(super) fn note(planned: &Planned, cell: &Cell, outcome: &Outcome) -> String {
    if matches!(cell.metric, Metric::Word { .. }) || planned.class == "control" {
        return String::new();
    }
    let odd = cell.entries.iter().enumerate().filter(|(_, entry)| !entry.twin).filter_map(|(index, entry)| {
        let counted = outcome.trials.iter().filter(|trial| trial.entry == index && trial.round > 0);
        let mut walls: Vec<f64> = counted.filter_map(|trial| trial.words.number("wall_ns")).collect();
        let seconds = stats::median(&mut walls)? / 1e9;
        let odd = !(TOO_SHORT..=TOO_LONG).contains(&seconds) && !outcome.is_out(index);
        odd.then(|| format!("{} {} s", entry.label, numbers::significant(seconds)))
    });
    match odd.collect::<Vec<_>>() {
        odd if odd.is_empty() => String::new(),
        odd => wrap("sizes: ", &format!("a trial should take 5 ms to 0.5 s, and took: {}.", odd.join(", "))),
    }
}
