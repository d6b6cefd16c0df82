//! Reads a run back: its plan, and what each cell gathered. A line that was cut off at the end is not there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::columns::{self, unpack, whole_lines};
use super::{Absence, FILE, SCHEMA, object};
use crate::failure::Failure;
use crate::gates::Surroundings;
use crate::outcome::{Outcome, Trial};
use crate::plan::{self, Capacity, Planned};
use crate::words::Words;

/// One run as its file tells it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) path: PathBuf,
    /// The header line without the plan.
    pub(crate) header: Map<String, Value>,
    pub(crate) plan: Vec<Planned>,
    /// By workload and cell, as numbers of the plan; every cell of the plan is there.
    pub(crate) outcomes: BTreeMap<(usize, usize), Outcome>,
    /// How often it was resumed so far.
    pub(crate) parts: usize,
}

impl Loaded {
    /// A text of the header, or nothing.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.header.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// Every cell with what it gathered.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&Planned, &plan::Cell, &Outcome)> {
        self.outcomes.iter().map(|((workload, cell), outcome)| {
            let planned = &self.plan[*workload];
            (planned, &planned.cells[*cell], outcome)
        })
    }
}

/// Reads a run: its folder, or its file.
///
/// # Errors
/// When it cannot be read or is no run of this schema; the message names the line.
pub(crate) fn load(path: &Path) -> Result<Loaded, Failure> {
    let path = if path.is_dir() { path.join(FILE) } else { path.to_path_buf() };
    let unreadable = |error| Failure::io(format_args!("cannot read {}", path.display()), &error);
    let text = fs::read_to_string(&path).map_err(unreadable)?;
    let wrong = |line: usize, message: String| Failure::Setup(format!("{}:{line}: {message}", path.display()));
    let mut lines = whole_lines(&text);
    let (_, first) = lines.next().ok_or_else(|| wrong(1, "there is no header".into()))?;
    let mut loaded = header(&path, first).map_err(|message| wrong(1, message))?;
    let is_packed = loaded.text("schema") == columns::SCHEMA;
    // The line in this file, then what `unpack` gives.
    let mut rows = Vec::new();
    for (number, line) in lines {
        let object = object(line).map_err(|message| wrong(number, message))?;
        match is_packed {
            true => rows
                .extend(unpack(object).map_err(|message| wrong(number, message))?.into_iter().map(|row| (number, row))),
            false => rows.push((number, (number, object))),
        }
    }
    // As the run wrote them: what is drawn in the order of time has it from here.
    rows.sort_by_key(|(_, (original, _))| *original);
    for (number, (_, object)) in rows {
        take(&mut loaded, &object).map_err(|message| wrong(number, message))?;
    }
    Ok(loaded)
}

/// The folder of the newest run below `root`.
pub(crate) fn newest(root: &Path) -> Result<PathBuf, Failure> {
    let entries = fs::read_dir(root).map(|entries| entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>());
    let mut runs: Vec<PathBuf> =
        entries.unwrap_or_default().into_iter().filter(|run| run.join(FILE).is_file()).collect();
    // The names begin with the time.
    runs.sort();
    runs.pop()
        .ok_or_else(|| Failure::Nothing(format!("there are no results in {}; run `cargo xtask bench`", root.display())))
}

fn header(path: &Path, line: &str) -> Result<Loaded, String> {
    let mut header = object(line)?;
    match header.get("schema").and_then(Value::as_str) {
        Some(SCHEMA | columns::SCHEMA) => {}
        Some(other) => {
            return Err(format!("the schema is {other}; this program reads {SCHEMA} and {}", columns::SCHEMA));
        }
        None => return Err("is not the header of a run (no `schema`)".into()),
    }
    columns::unpack_header(&mut header)?;
    let plan = header.remove("plan").ok_or("`plan` is missing")?;
    let plan = plan::from_json(&plan)?;
    for planned in &plan {
        let titles = || planned.cells.iter().map(|cell| cell.title.as_str());
        if let Some(title) = titles().find(|title| titles().filter(|other| other == title).count() > 1) {
            return Err(format!(
                "{} has two cells called `{title}`, so that nobody knows whose a trial is: measure it anew",
                planned.name
            ));
        }
    }
    let cells =
        plan.iter().enumerate().flat_map(|(workload, planned)| (0..planned.cells.len()).map(move |c| (workload, c)));
    let outcomes = cells.map(|place| (place, Outcome::default())).collect();
    Ok(Loaded { path: path.to_path_buf(), header, plan, outcomes, parts: 0 })
}

fn take(loaded: &mut Loaded, object: &Map<String, Value>) -> Result<(), String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).ok_or_else(|| format!("`{key}` is missing"));
    let number = |key: &str| object.get(key).and_then(Value::as_u64).map(|number| number as usize);
    let (workload, cell) = (text("workload")?, text("cell")?);
    let place = loaded.plan.iter().enumerate().find_map(|(number, planned)| {
        let cell = planned.cells.iter().position(|known| planned.name == workload && known.title == cell)?;
        Some((number, cell))
    });
    let place = place.ok_or_else(|| format!("`{workload}`, `{cell}` is not in the plan"))?;
    if let Some(rate) = object.get("capacity").and_then(Value::as_u64) {
        let capacity = Capacity { engine: text("engine")?.to_owned(), rate };
        loaded.plan[place.0].settle(cell, &capacity);
        return Ok(());
    }
    let cell = &mut loaded.plan[place.0].cells[place.1];
    let outcome = loaded.outcomes.entry(place).or_default();
    if let Some(more) = object.get("more_processes").and_then(Value::as_array) {
        cell.processes.extend(more.iter().filter_map(Value::as_u64).map(|rounds| rounds as usize));
        return Ok(());
    }
    let engine = text("engine")?;
    let entry = cell.entries.iter().position(|entry| entry.label == engine);
    let entry = entry.ok_or_else(|| format!("`{engine}` is not in the plan of this cell"))?;
    let part = number("part").unwrap_or(0);
    loaded.parts = loaded.parts.max(part);
    for how in Absence::ALL {
        if let Some(reason) = object.get(how.key()).and_then(Value::as_str) {
            outcome.absent(entry, how, reason.to_owned());
            return Ok(());
        }
    }
    if let Some(wrong) = object.get("wrong").and_then(Value::as_array) {
        let differences = wrong.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        outcome.wrong.push((entry, differences));
        return Ok(());
    }
    let pairs = object.iter().map(|(key, value)| (key.clone(), word(value))).collect();
    let words = Words { kind: "trial".into(), pairs };
    outcome.trials.push(Trial {
        entry,
        process: number("process").ok_or("`process` is missing")?,
        part,
        round: number("round").ok_or("`round` is missing")?,
        surroundings: Surroundings::from_words(&words),
        words,
    });
    Ok(())
}

/// A value as the word that it was.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
