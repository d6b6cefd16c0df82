//! The controls: threads and blocking sockets, and the oracle's own plain client.

use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{panic, thread};

use gather_blocking::{BlockingFetch, BlockingScraper, Raw, Strategy, Ureq, fetch_page};
use gather_core::{Page, get};
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::{cpu, serve_blocking, unsupported};
use crate::page::{PageAnswer, PageParser};
use crate::session::Outcome;
use crate::usage;
use crate::workload::{Model, Place, Workload};

/// A strategy with a client.
#[derive(Clone, Copy)]
pub(crate) struct Control {
    strategy: Strategy,
    client: Client,
}

#[derive(Clone, Copy)]
enum Client {
    Ureq,
    Raw,
}

impl Control {
    /// The control of an engine's name, in its two halves.
    pub(crate) fn of(how: &str, client: &str) -> Option<Self> {
        let strategy = match how {
            "sequential" => Strategy::Sequential,
            "threads" => Strategy::ThreadPerRequest,
            "pool" => Strategy::Pool,
            "rayon" => Strategy::Rayon,
            _ => return None,
        };
        let client = match client {
            "ureq" => Client::Ureq,
            "raw" => Client::Raw,
            _ => return None,
        };
        Some(Control { strategy, client })
    }
}

/// Serves on threads.
pub(crate) fn serve(run: &Run, control: Control) -> Result<(), Failure> {
    let Workload { model, compute, tasks, .. } = run.workload;
    match model {
        Model::Heartbeat => unsupported("there is no loop to block"),
        Model::Fetch | Model::Cpu if compute != Place::Inline => unsupported("threads compute where they fetch"),
        // As many connections kept as there are exchanges: a pool that is too small would open some anew in every trial.
        Model::Fetch => match control.client {
            Client::Ureq => serve_fetch(run, control.strategy, Ureq::with_max_idle(run.workload.concurrency)),
            Client::Raw => serve_fetch(run, control.strategy, Raw::new().max_idle(run.workload.concurrency)),
        },
        Model::Cpu => serve_cpu(run, control.strategy),
        Model::Idle if control.strategy != Strategy::ThreadPerRequest => unsupported("nothing sleeps here but threads"),
        Model::Idle if tasks > MOST_THREADS => unsupported("more threads than a system should be asked for"),
        Model::Idle => serve_blocking(run, |_| idle(tasks)),
    }
}

/// Beyond this a thread for each task is no longer a question of cost.
const MOST_THREADS: u64 = 10_000;

fn serve_fetch<C: BlockingFetch>(run: &Run, strategy: Strategy, client: C) -> Result<(), Failure> {
    let workload = &run.workload;
    let scraper = BlockingScraper::new(client)
        .parse(PageParser::new(workload))
        .strategy(strategy)
        .limits(workload.limits())
        .concurrency(workload.concurrency);
    serve_blocking(run, |requests| {
        // One lock for each result: a page costs a hundred times as much, and sixty-four threads seldom meet here.
        let answer = Mutex::new(Answer::default());
        let requests = workload.requests(run.origin, requests);
        let handled = scraper.for_each(requests, |result| {
            answer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(&result);
        });
        handled.map_err(|error| Failure::new("engine", error))?;
        Ok(answer.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into())
    })
}

/// The sums of squares: one after the other, on a thread each, or on a rayon pool that is there already, as runtimes are.
fn serve_cpu(run: &Run, strategy: Strategy) -> Result<(), Failure> {
    let Workload { upto, jobs, .. } = run.workload;
    let sum = move || cpu::sum_answer(upto);
    let pool = ThreadPoolBuilder::new().num_threads(run.threads).build();
    let pool = pool.map_err(|error| Failure::new("engine", error))?;
    serve_blocking(run, |_| {
        let sums: Vec<PageAnswer> = match strategy {
            Strategy::Sequential => (0..jobs).map(|_| sum()).collect(),
            Strategy::Rayon => pool.install(|| (0..jobs).into_par_iter().map(|_| sum()).collect()),
            _ => thread::scope(|scope| {
                let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(sum)).collect();
                let joined = threads.into_iter().map(|thread| thread.join());
                joined.map(|sum| sum.unwrap_or_else(|payload| panic::resume_unwind(payload))).collect()
            }),
        };
        let mut answer = Answer::default();
        sums.into_iter().for_each(|sum| answer.add_page(0, sum));
        Ok(answer.into())
    })
}

/// So many threads asleep at once: what does one of them cost? What the kernel spends on each is not in the figure.
fn idle(tasks: u64) -> Result<Outcome, Failure> {
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
    let answer = Answer { pages: tasks, ..Answer::default() };
    Ok(Outcome { answer, extra: format!("per_task_bytes={}", resident / tasks) })
}

/// Fetches pages one by one, for the oracle.
pub(crate) fn one_by_one(run: &Run) -> impl FnMut(&str) -> Result<Page, Failure> {
    let client = Raw::new();
    let (origin, limits) = (run.origin, run.workload.limits());
    move |path| {
        let page = get(format!("http://{origin}{path}")).and_then(|request| fetch_page(&client, &request, limits));
        page.map_err(|error| Failure::new("oracle", error))
    }
}
