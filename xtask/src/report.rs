//! What a person reads: the question, a table for each cell, the verdict, and a summary at the end.

pub(crate) mod against;
mod length;
pub(crate) mod published;
mod table;

pub(crate) use self::table::{flags, table};

use crate::budget;
use crate::definitions::ProcessUse;
use crate::numbers;
use crate::outcome::Outcome;
use crate::plan::{Cell, Planned};
use crate::score::{Score, Validity};
use crate::stats::{Comparison, ENOUGH_ROUNDS, Verdict, multiple};
use crate::style::{Style, Tone};
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
    if let Some(server) = planned.server.description() {
        text.push_str(&wrap("server: ", server));
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
    text.extend(against::sentences(planned, score).iter().map(|sentence| wrap("against: ", sentence)));
    text.extend(published::sentences(planned, cell, score).iter().map(|sentence| wrap("published: ", sentence)));
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
    let shown = !score.rows.is_empty() && table::Shape::of(score, score.metric.item(cell.model())).cpu;
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
    let ratios: Vec<f64> =
        rows.filter_map(|row| row.ratio.filter(Comparison::is_known).map(|ratio| ratio.p_value)).collect();
    let standing = multiple::stand_out(&ratios, 0.05).into_iter().filter(|stands| *stands).count();
    let delta = scores.iter().map(|(.., score)| score.delta).fold(0.0, f64::max) * 100.0;
    let chance = multiple::expected_false_alarms(ratios.len(), 0.05);
    text.push_str(&wrap(
        "chance: ",
        &format!(
            "{} comparison{} at 95 %: if nothing differed, about {chance:.1} intervals would leave out 1. A verdict needs the \
             interval to be {delta:.0} % away from it; {standing} difference{} out at a false discovery rate of 5 %.",
            ratios.len(),
            numbers::plural(ratios.len()),
            if standing == 1 { " stands" } else { "s stand" },
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
        (ProcessUse::Kept, _) => format!("{} round{}", cell.rounds(), numbers::plural(cell.rounds())),
        (ProcessUse::PerTrial, _) => format!("{} rounds, a process per trial", cell.rounds()),
        (ProcessUse::Cold, _) => format!("{} rounds, a cold process per trial", cell.rounds()),
    });
    if planned.threads != 1 || planned.cpus != [1] {
        let cpus: Vec<String> = planned.cpus.iter().map(u64::to_string).collect();
        let threads = format!("{} thread{}", planned.threads, numbers::plural(planned.threads as usize));
        parts.push(format!("{threads} on cpu {}", cpus.join(" and ")));
    }
    parts.join(", ")
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
