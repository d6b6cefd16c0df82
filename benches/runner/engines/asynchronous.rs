//! gather itself on any runtime: the same trial for all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_core::Stream;
use futures_lite::StreamExt;
use gather_core::{
    Blocking, Compute, Fetch, Inline, MakeFetch, Request, Runtime, RuntimeExt, ScrapeResult, Scraper, SendFetch,
    TaskSet,
};
use gather_http::{Connect, HyperFetch};
use gather_rayon::Rayon;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::cpu;
use crate::page::{PageAnswer, PageParser};
use crate::session::{self, Outcome};
use crate::usage;
use crate::workload::{Model, Place, Workload};

/// Serves on a runtime with workers: one pipeline for each, `drive`.
pub(crate) async fn serve<R: Connect>(run: &Run, runtime: R) -> Result<(), Failure> {
    Engine::new(run, runtime, true).serve().await
}

/// Serves on a runtime that does everything on this thread: one pipeline, polled right here, `scrape`.
pub(crate) async fn serve_here<R: Connect>(run: &Run, runtime: R) -> Result<(), Failure> {
    Engine::new(run, runtime, false).serve().await
}

struct Engine<'a, R: Connect> {
    run: &'a Run,
    runtime: R,
    /// One client for each pipeline, kept from trial to trial: connections stay warm, as they would in a long scrape.
    clients: Arc<[HyperFetch<R>]>,
    driven: bool,
}

impl<'a, R: Connect> Engine<'a, R> {
    fn new(run: &'a Run, runtime: R, driven: bool) -> Self {
        let clients = (0..runtime.workers().get()).map(|_| HyperFetch::new(runtime.clone())).collect();
        Engine { run, runtime, clients, driven }
    }

    async fn serve(self) -> Result<(), Failure> {
        let pool = match self.run.workload.compute {
            Place::Rayon => Some(rayon(self.run.threads)?),
            Place::Inline | Place::Blocking => None,
        };
        session::serve(self.run, async |requests| match self.run.workload.model {
            Model::Fetch => Ok(self.fetch(requests, pool.clone()).await.into()),
            Model::Heartbeat => Ok(self.heartbeat(requests, pool.clone()).await),
            Model::Cpu => Ok(self.cpu().await.into()),
            Model::Idle => self.idle().await,
        })
        .await
    }

    async fn fetch(&self, requests: u64, pool: Option<Rayon>) -> Answer {
        match (self.run.workload.compute, pool) {
            (Place::Rayon, Some(pool)) => self.scrape(requests, pool).await,
            (Place::Blocking, _) => self.scrape(requests, Blocking(self.runtime.clone())).await,
            _ => self.scrape(requests, Inline).await,
        }
    }

    async fn scrape<X: Compute + Send + Sync>(&self, requests: u64, compute: X) -> Answer {
        let workload = &self.run.workload;
        let clients = Warm { clients: self.clients.clone(), next: Arc::default() };
        let scraper = Scraper::new(self.runtime.clone(), clients)
            .parse(PageParser::new(workload))
            .compute(compute)
            .limits(workload.limits())
            .concurrency(workload.concurrency);
        let requests = workload.requests(self.run.origin, requests);
        if self.driven { sum(scraper.drive(requests)).await } else { sum(scraper.scrape(requests)).await }
    }

    /// The scrape, and beside it a task that wants to run every millisecond.
    async fn heartbeat(&self, requests: u64, pool: Option<Rayon>) -> Outcome {
        let beats = Arc::new(Beats::default());
        let task = self.runtime.task(beat(self.runtime.clone(), beats.clone()));
        let answer = self.fetch(requests, pool).await;
        beats.stop.store(true, Ordering::Relaxed);
        let late = task.await.unwrap_or_default();
        Outcome { answer, extra: describe_lateness(late) }
    }

    async fn cpu(&self) -> Answer {
        let Workload { upto, jobs, compute, .. } = self.run.workload;
        let mut tasks = TaskSet::new(self.runtime.clone());
        for _ in 0..jobs {
            match compute {
                Place::Blocking => tasks.unblock(move || cpu::sum_answer(upto)),
                _ => tasks.spawn(async move { cpu::sum_answer(upto) }),
            }
        }
        let mut answer = Answer::default();
        while let Some(outcome) = tasks.next().await {
            match outcome {
                Ok(sum) => answer.add_page(0, sum),
                Err(_) => answer.errors += 1,
            }
        }
        answer
    }

    /// So many tasks asleep at once: what does one of them cost?
    async fn idle(&self) -> Result<Outcome, Failure> {
        let tasks = self.run.workload.tasks;
        let before = usage::resident();
        let (asleep, awake) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        // Long enough that all of them are asleep before the first wakes.
        let nap = Duration::from_millis(500) + Duration::from_micros(5) * u32::try_from(tasks).unwrap_or(u32::MAX);
        for _ in 0..tasks {
            let (runtime, asleep, awake) = (self.runtime.clone(), asleep.clone(), awake.clone());
            self.runtime.spawn(async move {
                asleep.fetch_add(1, Ordering::Relaxed);
                runtime.sleep(nap).await;
                awake.fetch_add(1, Ordering::Relaxed);
            });
        }
        self.wait_until(|| asleep.load(Ordering::Relaxed) == tasks).await;
        let resident = usage::resident().saturating_sub(before);
        let early = awake.load(Ordering::Relaxed);
        self.wait_until(|| awake.load(Ordering::Relaxed) == tasks).await;
        if early > 0 {
            let message = format!("{early} of {tasks} tasks were awake again before the last was asleep");
            return Err(Failure::new("idle", message));
        }
        let answer = Answer { pages: tasks, ..Answer::default() };
        Ok(Outcome { answer, extra: format!("per_task_bytes={}", resident / tasks) })
    }

    async fn wait_until(&self, condition: impl Fn() -> bool) {
        while !condition() {
            self.runtime.sleep(Duration::from_millis(2)).await;
        }
    }
}

async fn sum(results: impl Stream<Item = ScrapeResult<PageAnswer>>) -> Answer {
    let mut answer = Answer::default();
    let mut results = std::pin::pin!(results);
    while let Some(result) = results.next().await {
        answer.add(&result);
    }
    answer
}

pub(super) fn rayon(threads: usize) -> Result<Rayon, Failure> {
    Rayon::builder().threads(threads).build().map_err(|error| Failure::new("engine", error))
}

/// Hands the clients that exist already to the pipelines, one each.
struct Warm<F> {
    clients: Arc<[F]>,
    next: Arc<AtomicUsize>,
}

impl<C, F: SendFetch + Clone> MakeFetch<C> for Warm<F> {
    type Fetch = KeptOpen<F>;

    fn make_fetch(&self, _: &C) -> KeptOpen<F> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        KeptOpen(self.clients[turn % self.clients.len()].clone())
    }
}

/// A client that the pipeline must not close, because the next trial needs it.
#[derive(Clone)]
struct KeptOpen<F>(F);

impl<F: Fetch> Fetch for KeptOpen<F> {
    type Body = F::Body;
    type Future = F::Future;

    fn fetch(&self, request: Request) -> F::Future {
        self.0.fetch(request)
    }

    fn poll_close(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

#[derive(Default)]
struct Beats {
    stop: AtomicBool,
}

/// The interval of the heartbeat.
const BEAT: Duration = Duration::from_millis(1);

/// Sleeps one interval at a time; returns how much later than asked each sleep ended.
async fn beat<R: Runtime>(runtime: R, beats: Arc<Beats>) -> Vec<Duration> {
    let mut late = Vec::new();
    while !beats.stop.load(Ordering::Relaxed) {
        let due = Instant::now() + BEAT;
        runtime.sleep(BEAT).await;
        late.push(Instant::now().saturating_duration_since(due));
    }
    late
}

pub(super) fn describe_lateness(mut late: Vec<Duration>) -> String {
    late.sort_unstable();
    let at = |share: f64| {
        let rank = (late.len() as f64 * share).ceil() as usize;
        late.get(rank.saturating_sub(1)).copied().unwrap_or_default().as_nanos()
    };
    format!("beats={} beat_p50_ns={} beat_p99_ns={} beat_max_ns={}", late.len(), at(0.5), at(0.99), at(1.0))
}
