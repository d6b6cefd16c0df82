//! The scrape: so many pages, so many at once. What the lab is about.

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_core::Stream;
use futures_lite::StreamExt;
use gather_core::{Blocking, Compute, Inline, ScrapeResult, parse_page};
use gather_http::Connect;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking;
use crate::inject::Inject;
use crate::page::{PageAnswer, PageParser};
use crate::session::Outcome;
use crate::target::{PageKind, Target};
use crate::workload::{ParseKind, Place, Workload};

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// Where the results are summed.
    results: Results,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Results {
    /// They come out of the pipeline's stream, to the task that asked for the scrape.
    Stream,
    /// On the worker that got them, as `for_each` does.
    OnWorker,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let known = [("stream", Results::Stream), ("on-worker", Results::OnWorker)];
        let params = Params { results: own.pick("results", &known, Results::Stream)? };
        own.finish()?;
        Ok(params)
    }
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    Ok(scrape(engine, params, requests).await.into())
}

/// Fetches and parses, with the parser where the workload wants it.
pub(super) async fn scrape<R: Connect>(engine: &Engine<'_, R>, params: Params, requests: u64) -> Answer {
    match (engine.run.workload.compute, engine.pool.clone()) {
        (Place::Rayon, Some(pool)) => scrape_with(engine, params, requests, pool).await,
        (Place::Blocking, _) => scrape_with(engine, params, requests, Blocking(engine.runtime.clone())).await,
        _ => scrape_with(engine, params, requests, Inline).await,
    }
}

async fn scrape_with<R, X>(engine: &Engine<'_, R>, params: Params, requests: u64, compute: X) -> Answer
where
    R: Connect,
    X: Compute + Send + Sync,
{
    let scraper = engine.scraper().compute(compute);
    let requests = engine.target.requests(requests);
    match (engine.driven, params.results) {
        (false, _) => sum(scraper.scrape(requests)).await,
        (true, Results::Stream) => sum(scraper.drive(requests)).await,
        (true, Results::OnWorker) => {
            let answer = Arc::new(Mutex::new(Answer::default()));
            let total = answer.clone();
            scraper
                .for_each(requests, move |result| {
                    lock(&total).add(&result);
                    ready(())
                })
                .await;
            *lock(&answer)
        }
    }
}

fn lock(answer: &Mutex<Answer>) -> MutexGuard<'_, Answer> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) async fn sum(results: impl Stream<Item = ScrapeResult<PageAnswer>>) -> Answer {
    let mut answer = Answer::default();
    let mut results = std::pin::pin!(results);
    while let Some(result) = results.next().await {
        answer.add(&result);
    }
    answer
}

/// One page after the other, through the DOM.
pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let mut answer = Answer::default();
    let workload = &run.workload;
    // Links are found the slow way; no CPU is burnt and no delay asked for, since neither changes the answer.
    let mut judge = workload.clone();
    (judge.delay_us, judge.slow_percent, judge.reuse, judge.inject) = (0, 0, true, Inject::default());
    if let PageKind::Drip { gap_us, .. } = &mut judge.page {
        *gap_us = 0;
    }
    if judge.parse == ParseKind::Links || (matches!(judge.parse, ParseKind::Heavy(_)) && judge.heavy_every == 1) {
        judge.parse = ParseKind::DomLinks;
    }
    let parser = PageParser::new(&judge);
    let target = Target::new(&judge, run.origin)?;
    let mut fetch = blocking::one_by_one(workload.limits());
    for index in 0..requests {
        if workload.is_silent(index) {
            answer.timeouts += 1;
            continue;
        }
        let page = fetch(&target.request(index))?;
        let found = parse_page(&parser, &page).map_err(|error| Failure::new("oracle", error))?;
        answer.add_page(page.body.len() as u64, found);
    }
    Ok(answer)
}
