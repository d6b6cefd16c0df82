//! `trials.ndjson`: a header line, then one JSON object per trial, each written out at once so that nothing gathered is lost.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::plan::Planned;
use crate::words::Words;

/// Changes when a reader of the file would have to change.
const SCHEMA: &str = "gather-trials/1";

/// The results of one run, open for appending.
pub(crate) struct Results {
    file: File,
    pub(crate) path: PathBuf,
}

/// Which trial a line tells of.
pub(crate) struct Place<'r> {
    pub(crate) workload: &'r str,
    pub(crate) cell: &'r str,
    pub(crate) engine: &'r str,
    pub(crate) version: &'r str,
    /// 0 is the warm-up.
    pub(crate) round: usize,
    /// Which turn it had in its round.
    pub(crate) slot: usize,
    pub(crate) requests: u64,
}

impl Results {
    /// Makes `root/<utc>-<seed>/trials.ndjson` and writes its header.
    pub(crate) fn create(root: &Path, seed: u64, header: Map<String, Value>) -> Result<Results, Failure> {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let folder = root.join(format!("{}-{seed}", now.replace(':', "-")));
        let path = folder.join("trials.ndjson");
        let unwritable = |error| Failure::io(format_args!("cannot write {}", path.display()), &error);
        fs::create_dir_all(&folder).map_err(unwritable)?;
        let file = File::create(&path).map_err(unwritable)?;
        let mut results = Results { file, path };
        let mut line = Map::new();
        line.insert("schema".into(), SCHEMA.into());
        line.insert("utc".into(), now.into());
        line.insert("seed".into(), seed.into());
        line.extend(header);
        results.append(line)?;
        Ok(results)
    }

    /// Appends one trial; `wrong` says why it was refused.
    pub(crate) fn trial(&mut self, place: &Place<'_>, trial: &Words, wrong: &[String]) -> Result<(), Failure> {
        let mut line = Map::new();
        line.insert("workload".into(), place.workload.into());
        line.insert("cell".into(), place.cell.into());
        line.insert("engine".into(), place.engine.into());
        line.insert("version".into(), place.version.into());
        line.insert("round".into(), place.round.into());
        line.insert("slot".into(), place.slot.into());
        line.insert("requests".into(), place.requests.into());
        if !wrong.is_empty() {
            line.insert("wrong".into(), wrong.to_vec().into());
        }
        line.extend(trial.pairs.iter().map(|(key, word)| (key.clone(), value(key, word))));
        self.append(line)
    }

    fn append(&mut self, line: Map<String, Value>) -> Result<(), Failure> {
        // One write with the newline in it: a reader never sees half a line that looks whole.
        let text = format!("{}\n", Value::Object(line));
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| Failure::io(format_args!("cannot write {}", self.path.display()), &error))
    }
}

/// The plan as the header tells it.
pub(crate) fn plan(plan: &[Planned]) -> Value {
    let cells = plan.iter().flat_map(|planned| planned.cells.iter().map(move |cell| (planned, cell)));
    let cells = cells.map(|(planned, cell)| {
        let engines = cell.entries.iter().map(|entry| {
            json!({ "engine": entry.label, "requests": entry.requests, "threads": entry.threads, "cpus": entry.cpus })
        });
        let params: Map<String, Value> =
            cell.params.iter().map(|(key, word)| (key.clone(), value(key, word))).collect();
        json!({
            "workload": planned.workload.name, "cell": cell.title, "rounds": planned.rounds, "params": params,
            "reference": planned.workload.reference, "engines": engines.collect::<Vec<_>>(),
        })
    });
    cells.collect()
}

/// A word as JSON: whole numbers stay exact. A checksum is text, since many a reader keeps only 53 bits of a number.
fn value(key: &str, word: &str) -> Value {
    if key == "checksum" {
        return word.into();
    }
    word.parse::<u64>().map_or_else(|_| word.into(), Value::from)
}
