//! Where a drive runs: each pipeline on a worker, its client made there.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use futures_util::StreamExt;
use gather_core::{Host, Page, Request, Runtime, RuntimeExt, Scraper, SendFetch};

use crate::drive::scraper;
use crate::exchange::generous;
use crate::origin::Origin;
use crate::pipeline::{index_of, say, text};

/// On a host with one worker, clients are made, requests pulled, pages parsed and results handled on that worker's thread:
/// next to the sockets, with no hand-off.
///
/// It says nothing about a host with several, whose tasks may move: exclude it there by name.
pub fn everything_runs_on_the_only_worker<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        assert_eq!(runtime.workers().get(), 1, "a law for hosts with one worker");
        let worker = runtime.task(async { thread::current().id() }).await.expect("a task");
        let (threads, make) = (Threads::default(), Arc::new(make));

        let scraper = |made: Threads, parsed: Threads| {
            let make = make.clone();
            let client = move |runtime: &H::Handle| {
                made.note();
                make(runtime.clone())
            };
            let parser = move |page: &Page| {
                parsed.note();
                text(page)
            };
            Scraper::new(runtime.clone(), client).limits(generous()).parse(parser).concurrency(5)
        };
        let driven = scraper(threads.clone(), threads.clone()).drive(threads.noting(say(&origin, 50)));
        assert_eq!(driven.map(index_of).count().await, 50);
        assert_eq!(threads.seen(), HashSet::from([worker]), "drive left the worker's thread");

        let handled = threads.clone();
        let handle = move |result| {
            handled.note();
            index_of(result);
            std::future::ready(())
        };
        scraper(threads.clone(), threads.clone()).for_each(threads.noting(say(&origin, 50)), handle).await;
        assert_eq!(threads.seen(), HashSet::from([worker]), "for_each left the worker's thread");
    });
}

/// Each worker has a client of its own, made once; no more than one for each, and none beyond the concurrency.
pub fn every_worker_has_its_client<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let make = Arc::new(make);
        for concurrency in [1, 2, 64] {
            let (made, make) = (crate::signals::Tally::new(), make.clone());
            let count = made.clone();
            let client = move |runtime| {
                count.add();
                make(runtime)
            };
            let results = scraper(runtime.clone(), client).concurrency(concurrency).drive(say(&origin, 100));
            assert_eq!(results.map(index_of).count().await, 100);
            assert_eq!(made.get(), runtime.workers().get().min(concurrency), "clients at concurrency {concurrency}");
        }
    });
}

/// The threads that something ran on.
#[derive(Clone, Default)]
struct Threads(Arc<Mutex<HashSet<ThreadId>>>);

impl Threads {
    fn note(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(thread::current().id());
    }

    fn noting(&self, requests: Vec<Request>) -> impl Iterator<Item = Request> + Send + 'static {
        let threads = self.clone();
        requests.into_iter().inspect(move |_| threads.note())
    }

    fn seen(&self) -> HashSet<ThreadId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
