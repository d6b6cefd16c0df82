//! The controls: threads and blocking sockets, and the oracle's own plain client.

use std::sync::{Mutex, PoisonError};

use gather_blocking::{BlockingFetch, BlockingScraper, Raw, Strategy, Ureq, fetch_page};
use gather_core::{Limits, Page, Request};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::{serve_trials, unsupported};
use crate::models::fetch::deadlines::Deadlines;
use crate::models::{Model, open_loop};
use crate::page::PageParser;
use crate::target::Target;
use crate::workload::Place;

/// A strategy with a client.
#[derive(Clone, Copy)]
pub(crate) struct Control {
    pub(crate) strategy: Strategy,
    pub(crate) client: Client,
}

#[derive(Clone, Copy)]
pub(crate) enum Client {
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

/// The scrape on threads, of a closed loop or an open one.
pub(crate) fn serve_fetch(run: &Run, control: Control) -> Result<(), Failure> {
    if run.workload.compute != Place::Inline {
        return unsupported("threads compute where they fetch");
    }
    // As many connections kept as there may be: a pool that is too small would open some anew in every trial.
    let connections = run.workload.most_connections();
    match control.client {
        Client::Ureq => serve_fetch_with(run, control.strategy, Ureq::with_max_idle(connections)),
        Client::Raw => serve_fetch_with(run, control.strategy, Raw::new().max_idle(connections)),
    }
}

fn serve_fetch_with<C: BlockingFetch>(run: &Run, strategy: Strategy, client: C) -> Result<(), Failure> {
    let workload = &run.workload;
    let scraper = BlockingScraper::new(client)
        .parse(PageParser::new(workload))
        .strategy(strategy)
        .limits(workload.limits())
        .concurrency(workload.concurrency);
    let target = Target::new(workload, run.origin)?;
    serve_trials(run, |requests| {
        if workload.model == Model::OpenLoop {
            return open_loop::run_blocking(run, &scraper, &target, requests);
        }
        // One lock for each result: a page costs a hundred times as much, and sixty-four threads seldom meet here.
        let answer = Mutex::new(Answer::default());
        let deadlines = Deadlines::of(workload, requests)?;
        let handled = scraper.for_each(deadlines.watch(target.requests(requests)), |result| {
            deadlines.note(&result);
            answer.lock().unwrap_or_else(PoisonError::into_inner).add(&result);
        });
        handled.map_err(|error| Failure::new("engine", error))?;
        Ok(deadlines.outcome(answer.into_inner().unwrap_or_else(PoisonError::into_inner)))
    })
}

/// Fetches pages one by one, for the oracle.
pub(crate) fn one_by_one(limits: Limits) -> impl FnMut(&Request) -> Result<Page, Failure> {
    let client = Raw::new();
    move |request| fetch_page(&client, request, limits).map_err(|error| Failure::new("oracle", error))
}
