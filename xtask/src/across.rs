//! What several cells of a workload say together: bytes for each task, as the slope of memory over the number of tasks.

use crate::numbers;
use crate::outcome::Outcome;
use crate::plan::{Cell, Planned};
use crate::report::wrap;
use crate::stats::slope::{self, Slope};
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// The parameters that a slope is taken over, and the word whose growth it is.
const AXES: [(&str, &str, &str); 2] =
    [("tasks", "rss_during_bytes", "task"), ("connections", "rss_during_bytes", "connection")];

/// The tables below the last cell of a workload; empty when there is nothing that its cells say together.
pub(crate) fn tables(planned: &Planned, outcomes: &[(&Cell, &Outcome)], style: Style) -> String {
    AXES.iter().map(|axis| slopes(planned, outcomes, *axis, style)).collect()
}

/// The slopes of every engine, for each combination of the other parameters.
fn slopes(
    planned: &Planned,
    outcomes: &[(&Cell, &Outcome)],
    (axis, word, item): (&str, &str, &str),
    style: Style,
) -> String {
    let mut text = String::new();
    for others in groups(outcomes, axis) {
        let cells = || outcomes.iter().filter(|(cell, _)| other_than(cell, axis) == others);
        let Some((first, _)) = cells().next() else { continue };
        let mut table = Table::new(&[
            ("engine", Align::Left),
            (if item == "task" { "bytes/task" } else { "bytes/connection" }, Align::Right),
            ("95 % interval", Align::Left),
            ("process MB", Align::Right),
            ("furthest from the line", Align::Left),
        ]);
        let mut any = false;
        for (index, entry) in first.entries.iter().enumerate().filter(|(_, entry)| !entry.twin) {
            let points: Vec<(f64, f64)> =
                cells().flat_map(|(cell, outcome)| points(cell, outcome, index, axis, word)).collect();
            let Some(slope) = slope::per_task(&points) else { continue };
            any = true;
            table.row(row(&entry.label, &slope, item));
        }
        if any {
            let title = format!("{} of {}: what one more {item} weighs", planned.name, describe(&others));
            text.push_str(&format!("\n  {}\n{}", style.paint(&title, Tone::Strong), table.render(style)));
        }
    }
    if !text.is_empty() {
        text.push_str(&wrap(
            "",
            "A line through all trials by least relative squares; the process itself is taken off.",
        ));
    }
    text
}

fn row(label: &str, slope: &Slope, item: &str) -> Vec<(String, Tone)> {
    let bytes = |number: f64| numbers::significant(number.max(0.0));
    let plain = |text: String| (text, Tone::Plain);
    vec![
        plain(label.to_owned()),
        plain(bytes(slope.per_task.value)),
        plain(format!("[{}, {}]", bytes(slope.per_task.low), bytes(slope.per_task.high))),
        plain(numbers::significant(slope.base.value / 1e6)),
        plain(format!(
            "{:+.0} % at {} {item}s",
            slope.largest_residual * 100.0,
            numbers::thousands(slope.largest_residual_at as u64)
        )),
    ]
}

/// Number and bytes of each counted trial.
fn points<'o>(
    cell: &Cell,
    outcome: &'o Outcome,
    index: usize,
    axis: &str,
    word: &'o str,
) -> impl Iterator<Item = (f64, f64)> + use<'o> {
    let number = cell.number(axis) as f64;
    let trials = outcome.trials.iter().filter(move |trial| trial.entry == index && trial.round > 0);
    trials.filter_map(move |trial| Some((number, trial.words.number(word)?)))
}

/// The other parameters of cells that differ in this one, each combination once; none when it has one value only.
fn groups(outcomes: &[(&Cell, &Outcome)], axis: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = Vec::new();
    for (cell, _) in outcomes.iter().filter(|(cell, _)| cell.param(axis).is_some()) {
        let others = other_than(cell, axis);
        if !groups.contains(&others) {
            groups.push(others);
        }
    }
    groups
}

fn other_than(cell: &Cell, axis: &str) -> Vec<(String, String)> {
    cell.params.iter().filter(|(key, _)| key != axis).cloned().collect()
}

fn describe(params: &[(String, String)]) -> String {
    let told = params.iter().filter(|(key, _)| !["model", "requests"].contains(&key.as_str()));
    let told: Vec<String> = told.map(|(key, value)| format!("{key} {value}")).collect();
    if told.is_empty() { "all cells".into() } else { told.join(", ") }
}

#[cfg(test)]
mod tests;
