//! What a scheduler costs: the four micro-benchmarks of tokio's `rt_multi_threaded.rs`, on every runtime.
//!
//! `spawn-many`: so many tasks that do nothing. `chained-spawn`: each task spawns the next. `ping-pong`: a task and its
//! partner exchange a message each way. `yield-many`: tasks that give way again and again.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use futures_channel::oneshot;
use futures_lite::future::yield_now;
use gather_blocking::Strategy;
use gather_core::{Runtime, RuntimeExt};
use gather_http::Connect;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::models::Model;
use crate::models::tally::{self, Tally, contribution};
use crate::models::threads::{self, MOST_THREADS};
use crate::session::Outcome;
use crate::workload::Workload;

/// What is these models' own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    shape: Shape,
    /// Tasks, links of the chain, or pairs.
    tasks: u64,
    /// How often each task gives way.
    yields: u64,
    from: Spawner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    SpawnMany,
    ChainedSpawn,
    PingPong,
    YieldMany,
}

/// Who spawns. A runtime with threads has a short way for its own tasks and a long one for everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spawner {
    Worker,
    Outside,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let known = [("worker", Spawner::Worker), ("outside", Spawner::Outside)];
        let from = own.pick("from", &known, Spawner::Worker)?;
        // tokio's own sizes are the defaults.
        let (shape, tasks, yields) = match workload.model {
            Model::ChainedSpawn => (Shape::ChainedSpawn, own.positive("depth", 1000)?, 1),
            Model::PingPong => (Shape::PingPong, own.positive("tasks", 1000)?, 1),
            Model::YieldMany => (Shape::YieldMany, own.positive("tasks", 200)?, own.positive("yields", 1000)?),
            _ => (Shape::SpawnMany, own.positive("tasks", 10_000)?, 1),
        };
        own.finish()?;
        let operations = tasks.checked_mul(yields).filter(|operations| *operations <= MOST_OPERATIONS);
        operations.ok_or_else(|| format!("tasks and yields: more than {MOST_OPERATIONS} operations at once"))?;
        Ok(Params { shape, tasks, yields, from })
    }

    /// The operations of one repetition.
    fn operations(&self) -> u64 {
        self.tasks * self.yields
    }

    fn outcome(&self, requests: u64, begun: Instant, checksum: u64) -> Outcome {
        let operations = self.operations().saturating_mul(requests);
        let extra = format!("ops={operations} ops_ns={}", begun.elapsed().as_nanos());
        Outcome { answer: tally::answer(operations, checksum), extra }
    }
}

/// What is in memory at once should fit into it.
const MOST_OPERATIONS: u64 = 1_000_000_000;

pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let params = Params::of(&run.workload)?;
    let once = (0..params.tasks).map(|number| contribution(number, params.yields)).fold(0, u64::wrapping_add);
    Ok(tally::answer(params.operations().saturating_mul(requests), once.wrapping_mul(requests)))
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    let begun = Instant::now();
    let work = repeat(engine.runtime.clone(), params, requests);
    let checksum = match params.from {
        Spawner::Worker => engine.runtime.task(work).await.map_err(|error| Failure::new("scheduler", error))?,
        Spawner::Outside => work.await,
    };
    Ok(params.outcome(requests, begun, checksum?))
}

/// All of it, so many times.
async fn repeat<R: Runtime>(runtime: R, params: Params, requests: u64) -> Result<u64, Failure> {
    let mut checksum = 0_u64;
    for _ in 0..requests {
        let (tally, finish) = Tally::new(params.operations());
        match params.shape {
            Shape::SpawnMany => spawn_many(&runtime, params.tasks, &tally),
            Shape::ChainedSpawn => chain(runtime.clone(), params.tasks, tally),
            Shape::PingPong => ping_pong(&runtime, params.tasks, &tally),
            Shape::YieldMany => yield_many(&runtime, params, &tally),
        }
        checksum = checksum.wrapping_add(finish.wait().await?);
    }
    Ok(checksum)
}

fn spawn_many<R: Runtime>(runtime: &R, tasks: u64, tally: &Arc<Tally>) {
    for number in 0..tasks {
        let tally = tally.clone();
        runtime.spawn(async move { tally.add(number, 1) });
    }
}

fn chain<R: Runtime>(runtime: R, left: u64, tally: Arc<Tally>) {
    runtime.clone().spawn(async move {
        tally.add(left - 1, 1);
        if left > 1 {
            chain(runtime, left - 1, tally);
        }
    });
}

fn ping_pong<R: Runtime>(runtime: &R, pairs: u64, tally: &Arc<Tally>) {
    for number in 0..pairs {
        let (inner, tally) = (runtime.clone(), tally.clone());
        runtime.spawn(async move {
            let (ping, pinged) = oneshot::channel();
            let (pong, ponged) = oneshot::channel();
            inner.spawn(async move {
                // Nobody hears of a broken exchange; the tally then never ends, and the lab's time limit does.
                if let Ok(message) = pinged.await {
                    let _ = pong.send(message);
                }
            });
            let _ = ping.send(number);
            if let Ok(message) = ponged.await {
                tally.add(message, 1);
            }
        });
    }
}

fn yield_many<R: Runtime>(runtime: &R, params: Params, tally: &Arc<Tally>) {
    for number in 0..params.tasks {
        let tally = tally.clone();
        runtime.spawn(async move {
            for _ in 0..params.yields {
                yield_now().await;
            }
            tally.add(number, params.yields);
        });
    }
}

/// The same with threads for tasks, and where nothing waits with the jobs of a rayon pool.
pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let params = Params::of(&run.workload)?;
    match (control.strategy, params.shape) {
        (Strategy::ThreadPerRequest, _) if params.tasks > MOST_THREADS => {
            unsupported("more threads than a system should be asked for")
        }
        (Strategy::ThreadPerRequest, _) => serve_trials(run, |requests| repeat_on(params, requests, once_on_threads)),
        (Strategy::Rayon, Shape::SpawnMany | Shape::ChainedSpawn) => {
            let pool = ThreadPoolBuilder::new().num_threads(run.threads).build();
            let pool = pool.map_err(|error| Failure::new("engine", error))?;
            serve_trials(run, |requests| {
                repeat_on(params, requests, |params, tally| once_on_rayon(&pool, params, tally))
            })
        }
        (Strategy::Rayon, _) => unsupported("a job that waits would hold a thread of the pool"),
        _ => unsupported("nothing is spawned here"),
    }
}

fn repeat_on(
    params: Params,
    requests: u64,
    once: impl Fn(Params, &Arc<Tally>) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let mut checksum = 0_u64;
    for _ in 0..requests {
        let (tally, finish) = Tally::new(params.operations());
        once(params, &tally)?;
        checksum = checksum.wrapping_add(finish.wait_blocking()?);
    }
    Ok(params.outcome(requests, begun, checksum))
}

fn once_on_threads(params: Params, tally: &Arc<Tally>) -> Result<(), Failure> {
    if params.shape == Shape::ChainedSpawn {
        return chain_threads(params.tasks, tally.clone());
    }
    for number in 0..params.tasks {
        let tally = tally.clone();
        threads::spawn(move || match params.shape {
            Shape::PingPong => ping_pong_threads(number, &tally),
            Shape::YieldMany => {
                (0..params.yields).for_each(|_| thread::yield_now());
                tally.add(number, params.yields);
            }
            Shape::SpawnMany | Shape::ChainedSpawn => tally.add(number, 1),
        })?;
    }
    Ok(())
}

fn chain_threads(left: u64, tally: Arc<Tally>) -> Result<(), Failure> {
    threads::spawn(move || {
        tally.add(left - 1, 1);
        if left > 1 {
            let next = chain_threads(left - 1, tally.clone());
            next.unwrap_or_else(|failure| tally.fail(failure));
        }
    })
    .map(drop)
}

fn ping_pong_threads(number: u64, tally: &Tally) {
    let (ping, pinged) = mpsc::channel();
    let (pong, ponged) = mpsc::channel();
    let partner = threads::spawn(move || {
        if let Ok(message) = pinged.recv() {
            let _ = pong.send(message);
        }
    });
    if let Err(failure) = partner {
        return tally.fail(failure);
    }
    let _ = ping.send(number);
    if let Ok(message) = ponged.recv() {
        tally.add(message, 1);
    }
}

fn once_on_rayon(pool: &ThreadPool, params: Params, tally: &Arc<Tally>) -> Result<(), Failure> {
    fn chain(left: u64, tally: Arc<Tally>) {
        tally.add(left - 1, 1);
        if left > 1 {
            rayon::spawn(move || chain(left - 1, tally));
        }
    }
    let tally = tally.clone();
    match params.shape {
        Shape::ChainedSpawn => pool.spawn(move || chain(params.tasks, tally)),
        _ => pool.spawn(move || {
            for number in 0..params.tasks {
                let tally = tally.clone();
                rayon::spawn(move || tally.add(number, 1));
            }
        }),
    }
    Ok(())
}
