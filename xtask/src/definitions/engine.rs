//! One engine: what `engines.toml` says of it.

use std::path::PathBuf;

use super::reader::{File, Table};
use crate::answer::ANSWER;
use crate::failure::Failure;
use crate::names;

/// A way to fetch and parse pages, run by a process that speaks the runner's protocol.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Engine {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) family: Family,
    pub(crate) client: String,
    pub(crate) runtime: String,
    pub(crate) in_flight: InFlight,
    pub(crate) notes: Option<String>,
    /// An engine outside this workspace: the program and its first arguments. Empty means a runner of this workspace.
    pub(crate) command: Vec<String>,
    /// The package of this workspace whose program, of the same name, is that runner. Nothing means `gather-runner`.
    pub(crate) package: Option<String>,
    /// The folder of `engines.toml`, in which `command` runs.
    pub(crate) folder: PathBuf,
    /// What makes the program of `command`, for a machine that does not have it.
    pub(crate) install: Option<String>,
    /// The words of the oracle's answer that this engine has to repeat.
    pub(crate) answers: Vec<String>,
}

impl Engine {
    /// Whether `gather-runner` is its program: then its allocations can be counted, and it can be asked for the right answer.
    pub(crate) fn is_runners_own(&self) -> bool {
        self.command.is_empty() && self.package.is_none()
    }

    /// Whether another program is it, in whatever language: client and parser are that program's own.
    pub(crate) fn is_outside(&self) -> bool {
        !self.command.is_empty()
    }

    /// An engine about which nothing is special.
    #[cfg(test)]
    pub(crate) fn plain(name: &str) -> Engine {
        Engine {
            name: name.into(),
            about: String::new(),
            family: Family::Async,
            client: String::new(),
            runtime: String::new(),
            in_flight: InFlight::Asked,
            notes: None,
            command: Vec::new(),
            package: None,
            folder: PathBuf::new(),
            install: None,
            answers: ANSWER.map(str::to_owned).to_vec(),
        }
    }
}

/// What an engine stands for when a verdict is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// An async runtime under this workspace's pipeline.
    Async,
    /// Threads and blocking sockets: the alternative to async.
    Blocking,
    /// An HTTP client under the same pipeline: compared with other clients, never with runtimes.
    Client,
    /// Hand-written without our layers: shows what the layers cost. Never the winner, nobody would write it.
    Control,
    /// Hand-written without a runtime: the least that the work can cost. Never the winner either.
    Floor,
}

impl Family {
    pub(crate) const NAMES: [(&str, Family); 5] = [
        ("async", Family::Async),
        ("blocking", Family::Blocking),
        ("client", Family::Client),
        ("control", Family::Control),
        ("floor", Family::Floor),
    ];
}

/// How many exchanges an engine keeps in flight when it is asked for C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InFlight {
    /// C of them.
    Asked,
    /// One at a time, whatever is asked.
    One,
    /// Some number of its own, so that the origin's count says nothing.
    Own,
}

impl InFlight {
    pub(crate) const NAMES: [(&str, InFlight); 3] =
        [("asked", InFlight::Asked), ("one", InFlight::One), ("own", InFlight::Own)];
}

/// The engines of `engines.toml`, in the order of the file.
pub(crate) fn parse(file: &File) -> Result<Vec<Engine>, Failure> {
    let document = file.parse()?;
    let root = Table::new(file, document.get_ref(), 0);
    let mut engines: Vec<Engine> = Vec::new();
    for table in root.tables("engine")? {
        let engine = engine(&table, file.folder())?;
        if engines.iter().any(|known| known.name == engine.name) {
            return Err(table.wrong_at("name", format_args!("the engine `{}` is there twice", engine.name)));
        }
        engines.push(engine);
    }
    root.finish()?;
    if engines.is_empty() {
        return Err(root.wrong("no engine is defined; expected at least one [[engine]] table"));
    }
    Ok(engines)
}

fn engine(table: &Table<'_>, folder: PathBuf) -> Result<Engine, Failure> {
    let engine = Engine {
        name: table.required_text("name")?,
        about: table.required_text("about")?,
        family: family(table)?,
        client: table.required_text("client")?,
        runtime: table.required_text("runtime")?,
        in_flight: in_flight(table)?,
        notes: table.text("notes")?,
        command: table.texts("command")?.unwrap_or_default(),
        package: table.text("package")?,
        folder,
        install: table.text("install")?,
        answers: answers(table)?,
    };
    if engine.package.is_some() && engine.is_outside() {
        return Err(table.wrong_at(
            "package",
            "`package`: goes without `command`: a program of this workspace is found by its name",
        ));
    }
    table.finish()?;
    Ok(engine)
}

fn family(table: &Table<'_>) -> Result<Family, Failure> {
    let name = table.required_text("family")?;
    names::value(&Family::NAMES, &name).ok_or_else(|| {
        table.wrong_at(
            "family",
            format_args!("`family`: expected async, blocking, client, control or floor, found \"{name}\""),
        )
    })
}

fn answers(table: &Table<'_>) -> Result<Vec<String>, Failure> {
    let all = || ANSWER.map(str::to_owned).to_vec();
    let answers = table.texts("answers")?.unwrap_or_else(all);
    match answers.iter().find(|word| !ANSWER.contains(&word.as_str())) {
        None => Ok(answers),
        Some(word) => Err(table
            .wrong_at("answers", format_args!("`answers`: expected some of {}, found \"{word}\"", ANSWER.join(", ")))),
    }
}

fn in_flight(table: &Table<'_>) -> Result<InFlight, Failure> {
    let Some(name) = table.text("in_flight")? else { return Ok(InFlight::Asked) };
    names::value(&InFlight::NAMES, &name).ok_or_else(|| {
        table.wrong_at("in_flight", format_args!("`in_flight`: expected asked, one or own, found \"{name}\""))
    })
}
