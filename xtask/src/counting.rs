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
use crate::outcome::Outcome;
use crate::plan::{Cell, Entry, Planned};
use crate::report;
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
    /// Why there are none.
    pub(crate) out: Option<Out>,
}

/// Why a contestant was not counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Out {
    /// What differed from the right answer.
    Wrong(String),
    Failed(String),
    Unsupported(String),
}

impl Out {
    /// The key that says so in a line of the file, and what is behind it.
    pub(crate) fn named(&self) -> (&'static str, &str) {
        match self {
            Out::Wrong(why) => ("wrong", why),
            Out::Failed(why) => ("failed", why),
            Out::Unsupported(why) => ("unsupported", why),
        }
    }
}

/// Counts every contestant of a cell that answers rightly: what a wrong answer costs means nothing.
pub(crate) fn cell(session: &mut Session, planned: &Planned, cell: &Cell) -> Result<Vec<Counting>, Failure> {
    let checked = check(session, planned, cell)?;
    let mut found = Vec::new();
    for (index, entry) in cell.entries.iter().enumerate().filter(|(_, entry)| !entry.twin) {
        session.progress.show(&planned.name, &format!("{}, counting {}", cell.title, entry.label), 0, 0);
        // Enough for everyone in flight to have had its turn twice, so that connecting is over.
        let requests = REQUESTS.max(2 * entry.number("concurrency"));
        let out = out(&checked, index);
        let counted = match out {
            Some(_) => Ok(Counts::default()),
            None => engine(session, planned, entry, requests, &Pass::ALL),
        };
        let (counts, out) = match counted {
            Ok(counts) => (counts, out),
            Err(Failure::Silent(reason)) => {
                session.progress.note(&format!("failed     {}: {reason}", entry.label));
                (Counts::default(), Some(Out::Failed(reason)))
            }
            Err(failure) => return Err(failure),
        };
        found.push(Counting { engine: entry.label.clone(), requests, counts, out });
    }
    session.progress.clear();
    Ok(found)
}

/// One trial of everyone, of the usual length, for its answer alone: nothing of it is kept as a trial.
fn check(session: &mut Session, planned: &Planned, cell: &Cell) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    let results = session.results.take();
    let checked = session.run(planned, &Cell { processes: vec![0], ..cell.clone() }, &mut outcome);
    session.results = results;
    checked.map(|()| outcome)
}

fn out(checked: &Outcome, entry: usize) -> Option<Out> {
    let reason = |list: &[(usize, String)]| list.iter().find(|(out, _)| *out == entry).map(|(_, why)| why.clone());
    let wrong = checked.wrong.iter().find(|(wrong, _)| *wrong == entry).map(|(_, differences)| differences.join(", "));
    wrong
        .map(Out::Wrong)
        .or_else(|| reason(&checked.failed).map(Out::Failed))
        .or_else(|| reason(&checked.unsupported).map(Out::Unsupported))
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
    let ours = entry.engine.is_runners_own();
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

/// Who counts what, but for instructions, which depends on the machine.
pub(crate) const TOOLS: &str = "system calls and wake-ups ptrace (gather-count), allocations an allocator that counts, switches \
                                the kernel, connections the origin";

/// The counts of a cell as a table.
pub(crate) fn table(cell: &Cell, found: &[Counting], style: Style) -> String {
    let item = cell.metric.item(cell.model()).name();
    let columns = ["syscalls", "wake-ups", "allocations", "bytes allocated", "instructions", "switches", "connections"];
    let mut table = Table::new(&[("engine", Align::Left)]);
    columns.iter().for_each(|name| table.column(name, Align::Right));
    for counting in found.iter().filter(|counting| counting.out.is_none()) {
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
    let source = found.iter().find_map(|counting| counting.counts.source.as_deref()).unwrap_or("nobody here");
    let mut text =
        format!("\n  {}\n{}", style.paint(&format!("{}, counted", cell.title), Tone::Strong), table.render(style));
    let tools =
        format!("for each {item}; ~ is not the same in every repetition; counted by: instructions {source}, {TOOLS}");
    text.push_str(&report::wrap("", &tools));
    for (engine, out) in found.iter().filter_map(|counting| Some((&counting.engine, counting.out.as_ref()?))) {
        text.push_str(&match out {
            Out::Wrong(why) => format!("  {} {engine}: {why}; it is not counted\n", style.paint("WRONG", Tone::Bad)),
            Out::Failed(why) => format!("  {} {engine}: {why}\n", style.paint("FAILED", Tone::Bad)),
            Out::Unsupported(why) => format!("  without {engine}: {why}\n"),
        });
    }
    text
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
            if let Some((name, why)) = counting.out.as_ref().map(Out::named) {
                line.insert(name.into(), why.into());
            }
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
