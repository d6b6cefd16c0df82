//! Laws of one pipeline, [`Scraper::scrape`], over an adapter's own transport. Nothing here has to be `Send`.
//!
//! The pipeline is gather-core's and the same everywhere; what these laws show is that it keeps its word over this
//! transport, on this runtime. Each takes a host and a closure that makes the client from the host's handle.

mod faults;
mod pauses;

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::join;
use gather_core::{Fetch, Host, Page, ParseError, Request, ScrapeResult, Scraper};
use http::StatusCode;

pub use faults::*;
pub use pauses::*;

use crate::exchange::{ask, chain, generous};
use crate::origin::Origin;

/// What the laws' parser makes of a page: its body as text.
pub(crate) fn text(page: &Page) -> Result<String, ParseError> {
    Ok(String::from_utf8_lossy(&page.body).into_owned())
}

/// `/say/N` for N requests.
pub(crate) fn say(origin: &Origin, many: usize) -> Vec<Request> {
    (0..many).map(|number| ask(origin, &format!("/say/{number}"))).collect()
}

/// The index of a result that has to be the right page for it.
pub(crate) fn index_of(result: ScrapeResult<String>) -> u64 {
    let page = result.unwrap_or_else(|error| panic!("request {}: {}", error.index(), chain(&error)));
    assert_eq!(page.output, page.index.to_string(), "the answer belongs to another request");
    assert_eq!((page.status, page.bytes), (StatusCode::OK, page.output.len() as u64));
    page.index
}

/// Every request yields one result, with its own index, address and page; then the stream ends, and stays so.
pub fn every_request_yields_one_result<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let mut results = scraper.parse(text).concurrency(7).scrape(say(&origin, 60));
        let mut indexes = Vec::new();
        while let Some(result) = results.next().await {
            indexes.push(index_of(result));
        }
        indexes.sort_unstable();
        assert_eq!(indexes, (0..60).collect::<Vec<_>>(), "each once");
        assert!(results.next().await.is_none() && results.next().await.is_none(), "the end stays");
        assert_eq!(results.in_flight(), 0);
    });
    assert_eq!(origin.counts().requests, 60, "one exchange for each request");
}

/// Without requests there is nothing to wait for.
pub fn no_requests_end_at_once<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    host.run(async |clock: H::Handle| {
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone()));
        assert!(scraper.scrape([]).next().await.is_none());
    });
}

/// Results come as they are done: an answer that is held back holds nobody else back.
pub fn results_come_as_they_are_done<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let mut requests = say(&origin, 20);
        requests[0] = ask(&origin, "/gate/first/0");
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let mut results = scraper.parse(text).concurrency(3).scrape(requests);
        for _ in 1..20 {
            assert_ne!(index_of(results.next().await.expect("19 answers")), 0, "this one is held back");
        }
        origin.open("first");
        assert_eq!(index_of(results.next().await.expect("the last")), 0);
        assert!(results.next().await.is_none());
    });
}

/// As many exchanges as allowed are in flight, as the origin counts them, and never more.
pub fn concurrency_is_reached_and_kept<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let requests = (0..40).map(|number| ask(&origin, &format!("/gate/all/{number}")));
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let results = scraper.parse(text).concurrency(8).scrape(requests);
        let open = async {
            origin.until(|counts| counts.in_flight == 8).await;
            origin.open("all");
        };
        let (indexes, ()) = join(results.map(index_of).collect::<Vec<_>>(), open).await;
        assert_eq!(indexes.len(), 40);
    });
    assert_eq!(origin.counts().in_flight_max, 8);
}

/// A concurrency of one, or of none, which is read as one, is one request after the other.
pub fn concurrency_of_one_is_in_order<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        for concurrency in [0, 1] {
            let scraper = Scraper::new(clock.clone(), |clock: &H::Handle| make(clock.clone())).limits(generous());
            let results = scraper.parse(text).concurrency(concurrency).scrape(say(&origin, 10));
            assert_eq!(results.map(index_of).collect::<Vec<_>>().await, (0..10).collect::<Vec<_>>());
        }
    });
    assert_eq!(origin.counts().in_flight_max, 1);
}

/// Dropping the stream ends every exchange, as the origin sees it.
pub fn dropping_cancels<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let requests = (0..20).map(|_| ask(&origin, "/silent")).collect::<Vec<_>>();
        let scraper = Scraper::new(clock.clone(), |clock: &H::Handle| make(clock.clone())).limits(generous());
        let mut results = scraper.concurrency(6).scrape(requests);
        crate::fetch::drop_when(&clock, results.next(), origin.until(|counts| counts.in_flight == 6)).await;
        drop(results);
        origin.until(|counts| counts.open == 0).await;
    });
    assert_eq!(origin.counts().requests, 6, "nothing was asked for afterwards");
}

/// While the consumer takes nothing, nothing is fetched beyond what is in flight already.
pub fn slow_consumer_stops_the_fetching<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let pulled = Rc::new(Cell::new(0));
        let requests = say(&origin, 50).into_iter().inspect(|_| pulled.set(pulled.get() + 1));
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let mut results = scraper.parse(text).concurrency(4).scrape(requests);
        for taken in 1..=50 {
            index_of(results.next().await.expect("50 answers"));
            // Between its start and the taking of its result: that is what the concurrency bounds.
            assert!(
                pulled.get() < taken + 4,
                "{} requests were started by the time {taken} results were",
                pulled.get()
            );
        }
    });
}

/// Requests may come over time; the stream ends when they have ended and all results are taken, not before.
pub fn requests_may_come_over_time<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let (sender, receiver) = futures_channel::mpsc::unbounded();
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let mut results = scraper.parse(text).concurrency(3).scrape_stream(receiver);
        for (number, request) in say(&origin, 5).into_iter().enumerate() {
            let idle = poll_fn(|cx| Poll::Ready(Pin::new(&mut results).poll_next(cx).is_pending())).await;
            assert!(idle, "nothing was asked for");
            sender.unbounded_send(request).expect("the scrape lives");
            assert_eq!(index_of(results.next().await.expect("an answer")), number as u64);
        }
        drop(sender);
        assert!(results.next().await.is_none());
    });
}
