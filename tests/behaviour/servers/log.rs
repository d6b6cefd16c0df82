//! What the servers have seen of each case.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::record::{CASE_FIELD, Record};

/// Requests by case.
#[derive(Debug, Default)]
pub(crate) struct Log(BTreeMap<String, Vec<Seen>>);

/// A request as a server wrote it down.
#[derive(Debug, Deserialize)]
struct Seen {
    method: String,
    target: String,
    /// Whatever tells one connection of a server from another.
    connection: serde_json::Value,
    headers: BTreeMap<String, String>,
    #[serde(skip)]
    server: String,
}

impl Log {
    /// Reads what servers, which have ended, wrote line by line. `plain` takes out of a text what differs from run to run.
    ///
    /// # Panics
    ///
    /// When a line is not what they write.
    pub(crate) fn read(files: &[(&str, PathBuf)], plain: impl Fn(&str, &str) -> String) -> Log {
        let mut log = Log::default();
        for (server, file) in files {
            let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for line in text.lines() {
                let mut seen: Seen =
                    serde_json::from_str(line).unwrap_or_else(|error| panic!("{server} wrote {line}: {error}"));
                seen.server = (*server).to_owned();
                // nginx writes what was not sent as nothing.
                seen.headers.retain(|_, value| !value.is_empty());
                if let Some(case) = seen.headers.remove(CASE_FIELD) {
                    seen.headers.values_mut().for_each(|value| *value = plain(value, &case));
                    seen.target = plain(&seen.target, &case);
                    log.0.entry(case).or_default().push(seen);
                }
            }
        }
        log
    }

    /// Adds it to the records of the cases.
    pub(crate) fn add_to(&self, records: &mut [Vec<Option<Record>>]) {
        for record in records.iter_mut().flatten().flatten() {
            if record.fields.contains_key("requests") {
                continue;
            }
            let seen = self.0.get(&record.id).map_or(&[][..], Vec::as_slice);
            let connections: BTreeSet<_> =
                seen.iter().map(|seen| (&seen.server, seen.connection.to_string())).collect();
            record.count(seen.len(), connections.len());
            let asked: Vec<String> = seen.iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect();
            record.fields.insert("asked".to_owned(), asked.join("\n"));
            let names: BTreeSet<&String> = seen.iter().flat_map(|seen| seen.headers.keys()).collect();
            for name in names {
                let values: Vec<&str> =
                    seen.iter().map(|seen| seen.headers.get(name).map_or("-", String::as_str)).collect();
                let same = values.windows(2).all(|pair| pair[0] == pair[1]);
                let value = if same { values[0].to_owned() } else { values.join(" | ") };
                record.fields.insert(format!("sent {name}"), value);
            }
        }
    }
}
