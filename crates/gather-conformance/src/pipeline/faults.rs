//! Requests that go wrong: each is the error of its own, and the others go on.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use gather_core::{
    Cause, Fetch, FetchErrorKind, Head, Host, Page, Parse, ParseError, Phase, Request, Scraper, Sink, TaskError,
};

use crate::exchange::{ask, chain, generous, request};
use crate::origin::Origin;
use crate::pipeline::{index_of, say, text};

/// Faults of every kind between good answers: each request yields one result, the good ones their page.
pub fn faults_are_errors_of_their_own<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    const FAULTS: [&str; 7] =
        ["/cut/before-head", "/cut/in-head", "/cut/in-body", "/cut/in-chunks", "/garbage", "/bad-chunk", "/endless"];
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let mut requests = Vec::new();
        for (number, fault) in FAULTS.into_iter().chain(["refused"]).enumerate() {
            requests.push(ask(&origin, &format!("/say/{}", 2 * number)));
            requests.push(if fault == "refused" { request(&origin.refused_url()) } else { ask(&origin, fault) });
        }
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone()));
        let scraper = scraper.limits(generous().max_body(100_000)).parse(text).concurrency(5);
        let results = scraper.scrape(requests.clone()).collect::<Vec<_>>().await;
        let mut seen = vec![0; requests.len()];
        for result in results {
            let index = match result {
                Err(error) => {
                    assert!(error.as_fetch().is_some(), "{error:?}");
                    assert!(!error.is_timeout(), "{error:?}");
                    assert_eq!(error.index() % 2, 1, "request {}: {}", error.index(), chain(&error));
                    assert_eq!(error.url(), requests[error.index() as usize].uri(), "an error names its address");
                    error.index()
                }
                good => {
                    let index = index_of(good);
                    assert_eq!(index % 2, 0, "{} was taken for a page", requests[index as usize].uri());
                    index
                }
            };
            seen[index as usize] += 1;
        }
        assert_eq!(seen, vec![1; requests.len()], "each once");
    });
}

/// A timeout is the error of its request: it names the limit and the phase, its exchange ends at the origin, and the
/// others have their pages.
pub fn timeout_is_an_error_of_its_own<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    host.run(async |clock: H::Handle| {
        // As long as a busy machine needs for the good answers.
        for milliseconds in [150, 1500, 8000] {
            let origin = Origin::start();
            let deadline = Duration::from_millis(milliseconds);
            let mut requests = say(&origin, 20);
            requests[3] = ask(&origin, "/silent");
            requests[8] = ask(&origin, "/body-gate/never");
            let scraper = Scraper::new(clock.clone(), |clock: &H::Handle| make(clock.clone())).parse(text);
            let mut results = scraper.limits(generous().deadline(deadline)).concurrency(4).scrape(requests);
            let mut late = Vec::new();
            while let Some(result) = results.next().await {
                match result {
                    Err(error) if error.is_timeout() => {
                        let fetch = error.as_fetch().expect("a timeout is one of fetching");
                        assert_eq!(fetch.kind(), FetchErrorKind::Timeout(deadline));
                        late.push((error.index(), fetch.phase(), error.received()));
                    }
                    good => {
                        let index = index_of(good);
                        assert!(index != 3 && index != 8, "request {index} has no answer");
                    }
                }
            }
            origin.until(|counts| counts.in_flight == 0).await;
            late.sort_unstable();
            if late == [(3, Phase::Head, 0), (8, Phase::Body, 5)] {
                return;
            }
        }
        panic!("good answers timed out, whatever the deadline");
    });
}

/// A body above the limit is the error of its request, announced or streamed.
pub fn too_large_is_an_error_of_its_own<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let mut requests = say(&origin, 6);
        requests[1] = ask(&origin, "/bytes/10001");
        requests[4] = ask(&origin, "/chunked/200/100");
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).parse(text);
        let results = scraper.limits(generous().max_body(10_000)).concurrency(2).scrape(requests);
        for result in results.collect::<Vec<_>>().await {
            match result {
                Err(error) if [1, 4].contains(&error.index()) => {
                    let fetch = error.as_fetch().expect("an error of fetching");
                    assert_eq!((fetch.phase(), fetch.kind()), (Phase::Body, FetchErrorKind::TooLarge(10_000)));
                }
                good => assert!(![1, 4].contains(&index_of(good))),
            }
        }
        origin.until(|counts| counts.in_flight == 0).await;
    });
}

/// A parser that panics, or refuses a page, makes an error of that request.
pub fn parser_faults_are_errors_of_their_own<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let parser = |page: &Page| match &page.body[..] {
            b"3" => panic!("the parser of {}", page.head.url.path()),
            b"5" => Err(ParseError::new("not to my taste")),
            _ => text(page),
        };
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let results = scraper.parse(parser).concurrency(3).scrape(say(&origin, 10)).collect::<Vec<_>>().await;
        assert_eq!(results.len(), 10);
        for result in results {
            match result {
                Err(error) => match (error.index(), error.cause()) {
                    (3, Cause::Task(error @ TaskError::Panicked(_))) => {
                        assert_eq!(error.panic_message(), Some("the parser of /say/3"));
                    }
                    (5, Cause::Parse(error)) => assert!(error.to_string().contains("not to my taste"), "{error}"),
                    _ => panic!("{}", chain(&error)),
                },
                good => assert!(![3, 5].contains(&index_of(good))),
            }
        }
    });
}

/// A parser that has enough ends its exchange: of endless bodies each makes room for the next.
pub fn parser_that_has_enough_frees_its_place<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let requests = (0..10).map(|_| ask(&origin, "/endless")).collect::<Vec<_>>();
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let results = scraper.parse(FirstByte).concurrency(2).scrape(requests).collect::<Vec<_>>().await;
        assert_eq!(results.len(), 10);
        for result in results {
            assert_eq!(result.unwrap_or_else(|error| panic!("{}", chain(&error))).output, b'n');
        }
        origin.until(|counts| counts.in_flight == 0).await;
    });
}

/// A panic of the requests' own iterator comes out of the stream that polls it.
pub fn panicking_requests_come_out<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    let run = || {
        host.run(async |clock: H::Handle| {
            let requests = panicking_after(say(&origin, 3));
            let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
            scraper.parse(text).concurrency(2).scrape(requests).map(index_of).collect::<Vec<_>>().await
        })
    };
    let panic = catch_unwind(AssertUnwindSafe(run)).map(|_| ()).expect_err("the panic was swallowed");
    assert_eq!(panic.downcast_ref(), Some(&"no more requests"));
}

/// These requests, and then a panic.
pub(crate) fn panicking_after(requests: Vec<Request>) -> impl Iterator<Item = Request> + Send + 'static {
    let panic = std::iter::from_fn(|| -> Option<Request> { panic!("no more requests") });
    requests.into_iter().chain(panic)
}

/// The parser that has enough after one byte.
#[derive(Debug)]
struct FirstByte;

struct FirstByteSink(Option<u8>);

impl Parse for FirstByte {
    type Output = u8;
    type Sink = FirstByteSink;

    fn start(&self, _: &Head) -> FirstByteSink {
        FirstByteSink(None)
    }
}

impl Sink for FirstByteSink {
    type Output = u8;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.0 = self.0.or(chunk.first().copied());
        if self.0.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn finish(self) -> Result<u8, ParseError> {
        self.0.ok_or_else(|| ParseError::new("an empty page"))
    }
}
