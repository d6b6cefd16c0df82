//! Laws of pipelines over all workers, [`Scraper::drive`] and [`Scraper::for_each`], over an adapter's own transport.
//!
//! Each takes a host whose handle is a [`Runtime`] and a closure that makes a client from it, once for each worker.

mod ends;
mod workers;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join;
use gather_core::{Clock, Host, MakeFetch, Page, ParseError, Runtime, ScrapeError, Scraper, SendFetch};

pub use ends::*;
pub use workers::*;

use crate::exchange::{ask, generous};
use crate::origin::Origin;
use crate::pipeline::{index_of, say, text};

/// A scraper whose pipelines have a client each, made by `make`.
pub(crate) fn scraper<R, F, M>(
    runtime: R,
    make: M,
) -> Scraper<R, impl MakeFetch<R, Fetch = F> + Send + Sync + 'static, TextParser>
where
    R: Runtime,
    F: SendFetch,
    M: Fn(R) -> F + Send + Sync + 'static,
{
    let parser: TextParser = text;
    Scraper::new(runtime, move |runtime: &R| make(runtime.clone())).limits(generous()).parse(parser)
}

type TextParser = fn(&Page) -> Result<String, ParseError>;

/// Every request yields one result with its own index and page, whichever worker it went to; then the stream ends, and
/// stays so.
pub fn driven_requests_yield_one_result_each<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let mut results = scraper(runtime, make).concurrency(9).drive(say(&origin, 200));
        let mut indexes = Vec::new();
        while let Some(result) = results.next().await {
            indexes.push(index_of(result));
        }
        assert!(results.next().await.is_none(), "the end stays");
        indexes.sort_unstable();
        assert_eq!(indexes, (0..200).collect::<Vec<_>>(), "each once");
    });
    assert_eq!(origin.counts().requests, 200, "one exchange for each request");
}

/// Faults are the errors of their own requests here, too.
pub fn driven_faults_are_errors_of_their_own<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let faults = ["/cut/before-head", "/cut/in-body", "/garbage", "/bad-chunk", "/cut/in-head"];
        let mut requests = say(&origin, 60);
        for (number, fault) in faults.into_iter().enumerate() {
            requests[number * 7] = ask(&origin, fault);
        }
        let results = scraper(runtime, make).concurrency(6).drive(requests).collect::<Vec<_>>().await;
        let failed = results.iter().filter_map(|result| result.as_ref().err());
        let mut failed: Vec<_> = failed.map(ScrapeError::index).collect();
        failed.sort_unstable();
        assert_eq!(failed, [0, 7, 14, 21, 28]);
        assert_eq!(results.len(), 60);
        for good in results.into_iter().filter(Result::is_ok) {
            index_of(good);
        }
    });
}

/// Over all workers together as many exchanges are in flight as allowed, as the origin counts them, and never more.
pub fn driven_concurrency_is_reached_and_kept<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let requests = (0..60).map(|number| ask(&origin, &format!("/gate/all/{number}"))).collect::<Vec<_>>();
        let results = scraper(runtime, make).concurrency(11).drive(requests);
        let open = async {
            origin.until(|counts| counts.in_flight == 11).await;
            origin.open("all");
        };
        let (indexes, ()) = join(results.map(index_of).collect::<Vec<_>>(), open).await;
        assert_eq!(indexes.len(), 60);
    });
    assert_eq!(origin.counts().in_flight_max, 11);
}

/// Fewer exchanges than workers are allowed: nobody gets none, and nobody more.
pub fn driven_concurrency_of_one_is_kept<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let results = scraper(runtime, make).concurrency(1).drive(say(&origin, 20));
        assert_eq!(results.map(index_of).collect::<Vec<_>>().await, (0..20).collect::<Vec<_>>());
    });
    assert_eq!(origin.counts().in_flight_max, 1);
}

/// While the consumer takes nothing, no more is fetched than is in flight and under way: two batches for each worker, of no
/// more than 32 results.
pub fn slow_consumer_stops_the_workers<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    const CONCURRENCY: usize = 4;
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let workers = runtime.workers().get().min(CONCURRENCY);
        let under_way = CONCURRENCY + 2 * 32 * workers;
        let (pulled, count) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = count.clone();
        let requests = say(&origin, 3 * under_way).into_iter();
        let requests = requests.inspect(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        let mut results = scraper(runtime, make).concurrency(CONCURRENCY).drive(requests);
        index_of(results.next().await.expect("an answer"));
        // As far as it goes by itself: at least one batch waits, while the consumer does not come.
        origin.until(move |counts| counts.served >= 32.min(under_way)).await;
        for taken in 1..=3 * under_way {
            let now = count.load(Ordering::SeqCst);
            assert!(now <= taken + under_way, "{now} requests were started by the time {taken} results were taken");
            pulled.store(now, Ordering::SeqCst);
            results.next().await.map(index_of);
        }
        assert_eq!(pulled.load(Ordering::SeqCst), 3 * under_way);
        assert!(results.next().await.is_none());
    });
}

/// A pause of twice the deadline between two results costs no page.
pub fn pausing_consumer_of_a_drive_loses_no_page<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let make = Arc::new(make);
    host.run(async |runtime: H::Handle| {
        // As long as a busy machine needs for the answers themselves.
        for milliseconds in [250, 1000, 4000] {
            let (origin, make) = (Origin::start(), make.clone());
            let deadline = Duration::from_millis(milliseconds);
            let scraper = scraper(runtime.clone(), move |runtime| make(runtime));
            let mut results = scraper.limits(generous().deadline(deadline)).concurrency(4).drive(say(&origin, 300));
            let (mut taken, mut late) = (0, 0);
            while let Some(result) = results.next().await {
                late += usize::from(result.is_err_and(|error| error.is_timeout()));
                taken += 1;
                if taken == 1 {
                    runtime.sleep(2 * deadline).await;
                }
            }
            assert_eq!(taken, 300);
            if late == 0 {
                return;
            }
        }
        panic!("requests timed out while their consumer paused, whatever the deadline");
    });
}

/// `for_each` handles every result once, on the workers, with the handler's own waits in between.
pub fn for_each_handles_every_result<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    let seen = Arc::new((0..100).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
    host.run(async |runtime: H::Handle| {
        let (clock, seen) = (runtime.clone(), seen.clone());
        let handle = move |result| {
            let (clock, seen) = (clock.clone(), seen.clone());
            async move {
                let index = index_of(result);
                clock.sleep(Duration::from_millis(index % 3)).await;
                seen[index as usize].fetch_add(1, Ordering::SeqCst);
            }
        };
        scraper(runtime, make).concurrency(8).for_each(say(&origin, 100), handle).await;
    });
    assert!(seen.iter().all(|seen| seen.load(Ordering::SeqCst) == 1), "each once: {seen:?}");
}
