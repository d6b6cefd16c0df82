//! A task for each request, as many write it before they know of pipelines: bounded, or all of them at once.

use std::sync::Arc;

use async_lock::{Mutex, Semaphore};
use futures_lite::future::{poll_once, yield_now};
use gather_core::{
    Cause, Fetch, Limits, Request, Runtime, ScrapeError, ScrapeResult, Scraped, TaskSet, fetch_page, parse_page,
};
use gather_http::Connect;

use super::Params;
use crate::Failure;
use crate::answer::Answer;
use crate::engines::asynchronous::Engine;
use crate::page::{PageAnswer, PageParser};
use crate::usage;

/// Who puts the requests in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spawn {
    /// gather's pipeline: no task for a request, at most `concurrency` in flight.
    Pipeline,
    /// A task for each request, of which a semaphore lets `concurrency` be there at once.
    Bounded,
    /// A task for each request, all of them at once.
    Unbounded,
}

/// How the results of tasks come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shared {
    /// Each task returns its own.
    Nothing,
    /// A mutex around the sum, for as long as an addition takes.
    Briefly,
    /// The mutex is held across an await: whatever the others have to add waits until this task has had its turn twice.
    AcrossAwait,
}

/// One trial.
pub(super) async fn scrape<R: Connect>(
    engine: &Engine<'_, R>,
    params: Params,
    requests: u64,
) -> Result<Answer, Failure> {
    let workload = &engine.run.workload;
    if params.spawn == Spawn::Unbounded {
        usage::raise_descriptor_limit(requests + 64)?;
    }
    let work = Arc::new(Work {
        parser: PageParser::new(workload),
        limits: workload.limits(),
        total: Mutex::new(Answer::default()),
        shared: params.mutex,
    });
    let permits = Arc::new(Semaphore::new(workload.inject.capped(workload.concurrency)));
    let mut tasks = TaskSet::new(engine.runtime.clone());
    let mut answer = Answer::default();
    for (index, request) in (0..).zip(engine.target.requests(requests)) {
        let permit = match params.spawn {
            Spawn::Unbounded => None,
            _ => Some(permits.acquire_arc().await),
        };
        let client = engine.clients[index as usize % engine.clients.len()].clone();
        let (runtime, work) = (engine.runtime.clone(), work.clone());
        tasks.spawn(async move {
            let found = work.run(&runtime, &client, index, request).await;
            drop(permit);
            found
        });
        while let (Spawn::Bounded, Some(Some(done))) = (params.spawn, poll_once(tasks.next()).await) {
            answer.merge(&done.map_err(|error| Failure::new("engine", error))?);
        }
    }
    while let Some(done) = tasks.next().await {
        answer.merge(&done.map_err(|error| Failure::new("engine", error))?);
    }
    answer.merge(&*work.total.lock().await);
    Ok(answer)
}

/// What the tasks share.
struct Work {
    parser: PageParser,
    limits: Limits,
    total: Mutex<Answer>,
    shared: Shared,
}

impl Work {
    /// One request; what is not shared is returned.
    async fn run<R: Runtime, F: Fetch>(&self, runtime: &R, client: &F, index: u64, request: Request) -> Answer {
        let mut found = Answer::default();
        found.add(&self.page(runtime, client, index, request).await);
        match self.shared {
            Shared::Nothing => return found,
            Shared::Briefly => self.total.lock().await.merge(&found),
            Shared::AcrossAwait => {
                let mut total = self.total.lock().await;
                yield_now().await;
                total.merge(&found);
            }
        }
        Answer::default()
    }

    async fn page<R: Runtime, F: Fetch>(
        &self,
        runtime: &R,
        client: &F,
        index: u64,
        request: Request,
    ) -> ScrapeResult<PageAnswer> {
        let url = request.uri().clone();
        match fetch_page(client, runtime, request, self.limits).await {
            Err(error) => Err(ScrapeError::new(index, url, 0, Cause::Fetch(error))),
            Ok(page) => match parse_page(&self.parser, &page) {
                Ok(output) => Ok(Scraped::new(index, url, page.head.status, page.body.len() as u64, output)),
                Err(error) => Err(ScrapeError::new(index, url, page.body.len() as u64, Cause::Parse(error))),
            },
        }
    }
}
