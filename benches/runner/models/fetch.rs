//! The scrape: so many pages, so many at once. What the lab is about.
//!
//! Here is the pipeline. [`tasks`] does the same with a task for each request, [`cancel`] drops some in the middle.

pub(crate) mod cancel;
pub(crate) mod deadlines;
mod oracle;
pub(crate) mod tasks;

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::Stream;
use futures_lite::StreamExt;
use gather_client::retry::RetryPolicy;
use gather_core::{Blocking, Compute, Inline, MakeFetch, Request, Runtime, ScrapeResult, Scraper, SendFetch};
use gather_http::Connect;

use crate::Failure;
use crate::answer::Answer;
use crate::engines::asynchronous::Engine;
use crate::models::Model;
use crate::page::{PageAnswer, PageParser};
use crate::session::Outcome;
use crate::usage;
use crate::workload::{Place, Workload};
use cancel::{Cancel, Cancelling, Moment};
use deadlines::Deadlines;
pub(crate) use oracle::oracle;
use tasks::{Shared, Spawn};

/// What is this model's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Params {
    results: Results,
    spawn: Spawn,
    mutex: Shared,
    policy: Policy,
    /// The upper bound of the wait before the first retry.
    backoff: Option<Duration>,
    cancel: Option<Cancel>,
}

/// What stands between the pipeline and the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    Nothing,
    /// The client with all its policies: redirects, retries, cookies, deadlines, decoding, addresses.
    Client,
}

impl Policy {
    pub(crate) const WORDS: [(&str, Policy); 2] = [("none", Policy::Nothing), ("client", Policy::Client)];
}

/// Where the results are summed.
///
/// On the worker unless somebody asks, because the engines on one thread and the pools of threads do so anyway: what an
/// engine pays for handing its results to another thread would otherwise count against its runtime. At 20 ms it is a
/// wake-up and two context switches for almost every page; the engines `smol` and `smol results=stream` side by side show
/// it in `nvcsw` and in CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Results {
    /// On the worker that got them, as `for_each` does.
    OnWorker,
    /// They come out of the pipeline's stream, to the task that asked for the scrape.
    Stream,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let results = [("stream", Results::Stream), ("on-worker", Results::OnWorker)];
        let spawn = [("pipeline", Spawn::Pipeline), ("bounded", Spawn::Bounded), ("unbounded", Spawn::Unbounded)];
        let mutex = [("none", Shared::Nothing), ("brief", Shared::Briefly), ("shared", Shared::AcrossAwait)];
        let params = Params {
            results: own.pick("results", &results, Results::OnWorker)?,
            spawn: own.pick("spawn", &spawn, Spawn::Pipeline)?,
            mutex: own.pick("mutex", &mutex, Shared::Nothing)?,
            policy: own.pick("policy", &Policy::WORDS, Policy::Nothing)?,
            backoff: match own.number("backoff_us", 0)? {
                0 => None,
                microseconds => Some(Duration::from_micros(microseconds)),
            },
            cancel: match own.number("cancel_percent", 0)? {
                0 => None,
                percent => Some(Cancel { percent, at: moment(own.text("cancel_at"), workload)? }),
            },
        };
        own.finish()?;
        params.check(workload)
    }

    fn check(self, workload: &Workload) -> Result<Self, String> {
        let pipeline = self.spawn == Spawn::Pipeline;
        let wrong = match self.cancel {
            _ if pipeline && self.mutex != Shared::Nothing => "mutex: goes with spawn=bounded or unbounded",
            _ if !pipeline && self.results != Results::OnWorker => "results: goes with spawn=pipeline",
            _ if !pipeline && workload.compute != Place::Inline => "compute: goes with spawn=pipeline",
            _ if !pipeline && self.policy != Policy::Nothing => "policy: goes with spawn=pipeline",
            _ if self.backoff.is_some() && self.policy == Policy::Nothing => "backoff_us: goes with policy=client",
            Some(_) if self.policy != Policy::Nothing => "policy: does not go with cancel_percent",
            Some(_) if !pipeline => "cancel_percent: goes with spawn=pipeline",
            Some(cancel) if cancel.percent > 100 => "cancel_percent: more than 100",
            Some(_) if workload.silent_percent > 0 => "cancel_percent: does not go with silent_percent",
            _ => return Ok(self),
        };
        Err(wrong.to_owned())
    }

    /// Whether this is the plain scrape, which is all that engines without gather do.
    pub(crate) fn is_plain(self) -> bool {
        self.is_pipeline() && self.policy == Policy::Nothing
    }

    /// Whether the pipeline alone is at work, perhaps under policies.
    pub(crate) fn is_pipeline(self) -> bool {
        let Params { results, spawn, mutex, cancel, .. } = self;
        (results, spawn, mutex, cancel) == (Results::OnWorker, Spawn::Pipeline, Shared::Nothing, None)
    }

    /// What stands between the pipeline and the engine.
    pub(crate) fn policy(self) -> Policy {
        self.policy
    }
}

/// How often and how soon gather's client tries again; the default for workloads of other models.
pub(crate) fn retries(workload: &Workload) -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    let params = (workload.model == Model::Fetch).then(|| Params::of(workload));
    if let Some(Ok(Params { backoff: Some(first), .. })) = params {
        policy.backoff.first = first;
    }
    policy
}

/// `head`, or so many microseconds after the start, half of the delay if nothing is said.
fn moment(word: Option<&str>, workload: &Workload) -> Result<Moment, String> {
    let after = match word {
        Some("head") => return Ok(Moment::Head),
        Some(value) => crate::keys::number("cancel_at", value).map_err(|error| format!("{error}, nor `head`"))?,
        None => workload.delay_us / 2,
    };
    // Without a delay nothing is known of when the answer comes; the oracle, which waits for nothing, has none.
    if workload.delay_us > 0 && after >= workload.delay_us {
        return Err(format!("cancel_at: {after} us is not before the answer, which comes after delay_us"));
    }
    Ok(Moment::After(Duration::from_micros(after)))
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    let mut outcome = match params.spawn {
        Spawn::Pipeline => scrape(engine, params, requests).await?,
        Spawn::Bounded | Spawn::Unbounded => tasks::scrape(engine, params, requests).await?.into(),
    };
    if params.cancel.is_some() {
        // What is left of what was dropped would be seen here.
        outcome.extra = format!("connections={} descriptors={}", engine.connections(), usage::descriptors());
    }
    Ok(outcome)
}

/// Fetches and parses, with the parser where the workload wants it.
pub(crate) async fn scrape<R, F>(engine: &Engine<'_, R, F>, params: Params, requests: u64) -> Result<Outcome, Failure>
where
    R: Runtime,
    F: SendFetch + Clone,
{
    let deadlines = Deadlines::of(&engine.run.workload, requests)?;
    let requests = deadlines.watch(engine.target.requests(requests));
    let watched = (params, &deadlines);
    let answer = match params.cancel {
        None if params.policy == Policy::Client => {
            place(engine, watched, engine.scraper_with(engine.warm_policies()), requests).await
        }
        None => place(engine, watched, engine.scraper(), requests).await,
        Some(cancel) => {
            let scraper = engine.scraper_with(Cancelling { make: engine.warm(), at: cancel.at });
            place(engine, watched, scraper, cancel.mark(requests)).await
        }
    };
    Ok(deadlines.outcome(answer))
}

async fn place<R, F, M>(
    engine: &Engine<'_, R, F>,
    watched: (Params, &Deadlines),
    scraper: Scraper<R, M, PageParser>,
    requests: impl Iterator<Item = Request> + Send + 'static,
) -> Answer
where
    R: Runtime,
    F: SendFetch + Clone,
    M: MakeFetch<R, Fetch: SendFetch> + Send + Sync + 'static,
{
    match (engine.run.workload.compute, engine.pool.clone()) {
        (Place::Rayon, Some(pool)) => collect(engine, watched, scraper.compute(pool), requests).await,
        (Place::Blocking, _) => {
            collect(engine, watched, scraper.compute(Blocking(engine.runtime.clone())), requests).await
        }
        _ => collect(engine, watched, scraper.compute(Inline), requests).await,
    }
}

async fn collect<R, F, M, X>(
    engine: &Engine<'_, R, F>,
    watched: (Params, &Deadlines),
    scraper: Scraper<R, M, PageParser, X>,
    requests: impl Iterator<Item = Request> + Send + 'static,
) -> Answer
where
    R: Runtime,
    M: MakeFetch<R, Fetch: SendFetch> + Send + Sync + 'static,
    X: Compute + Send + Sync,
{
    let (params, deadlines) = watched;
    match (engine.driven, params.results) {
        // Everything is on one thread: nothing crosses, wherever it is summed.
        (false, _) => sum(scraper.scrape(requests), deadlines).await,
        (true, Results::Stream) => sum(scraper.drive(requests), deadlines).await,
        (true, Results::OnWorker) => sum_on_workers(scraper, requests, deadlines.clone()).await,
    }
}

pub(crate) async fn sum(results: impl Stream<Item = ScrapeResult<PageAnswer>>, deadlines: &Deadlines) -> Answer {
    let mut answer = Answer::default();
    let mut results = std::pin::pin!(results);
    while let Some(result) = results.next().await {
        deadlines.note(&result);
        answer.add(&result);
    }
    answer
}

async fn sum_on_workers<R, M, X>(
    scraper: Scraper<R, M, PageParser, X>,
    requests: impl Iterator<Item = Request> + Send + 'static,
    deadlines: Deadlines,
) -> Answer
where
    R: Runtime,
    M: MakeFetch<R, Fetch: SendFetch> + Send + Sync + 'static,
    X: Compute + Send + Sync,
{
    let answer = Arc::new(Mutex::new(Answer::default()));
    let total = answer.clone();
    let handled = scraper.for_each(requests, move |result| {
        deadlines.note(&result);
        lock(&total).add(&result);
        ready(())
    });
    handled.await;
    *lock(&answer)
}

fn lock(answer: &Mutex<Answer>) -> MutexGuard<'_, Answer> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}
