//! So many tasks made and waited for: what one costs that does nothing but exist.

use std::time::{Duration, Instant};

use gather_blocking::Strategy;
use gather_core::{Runtime, RuntimeExt, Task};
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
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let params = Params { tasks: own.positive("tasks", 10_000)? };
        own.finish()?;
        Ok(params)
    }

    fn outcome(self, requests: u64, made: &Made) -> Outcome {
        let operations = self.tasks.saturating_mul(requests);
        let (all, created) = (made.joined.as_nanos(), made.created.as_nanos());
        let extra = format!("ops={operations} ops_ns={all} create_ns={created}");
        Outcome { answer: tally::answer(operations, made.checksum), extra }
    }
}

/// What has been made, and the time it took: to make all, and to make and join all.
#[derive(Default)]
struct Made {
    checksum: u64,
    created: Duration,
    joined: Duration,
}

impl Made {
    fn add(&mut self, checksum: u64) {
        self.checksum = self.checksum.wrapping_add(checksum);
    }
}

pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let Params { tasks } = Params::of(&run.workload)?;
    let once = (0..tasks).map(|number| contribution(number, 1)).fold(0, u64::wrapping_add);
    Ok(tally::answer(tasks.saturating_mul(requests), once.wrapping_mul(requests)))
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    let all = engine.runtime.task(make_tasks(engine.runtime.clone(), params, requests));
    let made = all.await.map_err(|error| Failure::new("create", error))??;
    Ok(params.outcome(requests, &made))
}

async fn make_tasks<R: Runtime>(runtime: R, params: Params, requests: u64) -> Result<Made, Failure> {
    let mut made = Made::default();
    for _ in 0..requests {
        let begun = Instant::now();
        // What gather spawns is owned, so an owner of a task (a channel and a flag) is in the price, on every runtime.
        let tasks: Vec<Task<u64>> =
            (0..params.tasks).map(|number| runtime.task(async move { contribution(number, 1) })).collect();
        made.created += begun.elapsed();
        for task in tasks {
            made.add(task.await.map_err(|error| Failure::new("create", error))?);
        }
        made.joined += begun.elapsed();
    }
    Ok(made)
}

/// The same with threads.
pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let params = Params::of(&run.workload)?;
    if control.strategy != Strategy::ThreadPerRequest {
        return unsupported("nothing is spawned here");
    }
    if params.tasks > MOST_THREADS {
        return unsupported("more threads than a system should be asked for");
    }
    serve_trials(run, |requests| {
        let mut made = Made::default();
        for _ in 0..requests {
            make_threads(params, &mut made)?;
        }
        Ok(params.outcome(requests, &made))
    })
}

fn make_threads(params: Params, made: &mut Made) -> Result<(), Failure> {
    let begun = Instant::now();
    let started: Result<Vec<_>, Failure> =
        (0..params.tasks).map(|number| threads::spawn(move || contribution(number, 1))).collect();
    let threads = started?;
    made.created += begun.elapsed();
    for thread in threads {
        made.add(thread.join().map_err(|_| Failure::new("create", "a thread panicked"))?);
    }
    made.joined += begun.elapsed();
    Ok(())
}
