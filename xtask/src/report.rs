//! What a person reads: the question, a table for each cell, the verdict, and a summary at the end.

mod length;

use crate::budget;
use crate::definitions::{Family, ProcessUse};
use crate::metric::{self, Item, Metric};
use crate::numbers;
use crate::outcome::Outcome;
use crate::plan::{Cell, Planned};
use crate::score::{Row, Score, Validity};
use crate::stats::{ENOUGH_ROUNDS, Verdict, multiple};
use crate::style::{Style, Tone};
use crate::table::{Align, Table};
use crate::verdict;

/// How wide running text may be.
const WIDTH: usize = 110;

/// The heading of a workload: its question and what it expects to see.
pub(crate) fn heading(planned: &Planned, pages: &str, style: Style) -> String {
    let mut text = format!("\n{}  {}\n", style.paint(&planned.name, Tone::Strong), planned.question);
    text.push_str(&wrap("expected: ", &planned.expectation));
    if planned.cells.iter().any(|cell| cell.param("page") == Some("corpus")) {
        text.push_str(&wrap("pages: ", pages));
    }
    text
}

/// One cell: its table, what was refused, whether to believe it, and the verdict.
pub(crate) fn cell(planned: &Planned, cell: &Cell, outcome: &Outcome, score: &Score, style: Style) -> String {
    let mut text = format!("\n  {}\n", style.paint(&setup(planned, cell), Tone::Strong));
    if let Some(limit) = &score.limit {
        text.push_str(&format!(
            "  limit {} {} ({})\n",
            score.metric.show(limit.rate),
            score.metric.column(),
            limit.why
        ));
    }
    if !score.rows.is_empty() {
        text.push_str(&table(planned, cell, score).render(style));
    }
    for (index, differences) in &outcome.wrong {
        let label = &cell.entries[*index].label;
        let refused = format!("WRONG {label}: {}; its times are refused", differences.join(", "));
        text.push_str(&format!("  {}\n", style.paint(&refused, Tone::Bad)));
    }
    for (index, reason) in &outcome.failed {
        let failed = format!("FAILED {}: {reason}", cell.entries[*index].label);
        text.push_str(&format!("  {}\n", style.paint(&failed, Tone::Bad)));
    }
    for (index, reason) in outcome.unsupported.iter().filter(|(index, _)| !cell.entries[*index].twin) {
        text.push_str(&format!("  without {}: {reason}\n", cell.entries[*index].label));
    }
    if let Some(other) = score.reference.as_ref().filter(|other| **other != planned.reference) {
        text.push_str(&format!("  the reference {} is missing; ratios are to {other}\n", planned.reference));
    }
    let belief = belief(score);
    if !belief.is_empty() {
        text.push_str(&wrap("noise: ", &belief));
    }
    if let Some(memory) = memory(cell, score) {
        text.push_str(&wrap("memory: ", &memory));
    }
    text.push_str(&length::note(planned, cell, outcome));
    text.push_str(&wrap("verdict: ", &verdict::sentences(score).join(" ")));
    text.push_str(&undecided(score));
    text
}

/// How far the reference is from itself, and which trials the machine spoiled.
pub(crate) fn belief(score: &Score) -> String {
    let mut parts = Vec::new();
    if let Validity::Valid { floor } = score.validity {
        parts.push(format!("the reference ties with itself within {:.1} %", (floor * 100.0).max(0.1)));
    }
    let gated = score.gated.describe();
    if !gated.is_empty() {
        parts.push(gated);
    }
    parts.join("; ")
}

/// Whose memory the table shows; nothing where it shows none.
pub(crate) fn memory(cell: &Cell, score: &Score) -> Option<String> {
    let shown = !score.rows.is_empty() && Shape::of(score, score.metric.item(cell.model())).cpu;
    shown.then(|| score.memory())
}

/// What stayed open, with the rounds that it would take.
fn undecided(score: &Score) -> String {
    if score.is_invalid() {
        return String::new();
    }
    let open = score.real_rows().filter_map(|row| {
        let compared = row.ratio.as_ref().filter(|compared| compared.verdict == Verdict::Inconclusive)?;
        (compared.rounds >= ENOUGH_ROUNDS).then_some(())?;
        let rounds = budget::rounds_to_decide(compared, score.delta);
        Some(match rounds {
            Some(rounds) => format!("{} (about {} rounds)", row.label, numbers::thousands(rounds as u64)),
            None => format!("{} (a difference of just {:.0} %: never)", row.label, score.delta * 100.0),
        })
    });
    let open: Vec<String> = open.collect();
    match open.as_slice() {
        [] => String::new(),
        open => wrap("not decided: ", &format!("{} against the reference.", open.join(", "))),
    }
}

/// One line for each cell, grouped by workload.
pub(crate) fn summary(scores: &[(String, String, Score)], planned: usize, style: Style) -> String {
    let mut text = format!("\n{}\n", style.paint("summary", Tone::Strong));
    let mut previous = "";
    for (workload, title, score) in scores {
        if workload != previous {
            text.push_str(&format!("  {workload}\n"));
            previous = workload;
        }
        text.push_str(&wrap("  ", &format!("{title}: {}.", verdict::short(score))));
    }
    let rows = scores.iter().flat_map(|(.., score)| score.real_rows());
    let ratios: Vec<f64> = rows.filter_map(|row| Some(row.ratio.as_ref()?.p_value)).collect();
    let standing = multiple::stand_out(&ratios, 0.05).into_iter().filter(|stands| *stands).count();
    let delta = scores.iter().map(|(.., score)| score.delta).fold(0.0, f64::max) * 100.0;
    text.push_str(&wrap(
        "chance: ",
        &format!(
            "{} comparisons at 95 %: if nothing differed, about {:.0} intervals would leave out 1. A verdict needs the interval \
             to be {delta:.0} % away from it; {standing} differences stand out at a false discovery rate of 5 %.",
            ratios.len(),
            multiple::expected_false_alarms(ratios.len(), 0.05)
        ),
    ));
    let invalid = scores.iter().filter(|(.., score)| score.is_invalid()).count();
    if invalid > 0 {
        let cells =
            if scores.len() == 1 { "the table is".into() } else { format!("{invalid} of {} tables are", scores.len()) };
        text.push_str(&wrap("invalid: ", &format!("{cells} invalid, see above: the machine was too noisy.")));
    }
    if scores.len() < planned {
        text.push_str(&wrap(
            "missing: ",
            &format!("{} of {planned} tables were not measured.", planned - scores.len()),
        ));
    }
    text
}

/// What was asked for in this cell, and how it was run.
pub(crate) fn setup(planned: &Planned, cell: &Cell) -> String {
    let mut parts = vec![cell.shown()];
    parts.push(match (cell.process_use, cell.processes.len()) {
        (ProcessUse::Kept, processes @ 2..) => format!("{} rounds in {processes} processes", cell.rounds()),
        (ProcessUse::Kept, _) => format!("{} rounds", cell.rounds()),
        (ProcessUse::PerTrial, _) => format!("{} rounds, a process per trial", cell.rounds()),
        (ProcessUse::Cold, _) => format!("{} rounds, a cold process per trial", cell.rounds()),
    });
    if planned.threads != 1 || planned.cpus != [1] {
        let cpus: Vec<String> = planned.cpus.iter().map(u64::to_string).collect();
        parts.push(format!("{} threads on cpu {}", planned.threads, cpus.join(" and ")));
    }
    parts.join(", ")
}

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
struct Shape {
    rate: bool,
    cpu: bool,
    connections: bool,
}

impl Shape {
    fn of(score: &Score, item: Item) -> Shape {
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

/// A paragraph, indented by two spaces, its later lines below the first word after the label.
pub(crate) fn wrap(label: &str, text: &str) -> String {
    let mut lines = String::new();
    let mut line = format!("  {label}");
    let indent = line.chars().count();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines
}
