//! The conversation with whoever started the runner: commands in, one line for each out.

use std::fmt::Write as _;
use std::io::{BufRead, Write as _, stdin, stdout};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::counters::Readings;
use crate::models::{self, Model};
use crate::usage::Usage;
use crate::workload::Workload;

/// What a trial brought: the answer, and words of the model's own.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) extra: String,
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        Outcome { answer, extra: String::new() }
    }
}

/// One command.
enum Command {
    Trial(u64),
    Oracle(u64),
    End,
}

/// Obeys until standard input ends. `trial` runs one trial of so many requests.
///
/// Reading a command blocks the thread: the engine has nothing to do between trials, and should do nothing.
pub(crate) async fn serve(
    run: &Run,
    mut trial: impl AsyncFnMut(u64) -> Result<Outcome, Failure>,
) -> Result<(), Failure> {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let engine = &run.engine;
    say(&format!("ready engine={engine} version={} threads={} profile={profile}", run.version(), run.threads))?;
    // A scrape in memory is to do nothing else that could vary.
    let asks_origin = run.workload.model != Model::Memory;
    loop {
        match next_command(&run.workload)? {
            Command::End => return Ok(()),
            Command::Oracle(requests) => say(&format!("answer {}", models::oracle(run, requests)?))?,
            Command::Trial(requests) => {
                if asks_origin {
                    crate::origin::reset(run.origin)?;
                }
                let usage = Usage::start();
                let mut readings = Readings::begin(run.counters);
                let mut outcome = trial(requests).await?;
                readings.end();
                let used = usage.stop();
                run.workload.inject.spoil(&mut outcome.answer);
                let served = if asks_origin { crate::origin::stats(run.origin)? } else { String::new() };
                let mut line = format!("trial requests={requests} {used} {}", outcome.answer);
                let _ = write!(line, "{} {} {}", readings.words(), outcome.extra, served);
                say(line.split_whitespace().collect::<Vec<_>>().join(" ").as_str())?;
            }
        }
    }
}

pub(crate) fn say(line: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| Failure::new("output", error))
}

fn next_command(workload: &Workload) -> Result<Command, Failure> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(|error| Failure::new("input", error))?;
    let mut words = line.split_whitespace();
    let command = words.next();
    let mut requests = workload.requests;
    for word in words {
        let number = word.strip_prefix("requests=").and_then(|number| number.parse().ok());
        requests = number.ok_or_else(|| Failure::new("input", format!("`{word}` is not requests=NUMBER")))?;
    }
    let requests = models::requests(workload, requests)?;
    match command {
        None if line.is_empty() => Ok(Command::End),
        Some("trial") => Ok(Command::Trial(requests)),
        Some("oracle") => Ok(Command::Oracle(requests)),
        _ => Err(Failure::new("input", format!("`{}` is neither trial nor oracle", line.trim()))),
    }
}
