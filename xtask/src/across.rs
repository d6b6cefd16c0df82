//! What several cells of a workload say together: bytes for each task, as the slope of memory over the number of tasks, beside
//! what others have published.

use crate::definitions::Published;
use crate::markdown::escape;
use crate::numbers;
use crate::outcome::Outcome;
use crate::plan::{self, Cell, Planned};
use crate::report::wrap;
use crate::stats::slope::{self, Slope};
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// The parameter that a slope is taken over, and the word whose growth it is.
pub(crate) const AXIS: &str = "tasks";
const WORD: &str = "rss_during_bytes";
const METHOD: &str = "A line through all trials by least relative squares; the process itself is taken off.";

/// What one more task weighs on each engine, for cells that differ in the number of tasks alone.
#[derive(Debug)]
pub(crate) struct Weights<'p> {
    /// The other parameters of these cells.
    pub(crate) others: Vec<(String, String)>,
    pub(crate) rows: Vec<(&'p str, Slope)>,
    published: Vec<&'p Published>,
}

/// One for each combination of the other parameters in which something has a slope.
pub(crate) fn weights<'p>(planned: &'p Planned, outcomes: &[(&'p Cell, &'p Outcome)]) -> Vec<Weights<'p>> {
    let of_group = |others: Vec<(String, String)>| {
        let cells = || outcomes.iter().filter(|(cell, _)| other_than_the_axis(cell) == others);
        let (first, _) = cells().next()?;
        let entries = first.entries.iter().enumerate().filter(|(_, entry)| !entry.twin);
        let rows = entries.filter_map(|(index, entry)| {
            let points: Vec<(f64, f64)> = cells().flat_map(|(cell, outcome)| points(cell, outcome, index)).collect();
            Some((entry.label.as_str(), slope::per_task(&points)?))
        });
        let rows: Vec<(&str, Slope)> = rows.collect();
        let published = planned
            .published
            .iter()
            .filter(|published| published.is_slope() && plan::matches(&published.when, &others))
            .collect();
        (!rows.is_empty()).then_some(Weights { others, rows, published })
    };
    groups(outcomes).into_iter().filter_map(of_group).collect()
}

/// The tables below the last cell of a workload; empty when there is nothing that its cells say together.
pub(crate) fn tables(planned: &Planned, outcomes: &[(&Cell, &Outcome)], style: Style) -> String {
    let groups = weights(planned, outcomes);
    let mut text = String::new();
    for weights in &groups {
        let title = weights.title(planned);
        text.push_str(&format!("\n  {}\n{}", style.paint(&title, Tone::Strong), weights.table().render(style)));
        weights.notes().iter().for_each(|note| text.push_str(&wrap("published: ", note)));
    }
    if !groups.is_empty() {
        text.push_str(&wrap("", METHOD));
    }
    text
}

/// The same as Markdown.
pub(crate) fn markdown(planned: &Planned, outcomes: &[(&Cell, &Outcome)]) -> String {
    let mut text = String::new();
    for weights in weights(planned, outcomes) {
        text.push_str(&format!("\n**{}**\n\n{}\n", escape(&weights.title(planned)), weights.table().markdown()));
        weights.notes().iter().for_each(|note| text.push_str(&format!("- published: {}\n", escape(note))));
        text.push_str(&format!("- {METHOD}\n"));
    }
    text
}

impl Weights<'_> {
    /// What is weighed: a task, or a connection.
    pub(crate) fn item(&self) -> &'static str {
        let is_connection = self.others.iter().any(|(key, value)| key == "task" && value == "connection");
        if is_connection { "connection" } else { "task" }
    }

    /// The publications with their names, where to find them, and what was different.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.published.iter().map(|published| format!("{}: {}", published.source, published.note)).collect()
    }

    /// `434 (hez2010 2024)`, for each that has a figure for this engine.
    pub(crate) fn published(&self, label: &str) -> Vec<String> {
        let figure = |published: &&Published| {
            Some(format!("{} ({})", numbers::thousands(published.bytes(label)?), published.source))
        };
        self.published.iter().filter_map(figure).collect()
    }

    fn title(&self, planned: &Planned) -> String {
        let told = self.others.iter().filter(|(key, _)| !["model", "requests"].contains(&key.as_str()));
        let told: Vec<String> = told.map(|(key, value)| format!("{key} {value}")).collect();
        let told = if told.is_empty() { "all cells".into() } else { told.join(", ") };
        format!("{} of {told}: what one more {} weighs", planned.name, self.item())
    }

    fn table(&self) -> Table {
        let item = self.item();
        let bytes = format!("bytes/{item}");
        let mut columns = vec![("engine", Align::Left), (bytes.as_str(), Align::Right), ("95 % interval", Align::Left)];
        columns.extend(self.published.iter().map(|published| (published.source.as_str(), Align::Right)));
        columns.extend([("process MB", Align::Right), ("furthest from the line", Align::Left)]);
        let mut table = Table::new(&columns);
        for (label, slope) in &self.rows {
            let bytes = |number: f64| numbers::significant(number.max(0.0));
            let interval = format!("[{}, {}]", bytes(slope.per_task.low), bytes(slope.per_task.high));
            let mut row = vec![(*label).to_owned(), bytes(slope.per_task.value), interval];
            row.extend(
                self.published.iter().map(|published| published.bytes(label).map_or("-".into(), numbers::thousands)),
            );
            row.push(numbers::significant(slope.base.value / 1e6));
            let (share, at) = (slope.largest_residual * 100.0, numbers::thousands(slope.largest_residual_at as u64));
            row.push(format!("{share:+.0} % at {at} {item}s"));
            table.row(row.into_iter().map(|text| (text, Tone::Plain)).collect());
        }
        table
    }
}

/// Number and bytes of each counted trial.
fn points(cell: &Cell, outcome: &Outcome, index: usize) -> impl Iterator<Item = (f64, f64)> {
    let number = cell.number(AXIS) as f64;
    let trials = outcome.trials.iter().filter(move |trial| trial.entry == index && trial.round > 0);
    trials.filter_map(move |trial| Some((number, trial.words.number(WORD)?)))
}

/// The other parameters of cells that differ in their number of tasks, each combination once.
fn groups(outcomes: &[(&Cell, &Outcome)]) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = Vec::new();
    for (cell, _) in outcomes.iter().filter(|(cell, _)| cell.param(AXIS).is_some()) {
        let others = other_than_the_axis(cell);
        if !groups.contains(&others) {
            groups.push(others);
        }
    }
    groups
}

/// The parameters of a cell but for its number of tasks.
pub(crate) fn other_than_the_axis(cell: &Cell) -> Vec<(String, String)> {
    cell.params.iter().filter(|(key, _)| key != AXIS).cloned().collect()
}

#[cfg(test)]
mod tests;
