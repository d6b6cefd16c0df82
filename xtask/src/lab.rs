//! The origin and the runners as processes: how each is started, and what may be asked of it (see `benches/FORMAT.md`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::corpus::Corpus;
use crate::failure::Failure;
use crate::outside::{self, Program};
use crate::plan::Entry;
use crate::processes::{Id, Processes};
use crate::words::Words;

/// Reading 17 MB of pages or setting up an engine takes well under a second.
const START_LIMIT: Duration = Duration::from_secs(30);
/// The oracle walks through every page's DOM, perhaps in a debug build.
const ORACLE_LIMIT: Duration = Duration::from_secs(300);

/// Where the two programs are.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    pub(crate) origin: PathBuf,
    pub(crate) runner: PathBuf,
    /// The runner with an allocator that counts.
    pub(crate) allocations: PathBuf,
    /// What counts a runner's system calls and instructions.
    pub(crate) count: PathBuf,
}

/// Which program of ours runs, and through which one it is looked at.
pub(crate) struct Launch<'b> {
    pub(crate) runner: &'b Path,
    /// A program that starts another, with its option.
    pub(crate) through: Option<(&'b Path, &'static str)>,
}

/// The origin, serving.
pub(crate) struct Origin {
    pub(crate) address: String,
    /// The corpus in words, for the tables.
    pub(crate) pages: String,
}

/// How an origin serves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Serving {
    pub(crate) cpu: u64,
    pub(crate) port: u16,
    /// Of the jitter.
    pub(crate) seed: u64,
    /// From so many addresses of the loopback network.
    pub(crate) hosts: u64,
    /// So many microseconds of work for each answer, to see what a busy origin does.
    pub(crate) burn_us: u64,
    /// By an nginx on these CPUs, if there are any.
    pub(crate) nginx: Vec<u64>,
}

impl Origin {
    /// Starts an origin and waits until it listens. It lives as long as `processes`.
    pub(crate) fn start(
        processes: &mut Processes,
        binary: &Path,
        corpus: &Corpus,
        serving: Serving,
    ) -> Result<Origin, Failure> {
        let served = Origin::start_or_say(processes, binary, corpus, serving)?;
        served.map_err(|reason| Failure::Died(format!("the origin cannot serve: {reason}")))
    }

    /// The same, or why this machine has no such server.
    pub(crate) fn start_or_say(
        processes: &mut Processes,
        binary: &Path,
        corpus: &Corpus,
        serving: Serving,
    ) -> Result<Result<Origin, String>, Failure> {
        let Serving { cpu, port, seed, hosts, burn_us, nginx } = serving;
        let mut command = Command::new(binary);
        command.args(["--port", &port.to_string(), "--cpu", &cpu.to_string(), "--seed", &seed.to_string()]);
        if hosts > 1 {
            command.args(["--hosts", &hosts.to_string()]);
        }
        if burn_us > 0 {
            command.args(["--burn-us", &burn_us.to_string()]);
        }
        if !nginx.is_empty() {
            let cpus: Vec<String> = nginx.iter().map(u64::to_string).collect();
            command.args(["--nginx", &cpus.join(",")]);
        }
        let name = if nginx.is_empty() { "the origin" } else { "the origin with nginx" };
        let id = processes.start_shared(name, command.args(corpus.arguments()))?;
        let ready = Words::parse(&processes.answer(id, START_LIMIT)?);
        if ready.kind == "unsupported" {
            processes.stop(id);
            return Ok(Err(ready.get("reason").unwrap_or("no_reason_given").replace('_', " ")));
        }
        let address = ready.get("addr").filter(|_| ready.kind == "ready").map(str::to_owned);
        let address =
            address.ok_or_else(|| Failure::Died(format!("the origin did not say `ready addr=`: {ready:?}")))?;
        let megabytes = ready.number("bytes").unwrap_or(0.0) / 1e6;
        let server = ready.get("server").filter(|_| !nginx.is_empty());
        let pages = format!(
            "{}: {} pages, {megabytes:.1} MB{}",
            corpus.description(),
            ready.get("pages").unwrap_or("unknown"),
            server.map_or_else(String::new, |server| format!("; from files by {server}"))
        );
        Ok(Ok(Origin { address, pages }))
    }
}

/// One engine, set up for one cell, idle until it is told to run a trial.
pub(crate) struct Runner {
    id: Id,
    name: String,
    limit: Duration,
    pub(crate) version: String,
    pub(crate) debug: bool,
}

/// What a runner says when it is started.
pub(crate) enum Started {
    Ready(Runner),
    /// The engine does not do this model; the reason.
    Unsupported(String),
}

impl Runner {
    /// Starts the process of one contestant; `cpus` are the machine's numbers.
    pub(crate) fn start(
        processes: &mut Processes,
        launch: &Launch<'_>,
        origin: &Origin,
        entry: &Entry,
        cpus: &[u64],
        limit: Duration,
    ) -> Result<Started, Failure> {
        let program = match outside::of_package(&entry.engine, launch.runner) {
            None => outside::command(&entry.engine)?,
            program => program,
        };
        let mut command = match program {
            None => Command::new(launch.runner),
            Some(Program::There(command)) => command,
            Some(Program::Missing(reason)) => return Ok(Started::Unsupported(reason)),
        };
        if let Some((program, option)) = launch.through {
            command = through(program, option, &command);
        }
        let cpus: Vec<String> = cpus.iter().map(u64::to_string).collect();
        command.args(["--engine", &entry.engine.name, "--origin", &origin.address, "--cpus", &cpus.join(",")]);
        command.args(["--threads", &entry.threads.to_string()]);
        command.args(
            entry.params.iter().filter(|(key, _)| key != "requests").map(|(key, value)| format!("{key}={value}")),
        );
        command.arg(format!("requests={}", entry.requests));
        let name = format!("the runner of `{}`", entry.label);
        let id = processes.start(&name, &mut command)?;
        // One that did not get ready must not be met again when it ends: that would end the run.
        let line = match processes.answer(id, START_LIMIT) {
            Ok(line) => line,
            Err(failure) => {
                processes.kill(id);
                return Err(failure);
            }
        };
        let words = Words::parse(&line);
        match words.kind.as_str() {
            "ready" => Ok(Started::Ready(Runner {
                id,
                name,
                limit,
                version: words.get("version").unwrap_or("unknown").to_owned(),
                debug: words.get("profile") == Some("debug"),
            })),
            "unsupported" => {
                processes.stop(id);
                Ok(Started::Unsupported(words.get("reason").unwrap_or("no reason given").replace('_', " ")))
            }
            _ => {
                processes.kill(id);
                Err(unexpected(&name, "ready", &line))
            }
        }
    }

    /// Runs one trial of so many requests.
    pub(crate) fn trial(&self, processes: &mut Processes, requests: u64) -> Result<Words, Failure> {
        processes.tell(self.id, &format!("trial requests={requests}"));
        self.expect(processes, "trial", self.limit)
    }

    /// The same under count; `None` when this trial cannot be counted here.
    pub(crate) fn counted(&self, processes: &mut Processes, requests: u64) -> Result<Option<Words>, Failure> {
        processes.tell(self.id, &format!("trial requests={requests}"));
        let line = processes.answer(self.id, self.limit)?;
        let words = Words::parse(&line);
        match words.kind.as_str() {
            "trial" => Ok(Some(words)),
            "unsupported" => Ok(None),
            _ => Err(unexpected(&self.name, "trial", &line)),
        }
    }

    /// The right answer for so many requests, found without any engine.
    pub(crate) fn oracle(&self, processes: &mut Processes, requests: u64) -> Result<Words, Failure> {
        processes.tell(self.id, &format!("oracle requests={requests}"));
        self.expect(processes, "answer", ORACLE_LIMIT)
    }

    /// Ends the process in order.
    pub(crate) fn stop(self, processes: &mut Processes) {
        processes.stop(self.id);
    }

    /// Ends the process at once.
    pub(crate) fn kill(self, processes: &mut Processes) {
        processes.kill(self.id);
    }

    fn expect(&self, processes: &mut Processes, kind: &str, limit: Duration) -> Result<Words, Failure> {
        let line = processes.answer(self.id, limit)?;
        let words = Words::parse(&line);
        if words.kind == kind { Ok(words) } else { Err(unexpected(&self.name, kind, &line)) }
    }
}

/// The same command, started by another program that looks at it.
fn through(program: &Path, option: &str, inner: &Command) -> Command {
    let mut command = Command::new(program);
    command.args([option, "--"]).arg(inner.get_program()).args(inner.get_args());
    if let Some(folder) = inner.get_current_dir() {
        command.current_dir(folder);
    }
    command
}

/// A process that does the same small piece of work whenever it is asked: when it takes longer, the machine is slower.
pub(crate) struct Canary {
    id: Id,
    /// When it was asked last, and how long the work took.
    last: Option<(Instant, u64)>,
}

/// So long a reading stands for what follows. Trials of a few milliseconds are then not apart for the canary's sake: two
/// that follow each other at once see the same machine, which is what pairs them.
const FRESH: Duration = Duration::from_millis(50);

impl Canary {
    /// Starts it on the CPU of the engines. It lives as long as `processes`.
    pub(crate) fn start(processes: &mut Processes, runner: &Path, cpu: u64) -> Result<Canary, Failure> {
        let mut command = Command::new(runner);
        command.args(["--canary", "--cpus", &cpu.to_string()]);
        let id = processes.start_shared("the canary", &mut command)?;
        let line = processes.answer(id, START_LIMIT)?;
        match Words::parse(&line).kind.as_str() {
            "ready" => Ok(Canary { id, last: None }),
            _ => Err(unexpected("the canary", "ready", &line)),
        }
    }

    /// How long the work takes, in nanoseconds: now, or a moment ago.
    pub(crate) fn sing(&mut self, processes: &mut Processes) -> Result<u64, Failure> {
        if let Some((_, ns)) = self.last.filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(ns);
        }
        processes.tell(self.id, "canary");
        let line = processes.answer(self.id, START_LIMIT)?;
        let words = Words::parse(&line);
        let ns = words.number("ns").filter(|_| words.kind == "canary");
        let ns = ns.ok_or_else(|| unexpected("the canary", "canary", &line))? as u64;
        self.last = Some((Instant::now(), ns));
        Ok(ns)
    }
}

/// A line of another kind: the runner's own error, or something that the protocol does not know.
fn unexpected(name: &str, expected: &str, line: &str) -> Failure {
    let words = Words::parse(line);
    if words.kind != "error" {
        return Failure::Silent(format!("{name} should have said `{expected} ...` and said: {line}"));
    }
    let kind = words.get("kind").unwrap_or("unknown");
    let message = words.get("message").unwrap_or("no message").replace('_', " ");
    Failure::Silent(format!("{name} failed ({kind}): {message}"))
}
