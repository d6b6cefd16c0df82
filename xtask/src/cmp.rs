//! `cargo xtask cmp A B`: what changed between two runs that were measured at different times.

use crate::change::{self, Change};
use crate::failure::{Failure, TOO_NOISY};
use crate::flags::Cmp;
use crate::metric::Metric;
use crate::names;
use crate::numbers;
use crate::report;
use crate::results::Loaded;
use crate::runs::{self, Scored};
use crate::say;
use crate::score::Row;
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// How wide a table with a column for each engine may be.
const WIDTH: usize = 110;

/// Prints the comparison; the number is the exit code.
pub(crate) fn run(flags: &Cmp) -> Result<u8, Failure> {
    let before = runs::open(Some(&flags.runs[0]), flags.results.as_deref())?;
    let after = runs::open(Some(&flags.runs[1]), flags.results.as_deref())?;
    if before.path == after.path {
        return Err(Failure::Setup(format!("A and B are the same run, {}", runs::folder(&before).display())));
    }
    let style = Style::detect();
    say::out(&heading(&before, &after, style));
    let (scored_before, scored_after) =
        (runs::scored(&before, &flags.workloads)?, runs::scored(&after, &flags.workloads)?);
    let cells = common(&scored_before, &scored_after, &flags.engines);
    if cells.is_empty() {
        return Err(Failure::Nothing(nothing_in_common(&scored_before, &scored_after, &flags.engines)?));
    }
    let mut hidden = 0;
    for workload in cells.chunk_by(|a, b| a.before.planned.name == b.before.planned.name) {
        let shown: Vec<Pair<'_>> = workload.iter().map(|pair| pair.filtered(flags.changed)).collect();
        hidden += workload.iter().map(|pair| pair.rows.len()).sum::<usize>();
        hidden -= shown.iter().map(|pair| pair.rows.len()).sum::<usize>();
        let shown: Vec<Pair<'_>> = shown.into_iter().filter(|pair| !pair.rows.is_empty()).collect();
        if !shown.is_empty() {
            say::out(&format!("\n{}\n", style.paint(&workload[0].before.planned.name, Tone::Strong)));
            say::out(&tables(&shown, style));
        }
    }
    say::out(&footer(&cells, hidden, style));
    let believable = |pair: &Pair<'_>| !pair.before.score.is_invalid() && !pair.after.score.is_invalid();
    Ok(if cells.iter().any(believable) { 0 } else { TOO_NOISY })
}

/// One cell that both runs measured.
#[derive(Clone)]
struct Pair<'r> {
    before: &'r Scored<'r>,
    after: &'r Scored<'r>,
    rows: Vec<Line<'r>>,
}

/// One engine of it.
#[derive(Clone)]
struct Line<'r> {
    before: &'r Row,
    after: &'r Row,
    /// What the ratios are to, and how the ratio changed; nothing for the engine that has no other to be held against.
    change: Option<(String, Change)>,
}

impl<'r> Pair<'r> {
    fn filtered(&self, changed: bool) -> Pair<'r> {
        let keep = |line: &&Line<'r>| !changed || line.change.as_ref().is_some_and(|(_, change)| change.is_decided());
        Pair { rows: self.rows.iter().filter(keep).cloned().collect(), ..*self }
    }

    fn metric(&self) -> &Metric {
        &self.before.score.metric
    }

    fn values(&self, line: &Line<'_>) -> String {
        format!("{} > {}", self.metric().show(line.before.value), self.metric().show(line.after.value))
    }
}

/// The cells of both runs, and in them the engines of both that are asked for.
fn common<'r>(before: &'r [Scored<'r>], after: &'r [Scored<'r>], engines: &[String]) -> Vec<Pair<'r>> {
    let pair = |before: &'r Scored<'r>| {
        let same = |after: &&Scored<'_>| {
            after.planned.name == before.planned.name
                && after.cell.title == before.cell.title
                && after.score.metric == before.score.metric
        };
        let after = after.iter().find(same)?;
        let rows = before.score.real_rows().filter(|row| engines.is_empty() || engines.contains(&row.label));
        let rows = rows.filter_map(|row| {
            let other = after.score.real_rows().find(|other| other.label == row.label)?;
            Some(Line { before: row, after: other, change: changed(before, after, row, other) })
        });
        let rows: Vec<Line<'_>> = rows.collect();
        (!rows.is_empty()).then_some(Pair { before, after, rows })
    };
    before.iter().filter_map(pair).collect()
}

fn changed(before: &Scored<'_>, after: &Scored<'_>, row: &Row, other: &Row) -> Option<(String, Change)> {
    let anchor = change::anchor(&row.label, &before.score, &after.score)?;
    let (was, is) = (anchor.metric(row, &before.score)?, anchor.metric(other, &after.score)?);
    Some((anchor.label().to_owned(), Change::between(&was, &is, before.score.delta.max(after.score.delta))))
}

/// Why there is nothing to compare: a name that neither run knows is the user's mistake.
fn nothing_in_common(before: &[Scored<'_>], after: &[Scored<'_>], engines: &[String]) -> Result<String, Failure> {
    let labels = before.iter().chain(after).flat_map(|scored| scored.score.real_rows()).map(|row| row.label.as_str());
    let mut labels: Vec<&str> = labels.collect();
    labels.sort_unstable();
    labels.dedup();
    if let Some(name) = engines.iter().find(|name| !labels.contains(&name.as_str())) {
        return Err(Failure::Setup(names::unknown("engine of these runs", name, &labels)));
    }
    let cells = |scored: &[Scored<'_>]| {
        let names = scored.iter().map(|scored| format!("{} ({})", scored.planned.name, scored.cell.title));
        names.take(3).collect::<Vec<_>>().join("; ")
    };
    Ok(format!(
        "the two runs have no cell and engine in common; the first measured {}, the second {}",
        cells(before),
        cells(after)
    ))
}

/// Cells that compare different things, as a closed loop and the latencies after it, do not share a table.
fn tables(pairs: &[Pair<'_>], style: Style) -> String {
    pairs.chunk_by(|a, b| a.metric() == b.metric()).map(|alike| tables_of_one_metric(alike, style)).collect()
}

/// A row for each cell with a column for each engine where that fits, else a table for each cell.
fn tables_of_one_metric(pairs: &[Pair<'_>], style: Style) -> String {
    let wide = by_engine(pairs).render(style);
    let width = wide.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    if width <= WIDTH {
        return wide;
    }
    let table = |pair: &Pair<'_>| {
        let title = style.paint(&pair.before.cell.title, Tone::Strong);
        format!("\n  {title}\n{}", of_cell(pair).render(style))
    };
    pairs.iter().map(table).collect()
}

fn by_engine(pairs: &[Pair<'_>]) -> Table {
    let mut engines: Vec<&str> = Vec::new();
    for line in pairs.iter().flat_map(|pair| &pair.rows) {
        if !engines.contains(&line.before.label.as_str()) {
            engines.push(&line.before.label);
        }
    }
    let unit = pairs[0].metric().column();
    let mut columns = vec![(unit.as_str(), Align::Left)];
    columns.extend(engines.iter().map(|engine| (*engine, Align::Left)));
    let mut table = Table::new(&columns);
    for pair in pairs {
        let mut row = vec![(pair.before.cell.title.clone(), Tone::Plain)];
        row.extend(engines.iter().map(|engine| match pair.rows.iter().find(|line| line.before.label == *engine) {
            Some(line) => {
                let (text, tone) = verdict(line);
                (format!("{}  {text}", pair.values(line)), tone)
            }
            None => (String::new(), Tone::Plain),
        }));
        table.row(row);
    }
    table
}

fn of_cell(pair: &Pair<'_>) -> Table {
    let unit = pair.metric().column();
    let reference = format!("to {}, A", pair.before.score.reference.as_deref().unwrap_or("the reference"));
    let columns = ["engine", &unit, &reference, "B", "change"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for line in &pair.rows {
        let mut row = vec![(line.before.label.clone(), Tone::Plain), (pair.values(line), Tone::Plain)];
        row.extend(
            [line.before, line.after]
                .map(|row| (row.ratio.map_or_else(|| "1.00".into(), |ratio| numbers::ratio(ratio.ratio)), Tone::Plain)),
        );
        row.push(verdict(line));
        table.row(row);
    }
    table
}

fn verdict(line: &Line<'_>) -> (String, Tone) {
    let Some((anchor, change)) = &line.change else { return ("reference".into(), Tone::Quiet) };
    let tone = match change.verdict {
        crate::stats::Verdict::Faster => Tone::Good,
        crate::stats::Verdict::Slower => Tone::Bad,
        _ => Tone::Quiet,
    };
    // The reference itself is held against something else, which has to be said.
    let to = if line.before.ratio.is_none() { format!(" (to {anchor})") } else { String::new() };
    (format!("{}{to}", change.show()), tone)
}

/// Which runs these are, what differs around them, and what two stored runs cannot say.
fn heading(before: &Loaded, after: &Loaded, style: Style) -> String {
    let mut text = String::new();
    for (name, run) in [("A", before), ("B", after)] {
        text.push_str(&format!(
            "{name}  {}  ({}, revision {})\n",
            runs::folder(run).display(),
            run.text("utc"),
            runs::environment(run, "revision")
        ));
    }
    for key in ["cpu_model", "cpus", "kernel", "rustc"] {
        let (a, b) = (runs::environment(before, key), runs::environment(after, key));
        if a != b {
            let differs = format!("DIFFERENT {key}: {a} in A, {b} in B");
            text.push_str(&format!("  {}\n", style.paint(&differs, Tone::Bad)));
        }
    }
    text.push_str(&style.paint(
        &report::wrap(
            "STORED NUMBERS ARE NO BASELINE: ",
            "these runs were measured at different times, so the machine may have changed as well as the code. The change is that \
             of the ratio to the reference, which cancels what slows both; what slows one and not the other stays. To find out \
             what a change of the code did, `cargo xtask diff --base REV` runs both side by side.",
        ),
        Tone::Strong,
    ));
    text
}

fn footer(pairs: &[Pair<'_>], hidden: usize, style: Style) -> String {
    let lines = || pairs.iter().flat_map(|pair| &pair.rows);
    let changes = || lines().filter_map(|line| line.change.as_ref());
    let decided = changes().filter(|(_, change)| change.is_decided()).count();
    let mut text = format!("\n{}\n", style.paint("summary", Tone::Strong));
    let compared = changes().count();
    text.push_str(&report::wrap(
        "changed: ",
        &format!(
            "{decided} of {compared} ratios, by more than {:.0} % and by more than noise. By chance about {:.0} of {compared} \
             intervals would leave out 0 %.",
            pairs.iter().map(|pair| pair.before.score.delta).fold(0.0, f64::max) * 100.0,
            compared as f64 * 0.05
        ),
    ));
    text.push_str(&report::wrap(
        "marks: ",
        "+ is better and - is worse, with the 95 % interval; = did not change; ~ nothing can be said: the interval is too wide, the \
         rounds are too few, or the control of the cell failed.",
    ));
    if hidden > 0 {
        text.push_str(&report::wrap("hidden: ", &format!("{hidden} rows that did not change (--changed).")));
    }
    let invalid = pairs.iter().filter(|pair| pair.before.score.is_invalid() || pair.after.score.is_invalid());
    let invalid: Vec<&str> = invalid.map(|pair| pair.before.cell.title.as_str()).collect();
    if !invalid.is_empty() {
        text.push_str(&report::wrap("invalid: ", &format!("in one of the runs: {}.", invalid.join("; "))));
    }
    text
}
