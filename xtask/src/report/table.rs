//! The table of a cell: which columns it has, and a line for each contestant.

use crate::definitions::Family;
use crate::metric::{self, Item, Metric};
use crate::numbers;
use crate::plan::{Cell, Planned};
use crate::score::{Row, Score};
use crate::stats::{ENOUGH_ROUNDS, Verdict};
use crate::style::Tone;
use crate::table::{Align, Table};

/// All of it, as text and Markdown are made from.
pub(crate) fn table(planned: &Planned, cell: &Cell, score: &Score) -> Table {
    let item = score.metric.item(cell.model());
    let reference = format!("ratio to {}", score.reference.as_deref().unwrap_or("none"));
    let (metric, rate) = (score.metric.column(), Metric::Rate(item).column());
    let words: Vec<String> = words(planned, score).map(|(_, word)| metric::column(word)).collect();
    let shape = Shape::of(score, item);
    let sources = score.cgroup_sources();
    let group = (shape.cpu && !sources.is_empty()).then(|| format!("cgroup MB ({})", sources.join(" or ")));
    let mut columns = vec![("engine", Align::Left), (metric.as_str(), Align::Right)];
    if score.limit.is_some() {
        columns.push(("of limit", Align::Right));
    }
    columns.extend(words.iter().map(|word| (word.as_str(), Align::Right)));
    if shape.rate {
        columns.push((&rate, Align::Right));
    }
    columns.extend([(reference.as_str(), Align::Left), ("", Align::Left)]);
    if shape.cpu {
        columns.push((if item == Item::Job { "CPU ms/job" } else { "CPU s/1k" }, Align::Right));
        columns.push(("peak MB", Align::Right));
    }
    if let Some(group) = &group {
        columns.push((group.as_str(), Align::Right));
    }
    if shape.connections {
        columns.push(("conns", Align::Right));
    }
    columns.push(("", Align::Left));
    let mut table = Table::new(&columns);
    for row in &score.rows {
        table.row(line(planned, score, shape, row));
    }
    table
}

/// The words that the workload wants to see, without those that nobody here reports: a closed loop has no schedule.
fn words<'p>(planned: &'p Planned, score: &Score) -> impl Iterator<Item = (usize, &'p String)> {
    let reported = |index: usize| score.rows.iter().any(|row| row.columns.get(index).is_some_and(Option::is_some));
    // That there is no cgroup of ours to read is worth a column; that a word does not exist is not.
    planned.columns.iter().enumerate().filter(move |(index, word)| reported(*index) || word.starts_with("cgroup_"))
}

/// Which of the usual columns a table has: those that its metric does not say already, as many as fit a terminal.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    rate: bool,
    pub(super) cpu: bool,
    connections: bool,
}

impl Shape {
    pub(super) fn of(score: &Score, item: Item) -> Shape {
        let pages = item == Item::Page;
        match score.metric {
            Metric::Rate(_) => Shape { rate: false, cpu: true, connections: pages },
            Metric::Cpu(_) => Shape { rate: true, cpu: true, connections: pages },
            Metric::Word { .. } => Shape { rate: pages, cpu: item == Item::Task, connections: false },
        }
    }
}

fn line(planned: &Planned, score: &Score, shape: Shape, row: &Row) -> Vec<(String, Tone)> {
    let plain = |text: String| (text, Tone::Plain);
    let name = if row.label == planned.reference { Tone::Strong } else { Tone::Plain };
    let mut cells = vec![(row.label.clone(), name), plain(score.metric.show(row.value))];
    if let Some(limit) = &score.limit {
        cells.push(plain(numbers::percent(row.value / limit.rate)));
    }
    for (index, word) in words(planned, score) {
        let value = row.columns.get(index).copied().flatten();
        let missing = || if word.starts_with("cgroup_") { "n/a".into() } else { "-".into() };
        cells.push(plain(value.map_or_else(missing, |value| numbers::significant(value * metric::scale(word)))));
    }
    if shape.rate {
        cells.push(plain(numbers::significant(row.rate)));
    }
    cells.extend(ratio(score, row));
    if shape.cpu {
        // Seconds for a thousand pages and milliseconds for a job are the same number.
        cells.push(plain(numbers::significant(row.cpu_seconds * 1e3)));
        cells.push(plain(numbers::significant(row.peak_bytes / 1e6)));
    }
    if shape.cpu && !score.cgroup_sources().is_empty() {
        cells.push(plain(row.cgroup.map_or_else(|| "n/a".into(), |peak| numbers::significant(peak.bytes / 1e6))));
    }
    if shape.connections {
        cells.push(plain(format!("{:.0}+{:.0}", row.first_connections, row.later_connections)));
    }
    cells.push((remarks(score, row).join(" "), Tone::Bad));
    cells
}

/// The flags of a row, and the limit of its own that it has where that is below everybody's.
fn remarks(score: &Score, row: &Row) -> Vec<String> {
    let own = row.pool_limit.filter(|own| score.limit.as_ref().is_none_or(|limit| *own < limit.rate));
    let own =
        own.map(|own| format!("pool limit {}/s: {}", numbers::significant(own), numbers::percent(row.rate / own)));
    flags(row).into_iter().map(str::to_owned).chain(own).collect()
}

/// The ratio with its interval, and what it says.
fn ratio(score: &Score, row: &Row) -> [(String, Tone); 2] {
    let Some(compared) = &row.ratio else {
        return [("1.00".into(), Tone::Plain), ("reference".into(), Tone::Quiet)];
    };
    if !compared.is_known() {
        return [("n/a".into(), Tone::Quiet), ("no ratio".into(), Tone::Quiet)];
    }
    let [ratio, low, high] = [compared.ratio, compared.low, compared.high].map(numbers::ratio);
    let better = score.metric.is_rate();
    let word = match compared.verdict {
        Verdict::Invalid => ("invalid", Tone::Bad),
        Verdict::Equivalent | Verdict::Inconclusive if row.twin => ("~", Tone::Quiet),
        Verdict::Faster => (if better { "faster" } else { "better" }, Tone::Good),
        Verdict::Slower => (if better { "slower" } else { "worse" }, Tone::Bad),
        Verdict::Equivalent => ("equivalent", Tone::Quiet),
        Verdict::Inconclusive => ("inconclusive", Tone::Quiet),
    };
    [(format!("{ratio} [{low}, {high}]"), Tone::Plain), (word.0.to_owned(), word.1)]
}

/// What makes a row less than it seems, or explains it.
pub(crate) fn flags(row: &Row) -> Vec<&'static str> {
    let mut flags = Vec::new();
    if matches!(row.family, Family::Floor) {
        flags.push("(floor)");
    }
    if matches!(row.family, Family::Control) {
        flags.push("(control)");
    }
    if row.late {
        flags.push("late");
    }
    if row.origin_bound {
        flags.push("origin-bound");
    }
    if row.trials < ENOUGH_ROUNDS {
        flags.push("few-rounds");
    }
    flags
}
