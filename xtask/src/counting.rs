//! `cargo xtask bench --counts`: what a page costs in countable things, in passes of their own; nothing of it is timed.

pub(crate) mod kept;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::counts::{self, Count, Counted, Counts, Pass};
use crate::failure::Failure;
use crate::lab::{Launch, Runner, Started};
use crate::numbers;
use crate::plan::{Cell, Entry, Planned};
use crate::session::Session;
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Changes when a reader of the file would have to change.
pub(crate) const SCHEMA: &str = "gather-counts/1";

/// The name of the file in a run's folder.
pub(crate) const FILE: &str = "counts.ndjson";

/// How often each pass is repeated: what differs between repetitions is not exact.
const REPETITIONS: usize = 3;
/// Enough that what does not grow with the requests falls out, few enough that a traced trial takes no time.
const REQUESTS: u64 = 400;

/// The counts of one contestant in one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counting {
    pub(crate) engine: String,
    pub(crate) requests: u64,
    pub(crate) counts: Counts,
}

/// Counts every contestant of a cell; one that does not do this, or that fails, is left out with a line about it.
pub(crate) fn cell(session: &mut Session, planned: &Planned, cell: &Cell) -> Result<Vec<Counting>, Failure> {
    let mut found = Vec::new();
    for entry in cell.entries.iter().filter(|entry| !entry.twin) {
        session.progress.show(&planned.name, &format!("{}, counting {}", cell.title, entry.label), 0, 0);
        // Enough for everyone in flight to have had its turn twice, so that connecting is over.
        let requests = REQUESTS.max(2 * entry.number("concurrency"));
        match engine(session, planned, entry, requests, &Pass::ALL) {
            Ok(counts) => found.push(Counting { engine: entry.label.clone(), requests, counts }),
            Err(Failure::Silent(reason)) => session.progress.note(&format!("failed     {}: {reason}", entry.label)),
            Err(failure) => return Err(failure),
        }
    }
    session.progress.clear();
    Ok(found)
}

/// Only the allocations of one contestant, for each page.
pub(crate) fn allocations(session: &mut Session, planned: &Planned, entry: &Entry) -> Result<Option<Count>, Failure> {
    Ok(engine(session, planned, entry, REQUESTS, &[Pass::Allocations])?.allocations)
}

/// Some passes of one contestant, a process for each.
fn engine(
    session: &mut Session,
    planned: &Planned,
    entry: &Entry,
    requests: u64,
    passes: &[Pass],
) -> Result<Counts, Failure> {
    let mut runners: BTreeMap<&'static str, Option<Runner>> = BTreeMap::new();
    let counts = counts::measure(requests, REPETITIONS, |pass, requests| {
        if !passes.contains(&pass) {
            return Ok(Counted::Unsupported);
        }
        if !runners.contains_key(pass.name()) {
            runners.insert(pass.name(), start(session, planned, entry, pass)?);
        }
        let Some(Some(runner)) = runners.get(pass.name()) else { return Ok(Counted::Unsupported) };
        Ok(runner.counted(&mut session.processes, requests)?.map_or(Counted::Unsupported, Counted::Words))
    });
    for runner in runners.into_values().flatten() {
        runner.stop(&mut session.processes);
    }
    counts
}

fn start(session: &mut Session, planned: &Planned, entry: &Entry, pass: Pass) -> Result<Option<Runner>, Failure> {
    let binaries = session.binaries.clone();
    let ours = entry.engine.command.is_empty();
    let launch = match (pass, pass.option()) {
        (Pass::Allocations, _) if !ours => return Ok(None),
        (Pass::Allocations, _) => Launch { runner: &binaries.allocations, through: None },
        (_, Some(option)) => Launch { runner: &binaries.runner, through: Some((&binaries.count, option)) },
        (..) => Launch { runner: &binaries.runner, through: None },
    };
    // Several threads interleave as they like: their instructions are no count.
    if pass == Pass::Instructions && (entry.threads > 1 || !ours) {
        return Ok(None);
    }
    match session.launch(&launch, planned, entry)? {
        Started::Ready(runner) => Ok(Some(runner)),
        Started::Unsupported(_) => Ok(None),
    }
}

/// The counts of a cell as a table.
pub(crate) fn table(cell: &Cell, found: &[Counting], style: Style) -> String {
    let item = cell.metric.item(cell.model()).name();
    let columns = ["syscalls", "wake-ups", "allocations", "bytes allocated", "instructions", "switches", "connections"];
    let mut table = Table::new(&[("engine", Align::Left)]);
    columns.iter().for_each(|name| table.column(name, Align::Right));
    for counting in found {
        let counts = &counting.counts;
        let mut row = vec![(counting.engine.clone(), Tone::Plain)];
        let switches = &counts.voluntary_switches;
        let all = [
            &counts.syscalls,
            &counts.wakeups,
            &counts.allocations,
            &counts.allocated_bytes,
            &counts.instructions,
            switches,
            &counts.connections,
        ];
        row.extend(all.map(|count| (count.as_ref().map_or_else(|| "n/a".into(), show), Tone::Plain)));
        table.row(row);
    }
    let source = found.iter().find_map(|counting| counting.counts.source.as_deref()).unwrap_or("nothing here can");
    format!(
        "\n  {}\n{}  for each {item}; ~ is not the same in every repetition; instructions counted by: {source}\n",
        style.paint(&format!("{}, counted", cell.title), Tone::Strong),
        table.render(style)
    )
}

/// A count, marked where repetitions differ.
fn show(count: &Count) -> String {
    let number = numbers::significant(count.median.abs());
    let sign = if count.median < 0.0 { "-" } else { "" };
    format!("{}{sign}{number}", if count.exact { "" } else { "~" })
}

/// The file that counts are kept in, beside the trials.
pub(crate) struct CountsFile {
    file: File,
    path: PathBuf,
}

impl CountsFile {
    /// Opens it in the folder of a run, with a header.
    pub(crate) fn create(session: &Session) -> Result<Option<CountsFile>, Failure> {
        let Some(results) = &session.results else { return Ok(None) };
        let path = results.path.with_file_name(FILE);
        let unwritable = |error| Failure::io(format_args!("cannot write {}", path.display()), &error);
        let file = OpenOptions::new().append(true).create(true).open(&path).map_err(unwritable)?;
        let mut counts = CountsFile { file, path };
        counts.append(&json!({ "schema": SCHEMA, "environment": session.environment.json() }))?;
        Ok(Some(counts))
    }

    /// Appends what was counted in a cell.
    pub(crate) fn cell(&mut self, planned: &Planned, cell: &Cell, found: &[Counting]) -> Result<(), Failure> {
        found.iter().try_for_each(|counting| {
            let mut line = Map::new();
            line.insert("workload".into(), planned.name.clone().into());
            line.insert("cell".into(), cell.title.clone().into());
            line.insert("engine".into(), counting.engine.clone().into());
            line.insert("requests".into(), counting.requests.into());
            line.insert("instructions_source".into(), counting.counts.source.clone().into());
            for (name, count) in counting.counts.named() {
                line.extend(count.as_ref().map(|count| (name.to_owned(), to_json(count))));
            }
            self.append(&Value::Object(line))
        })
    }

    fn append(&mut self, line: &Value) -> Result<(), Failure> {
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        written.map_err(|error| Failure::io(format_args!("cannot write {}", self.path.display()), &error))
    }
}

fn to_json(count: &Count) -> Value {
    json!({
        "median": count.median, "lowest": count.lowest, "highest": count.highest,
        "repetitions": count.repetitions, "exact": count.exact,
    })
}
