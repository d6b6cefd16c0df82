//! Counts that were kept: reads `counts.ndjson` back, and finds the counts that belong to a run of trials.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{FILE, SCHEMA};
use crate::counts::Count;
use crate::failure::Failure;
use crate::results::{self, Loaded};
use crate::runs;
use crate::selftest::recorded::first_line;

/// The keys of a line that has a reason instead of counts.
const OUT: [&str; 3] = ["wrong", "failed", "unsupported"];

/// What one engine's request cost in one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    /// Workload, cell and engine.
    pub(crate) place: [String; 3],
    line: Map<String, Value>,
}

/// The counts that belong to a run.
#[derive(Debug, Default)]
pub(crate) enum Belonging {
    Counts(Kept),
    /// This machine counted something else only: the newest of it, and of which revision it is.
    OtherRevision {
        path: PathBuf,
        revision: String,
    },
    Unreadable {
        path: PathBuf,
        why: String,
    },
    #[default]
    Nothing,
}

/// Counts with where they come from.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) path: PathBuf,
    /// Whether they lie beside the trials, and were not counted in a run of their own.
    pub(crate) beside: bool,
    /// The time, command and revision of the run that counted.
    pub(crate) utc: String,
    pub(crate) command: String,
    pub(crate) revision: String,
    pub(crate) lines: Vec<Counted>,
}

/// The counts beside a run, or else the newest below these folders that were counted with the same programs on the same
/// machine: times and counts of different code are never shown as one.
pub(crate) fn belonging(run: &Loaded, roots: &[PathBuf]) -> Belonging {
    let own = runs::folder(run);
    let below = roots.iter().filter_map(|root| fs::read_dir(root).ok()).flatten().flatten().map(|entry| entry.path());
    let mut candidates: Vec<Candidate> =
        below.filter(|folder| *folder != own).filter_map(|folder| Candidate::new(&folder, run)).collect();
    candidates.sort_by(|a, b| (&a.utc, &a.path).cmp(&(&b.utc, &b.path)));
    candidates.extend(Candidate::new(&own, run));
    let newest = candidates.iter().rposition(|candidate| candidate.same);
    let Some(newest) = newest.map(|index| candidates.swap_remove(index)) else {
        let other = candidates.pop();
        return other.map_or(Belonging::Nothing, |other| Belonging::OtherRevision {
            path: other.path,
            revision: other.revision,
        });
    };
    let Candidate { path, utc, command, revision, .. } = newest;
    match read(&path) {
        Ok(lines) => {
            let beside = path.parent() == Some(own.as_path());
            Belonging::Counts(Kept { path, beside, utc, command, revision, lines: lines.unwrap_or_default() })
        }
        Err(failure) => Belonging::Unreadable { path, why: failure.to_string() },
    }
}

/// Counts of this machine.
struct Candidate {
    path: PathBuf,
    utc: String,
    command: String,
    revision: String,
    /// Whether the same programs were counted as were timed.
    same: bool,
}

impl Candidate {
    fn new(folder: &Path, run: &Loaded) -> Option<Candidate> {
        let path = folder.join(FILE);
        let header = first_line(&path)?;
        let environment = header.get("environment").cloned().unwrap_or_default();
        let of = |key: &str| environment.get(key).and_then(Value::as_str).unwrap_or("unknown").to_owned();
        let alike = |key: &str| of(key) == runs::environment(run, key);
        if !alike("cpu_model") || !alike("kernel") {
            return None;
        }
        // Counting opens a run as timing does: its header tells when, how and with which programs.
        let of_run = first_line(&folder.join(results::FILE)).unwrap_or_default();
        let text = |key: &str| of_run.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let runner = |header: &Map<String, Value>| header.get("binaries").and_then(|all| all.get("runner")).cloned();
        let programs = runner(&of_run).is_some_and(|sum| Some(sum) == runner(&run.header));
        // Two trees with changes have the name of one revision and need not be the same.
        let revision = of("revision");
        let clean = revision != "unknown" && !revision.contains("with changes");
        let same = programs || (clean && alike("revision") && alike("rustc"));
        Some(Candidate { path, utc: text("utc"), command: text("command"), revision, same })
    }
}

/// The lines of a file of counts; `None` when there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<Counted>>, Failure> {
    if !path.is_file() {
        return Ok(None);
    }
    let unreadable = |error| Failure::io(format_args!("cannot read {}", path.display()), &error);
    let text = fs::read_to_string(path).map_err(unreadable)?;
    parse(&text).map(Some).map_err(|(line, message)| Failure::Setup(format!("{}:{line}: {message}", path.display())))
}

/// A header and a line for each engine of each cell; an error has the number of its line. What follows the last newline was
/// being written, and whoever counted twice in one folder means the second time.
pub(crate) fn parse(text: &str) -> Result<Vec<Counted>, (usize, String)> {
    let whole = text.rfind('\n').map_or("", |last| &text[..last]);
    let mut counted: Vec<Counted> = Vec::new();
    for (line, number) in whole.lines().zip(1..) {
        let object = object(line).map_err(|message| (number, message))?;
        match object.get("schema").map(|schema| schema.as_str().unwrap_or_default()) {
            Some(SCHEMA) => continue,
            Some(other) => return Err((number, format!("the schema is {other}; this program reads {SCHEMA}"))),
            None if number == 1 => return Err((number, "is not the header of counts (no `schema`)".into())),
            None => {}
        }
        let line = Counted::new(object).map_err(|message| (number, message))?;
        counted.retain(|earlier| earlier.place != line.place);
        counted.push(line);
    }
    if whole.is_empty() { Err((1, "there is no header".into())) } else { Ok(counted) }
}

impl Counted {
    fn new(line: Map<String, Value>) -> Result<Counted, String> {
        let text = |key: &str| {
            let text = line.get(key).and_then(Value::as_str).map(str::to_owned);
            text.ok_or_else(|| format!("`{key}` is missing"))
        };
        Ok(Counted { place: [text("workload")?, text("cell")?, text("engine")?], line })
    }

    /// Why it was not counted, and the word for that.
    pub(crate) fn out(&self) -> Option<(&'static str, &str)> {
        OUT.iter().find_map(|word| Some((*word, self.line.get(*word)?.as_str()?)))
    }

    /// `None` when nobody could count it there.
    pub(crate) fn count(&self, name: &str) -> Result<Option<Count>, String> {
        let Some(value) = self.line.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let number = |key: &str| {
            let number = value.get(key).and_then(Value::as_f64);
            number.ok_or_else(|| format!("{}: `{name}.{key}` is not a number", self.place.join(", ")))
        };
        let (median, lowest, highest) = (number("median")?, number("lowest")?, number("highest")?);
        let repetitions = value.get("repetitions").and_then(Value::as_u64).unwrap_or(1) as usize;
        Ok(Some(Count { median, lowest, highest, repetitions, exact: repetitions > 1 && lowest == highest }))
    }

    /// What counted the instructions: numbers of different sources must not be compared.
    pub(crate) fn source(&self) -> Option<&str> {
        self.line.get("instructions_source").and_then(Value::as_str)
    }
}

fn object(line: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("is not a JSON object".into()),
        Err(error) => Err(format!("is not JSON: {error}")),
    }
}

#[cfg(test)]
mod tests;
