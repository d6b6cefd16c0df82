//! `selftest.ndjson`: every finding and every try of a self-test in a line each, so that a file small enough to keep tells
//! what the counts rest on. `benches/FORMAT.md` describes it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::recorded::{FILE, SCHEMA};
use super::verdicts::{Finding, Numbers};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::plan::{Cell, Planned};
use crate::score::{Row, Score, Validity};
use crate::stats::{Comparison, Verdict};

/// The lines so far, and where they are written as soon as there is a folder for them.
pub(super) struct Ledger {
    /// What no file has yet, the header first.
    waiting: Vec<Value>,
    path: Option<PathBuf>,
}

impl Ledger {
    pub(super) fn new(environment: &Environment, seed: u64, command: &str) -> Ledger {
        let utc = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let header = json!({
            "schema": SCHEMA, "utc": utc, "seed": seed, "command": command, "environment": environment.json(),
        });
        Ledger { waiting: vec![header], path: None }
    }

    /// Begins the file, unless there is one already.
    pub(super) fn open(&mut self, folder: &Path) -> Result<(), Failure> {
        self.path.get_or_insert_with(|| folder.join(FILE));
        self.write()
    }

    /// Adds a finding or a try.
    pub(super) fn line(&mut self, line: Value) -> Result<(), Failure> {
        self.waiting.push(line);
        self.write()
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn write(&mut self) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        let text: String = self.waiting.drain(..).map(|line| format!("{line}\n")).collect();
        let file = OpenOptions::new().append(true).create(true).open(path);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| Failure::io(format_args!("cannot write {}", path.display()), &error))
    }
}

impl Finding {
    /// Its line of the file.
    pub(super) fn to_json(&self) -> Value {
        let mut line = Map::new();
        line.insert("finding".into(), self.what.clone().into());
        line.insert("text".into(), self.found.clone().into());
        match self.numbers {
            Numbers::Tries { found, tries, bounds } => {
                line.insert("found".into(), found.into());
                line.insert("tries".into(), tries.into());
                if let Some((low, high)) = bounds {
                    line.insert("low".into(), low.into());
                    line.insert("high".into(), high.into());
                }
            }
            Numbers::Seconds { read, theory } => {
                line.insert("read_s".into(), read.into());
                line.insert("theory_s".into(), theory.into());
            }
            Numbers::Nothing => {}
        }
        line.insert("wanted".into(), self.wanted.clone().into());
        line.insert("held".into(), self.held.into());
        line.insert("statistical".into(), self.statistical.into());
        Value::Object(line)
    }
}

/// What one cell of identical or burdened code brought.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Try {
    pub(super) workload: String,
    pub(super) cell: String,
    /// What counts as a difference there.
    pub(super) delta: f64,
    /// `None` where the control says nothing.
    pub(super) valid: Option<bool>,
    /// The reference to itself.
    pub(super) control: Option<Comparison>,
    /// The burdened one to the reference; the outer `None` where nothing was injected.
    pub(super) injected: Option<Option<Comparison>>,
}

impl Try {
    pub(super) fn new(planned: &Planned, cell: &Cell, score: &Score, injected: bool) -> Try {
        let ratio = |row: Option<&Row>| row.and_then(|row| row.ratio).map(shorten);
        Try {
            workload: planned.name.clone(),
            cell: cell.title.clone(),
            delta: score.delta,
            valid: match score.validity {
                Validity::Valid { .. } => Some(true),
                Validity::Invalid(_) => Some(false),
                Validity::Unknown => None,
            },
            control: ratio(score.rows.iter().find(|row| row.twin)),
            injected: injected.then(|| ratio(score.real_rows().find(|row| row.ratio.is_some()))),
        }
    }

    /// Whether the control, judged as any engine would be, counts as faster or slower. That such a cell would be invalid as
    /// well is no excuse: the self-test counts what the interval says.
    pub(super) fn is_told_apart(&self) -> bool {
        self.control.is_some_and(|control| told_apart(control.low, control.high, self.delta))
    }

    /// Whether what was injected was found. An invalid cell has no verdict to give, so it is a miss.
    pub(super) fn is_found(&self) -> bool {
        self.injected.flatten().is_some_and(|compared| compared.verdict == Verdict::Slower)
    }

    /// Its line of the file.
    pub(super) fn to_json(&self) -> Value {
        let mut line = Map::new();
        line.insert("try".into(), if self.injected.is_some() { "injected" } else { "identical" }.into());
        line.insert("workload".into(), self.workload.clone().into());
        line.insert("cell".into(), self.cell.clone().into());
        line.insert("delta".into(), self.delta.into());
        line.insert("valid".into(), self.valid.into());
        line.insert("control".into(), self.control.as_ref().map(interval).into());
        if let Some(compared) = &self.injected {
            line.insert("injected".into(), compared.as_ref().map(interval).into());
            line.insert("verdict".into(), compared.as_ref().map(|compared| word(compared.verdict)).into());
        }
        Value::Object(line)
    }
}

/// Whether an interval lies wholly beyond what counts as a difference.
pub(super) fn told_apart(low: f64, high: f64, delta: f64) -> bool {
    low > 1.0 + delta || high < 1.0 / (1.0 + delta)
}

/// Six digits, which a file can hold: what is counted now and what is counted again from the file must be the same.
fn shorten(compared: Comparison) -> Comparison {
    let short = |number: f64| (number * 1e6).round() / 1e6;
    let Comparison { ratio, low, high, .. } = compared;
    Comparison { ratio: short(ratio), low: short(low), high: short(high), ..compared }
}

fn interval(compared: &Comparison) -> Value {
    json!({ "ratio": compared.ratio, "low": compared.low, "high": compared.high })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::Equivalent => "equivalent",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Invalid => "invalid",
    }
}
