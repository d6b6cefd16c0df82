//! A transport in memory that allocates nothing and waits for nothing: what is measured over it is what gather adds.

use std::future::{Future, Pending, pending};
use std::ops::ControlFlow;
use std::option;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use gather_core::{Clock, Fetch, FetchError, Head, Parse, ParseError, Request, Response, Sink, get};

/// The size of the page that answers every request, in bytes: the 2.7 KB of the lab's smallest page.
pub const PAGE_BYTES: u64 = 2700;

/// A client whose every answer is the same page, in one chunk.
#[derive(Debug, Clone)]
pub struct Memory {
    page: Bytes,
    wakes: bool,
}

impl Memory {
    /// The answer is there at the first poll.
    pub fn ready() -> Self {
        static PAGE: [u8; PAGE_BYTES as usize] = [b'x'; PAGE_BYTES as usize];
        Memory { page: Bytes::from_static(&PAGE), wakes: false }
    }

    /// The answer is there at the second poll, after one wake-up: as little as a real exchange can do.
    pub fn waking() -> Self {
        Memory { wakes: true, ..Memory::ready() }
    }

    /// The same with another page.
    pub fn with_page(self, page: Bytes) -> Self {
        Memory { page, ..self }
    }
}

impl Fetch for Memory {
    type Body = stream::Iter<option::IntoIter<Result<Bytes, FetchError>>>;
    type Future = Answer;

    fn fetch(&self, _: Request) -> Answer {
        Answer { page: Some(self.page.clone()), wakes: self.wakes }
    }
}

/// The head of [`Memory`]'s answer.
#[derive(Debug)]
pub struct Answer {
    page: Option<Bytes>,
    wakes: bool,
}

impl Future for Answer {
    type Output = Result<Response<<Memory as Fetch>::Body>, FetchError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.wakes {
            self.wakes = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(Response::new(stream::iter(self.page.take().map(Ok)))))
    }
}

/// The time of day without any timer: deadlines are reckoned as ever, and none of them comes.
#[derive(Debug, Clone, Copy)]
pub struct NoTimer;

impl Clock for NoTimer {
    type Sleep = Pending<()>;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, _: Duration) -> Pending<()> {
        pending()
    }
}

/// The parser that only counts the bytes: a pipeline's price without a parser's.
#[derive(Debug, Clone, Copy)]
pub struct Length;

impl Parse for Length {
    type Output = u64;
    type Sink = LengthSink;

    fn start(&self, _: &Head) -> LengthSink {
        LengthSink(0)
    }
}

/// The [`Sink`] of [`Length`].
#[derive(Debug)]
pub struct LengthSink(u64);

impl Sink for LengthSink {
    type Output = u64;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.0 += chunk.len() as u64;
        ControlFlow::Continue(())
    }

    fn finish(self) -> Result<u64, ParseError> {
        Ok(self.0)
    }
}

/// So many requests for `url`.
pub fn requests(url: &str, count: u64) -> Vec<Request> {
    let request = get(url).expect("a valid address");
    (0..count).map(|_| request.clone()).collect()
}
