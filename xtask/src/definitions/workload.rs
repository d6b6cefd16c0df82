//! One workload: a question, the parameters that ask it, who answers, and what the answer must be.

use super::engine::Engine;
use super::fitting;
use super::published::{Published, published};
use super::reader::{File, Table};
use super::server::Server;
use crate::failure::Failure;
use crate::names;

/// What one file of `workloads/` says.
#[derive(Debug, Clone)]
pub(crate) struct Workload {
    /// The file's name without `.toml`.
    pub(crate) name: String,
    pub(crate) class: Class,
    pub(crate) question: String,
    pub(crate) expectation: String,
    pub(crate) analysis: String,
    /// The label of the contestant that ratios are taken to.
    pub(crate) reference: String,
    pub(crate) contestants: Vec<Contestant>,
    /// Labels of those that everybody is held against, beside the reference.
    pub(crate) against: Vec<String>,
    pub(crate) server: Server,
    pub(crate) rounds: usize,
    pub(crate) threads: u64,
    /// Which of the CPUs that this process may use: 0 is the origin's.
    pub(crate) cpus: Vec<u64>,
    /// `rate`, `cpu`, or the word of a trial that engines are compared by; what the model is usually about when not there.
    pub(crate) compare: Option<String>,
    /// Whether more of that word is better.
    pub(crate) more_is_better: bool,
    /// More words of a trial to show.
    pub(crate) columns: Vec<String>,
    /// Closer than this is a tie.
    pub(crate) delta_percent: u64,
    /// A trial that takes longer has failed.
    pub(crate) time_limit_s: u64,
    pub(crate) processes: ProcessUse,
    pub(crate) limits: Vec<LimitKind>,
    /// In the order of the file; a key with more than one value is an axis.
    pub(crate) params: Vec<(String, Vec<String>)>,
    pub(crate) sizes: Vec<Size>,
    pub(crate) expects: Vec<Expect>,
    pub(crate) published: Vec<Published>,
    pub(crate) quick: Option<Quick>,
}

/// What a workload is for; the folder that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// What the README shows: the questions that people have.
    Curated,
    /// Everything else that is worth knowing.
    Extended,
    /// HTTP clients beside each other, on tables of their own: what they show says nothing of runtimes.
    Clients,
    /// Somebody else's published measurement, repeated.
    Imported,
    /// The lab measured by itself.
    Control,
}

impl Class {
    pub(crate) const ALL: [Class; 5] =
        [Class::Curated, Class::Extended, Class::Clients, Class::Imported, Class::Control];

    /// The name of its folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Class::Curated => "curated",
            Class::Extended => "extended",
            Class::Clients => "clients",
            Class::Imported => "imported",
            Class::Control => "control",
        }
    }
}

/// An engine, and the parameters that are its own: `tokio compute=rayon threads=2`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contestant {
    /// As the file writes it; names it in tables and results.
    pub(crate) label: String,
    pub(crate) engine: String,
    pub(crate) own: Vec<(String, String)>,
}

/// How long a contestant's process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessUse {
    /// Through all rounds, idle while others run: warm sockets, a warm allocator.
    Kept,
    /// For a warm-up and one trial: where all of them together would hold too many connections.
    PerTrial,
    /// For one trial without a warm-up: where what an earlier trial left in the allocator would hide what this one takes.
    Cold,
}

impl ProcessUse {
    pub(crate) const NAMES: [(&str, ProcessUse); 3] =
        [("kept", ProcessUse::Kept), ("per-trial", ProcessUse::PerTrial), ("cold", ProcessUse::Cold)];
}

/// A physical limit that a workload may run into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitKind {
    /// Little's law: C exchanges in flight, each taking L, are at most C / L a second.
    Little,
    /// The least CPU time that any engine spent on a page here.
    Cpu,
}

impl LimitKind {
    pub(crate) const NAMES: [(&str, LimitKind); 2] = [("little", LimitKind::Little), ("cpu", LimitKind::Cpu)];
}

/// How many requests a trial makes, and how many trials there are, for the cells and engines that it applies to; the last one that
/// applies counts.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    pub(crate) when: Vec<(String, Vec<String>)>,
    /// Labels or engine names; empty means everyone.
    pub(crate) engines: Vec<String>,
    pub(crate) requests: u64,
    /// How many rounds the cells have, where that is not what the workload says.
    pub(crate) rounds: Option<usize>,
}

/// What a trial must report in the cells it applies to, beside (or instead of) the oracle's answer.
#[derive(Debug, Clone)]
pub(crate) struct Expect {
    pub(crate) when: Vec<(String, Vec<String>)>,
    /// Key, and a value or the name of a parameter whose value is meant.
    pub(crate) values: Vec<(&'static str, String)>,
}

/// What differs under `--quick`.
#[derive(Debug, Clone)]
pub(crate) struct Quick {
    pub(crate) contestants: Vec<Contestant>,
    pub(crate) rounds: usize,
    pub(crate) params: Vec<(String, Vec<String>)>,
    pub(crate) sizes: Vec<Size>,
}

impl Workload {
    /// The parameters, under `--quick` with those of `[quick.params]` in their places.
    pub(crate) fn axes(&self, quick: bool) -> Vec<(String, Vec<String>)> {
        let mut axes = self.params.clone();
        let quick = self.quick.iter().filter(|_| quick).flat_map(|quick| &quick.params);
        for (key, words) in quick {
            match axes.iter_mut().find(|(name, _)| name == key) {
                Some(axis) => axis.1.clone_from(words),
                None => axes.push((key.clone(), words.clone())),
            }
        }
        axes
    }
}

impl Contestant {
    /// Takes a label apart; the message says what is wrong with it.
    pub(crate) fn parse(label: &str, engines: &[Engine]) -> Result<Contestant, String> {
        let mut words = label.split_whitespace();
        let engine = words.next().unwrap_or_default().to_owned();
        if !engines.iter().any(|known| known.name == engine) {
            let known: Vec<&str> = engines.iter().map(|engine| engine.name.as_str()).collect();
            return Err(crate::names::unknown("engine", &engine, &known));
        }
        let own = words.map(|word| match word.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(format!("`{label}`: expected an engine, then key=value words, found `{word}`")),
        });
        Ok(Contestant { label: label.to_owned(), engine, own: own.collect::<Result<_, _>>()? })
    }
}

/// Reads one workload; its engines must be among `engines`.
pub(crate) fn parse(file: &File, class: Class, engines: &[Engine]) -> Result<Workload, Failure> {
    let document = file.parse()?;
    let root = Table::new(file, document.get_ref(), 0);
    let contestants = contestants(&root, engines)?;
    let published =
        root.tables("published")?.iter().map(|table| published(table, &contestants)).collect::<Result<_, _>>()?;
    let workload = Workload {
        published,
        name: file.stem.clone(),
        class,
        question: root.required_text("question")?,
        expectation: root.required_text("expectation")?,
        analysis: root.required_text("analysis")?,
        reference: root.required_text("reference")?,
        contestants,
        against: root.texts("against")?.unwrap_or_default(),
        server: server(&root)?,
        rounds: at_least_one(&root, "rounds")?.unwrap_or(12) as usize,
        threads: at_least_one(&root, "threads")?.unwrap_or(1),
        cpus: root.wholes("cpus")?.unwrap_or_else(|| vec![1]),
        compare: root.word("compare")?,
        more_is_better: more_is_better(&root)?,
        columns: root.texts("columns")?.unwrap_or_default(),
        delta_percent: at_least_one(&root, "delta_percent")?.unwrap_or(2),
        time_limit_s: at_least_one(&root, "time_limit_s")?.unwrap_or(60),
        processes: process_use(&root)?,
        limits: limits(&root)?,
        params: root.axes("params")?,
        sizes: sizes(&root, "size")?,
        expects: root.tables("expect")?.iter().map(expect).collect::<Result<_, _>>()?,
        quick: root.table("quick")?.map(|table| quick(&table, engines)).transpose()?,
    };
    root.finish()?;
    fitting::check(&root, &workload)?;
    Ok(workload)
}

fn more_is_better(root: &Table<'_>) -> Result<bool, Failure> {
    match root.text("better")?.as_deref() {
        None | Some("less") => Ok(false),
        Some("more") => Ok(true),
        Some(other) => Err(root.wrong_at("better", format_args!("`better`: expected less or more, found \"{other}\""))),
    }
}

fn server(root: &Table<'_>) -> Result<Server, Failure> {
    let Some(name) = root.text("server")? else { return Ok(Server::Origin) };
    names::value(&Server::NAMES, &name)
        .ok_or_else(|| root.wrong_at("server", format_args!("`server`: expected origin or nginx, found \"{name}\"")))
}

fn contestants(table: &Table<'_>, engines: &[Engine]) -> Result<Vec<Contestant>, Failure> {
    let labels = table.texts("engines")?.unwrap_or_default();
    if labels.is_empty() {
        return Err(table.wrong_at("engines", "`engines` is missing or empty; expected a list of engine names"));
    }
    let mut contestants: Vec<Contestant> = Vec::new();
    for label in labels {
        if contestants.iter().any(|known| known.label == label) {
            return Err(table.wrong_at("engines", format_args!("`engines`: \"{label}\" is there twice")));
        }
        let wrong = |message| table.wrong_at("engines", format_args!("`engines`: {message}"));
        contestants.push(Contestant::parse(&label, engines).map_err(wrong)?);
    }
    Ok(contestants)
}

fn process_use(table: &Table<'_>) -> Result<ProcessUse, Failure> {
    let Some(name) = table.text("processes")? else { return Ok(ProcessUse::Kept) };
    names::value(&ProcessUse::NAMES, &name).ok_or_else(|| {
        table.wrong_at("processes", format_args!("`processes`: expected kept, per-trial or cold, found \"{name}\""))
    })
}

fn limits(table: &Table<'_>) -> Result<Vec<LimitKind>, Failure> {
    let limit = |name: &String| {
        names::value(&LimitKind::NAMES, name)
            .ok_or_else(|| table.wrong_at("limits", format_args!("`limits`: expected little or cpu, found \"{name}\"")))
    };
    table.texts("limits")?.unwrap_or_default().iter().map(limit).collect()
}

fn sizes(table: &Table<'_>, key: &'static str) -> Result<Vec<Size>, Failure> {
    let size = |table: &Table<'_>| {
        let size = Size {
            when: table.axes("when")?,
            engines: table.texts("engines")?.unwrap_or_default(),
            requests: at_least_one(table, "requests")?
                .ok_or_else(|| table.wrong("`requests` is missing; expected a whole number of at least 1"))?,
            rounds: at_least_one(table, "rounds")?.map(|rounds| rounds as usize),
        };
        if size.rounds.is_some() && !size.engines.is_empty() {
            return Err(table.wrong_at("rounds", "`rounds`: all engines of a cell have the same; leave out `engines`"));
        }
        table.finish()?;
        Ok(size)
    };
    table.tables(key)?.iter().map(size).collect()
}

/// The keys of a trial that a workload may pin.
const EXPECTABLE: [&str; 10] = [
    "pages",
    "bytes",
    "links",
    "checksum",
    "timeouts",
    "cancelled",
    "in_flight_max",
    "connections",
    "served",
    "failed",
];

fn expect(table: &Table<'_>) -> Result<Expect, Failure> {
    let when = table.axes("when")?;
    let mut values = Vec::new();
    for key in EXPECTABLE {
        if let Some(value) = table.word(key)? {
            values.push((key, value));
        }
    }
    table.finish()?;
    Ok(Expect { when, values })
}

fn quick(table: &Table<'_>, engines: &[Engine]) -> Result<Quick, Failure> {
    let quick = Quick {
        contestants: contestants(table, engines)?,
        rounds: at_least_one(table, "rounds")?.unwrap_or(8) as usize,
        params: table.axes("params")?,
        sizes: sizes(table, "size")?,
    };
    table.finish()?;
    Ok(quick)
}

fn at_least_one(table: &Table<'_>, key: &'static str) -> Result<Option<u64>, Failure> {
    match table.whole(key)? {
        Some(0) => Err(table.wrong_at(key, format_args!("`{key}`: expected a whole number of at least 1, found 0"))),
        number => Ok(number),
    }
}
