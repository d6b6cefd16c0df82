//! A ring of tasks that pass one token on: what a switch from one task to the next costs.
//!
//! After the bucket brigade of jimblandy/context-switch. Each station waits for the one before it, so that nothing but
//! switching happens, and never two things at once.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use async_channel::bounded;
use gather_blocking::Strategy;
use gather_core::{Runtime, RuntimeExt};
use gather_http::Connect;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::models::tally;
use crate::models::threads::{self, MOST_THREADS};
use crate::page::spread;
use crate::session::Outcome;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// Stations, beside the one that lets the token go.
    tasks: u64,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let params = Params { tasks: own.positive("tasks", 500)? };
        own.finish()?;
        Ok(params)
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

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, rounds: u64) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    // On a worker, where the stations are: elsewhere every round would cross to another thread twice.
    let ring = engine.runtime.task(ring(engine.runtime.clone(), params, rounds));
    ring.await.map_err(|error| Failure::new("brigade", error))?
}

async fn ring<R: Runtime>(runtime: R, params: Params, rounds: u64) -> Result<Outcome, Failure> {
    let broken = |_| Failure::new("brigade", "a station went away");
    let begun = Instant::now();
    let (first, mut last) = bounded(1);
    for _ in 0..params.tasks {
        let (next, input) = bounded(1);
        let before = std::mem::replace(&mut last, input);
        runtime.spawn(async move {
            while let Ok(token) = before.recv().await {
                if next.send(token + 1_u64).await.is_err() {
                    break;
                }
            }
        });
    }
    let created = begun.elapsed();
    // Once around before it counts: every station has then been started.
    first.send(0).await.map_err(|_| broken(()))?;
    last.recv().await.map_err(|_| broken(()))?;
    let begun = Instant::now();
    let mut token = 0;
    for _ in 0..rounds {
        first.send(token).await.map_err(|_| broken(()))?;
        token = last.recv().await.map_err(|_| broken(()))? + 1;
    }
    let passing = begun.elapsed();
    // The ring ends station by station, and has ended when the last has hung up.
    drop(first);
    while last.recv().await.is_ok() {}
    Ok(params.outcome(rounds, token, created, passing))
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
    serve_trials(run, |rounds| ring_of_threads(params, rounds))
}

fn ring_of_threads(params: Params, rounds: u64) -> Result<Outcome, Failure> {
    let broken = || Failure::new("brigade", "a station went away");
    let begun = Instant::now();
    let (first, mut last) = mpsc::sync_channel(1);
    let mut stations = Vec::new();
    for _ in 0..params.tasks {
        let (next, input) = mpsc::sync_channel(1);
        let before = std::mem::replace(&mut last, input);
        stations.push(threads::spawn(move || {
            while let Ok(token) = before.recv() {
                if next.send(token + 1_u64).is_err() {
                    break;
                }
            }
        })?);
    }
    let created = begun.elapsed();
    first.send(0).map_err(|_| broken())?;
    last.recv().map_err(|_| broken())?;
    let begun = Instant::now();
    let mut token = 0;
    for _ in 0..rounds {
        first.send(token).map_err(|_| broken())?;
        token = last.recv().map_err(|_| broken())? + 1;
    }
    let passing = begun.elapsed();
    drop(first);
    stations.into_iter().for_each(|station| _ = station.join());
    Ok(params.outcome(rounds, token, created, passing))
}
