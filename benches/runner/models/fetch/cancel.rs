//! Exchanges that are dropped in the middle: by a client around the client, so that the pipeline is the usual one.

use std::error::Error;
use std::fmt;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_lite::future::or;
use gather_core::{
    BoxFuture, Clock, Fetch, FetchError, FetchErrorKind, MakeFetch, Phase, Request, Response, SendFetch,
};

/// Which exchanges are dropped, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cancel {
    /// So many percent.
    pub(crate) percent: u64,
    pub(crate) at: Moment,
}

/// When an exchange is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So long after its start, which should be before the origin answers.
    After(Duration),
    /// When its head is there, which should be before the origin has written all of its body.
    Head,
}

impl Cancel {
    /// Whether request `index` is dropped: evenly spread, the same for every engine.
    pub(crate) fn hits(self, index: u64) -> bool {
        index * self.percent % 100 < self.percent
    }

    /// The requests, with a mark on those that will be dropped.
    pub(crate) fn mark(
        self,
        requests: impl Iterator<Item = Request> + Send + 'static,
    ) -> impl Iterator<Item = Request> + Send + 'static {
        (0..).zip(requests).map(move |(index, mut request)| {
            if self.hits(index) {
                request.extensions_mut().insert(Doomed);
            }
            request
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Doomed;

/// What is said of an exchange that was dropped on purpose.
#[derive(Debug)]
pub(crate) struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled on purpose")
    }
}

impl Error for Cancelled {}

impl Cancelled {
    /// Whether that is what an error says.
    pub(crate) fn is(error: &FetchError) -> bool {
        error.source().is_some_and(|source| source.is::<Cancelled>())
    }
}

/// Makes clients that drop what is marked.
pub(crate) struct Cancelling<M> {
    pub(crate) make: M,
    pub(crate) at: Moment,
}

impl<C: Clock<Sleep: Send> + Send + Sync, M: MakeFetch<C, Fetch: SendFetch>> MakeFetch<C> for Cancelling<M> {
    type Fetch = CancellingFetch<M::Fetch, C>;

    fn make_fetch(&self, clock: &C) -> Self::Fetch {
        CancellingFetch { fetch: self.make.make_fetch(clock), clock: clock.clone(), at: self.at }
    }
}

pub(crate) struct CancellingFetch<F, C> {
    fetch: F,
    clock: C,
    at: Moment,
}

impl<F: SendFetch, C: Clock<Sleep: Send>> Fetch for CancellingFetch<F, C> {
    type Body = F::Body;
    type Future = BoxFuture<Result<Response<F::Body>, FetchError>>;

    fn fetch(&self, mut request: Request) -> Self::Future {
        let doomed = request.extensions_mut().remove::<Doomed>().is_some();
        let exchange = self.fetch.fetch(request);
        if !doomed {
            return Box::pin(exchange);
        }
        // A response is dropped too: what is marked never becomes a page, however late the clock is.
        let head = async move { exchange.await.map(drop) };
        let dropped: BoxFuture<Result<(), FetchError>> = match self.at {
            Moment::Head => Box::pin(head),
            Moment::After(time) => {
                let sleep = self.clock.sleep(time);
                Box::pin(or(head, async move {
                    sleep.await;
                    Ok(())
                }))
            }
        };
        Box::pin(async move {
            dropped.await?;
            Err(FetchError::new(Phase::Body, FetchErrorKind::Interrupted).with_source(Cancelled))
        })
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.fetch.poll_close(cx)
    }
}
