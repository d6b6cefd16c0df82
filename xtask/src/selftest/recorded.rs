//! Reads `selftest.ndjson` back: what a self-test found, and the newest one of a machine.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::ledger::told_apart;
use super::verdicts::{IDENTICAL, INJECTED};
use crate::failure::Failure;

/// Changes when a reader of the file would have to change.
pub(crate) const SCHEMA: &str = "gather-selftest/1";

/// The name of the file in a folder of results or records.
pub(crate) const FILE: &str = "selftest.ndjson";

/// A self-test as its file tells it.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) path: PathBuf,
    header: Map<String, Value>,
    pub(crate) findings: Vec<Found>,
    tries: Vec<Map<String, Value>>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) what: String,
    pub(crate) text: String,
    pub(crate) wanted: String,
    pub(crate) held: bool,
    /// How many of how many, where it is a count.
    tries: Option<(u64, u64)>,
}

impl Recorded {
    /// Reads a file; the end of a line that was being written is not there.
    ///
    /// # Errors
    /// When it cannot be read or is no self-test of this schema; the message names the line.
    pub(crate) fn read(path: &Path) -> Result<Recorded, Failure> {
        let unreadable = |error| Failure::io(format_args!("cannot read {}", path.display()), &error);
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let parsed = Recorded::parse(path, &text);
        parsed.map_err(|(line, message)| Failure::Setup(format!("{}:{line}: {message}", path.display())))
    }

    fn parse(path: &Path, text: &str) -> Result<Recorded, (usize, String)> {
        let whole = text.rfind('\n').map_or("", |last| &text[..last]);
        let mut lines = whole.lines().zip(1..).map(|(line, number)| (object(line), number));
        let (first, _) = lines.next().ok_or_else(|| (1, "there is no header".to_owned()))?;
        let header = first.map_err(|message| (1, message))?;
        match header.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) => {}
            other => {
                let other = other.unwrap_or("missing");
                return Err((1, format!("the schema is {other}; this program reads {SCHEMA}")));
            }
        }
        let mut recorded = Recorded { path: path.to_path_buf(), header, findings: Vec::new(), tries: Vec::new() };
        for (line, number) in lines {
            let line = line.map_err(|message| (number, message))?;
            match (line.contains_key("finding"), line.contains_key("try")) {
                (true, _) => recorded.findings.push(Found::parse(&line).map_err(|message| (number, message))?),
                (false, true) => recorded.tries.push(line),
                (false, false) => return Err((number, "is neither a `finding` nor a `try`".into())),
            }
        }
        Ok(recorded)
    }

    /// A text of the header, or nothing.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.header.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// A text of the machine that the header tells of, or nothing.
    pub(crate) fn environment(&self, key: &str) -> &str {
        self.header.get("environment").and_then(|all| all.get(key)?.as_str()).unwrap_or_default()
    }

    /// How many of its findings are as they should be.
    pub(crate) fn held(&self) -> usize {
        self.findings.iter().filter(|found| found.held).count()
    }

    /// Counts the tries again and holds the findings against them.
    ///
    /// # Errors
    /// When it was cut short, or a finding is not what its tries say.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let refuse = |why: String| Err(Failure::Setup(format!("{}: {why}", self.path.display())));
        if self.findings.is_empty() {
            return refuse("nothing was found: it was cut short".into());
        }
        for (what, kind) in [(IDENTICAL, "identical"), (INJECTED, "injected")] {
            let finding = self.findings.iter().find(|found| found.what == what);
            let (found, tries) = self.recount(kind);
            match finding.and_then(|finding| finding.tries) {
                None if tries == 0 => {}
                None => return refuse(format!("it was cut short: `{what}` is missing after {tries} tries")),
                Some(said) if said == (found, tries) => {}
                Some((said, of)) => {
                    return refuse(format!("`{what}` says {said} of {of}, and its tries come to {found} of {tries}"));
                }
            }
        }
        Ok(())
    }

    /// How many tries of a kind there are, and in how many the lab saw a difference.
    fn recount(&self, kind: &str) -> (u64, u64) {
        let tries = || self.tries.iter().filter(|line| line.get("try").and_then(Value::as_str) == Some(kind));
        let saw = |line: &&Map<String, Value>| match kind {
            "injected" => line.get("verdict").and_then(Value::as_str) == Some("slower"),
            _ => {
                let end = |key| line.get("control").and_then(|control| control.get(key)?.as_f64());
                let delta = line.get("delta").and_then(Value::as_f64);
                matches!((end("low"), end("high"), delta), (Some(low), Some(high), Some(delta)) if told_apart(low, high, delta))
            }
        };
        (tries().filter(saw).count() as u64, tries().count() as u64)
    }
}

impl Found {
    fn parse(line: &Map<String, Value>) -> Result<Found, String> {
        let text = |key: &str| {
            let text = line.get(key).and_then(Value::as_str).map(str::to_owned);
            text.ok_or_else(|| format!("`{key}` is missing"))
        };
        let number = |key: &str| line.get(key).and_then(Value::as_u64);
        Ok(Found {
            what: text("finding")?,
            text: text("text")?,
            wanted: text("wanted")?,
            held: line.get("held").and_then(Value::as_bool).ok_or("`held` is missing")?,
            tries: number("found").zip(number("tries")),
        })
    }
}

/// The newest self-test of a machine below these folders that went through to its end.
pub(crate) fn newest(roots: &[PathBuf], cpu_model: &str, kernel: &str) -> Option<Recorded> {
    let folders = roots.iter().filter_map(|root| fs::read_dir(root).ok()).flatten().flatten();
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for path in folders.map(|entry| entry.path().join(FILE)).filter(|path| path.is_file()) {
        let Some(header) = first_line(&path) else { continue };
        let machine = |key| header.get("environment").and_then(|all| all.get(key)?.as_str());
        if (machine("cpu_model"), machine("kernel")) == (Some(cpu_model), Some(kernel)) {
            let utc = header.get("utc").and_then(Value::as_str).unwrap_or_default();
            files.push((utc.to_owned(), path));
        }
    }
    files.sort();
    let whole = |(_, path): &(String, PathBuf)| Recorded::read(path).ok().filter(|recorded| recorded.check().is_ok());
    files.iter().rev().find_map(whole)
}

/// The header of a file, without reading the rest of it.
pub(crate) fn first_line(path: &Path) -> Option<Map<String, Value>> {
    let mut line = String::new();
    BufReader::new(fs::File::open(path).ok()?).read_line(&mut line).ok()?;
    object(&line).ok()
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
