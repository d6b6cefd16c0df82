//! What a person reads: the question, a table for each cell, the verdict, and a summary at the end.

use crate::definitions::{Family, ProcessUse};
use crate::numbers;
use crate::plan::{Cell, Planned};
use crate::score::{Metric, Row, Score};
use crate::session::Outcome;
use crate::stats::{ENOUGH_ROUNDS, Verdict};
use crate::style::{Style, Tone};
use crate::table::{Align, Table};
use crate::verdict;

/// How wide running text may be.
const WIDTH: usize = 110;

/// The heading of a workload: its question and what it expects to see.
pub(crate) fn heading(planned: &Planned, pages: &str, style: Style) -> String {
    let workload = &planned.workload;
    let mut text = format!("\n{}  {}\n", style.paint(&workload.name, Tone::Strong), workload.question);
    text.push_str(&wrap("expected: ", &workload.expectation));
    if planned.cells.iter().any(|cell| cell.param("page") == Some("corpus")) {
        text.push_str(&wrap("pages: ", pages));
    }
    text
}

/// One cell: its table, what was refused, and the verdict.
pub(crate) fn cell(
    planned: &Planned,
    cell: &Cell,
    outcome: &Outcome,
    score: &Score,
    processes: ProcessUse,
    style: Style,
) -> String {
    let mut text = format!("\n  {}\n", style.paint(&setup(planned, cell, processes), Tone::Strong));
    if let Some(limit) = &score.limit {
        let rate = numbers::significant(limit.rate);
        text.push_str(&format!("  limit {rate} {}s/s ({})\n", score.metric.item(), limit.why));
    }
    if !score.rows.is_empty() {
        text.push_str(&table(score).render(style));
    }
    for (index, differences) in &outcome.wrong {
        let label = &cell.entries[*index].label;
        let refused = format!("WRONG {label}: {}; its times are refused", differences.join(", "));
        text.push_str(&format!("  {}\n", style.paint(&refused, Tone::Bad)));
    }
    for (index, reason) in &outcome.unsupported {
        text.push_str(&format!("  without {}: {reason}\n", cell.entries[*index].label));
    }
    if let Some(other) = score.reference.as_ref().filter(|other| **other != planned.workload.reference) {
        text.push_str(&format!("  the reference {} is missing; ratios are to {other}\n", planned.workload.reference));
    }
    text.push_str(&wrap("verdict: ", &verdict::sentences(score).join(" ")));
    text
}

/// One line for each cell, grouped by workload.
pub(crate) fn summary(scores: &[(String, String, Score)], style: Style) -> String {
    let mut text = format!("\n{}\n", style.paint("summary", Tone::Strong));
    let mut previous = "";
    for (workload, title, score) in scores {
        if workload != previous {
            text.push_str(&format!("  {workload}\n"));
            previous = workload;
        }
        text.push_str(&wrap("  ", &format!("{title}: {}.", verdict::short(score))));
    }
    text
}

/// What was asked for in this cell, and how it was run.
fn setup(planned: &Planned, cell: &Cell, processes: ProcessUse) -> String {
    let mut parts = vec![cell.title.clone(), format!("{} rounds", planned.rounds)];
    let workload = &planned.workload;
    if workload.threads != 1 || workload.cpus != [1] {
        let cpus: Vec<String> = workload.cpus.iter().map(u64::to_string).collect();
        parts.push(format!("{} threads on cpu {}", workload.threads, cpus.join(" and ")));
    }
    match processes {
        ProcessUse::Kept => {}
        ProcessUse::PerTrial => parts.push("a process per trial".into()),
        ProcessUse::Cold => parts.push("a cold process per trial".into()),
    }
    parts.join(", ")
}

fn table(score: &Score) -> Table {
    let reference = format!("ratio to {}", score.reference.as_deref().unwrap_or("none"));
    let mut columns = vec![("engine", Align::Left)];
    columns.extend(match score.metric {
        Metric::PagesPerSecond => vec![("pages/s", Align::Right), ("of limit", Align::Right)],
        Metric::JobsPerSecond => vec![("jobs/s", Align::Right), ("of limit", Align::Right)],
        Metric::CpuPerPage => vec![("CPU us/page", Align::Right), ("pages/s", Align::Right)],
        Metric::BeatLateness => {
            vec![
                ("late p50 ms", Align::Right),
                ("p99 ms", Align::Right),
                ("max ms", Align::Right),
                ("pages/s", Align::Right),
            ]
        }
        Metric::TaskBytes => vec![("bytes/task", Align::Right)],
    });
    columns.push((&reference, Align::Left));
    columns.push(("", Align::Left));
    columns.push((if score.metric == Metric::JobsPerSecond { "CPU ms/job" } else { "CPU s/1k" }, Align::Right));
    columns.push(("peak MB", Align::Right));
    if matches!(score.metric, Metric::PagesPerSecond | Metric::CpuPerPage | Metric::BeatLateness) {
        columns.push(("conns", Align::Right));
    }
    columns.push(("", Align::Left));
    let mut table = Table::new(&columns);
    for row in &score.rows {
        table.row(line(score, row));
    }
    table
}

fn line(score: &Score, row: &Row) -> Vec<(String, Tone)> {
    let plain = |text: String| (text, Tone::Plain);
    let share = score.limit.as_ref().map_or_else(String::new, |limit| {
        let share = 100.0 * row.value / limit.rate;
        if share < 9.95 { format!("{share:.1} %") } else { format!("{share:.0} %") }
    });
    let mut cells = vec![(row.label.clone(), if row.ratio.is_none() { Tone::Strong } else { Tone::Plain })];
    cells.extend(match score.metric {
        Metric::PagesPerSecond | Metric::JobsPerSecond => vec![plain(numbers::significant(row.value)), plain(share)],
        Metric::BeatLateness => {
            [row.beat_p50_ms, row.value, row.beat_max_ms, row.rate].map(|v| plain(numbers::significant(v))).to_vec()
        }
        Metric::CpuPerPage => [row.value, row.rate].map(|value| plain(numbers::significant(value))).to_vec(),
        Metric::TaskBytes => vec![plain(numbers::significant(row.value))],
    });
    cells.extend(ratio(score, row));
    // Seconds for a thousand pages and milliseconds for a job are the same number.
    cells.push(plain(numbers::significant(row.cpu_seconds * 1e3)));
    cells.push(plain(numbers::significant(row.peak_bytes / 1e6)));
    if matches!(score.metric, Metric::PagesPerSecond | Metric::CpuPerPage | Metric::BeatLateness) {
        cells.push(plain(format!("{:.0}+{:.0}", row.first_connections, row.later_connections)));
    }
    cells.push((flags(row).join(" "), Tone::Bad));
    cells
}

/// The ratio with its interval, and what it says.
fn ratio(score: &Score, row: &Row) -> [(String, Tone); 2] {
    let Some(compared) = &row.ratio else {
        return [("1.00".into(), Tone::Plain), ("reference".into(), Tone::Quiet)];
    };
    let [ratio, low, high] = [compared.ratio, compared.low, compared.high].map(numbers::ratio);
    let better = score.metric.is_rate();
    let word = match compared.verdict {
        Verdict::Faster => (if better { "faster" } else { "better" }, Tone::Good),
        Verdict::Slower => (if better { "slower" } else { "worse" }, Tone::Bad),
        Verdict::Equivalent => ("equivalent", Tone::Quiet),
        Verdict::Inconclusive => ("inconclusive", Tone::Quiet),
    };
    [(format!("{ratio} [{low}, {high}]"), Tone::Plain), (word.0.to_owned(), word.1)]
}

/// What makes a row less than it seems, or explains it.
fn flags(row: &Row) -> Vec<&'static str> {
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
