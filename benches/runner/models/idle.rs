//! So many tasks, or threads, asleep at once: what does one of them cost?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gather_blocking::Strategy;
use gather_core::Runtime;
use gather_http::Connect;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::session::Outcome;
use crate::usage;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// How many are asleep at once.
    tasks: u64,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let params = Params { tasks: own.positive("tasks", 1000)? };
        own.finish()?;
        Ok(params)
    }
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>) -> Result<Outcome, Failure> {
    let Params { tasks } = Params::of(&engine.run.workload)?;
    let before = usage::resident();
    let (asleep, awake) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    // Long enough that all of them are asleep before the first wakes.
    let nap = Duration::from_millis(500) + Duration::from_micros(5) * u32::try_from(tasks).unwrap_or(u32::MAX);
    for _ in 0..tasks {
        let (runtime, asleep, awake) = (engine.runtime.clone(), asleep.clone(), awake.clone());
        engine.runtime.spawn(async move {
            asleep.fetch_add(1, Ordering::Relaxed);
            runtime.sleep(nap).await;
            awake.fetch_add(1, Ordering::Relaxed);
        });
    }
    wait_until(&engine.runtime, || asleep.load(Ordering::Relaxed) == tasks).await;
    let resident = usage::resident().saturating_sub(before);
    let early = awake.load(Ordering::Relaxed);
    wait_until(&engine.runtime, || awake.load(Ordering::Relaxed) == tasks).await;
    if early > 0 {
        let message = format!("{early} of {tasks} tasks were awake again before the last was asleep");
        return Err(Failure::new("idle", message));
    }
    Ok(outcome(tasks, resident))
}

async fn wait_until<R: Runtime>(runtime: &R, condition: impl Fn() -> bool) {
    while !condition() {
        runtime.sleep(Duration::from_millis(2)).await;
    }
}

/// Beyond this a thread for each task is no longer a question of cost.
const MOST_THREADS: u64 = 10_000;

pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let Params { tasks } = Params::of(&run.workload)?;
    if control.strategy != Strategy::ThreadPerRequest {
        return unsupported("nothing sleeps here but threads");
    }
    if tasks > MOST_THREADS {
        return unsupported("more threads than a system should be asked for");
    }
    serve_trials(run, |_| sleep_on_threads(tasks))
}

/// What the kernel spends on each thread is not in the figure.
fn sleep_on_threads(tasks: u64) -> Result<Outcome, Failure> {
    const STACK: usize = 64 << 10;
    let before = usage::resident();
    let wake = Instant::now()
        + Duration::from_millis(500)
        + Duration::from_micros(200) * u32::try_from(tasks).unwrap_or(u32::MAX);
    let mut threads = Vec::new();
    for _ in 0..tasks {
        let sleep = move || thread::sleep(wake.saturating_duration_since(Instant::now()));
        let thread = thread::Builder::new().stack_size(STACK).spawn(sleep);
        threads.push(thread.map_err(|error| Failure::new("idle", format!("thread {}: {error}", threads.len())))?);
    }
    let resident = usage::resident().saturating_sub(before);
    if Instant::now() >= wake {
        return Err(Failure::new("idle", "the first threads were awake before the last was asleep"));
    }
    threads.into_iter().for_each(|thread| _ = thread.join());
    Ok(outcome(tasks, resident))
}

fn outcome(tasks: u64, resident: u64) -> Outcome {
    let answer = Answer { pages: tasks, ..Answer::default() };
    Outcome { answer, extra: format!("per_task_bytes={}", resident / tasks) }
}

pub(crate) fn oracle(run: &Run) -> Result<Answer, Failure> {
    let Params { tasks } = Params::of(&run.workload)?;
    Ok(Answer { pages: tasks, ..Answer::default() })
}
