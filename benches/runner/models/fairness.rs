//! So many tasks that give way after each step, until a number of steps is reached: has each had its share?

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use futures_lite::future::yield_now;
use gather_blocking::Strategy;
use gather_core::{Runtime, RuntimeExt};
use gather_http::Connect;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::models::tally::{self, contribution};
use crate::models::threads::{self, MOST_THREADS};
use crate::session::Outcome;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    tasks: u64,
    /// Of all tasks together.
    steps: u64,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let params = Params { tasks: own.positive("tasks", 1000)?, steps: own.positive("steps", 1_000_000)? };
        own.finish()?;
        Ok(params)
    }

    fn outcome(self, begun: Instant, shares: &[Share]) -> Outcome {
        let elapsed = begun.elapsed();
        let steps: u64 = shares.iter().map(|share| share.steps).sum();
        let checksum = shares.iter().map(|share| share.checksum).fold(0, u64::wrapping_add);
        let (min, max) =
            shares.iter().fold((u64::MAX, 0), |(min, max), share| (min.min(share.steps), max.max(share.steps)));
        let extra = format!(
            "ops={steps} ops_ns={} jain_milli={} progress_min={min} progress_max={max}",
            elapsed.as_nanos(),
            jain_milli(shares),
        );
        Outcome { answer: tally::answer(steps, checksum), extra }
    }
}

pub(crate) fn oracle(run: &Run) -> Result<Answer, Failure> {
    let Params { steps, .. } = Params::of(&run.workload)?;
    let checksum = (0..steps).map(|number| contribution(number, 1)).fold(0, u64::wrapping_add);
    Ok(tally::answer(steps, checksum))
}

/// What one task has done.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    steps: u64,
    checksum: u64,
}

impl Share {
    /// Takes one step, unless all have been taken.
    fn step(&mut self, taken: &AtomicU64, steps: u64) -> bool {
        let number = taken.fetch_add(1, Ordering::Relaxed);
        if number >= steps {
            return false;
        }
        self.steps += 1;
        self.checksum = self.checksum.wrapping_add(contribution(number, 1));
        true
    }
}

/// Jain's index in thousandths: 1000 when all have had the same, 1000 divided by their number when one has had it all.
fn jain_milli(shares: &[Share]) -> u64 {
    let sum: u128 = shares.iter().map(|share| u128::from(share.steps)).sum();
    let squares: u128 = shares.iter().map(|share| u128::from(share.steps).pow(2)).sum();
    let index = sum.pow(2) * 1000 / (squares * shares.len() as u128).max(1);
    u64::try_from(index).unwrap_or(u64::MAX)
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    let all = engine.runtime.task(share_out(engine.runtime.clone(), params));
    all.await.map_err(|error| Failure::new("fairness", error))?
}

async fn share_out<R: Runtime>(runtime: R, params: Params) -> Result<Outcome, Failure> {
    // Nobody starts before all are there: nothing is sent through the gate, closing it opens it.
    let (gate, closed) = async_channel::bounded::<()>(1);
    let (arrive, arrived) = async_channel::bounded(1);
    let (taken, waiting) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let tasks: Vec<_> = (0..params.tasks)
        .map(|_| {
            let (closed, arrive, taken, waiting) = (closed.clone(), arrive.clone(), taken.clone(), waiting.clone());
            runtime.task(async move {
                if waiting.fetch_add(1, Ordering::Relaxed) + 1 == params.tasks {
                    let _ = arrive.send(()).await;
                }
                let _ = closed.recv().await;
                let mut share = Share::default();
                while share.step(&taken, params.steps) {
                    yield_now().await;
                }
                share
            })
        })
        .collect();
    let _ = arrived.recv().await;
    let begun = Instant::now();
    drop(gate);
    let mut shares = Vec::new();
    for task in tasks {
        shares.push(task.await.map_err(|error| Failure::new("fairness", error))?);
    }
    Ok(params.outcome(begun, &shares))
}

/// The operating system's scheduler, for comparison.
pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let params = Params::of(&run.workload)?;
    if control.strategy != Strategy::ThreadPerRequest {
        return unsupported("there is no scheduler here");
    }
    if params.tasks > MOST_THREADS {
        return unsupported("more threads than a system should be asked for");
    }
    serve_trials(run, |_| {
        let gate = Arc::new(Barrier::new(params.tasks as usize + 1));
        let taken = Arc::new(AtomicU64::new(0));
        let started: Result<Vec<_>, Failure> = (0..params.tasks)
            .map(|_| {
                let (gate, taken) = (gate.clone(), taken.clone());
                threads::spawn(move || {
                    gate.wait();
                    let mut share = Share::default();
                    while share.step(&taken, params.steps) {
                        thread::yield_now();
                    }
                    share
                })
            })
            .collect();
        let threads = started?;
        let begun = Instant::now();
        gate.wait();
        let shares: Result<Vec<Share>, _> = threads.into_iter().map(|thread| thread.join()).collect();
        let shares = shares.map_err(|_| Failure::new("fairness", "a thread panicked"))?;
        Ok(params.outcome(begun, &shares))
    })
}

#[cfg(test)]
mod tests {
    use super::{Share, jain_milli};

    fn jain(steps: &[u64]) -> u64 {
        jain_milli(&steps.iter().map(|steps| Share { steps: *steps, checksum: 0 }).collect::<Vec<_>>())
    }

    #[test]
    fn the_index_is_one_for_equals_and_one_nth_for_a_monopoly() {
        assert_eq!(jain(&[7, 7, 7, 7]), 1000);
        assert_eq!(jain(&[100, 0, 0, 0]), 250);
        assert_eq!(jain(&[1, 2, 3]), 857); // 36 / (3 * 14)
        assert_eq!(jain(&[0, 0]), 0);
    }
}
