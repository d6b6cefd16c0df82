//! `trials.ndjson`: a header line with the plan, then one JSON object per trial, each written at once so that nothing gathered
//! is lost. `benches/FORMAT.md` describes it.

pub(crate) mod columns;
mod load;

pub(crate) use self::load::{Loaded, load, newest};

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::gates::Surroundings;
use crate::plan::Capacity;
use crate::words::Words;

/// Changes when a reader of the file would have to change.
pub(crate) const SCHEMA: &str = "gather-trials/2";

/// The name of the file in a run's folder.
pub(crate) const FILE: &str = "trials.ndjson";

/// The results of one run, open for appending.
pub(crate) struct Results {
    file: File,
    pub(crate) path: PathBuf,
}

/// Which trial a line tells of. Workload, cell, engine, process and round name it: no two counted trials share them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'r> {
    pub(crate) workload: &'r str,
    pub(crate) cell: &'r str,
    pub(crate) engine: &'r str,
    /// Which process of this engine, from 0.
    pub(crate) process: usize,
    /// How often the run had been resumed: a process does not live through that.
    pub(crate) part: usize,
    /// 0 is the warm-up; counted over all processes of the cell.
    pub(crate) round: usize,
    /// Which turn it had in its round.
    pub(crate) slot: usize,
}

impl Results {
    /// Makes `root/<utc>-<seed>/trials.ndjson` and writes its header.
    pub(crate) fn create(root: &Path, seed: u64, header: Map<String, Value>) -> Result<Results, Failure> {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let folder = root.join(format!("{}-{seed}", now.replace(':', "-")));
        let unwritable = |error| Failure::io(format_args!("cannot write results to {}", folder.display()), &error);
        fs::create_dir_all(&folder).map_err(unwritable)?;
        let path = folder.join(FILE);
        let file = File::create_new(&path).map_err(unwritable)?;
        let mut results = Results { file, path };
        let mut line = Map::new();
        line.insert("schema".into(), SCHEMA.into());
        line.insert("utc".into(), now.into());
        line.insert("seed".into(), seed.into());
        line.extend(header);
        results.append(line)?;
        Ok(results)
    }

    /// Opens the results of a run that was cut short. The end of a line that was being written is cut off.
    pub(crate) fn reopen(path: &Path) -> Result<Results, Failure> {
        let unusable = |error| Failure::io(format_args!("cannot continue {}", path.display()), &error);
        let text = fs::read(path).map_err(unusable)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let file = OpenOptions::new().append(true).open(path).map_err(unusable)?;
        file.set_len(whole as u64).map_err(unusable)?;
        Ok(Results { file, path: path.to_path_buf() })
    }

    /// Appends one trial with what went on around it; `wrong` says why it was refused.
    pub(crate) fn trial(
        &mut self,
        place: &Place<'_>,
        version: &str,
        surroundings: &Surroundings,
        trial: &Words,
        wrong: &[String],
    ) -> Result<(), Failure> {
        let mut line = place_line(place);
        line.insert("version".into(), version.into());
        if !wrong.is_empty() {
            line.insert("wrong".into(), wrong.to_vec().into());
        }
        line.extend(surroundings.words().map(|(key, number)| (key.to_owned(), number.into())));
        line.extend(trial.pairs.iter().map(|(key, word)| (key.clone(), value(key, word))));
        self.append(line)
    }

    /// Appends that a contestant takes no part: it does not do this, or it failed.
    pub(crate) fn absent(&mut self, place: &Place<'_>, how: Absence, reason: &str) -> Result<(), Failure> {
        let mut line = place_line(place);
        line.insert(how.key().into(), reason.into());
        self.append(line)
    }

    /// Appends that a cell gets more rounds than planned, spread over so many more processes.
    pub(crate) fn more(&mut self, workload: &str, cell: &str, processes: &[usize]) -> Result<(), Failure> {
        let mut line = Map::new();
        line.insert("workload".into(), workload.into());
        line.insert("cell".into(), cell.into());
        line.insert("more_processes".into(), processes.to_vec().into());
        self.append(line)
    }

    /// Appends the capacity that a cell found, from which other cells have their rate: a resumed run must have the same.
    pub(crate) fn capacity(&mut self, workload: &str, cell: &str, capacity: &Capacity) -> Result<(), Failure> {
        let mut line = Map::new();
        line.insert("workload".into(), workload.into());
        line.insert("cell".into(), cell.into());
        line.insert("engine".into(), capacity.engine.clone().into());
        line.insert("capacity".into(), capacity.rate.into());
        self.append(line)
    }

    fn append(&mut self, line: Map<String, Value>) -> Result<(), Failure> {
        // One write with the newline in it: a reader never sees half a line that looks whole.
        let text = format!("{}\n", Value::Object(line));
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| Failure::io(format_args!("cannot write {}", self.path.display()), &error))
    }
}

/// Why a contestant has no trials in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absence {
    /// The engine does not do this model.
    Unsupported,
    /// Its process ended, hung or broke the protocol.
    Failed,
}

impl Absence {
    pub(crate) const ALL: [Absence; 2] = [Absence::Unsupported, Absence::Failed];

    fn key(self) -> &'static str {
        match self {
            Absence::Unsupported => "unsupported",
            Absence::Failed => "failed",
        }
    }
}

fn place_line(place: &Place<'_>) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("workload".into(), place.workload.into());
    line.insert("cell".into(), place.cell.into());
    line.insert("engine".into(), place.engine.into());
    line.insert("process".into(), place.process.into());
    line.insert("part".into(), place.part.into());
    line.insert("round".into(), place.round.into());
    line.insert("slot".into(), place.slot.into());
    line
}

/// A word as JSON: whole numbers stay exact. A checksum is text, since many a reader keeps only 53 bits of a number.
fn value(key: &str, word: &str) -> Value {
    if key == "checksum" {
        return word.into();
    }
    word.parse::<u64>().map_or_else(|_| word.into(), Value::from)
}

/// One line of a file.
fn object(line: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("is not a JSON object".into()),
        Err(error) => Err(format!("is not JSON: {error}")),
    }
}
