//! So many tasks, or threads, asleep at once: what does one of them weigh?
//!
//! `task=sleep-spawn`: each is spawned. `sleep-joined`: all are futures of one task. `connection`: see `connections`.

use std::mem::size_of;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use futures_lite::future::or;
use futures_util::future::join_all;
use gather_blocking::Strategy;
use gather_core::Runtime;
use gather_http::Connect;
use pin_project_lite::pin_project;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::models::connections;
use crate::models::memory::Memory;
use crate::models::threads::{self, MOST_THREADS};
use crate::session::Outcome;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// How many are idle at once.
    tasks: u64,
    task: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Spawned,
    Joined,
    Connection,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let known = [("sleep-spawn", Kind::Spawned), ("sleep-joined", Kind::Joined), ("connection", Kind::Connection)];
        let params = Params { tasks: own.positive("tasks", 1000)?, task: own.pick("task", &known, Kind::Spawned)? };
        own.finish()?;
        Ok(params)
    }
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>) -> Result<Outcome, Failure> {
    let Params { tasks, task } = Params::of(&engine.run.workload)?;
    match task {
        Kind::Spawned | Kind::Joined => sleep(&engine.runtime, tasks, task).await,
        Kind::Connection => connections::run(engine, tasks).await,
    }
}

pub(crate) fn oracle(run: &Run) -> Result<Answer, Failure> {
    let Params { tasks, task } = Params::of(&run.workload)?;
    let bytes = if task == Kind::Connection { tasks * connections::PAGE_BYTES } else { 0 };
    Ok(Answer { pages: tasks, bytes, ..Answer::default() })
}

async fn sleep<R: Runtime>(runtime: &R, tasks: u64, task: Kind) -> Result<Outcome, Failure> {
    // First of all: the naps of two trials could not be told apart.
    only_once()?;
    // One nap that does not count: it brings the code into memory, which is no task's weight.
    runtime.spawn(Nap::new(runtime, Duration::from_millis(1)));
    wait_until(runtime, || AWAKE.load(Ordering::Relaxed) == 1).await;
    let before = Memory::now();
    let during = if task == Kind::Joined {
        let all = join_all((0..tasks).map(|_| Nap::new(runtime, NIGHT)));
        // Dropped as soon as it has been looked at: on tokio's current-thread runtime the time to wake them grows with the
        // square of their number and what is asked here is what they weigh.
        or(look(runtime, tasks), async {
            all.await;
            Memory::now()
        })
        .await
    } else {
        (0..tasks).for_each(|_| runtime.spawn(Nap::new(runtime, NIGHT)));
        look(runtime, tasks).await
    };
    let mut outcome = outcome(tasks, &before, &during);
    outcome.extra += &format!(" future_bytes={}", size_of::<Nap<R::Sleep>>());
    Ok(outcome)
}

/// Longer than any trial: nobody wakes before all are asleep, however slow the machine, and nobody is waited for. The
/// process ends with its one trial.
const NIGHT: Duration = Duration::from_secs(3600);

fn only_once() -> Result<(), Failure> {
    if USED.swap(true, Ordering::Relaxed) {
        let message = "those of the trial before are still asleep: this workload needs processes = \"cold\"";
        return Err(Failure::new("idle", message));
    }
    Ok(())
}

static USED: AtomicBool = AtomicBool::new(false);

/// The memory when all are asleep.
async fn look<R: Runtime>(runtime: &R, tasks: u64) -> Memory {
    // The nap that does not count was asleep, too.
    wait_until(runtime, || ASLEEP.load(Ordering::Relaxed) == tasks + 1).await;
    Memory::now()
}

async fn wait_until<R: Runtime>(runtime: &R, condition: impl Fn() -> bool) {
    while !condition() {
        runtime.sleep(Duration::from_millis(2)).await;
    }
}

/// Here and not shared by pointers, which would be a part of what is weighed. A process runs one trial at a time.
static ASLEEP: AtomicU64 = AtomicU64::new(0);
static AWAKE: AtomicU64 = AtomicU64::new(0);

pin_project! {
    /// A sleep that is counted. A struct and not an `async` block, which would hold the sleep twice.
    struct Nap<S> {
        #[pin]
        sleep: S,
        asleep: bool,
    }
}

impl<S: Future<Output = ()>> Nap<S> {
    fn new<R: Runtime + gather_core::Clock<Sleep = S>>(runtime: &R, nap: Duration) -> Self {
        Nap { sleep: runtime.sleep(nap), asleep: false }
    }
}

impl<S: Future<Output = ()>> Future for Nap<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let slept = this.sleep.poll(cx);
        // After the first poll, which is what arms a timer.
        if !std::mem::replace(this.asleep, true) {
            ASLEEP.fetch_add(1, Ordering::Relaxed);
        }
        if slept.is_ready() {
            AWAKE.fetch_add(1, Ordering::Relaxed);
        }
        slept
    }
}

/// The same with threads. What the kernel spends on each shows in the cgroup's words alone.
pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let Params { tasks, task } = Params::of(&run.workload)?;
    match (task, control.strategy) {
        (Kind::Spawned, Strategy::ThreadPerRequest) if tasks > MOST_THREADS => {
            unsupported("more threads than a system should be asked for")
        }
        (Kind::Spawned, Strategy::ThreadPerRequest) => serve_trials(run, |_| sleep_on_threads(tasks)),
        (Kind::Connection, Strategy::ThreadPerRequest | Strategy::Pool) if tasks > MOST_THREADS => {
            unsupported("more threads than a system should be asked for")
        }
        // As long as they wait, a pool of so many threads and so many threads are the same.
        (Kind::Connection, Strategy::ThreadPerRequest | Strategy::Pool) => {
            serve_trials(run, |_| connections::by_thread::run(run, tasks))
        }
        (Kind::Connection, _) => unsupported("a connection that waits needs a thread of its own"),
        _ => unsupported("nothing sleeps here but threads"),
    }
}

/// The same with a loop that is written by hand.
pub(crate) fn serve_floor(run: &Run) -> Result<(), Failure> {
    let Params { tasks, task } = Params::of(&run.workload)?;
    match task {
        Kind::Connection => serve_trials(run, |_| connections::by_loop::run(run, tasks)),
        _ => unsupported("this loop has neither tasks nor timers"),
    }
}

fn sleep_on_threads(tasks: u64) -> Result<Outcome, Failure> {
    let warm = threads::spawn(|| thread::sleep(Duration::from_millis(1)))?;
    let _ = warm.join();
    only_once()?;
    let before = Memory::now();
    for _ in 0..tasks {
        threads::spawn(|| {
            ASLEEP.fetch_add(1, Ordering::Relaxed);
            thread::sleep(NIGHT);
        })?;
    }
    while ASLEEP.load(Ordering::Relaxed) < tasks {
        thread::sleep(Duration::from_millis(2));
    }
    Ok(outcome(tasks, &before, &Memory::now()))
}

fn outcome(tasks: u64, before: &Memory, during: &Memory) -> Outcome {
    let answer = Answer { pages: tasks, ..Answer::default() };
    let per_task = during.beyond(before) / tasks;
    let (grown, before, during) = (during.cgroup_word(before), before.words("before"), during.words("during"));
    let extra = format!("per_task_bytes={per_task} {before} {during} {grown}");
    Outcome { answer, extra }
}
