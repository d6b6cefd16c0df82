//! A ring of tasks that pass one token on: what a switch from one task to the next costs.
//!
//! After the bucket brigade of jimblandy/context-switch. Each station waits for the one before it, so that nothing but
//! switching happens, and never two things at once. `link=socket` passes it through sockets, so that each switch is caused
//! by I/O.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender, bounded};
use gather_blocking::Strategy;
use gather_core::{Runtime, RuntimeExt};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::models::tally;
use crate::models::threads::{self, MOST_THREADS};
use crate::native::{Give, Native, Take};
use crate::page::spread;
use crate::session::Outcome;
use crate::usage;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// Stations, beside the one that lets the token go.
    tasks: u64,
    link: Link,
}

/// What is between two stations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// A channel that belongs to no runtime: no system call as long as nobody sleeps.
    Channel,
    /// A pair of Unix sockets, watched by the runtime's own reactor.
    Socket,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let known = [("channel", Link::Channel), ("socket", Link::Socket)];
        let params = Params { tasks: own.positive("tasks", 500)?, link: own.pick("link", &known, Link::Channel)? };
        own.finish()?;
        Ok(params)
    }

    /// Two for each link.
    fn allow_descriptors(self) -> Result<(), Failure> {
        match self.link {
            Link::Channel => Ok(()),
            Link::Socket => usage::raise_descriptor_limit(self.tasks.saturating_add(1).saturating_mul(2) + 64),
        }
    }

    /// Passes of the token from one station to the next, when it goes round so many times.
    fn operations(self, rounds: u64) -> u64 {
        self.tasks.saturating_add(1).saturating_mul(rounds)
    }

    /// Every station adds one to the token, so it knows how often it was passed on.
    fn outcome(self, rounds: u64, token: u64, created: Duration, passing: Duration) -> Outcome {
        let operations = self.operations(rounds);
        let extra = format!("ops={operations} ops_ns={} create_ns={}", passing.as_nanos(), created.as_nanos());
        Outcome { answer: tally::answer(operations, spread(token)), extra }
    }
}

pub(crate) fn oracle(run: &Run, rounds: u64) -> Result<Answer, Failure> {
    let operations = Params::of(&run.workload)?.operations(rounds);
    Ok(tally::answer(operations, spread(operations)))
}

pub(crate) async fn run<R: Native>(engine: &Engine<'_, R>, rounds: u64) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    params.allow_descriptors()?;
    let runtime = engine.runtime.clone();
    // On a worker, where the stations are: elsewhere every round would cross to another thread twice.
    let ring = match params.link {
        Link::Channel => engine.runtime.task(ring(runtime, params, rounds, |_| Ok(bounded(1)))),
        Link::Socket => engine.runtime.task(ring(runtime, params, rounds, R::socket_pair)),
    };
    ring.await.map_err(|error| Failure::new("brigade", error))?
}

async fn ring<R: Runtime, G: Give, T: Take>(
    runtime: R,
    params: Params,
    rounds: u64,
    link: impl Fn(&R) -> io::Result<(G, T)> + Send,
) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let (mut first, mut last) = link(&runtime).map_err(no_link)?;
    for _ in 0..params.tasks {
        let (mut next, input) = link(&runtime).map_err(no_link)?;
        let mut before = std::mem::replace(&mut last, input);
        runtime.spawn(async move {
            while let Some(token) = before.take().await {
                if next.give(token + 1).await.is_none() {
                    break;
                }
            }
        });
    }
    let created = begun.elapsed();
    // Once around before it counts: every station has then been started.
    first.give(0).await.ok_or_else(broken)?;
    last.take().await.ok_or_else(broken)?;
    let begun = Instant::now();
    let mut token = 0;
    for _ in 0..rounds {
        first.give(token).await.ok_or_else(broken)?;
        token = last.take().await.ok_or_else(broken)? + 1;
    }
    let passing = begun.elapsed();
    // The ring ends station by station, and has ended when the last has hung up.
    drop(first);
    while last.take().await.is_some() {}
    Ok(params.outcome(rounds, token, created, passing))
}

fn no_link(error: io::Error) -> Failure {
    Failure::new("brigade", format!("a link between two stations: {error}"))
}

fn broken() -> Failure {
    Failure::new("brigade", "a station went away")
}

impl Give for Sender<u64> {
    async fn give(&mut self, token: u64) -> Option<()> {
        self.send(token).await.ok()
    }
}

impl Take for Receiver<u64> {
    async fn take(&mut self) -> Option<u64> {
        self.recv().await.ok()
    }
}

/// The same with a thread for each station.
pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let params = Params::of(&run.workload)?;
    if control.strategy != Strategy::ThreadPerRequest {
        return unsupported("a station that waits needs a thread of its own");
    }
    if params.tasks > MOST_THREADS {
        return unsupported("more threads than a system should be asked for");
    }
    params.allow_descriptors()?;
    serve_trials(run, |rounds| match params.link {
        Link::Channel => ring_of_threads(params, rounds, || Ok(mpsc::sync_channel(1))),
        Link::Socket => ring_of_threads(params, rounds, UnixStream::pair),
    })
}

/// As [`Give`], for threads.
trait BlockingGive: Send + 'static {
    fn give(&mut self, token: u64) -> Option<()>;
}

/// As [`Take`], for threads.
trait BlockingTake: Send + 'static {
    fn take(&mut self) -> Option<u64>;
}

impl BlockingGive for mpsc::SyncSender<u64> {
    fn give(&mut self, token: u64) -> Option<()> {
        self.send(token).ok()
    }
}

impl BlockingTake for mpsc::Receiver<u64> {
    fn take(&mut self) -> Option<u64> {
        self.recv().ok()
    }
}

impl BlockingGive for UnixStream {
    fn give(&mut self, token: u64) -> Option<()> {
        self.write_all(&token.to_le_bytes()).ok()
    }
}

impl BlockingTake for UnixStream {
    fn take(&mut self) -> Option<u64> {
        let mut token = [0; 8];
        self.read_exact(&mut token).ok()?;
        Some(u64::from_le_bytes(token))
    }
}

fn ring_of_threads<G: BlockingGive, T: BlockingTake>(
    params: Params,
    rounds: u64,
    link: impl Fn() -> io::Result<(G, T)>,
) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let (mut first, mut last) = link().map_err(no_link)?;
    let mut stations = Vec::new();
    for _ in 0..params.tasks {
        let (mut next, input) = link().map_err(no_link)?;
        let mut before = std::mem::replace(&mut last, input);
        stations.push(threads::spawn(move || {
            while let Some(token) = before.take() {
                if next.give(token + 1).is_none() {
                    break;
                }
            }
        })?);
    }
    let created = begun.elapsed();
    first.give(0).ok_or_else(broken)?;
    last.take().ok_or_else(broken)?;
    let begun = Instant::now();
    let mut token = 0;
    for _ in 0..rounds {
        first.give(token).ok_or_else(broken)?;
        token = last.take().ok_or_else(broken)? + 1;
    }
    let passing = begun.elapsed();
    drop(first);
    stations.into_iter().for_each(|station| _ = station.join());
    Ok(params.outcome(rounds, token, created, passing))
}
