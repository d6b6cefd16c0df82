//! `cargo xtask cost [RUN]`: the smallest concurrency from which on a runtime beats competent blocking threads by more than
//! noise, in pages, in CPU time and in memory. McSherry, Isard and Murray's COST (2015), asked of async.

mod found;
mod markdown;

use self::found::{Answer, Point};
pub(crate) use self::markdown::workload;

use crate::definitions::Family;
use crate::failure::Failure;
use crate::flags::Read;
use crate::metric::Metric;
use crate::numbers;
use crate::plan::Cell;
use crate::report;
use crate::runs::{self, Scored};
use crate::say;
use crate::score::{self, Row, Score};
use crate::stats::{Comparison, ENOUGH_ROUNDS, Verdict};
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Prints a table for each workload with a concurrency axis, and a sentence for each runtime.
pub(crate) fn run(flags: &Read) -> Result<(), Failure> {
    let run = runs::open(flags.run.as_deref(), flags.results.as_deref())?;
    let scored = runs::scored(&run, &flags.workloads)?;
    let style = Style::detect();
    let mut any = false;
    for workload in scored.chunk_by(|a, b| a.planned.name == b.planned.name) {
        let sweeps = sweeps(workload);
        if !sweeps.is_empty() {
            any = true;
            say::out(&format!("\n{}\n", style.paint(&workload[0].planned.name, Tone::Strong)));
        }
        for sweep in sweeps {
            say::out(&sweep.show(style));
        }
    }
    match any {
        true => Ok(()),
        false => Err(Failure::Nothing(format!(
            "{} has no workload with two or more concurrencies in which an async engine met a pool or threads; \
             `cargo xtask bench --workload latency-by-concurrency` measures one for each latency, `--workload concurrency-sweep` at 20 ms",
            runs::folder(&run).display()
        ))),
    }
}

/// In which coin async may beat the control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coin {
    Metric,
    Cpu,
    Memory,
}

impl Coin {
    const ALL: [Coin; 3] = [Coin::Metric, Coin::Cpu, Coin::Memory];

    fn name(self, metric: &Metric) -> String {
        match self {
            Coin::Metric => metric.column(),
            Coin::Cpu => "CPU time".into(),
            Coin::Memory => "memory".into(),
        }
    }

    /// The best of the controls in this coin.
    fn best<'s>(self, scored: Measured<'_>, controls: &[&'s Row]) -> Option<&'s Row> {
        let goodness = |row: &Row| match self {
            Coin::Metric => scored.score.metric.goodness(row.value),
            Coin::Cpu => -row.cpu_seconds,
            Coin::Memory => -row.peak_bytes,
        };
        controls.iter().copied().max_by(|a, b| goodness(a).total_cmp(&goodness(b)))
    }

    /// One row against another, turned so that more is better.
    fn compare(self, scored: Measured<'_>, row: &Row, control: &Row) -> Option<Comparison> {
        let delta = scored.score.delta;
        match self {
            Coin::Metric => score::compare(row, control, delta),
            Coin::Cpu => score::compare_cpu(control, row, delta),
            Coin::Memory => score::compare_peak(control, row, delta),
        }
    }
}

/// One concurrency of a sweep.
#[derive(Clone, Copy)]
pub(crate) struct Measured<'r> {
    pub(crate) cell: &'r Cell,
    pub(crate) score: &'r Score,
}

/// From which concurrency on an engine beats the better control by more than noise; `Some(None)` is never, and `None` that these
/// cells, the smallest concurrency first, do not say.
pub(crate) fn smallest(cells: &[Measured<'_>], label: &str) -> Option<Option<u64>> {
    Answer::of(&points(cells, label, Coin::Metric)).first()
}

/// Cells that differ in their concurrency alone, the smallest first.
struct Sweep<'r> {
    /// The parameters that they share, in words.
    title: String,
    metric: &'r Metric,
    cells: Vec<Measured<'r>>,
}

fn sweeps<'r>(workload: &'r [Scored<'r>]) -> Vec<Sweep<'r>> {
    let others = |cell: &Cell| {
        let others = cell.params.iter().filter(|(key, _)| key != "concurrency");
        others.cloned().collect::<Vec<(String, String)>>()
    };
    let mut found: Vec<(Vec<(String, String)>, Sweep<'r>)> = Vec::new();
    for scored in workload.iter().map(|scored| Measured { cell: scored.cell, score: &scored.score }) {
        let params = others(scored.cell);
        match found.iter_mut().find(|(known, _)| *known == params) {
            Some((_, sweep)) => sweep.cells.push(scored),
            None => {
                let title = crate::plan::title(&params);
                found.push((params, Sweep { title, metric: &scored.score.metric, cells: vec![scored] }));
            }
        }
    }
    let mut sweeps: Vec<Sweep<'r>> = found.into_iter().map(|(_, sweep)| sweep).collect();
    sweeps.iter_mut().for_each(|sweep| sweep.cells.sort_by_key(|scored| scored.cell.number("concurrency")));
    sweeps.retain(|sweep| sweep.cells.len() > 1 && sweep.cells.iter().any(|scored| has_both(*scored)));
    sweeps
}

fn has_both(scored: Measured<'_>) -> bool {
    !controls(scored).is_empty() && scored.score.real_rows().any(|row| row.family == Family::Async)
}

/// The blocking engines that a competent person would write: a pool, or a thread for each request, as many as may be in flight.
fn controls<'r>(scored: Measured<'r>) -> Vec<&'r Row> {
    let competent = |row: &&Row| {
        let entry = scored.cell.entries.iter().find(|entry| entry.label == row.label);
        let name = entry.map_or("", |entry| entry.engine.name.as_str());
        row.family == Family::Blocking && (name.starts_with("pool-") || name.starts_with("threads-"))
    };
    scored.score.real_rows().filter(competent).collect()
}

/// At each concurrency whether the engine beats the best control.
fn points(cells: &[Measured<'_>], label: &str, coin: Coin) -> Vec<Point> {
    let verdict = |scored: Measured<'_>| {
        let row = scored.score.real_rows().find(|row| row.label == label)?;
        let control = coin.best(scored, &controls(scored))?;
        let believable = !scored.score.is_invalid() && row.trials.min(control.trials) >= ENOUGH_ROUNDS;
        let compared = coin.compare(scored, row, control).filter(|_| believable)?;
        Some(compared.verdict)
    };
    let point = |scored: &Measured<'_>| {
        let verdict = verdict(*scored);
        Point {
            concurrency: scored.cell.number("concurrency"),
            beats: verdict.map(|verdict| verdict == Verdict::Faster),
            open: verdict == Some(Verdict::Inconclusive),
        }
    };
    cells.iter().map(point).collect()
}

impl Sweep<'_> {
    fn show(&self, style: Style) -> String {
        let mut text = format!("\n  {}\n", style.paint(&self.title, Tone::Strong));
        let coins = Coin::ALL.map(|coin| coin.name(self.metric));
        let mut columns = vec![("engine", Align::Left)];
        columns.extend(coins.iter().map(|name| (name.as_str(), Align::Left)));
        let mut table = Table::new(&columns);
        // Engines with the same answers share a sentence.
        let mut sentences: Vec<(String, Vec<&str>)> = Vec::new();
        for label in self.engines() {
            let answers = self.answers(label);
            let mut row = vec![(label.to_owned(), Tone::Plain)];
            row.extend(answers.iter().map(|answer| (answer.short(), answer.tone())));
            table.row(row);
            let parts: Vec<String> =
                answers.iter().zip(&coins).map(|(answer, coin)| format!("in {coin} {}", answer.long())).collect();
            let said = parts.join("; ");
            match sentences.iter_mut().find(|(known, _)| *known == said) {
                Some((_, engines)) => engines.push(label),
                None => sentences.push((said, vec![label])),
            }
        }
        text.push_str(&table.render(style));
        text.push_str(&report::wrap("against: ", &self.against()));
        for (said, engines) in sentences {
            text.push_str(&report::wrap("- ", &format!("{}: {said}.", engines.join(", "))));
        }
        text.push_str(&self.missing());
        text
    }

    /// From where on an engine pays, in each coin.
    fn answers(&self, label: &str) -> [Answer; 3] {
        Coin::ALL.map(|coin| Answer::of(&points(&self.cells, label, coin)))
    }

    fn engines(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for row in self.cells.iter().flat_map(|scored| scored.score.real_rows()) {
            if row.family == Family::Async && !labels.contains(&row.label.as_str()) {
                labels.push(&row.label);
            }
        }
        labels
    }

    fn against(&self) -> String {
        let mut labels: Vec<&str> = Vec::new();
        for row in self.cells.iter().flat_map(|scored| controls(*scored)) {
            if !labels.contains(&row.label.as_str()) {
                labels.push(&row.label);
            }
        }
        format!("the best of {} at the same concurrency, by more than noise.", labels.join(", "))
    }

    fn missing(&self) -> String {
        let unusable = self.cells.iter().filter(|scored| scored.score.is_invalid() || !has_both(**scored));
        let unusable: Vec<String> =
            unusable.map(|scored| numbers::thousands(scored.cell.number("concurrency"))).collect();
        match unusable.as_slice() {
            [] => String::new(),
            unusable => report::wrap(
                "without: ",
                &format!("{} in flight, where the cell was invalid or had no control.", unusable.join(", ")),
            ),
        }
    }
}
