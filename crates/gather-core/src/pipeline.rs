//! The pipeline, written once: requests in, parsed and owned results out.
//!
//! In reading order: [`scraper`] builds it, [`exchange`] is one request on its way, [`deadline`] decides when its time is
//! over, [`scrape`] keeps many of them in flight as one stream, [`drive`] runs one such stream for each worker.

mod deadline;
mod drive;
mod exchange;
mod scrape;
mod scraper;

pub use drive::{Drive, ForEach};
pub use scrape::Scrape;
pub use scraper::{MakeFetch, Scraper, Shared};

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream;
use http::{StatusCode, Uri};

use crate::error::ScrapeError;
use crate::fetch::Request;

/// What one request of a scrape became.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scraped<T> {
    /// The request's place in the input, from 0: results come in the order in which they are done.
    pub index: u64,
    /// The address that was asked for.
    pub url: Uri,
    /// The status, whatever it is: a 404 is parsed too.
    pub status: StatusCode,
    /// The size of the body as received, in bytes.
    pub bytes: u64,
    /// What the parser made of the page.
    pub output: T,
}

impl<T> Scraped<T> {
    /// A result, for pipelines other than this crate's.
    pub fn new(index: u64, url: Uri, status: StatusCode, bytes: u64, output: T) -> Self {
        Scraped { index, url, status, bytes, output }
    }
}

/// The result of one request of a scrape.
pub type ScrapeResult<T> = Result<Scraped<T>, ScrapeError>;

/// The requests of an iterator as [`Scrape`] takes them.
pub type Requests<I> = Numbered<stream::Iter<I>>;

/// A stream of requests, numbered.
#[derive(Debug)]
pub struct Numbered<S> {
    requests: S,
    next: u64,
}

impl<S> Numbered<S> {
    pub(crate) fn new(requests: S) -> Self {
        Numbered { requests, next: 0 }
    }
}

impl<S: Stream<Item = Request> + Unpin> Stream for Numbered<S> {
    type Item = (u64, Request);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let request = std::task::ready!(Pin::new(&mut self.requests).poll_next(cx));
        Poll::Ready(request.map(|request| {
            self.next += 1;
            (self.next - 1, request)
        }))
    }
}
