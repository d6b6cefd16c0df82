//! What a run measured that a question can lean on: for each engine its cells with CPU time and memory for a page.

use super::model::{Cost, Model};
use super::question::Question;
use crate::definitions::{Family, InFlight};
use crate::failure::Failure;
use crate::outcome::Trial;
use crate::results::Loaded;
use crate::runs::{self, Scored};
use crate::score::Row;
use crate::stats::{self, ENOUGH_ROUNDS};

/// Everything that a run says.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) engines: Vec<Engine>,
    /// What a run must hold for good advice and this one does not; for a person.
    pub(super) missing: Vec<String>,
    /// Heartbeats beside heavy pages, where they were measured.
    pub(super) blocked: Option<String>,
    /// Cells that were left out because their control failed.
    pub(super) invalid: usize,
}

/// One engine that somebody might choose.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) label: String,
    pub(super) family: Family,
    pub(super) in_flight: InFlight,
    pub(super) points: Vec<Point>,
}

/// One cell of one engine.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// Workload and cell.
    pub(super) name: String,
    pub(super) latency_s: f64,
    pub(super) body_kb: f64,
    pub(super) concurrency: f64,
    /// Of the page's body as many kilobytes went through the streaming link parser.
    pub(super) parsed_kb: f64,
    pub(super) cpu_s: f64,
    pub(super) peak_bytes: f64,
    /// How many the origin saw in flight at most.
    pub(super) in_flight: f64,
}

impl Point {
    /// Whether a part of its CPU time is a parser's.
    pub(super) fn parses(&self) -> bool {
        self.parsed_kb > 0.0
    }
}

impl Evidence {
    pub(super) fn of(run: &Loaded, question: &Question) -> Result<Evidence, Failure> {
        let scored = runs::scored(run, &[])?;
        let mut engines: Vec<Engine> = Vec::new();
        let mut invalid = 0;
        for scored in scored.iter().filter(|scored| is_plain(scored)) {
            if scored.score.is_invalid() {
                invalid += 1;
                continue;
            }
            for row in scored.score.real_rows().filter(|row| row.trials >= ENOUGH_ROUNDS) {
                take(&mut engines, scored, row);
            }
        }
        if engines.is_empty() {
            return Err(Failure::Nothing(format!(
                "{} has no valid cell of pages that are fetched (8 rounds or more); `cargo xtask bench --workload concurrency-sweep \
                 --workload latency-sweep --workload real-pages` measures what advice needs",
                runs::folder(run).display()
            )));
        }
        let blocked = if question.parse_s > 0.0 { blocked(&scored) } else { None };
        Ok(Evidence { missing: missing(&engines), blocked, engines, invalid })
    }

    /// What each engine costs, where enough was measured.
    pub(super) fn models(&self) -> Vec<Model<'_>> {
        self.engines.iter().filter_map(Model::new).collect()
    }

    /// Engines of which every cell parses.
    pub(super) fn only_parsed(&self) -> Vec<&str> {
        let engines = self.engines.iter().filter(|engine| engine.points.iter().all(Point::parses));
        engines.map(|engine| engine.label.as_str()).collect()
    }

    /// The smallest and the largest of a property over all cells.
    pub(super) fn range(&self, of: fn(&Point) -> f64) -> (f64, f64) {
        let values = || self.engines.iter().flat_map(|engine| &engine.points).map(of);
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// What may vary in a cell without its pages being another kind of page.
const PLAIN: [&str; 7] = ["model", "requests", "concurrency", "delay_us", "page", "parse", "compute"];

/// Cells in which every page is fetched and parsed on the engine's own CPU, one: others answer other questions.
fn is_plain(scored: &Scored<'_>) -> bool {
    let cell = scored.cell;
    cell.model() == "fetch"
        && cell.params.iter().all(|(key, value)| PLAIN.contains(&key.as_str()) || value == "0")
        && cell.param("compute").is_none_or(|compute| compute == "inline")
        && cell.param("page").is_none_or(|page| page == "corpus" || page.starts_with("fixed:"))
        && parsing(cell.param("parse").unwrap_or("length")).is_some()
        && scored.planned.threads == 1
        && scored.planned.cpus.len() == 1
}

/// Whether the pages are parsed, and how much CPU time is burnt besides; `None` for a parser that is no measure here.
fn parsing(parse: &str) -> Option<(bool, f64)> {
    match (parse, parse.strip_prefix("heavy:")) {
        ("length", _) => Some((false, 0.0)),
        ("links", _) => Some((true, 0.0)),
        (_, Some(us)) => Some((true, us.parse::<f64>().ok()? * 1e-6)),
        _ => None,
    }
}

fn take(engines: &mut Vec<Engine>, scored: &Scored<'_>, row: &Row) {
    let cell = scored.cell;
    let Some(index) = cell.entries.iter().position(|entry| entry.label == row.label) else { return };
    let entry = &cell.entries[index];
    let ours = entry.engine.is_runners_own() && entry.label == entry.engine.name;
    if !ours || !matches!(row.family, Family::Async | Family::Blocking) {
        return;
    }
    let trials = scored.outcome.trials.iter().filter(|trial| trial.entry == index && trial.round > 0);
    let trials: Vec<&Trial> = trials.collect();
    let median = |value: &dyn Fn(&Trial) -> Option<f64>| {
        stats::median(&mut trials.iter().filter_map(|trial| value(trial)).collect::<Vec<f64>>())
    };
    let word = |key: &'static str| median(&move |trial: &Trial| trial.words.number(key));
    let body = median(&|trial| Some(trial.words.number("bytes")? / trial.words.number("pages")?));
    let Some(body_kb) = body.map(|bytes| bytes / 1e3) else { return };
    let (parsed, burnt_s) = parsing(cell.param("parse").unwrap_or("length")).unwrap_or((false, 0.0));
    let asked = cell.number("concurrency").max(1) as f64;
    let point = Point {
        name: format!("{}, {}", scored.planned.name, cell.title),
        latency_s: cell.number("delay_us") as f64 * 1e-6,
        body_kb,
        concurrency: if entry.engine.in_flight == InFlight::One { 1.0 } else { asked },
        parsed_kb: if parsed { body_kb } else { 0.0 },
        cpu_s: row.cpu_seconds - burnt_s,
        peak_bytes: row.peak_bytes,
        in_flight: word("origin_in_flight_max").unwrap_or(asked),
    };
    if point.cpu_s <= 0.0 {
        return;
    }
    match engines.iter_mut().find(|engine| engine.label == row.label) {
        Some(engine) => engine.points.push(point),
        None => engines.push(Engine {
            label: row.label.clone(),
            family: row.family,
            in_flight: entry.engine.in_flight,
            points: vec![point],
        }),
    }
}

/// Which axes did not vary, and what measures them.
fn missing(engines: &[Engine]) -> Vec<String> {
    let varies = |of: fn(&Point) -> f64, among: fn(&Point) -> bool| {
        engines.iter().any(|engine| {
            let mut values: Vec<f64> = engine.points.iter().filter(|point| among(point)).map(of).collect();
            values.sort_by(f64::total_cmp);
            values.first().zip(values.last()).is_some_and(|(first, last)| last > &(first * 1.5 + 1e-9))
        })
    };
    let unparsed: fn(&Point) -> bool = |point| !point.parses();
    let any: fn(&Point) -> bool = |_| true;
    let axes = [
        (varies(|point| point.concurrency, any), Cost::Concurrency, "concurrency-sweep"),
        (varies(|point| point.latency_s, any), Cost::Latency, "latency-sweep"),
        (varies(|point| point.body_kb, unparsed), Cost::Body, "body-size"),
        (engines.iter().flat_map(|engine| &engine.points).any(|point| !unparsed(point)), Cost::Parsing, "real-pages"),
    ];
    let lacking = axes.into_iter().filter(|(there, ..)| !there);
    lacking.map(|(_, cost, workload)| format!("{} (`--workload {workload}`)", cost.what())).collect()
}

/// How late a heartbeat was beside heavy pages, inline and handed over.
fn blocked(scored: &[Scored<'_>]) -> Option<String> {
    let cell = scored.iter().find(|scored| scored.cell.model() == "heartbeat" && !scored.score.is_invalid())?;
    let worst = |handed_over: bool| {
        let rows = cell.score.real_rows().filter(|row| row.label.contains("compute=") == handed_over);
        rows.map(|row| row.value).max_by(f64::total_cmp)
    };
    let (inline, handed_over) = (worst(false)?, worst(true)?);
    let show = |value| cell.score.metric.show(value);
    Some(format!(
        "in {} ({}) the {} of a heartbeat beside it was up to {} inline and {} handed over",
        cell.planned.name,
        cell.cell.title,
        cell.score.metric.column(),
        show(inline),
        show(handed_over)
    ))
}
