//! Latency under a load that does not wait: requests start when the schedule says so, as those of users do.
//!
//! In reading order: [`schedule`] says when, [`pacer`] is the thread that keeps to it, [`latency`] what is recorded.
//!
//! The engine gets the requests through a channel that wakes it. On a runtime they are the stream of
//! [`Scraper::scrape_stream`](gather_core::Scraper::scrape_stream), one pipeline for each worker over the same channel
//! (`drive` takes an iterator, which may not wait); threads take them from an iterator that blocks. `concurrency` is the
//! most that are in flight: what is due beyond it waits its turn, and its latency goes on counting.

pub(crate) mod latency;
pub(crate) mod pacer;
pub(crate) mod schedule;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures_lite::StreamExt;
use gather_blocking::{BlockingFetch, BlockingScraper};
use gather_core::{Blocking, Compute, Inline, Request, ScrapeResult, TaskSet};
use gather_http::Connect;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::page::{PageAnswer, PageParser};
use crate::session::Outcome;
use crate::target::Target;
use crate::workload::{Place, Workload};
use latency::{Latencies, Times};
use pacer::{Due, Handout, Pacer};
use schedule::{Arrivals, Schedule};

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    schedule: Schedule,
    /// How many requests there are at least, where a time is given.
    requests: Option<u64>,
    /// How many requests come before those that are timed: pools start their threads, and that is no latency of a page.
    lead: u64,
    /// The origin is asked to freeze for so long, so much after the trial's start; 0 for not at all.
    freeze_ms: u64,
    freeze_after_ms: u64,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let arrivals = [("constant", Arrivals::Constant), ("poisson", Arrivals::Poisson)];
        let schedule = Schedule {
            rate: own.positive("rate", 0).map_err(|error| format!("{error} (requests per second)"))?,
            arrivals: own.pick("arrivals", &arrivals, Arrivals::Poisson)?,
            seed: own.number("seed", 1)?,
        };
        let requests = own.text("seconds").map(|value| requests_in("seconds", schedule, value)).transpose()?;
        let lead = own.text("lead").map_or(Ok(0), |value| requests_in("lead", schedule, value))?;
        let (freeze_ms, freeze_after_ms) = (own.number("freeze_ms", 0)?, own.number("freeze_after_ms", 0)?);
        own.finish()?;
        Ok(Params { schedule, requests, lead, freeze_ms, freeze_after_ms })
    }

    /// How many requests a trial makes that was asked for so many. Not fewer: a quantile of too few is none.
    pub(crate) fn requests(&self, asked: u64) -> u64 {
        self.requests.map_or(asked, |requests| requests.max(asked)).saturating_add(self.lead)
    }

    /// Starts the schedule, and the freeze that goes with it.
    pub(crate) fn start(&self, run: &Run, requests: u64) -> Result<Pacer, Failure> {
        if self.freeze_ms > 0 {
            crate::origin::freeze(run.origin, self.freeze_ms, self.freeze_after_ms)?;
        }
        Pacer::start(self.schedule, requests, self.lead)
    }
}

/// How many requests last as long as the word says, in seconds.
fn requests_in(key: &str, schedule: Schedule, word: &str) -> Result<u64, String> {
    let seconds: f64 = word.parse().map_err(|_| format!("{key}: `{word}` is not a number"))?;
    schedule.requests_in(seconds).ok_or_else(|| format!("{key}: at {} a second, {word} s are no trial", schedule.rate))
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    match (engine.run.workload.compute, engine.pool.clone()) {
        (Place::Rayon, Some(pool)) => run_with(engine, requests, pool).await,
        (Place::Blocking, _) => run_with(engine, requests, Blocking(engine.runtime.clone())).await,
        _ => run_with(engine, requests, Inline).await,
    }
}

async fn run_with<R, X>(engine: &Engine<'_, R>, requests: u64, compute: X) -> Result<Outcome, Failure>
where
    R: Connect,
    X: Compute + Send + Sync,
{
    let params = Params::of(&engine.run.workload)?;
    let pacer = params.start(engine.run, requests)?;
    let book = Book::new(&pacer)?;
    if engine.driven {
        let mut tasks = TaskSet::new(engine.runtime.clone());
        for concurrency in shares(engine.run.workload.concurrency, engine.clients.len()) {
            let scraper = engine.scraper().compute(compute.clone()).concurrency(concurrency);
            let (target, book) = (engine.target.clone(), Arc::new(Book::new(&pacer)?));
            tasks.spawn(async move {
                let requests = book.clone().requests(target);
                book.record_all(scraper.scrape_stream(requests)).await;
                book
            });
        }
        while let Some(done) = tasks.next().await {
            let done: Arc<Book> = done.map_err(|error| Failure::new("engine", error))?;
            book.merge(&done);
        }
        return book.outcome(pacer);
    }
    let book = Arc::new(book);
    let scraper = engine.scraper().compute(compute);
    book.record_all(scraper.scrape_stream(book.clone().requests(engine.target.clone()))).await;
    book.outcome(pacer)
}

/// The concurrency of each of so many pipelines.
fn shares(concurrency: usize, pipelines: usize) -> impl Iterator<Item = usize> {
    let pipelines = pipelines.min(concurrency).max(1);
    (0..pipelines).map(move |pipeline| concurrency / pipelines + usize::from(pipeline < concurrency % pipelines))
}

/// One trial on threads.
pub(crate) fn run_blocking<C: BlockingFetch>(
    run: &Run,
    scraper: &BlockingScraper<C, PageParser>,
    target: &Target,
    requests: u64,
) -> Result<Outcome, Failure> {
    let pacer = Params::of(&run.workload)?.start(run, requests)?;
    let book = Book::new(&pacer)?;
    let due = std::iter::from_fn(|| pacer.handout.due.recv_blocking().ok().map(|due| book.start(due, target)));
    scraper.for_each(due, |result| book.record(&result)).map_err(|error| Failure::new("engine", error))?;
    book.outcome(pacer)
}

/// A trial for an engine that has a loop for each exchange instead of a pipeline.
pub(crate) struct Places {
    pacer: Pacer,
    latencies: Mutex<Latencies>,
}

impl Places {
    pub(crate) fn start(run: &Run, requests: u64) -> Result<Self, Failure> {
        let pacer = Params::of(&run.workload)?.start(run, requests)?;
        Ok(Places { pacer, latencies: Mutex::new(Latencies::new()?) })
    }

    /// The next request, when it is due.
    pub(crate) async fn next(&self) -> Option<(u64, Times)> {
        let due = self.pacer.handout.due.recv().await.ok()?;
        Some((due.index, self.pacer.handout.take(due)))
    }

    pub(crate) fn done(&self, times: Times) {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).record(times, Instant::now());
    }

    /// The words of the trial, once all its requests are done.
    pub(crate) fn words(self) -> Result<String, Failure> {
        self.pacer.finish(&self.latencies.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What one pipeline has started and finished.
struct Book {
    handout: Handout,
    pages: Mutex<Pages>,
}

struct Pages {
    /// By the order in which they were started, which is how results are numbered.
    started: Vec<Times>,
    latencies: Latencies,
    answer: Answer,
}

impl Book {
    fn new(pacer: &Pacer) -> Result<Self, Failure> {
        let pages = Pages { started: Vec::new(), latencies: Latencies::new()?, answer: Answer::default() };
        Ok(Book { handout: pacer.handout.clone(), pages: Mutex::new(pages) })
    }

    /// The requests as they fall due.
    fn requests(self: Arc<Self>, target: Target) -> futures_lite::stream::Boxed<Request> {
        self.handout.due.clone().map(move |due| self.start(due, &target)).boxed()
    }

    fn start(&self, due: Due, target: &Target) -> Request {
        let request = target.request(due.index);
        self.pages().started.push(self.handout.take(due));
        request
    }

    async fn record_all(&self, mut results: impl futures_core::Stream<Item = ScrapeResult<PageAnswer>> + Unpin) {
        while let Some(result) = results.next().await {
            self.record(&result);
        }
    }

    /// A failure has a latency too: somebody has waited for it.
    fn record(&self, result: &ScrapeResult<PageAnswer>) {
        let done = Instant::now();
        let index = result.as_ref().map_or_else(gather_core::ScrapeError::index, |page| page.index);
        let mut pages = self.pages();
        pages.answer.add(result);
        if let Some(times) = pages.started.get(index as usize).copied() {
            pages.latencies.record(times, done);
        }
    }

    fn merge(&self, other: &Book) {
        let (mut mine, theirs) = (self.pages(), other.pages());
        mine.answer.merge(&theirs.answer);
        mine.latencies.merge(&theirs.latencies);
    }

    fn outcome(&self, pacer: Pacer) -> Result<Outcome, Failure> {
        let pages = self.pages();
        Ok(Outcome { answer: pages.answer, extra: pacer.finish(&pages.latencies)? })
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
