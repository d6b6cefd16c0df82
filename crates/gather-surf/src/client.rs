//! The client: surf with one connection for each exchange, or with its own pool, until it is closed.

use std::fmt;
use std::future::{Future, ready};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use gather_core::{BoxFuture, Capabilities, Deviation, Fetch, FetchError, FetchErrorKind, Phase, Request, Response};
use http::Uri;

use crate::body::SurfBody;
use crate::closing::{Closed, Signal, closing};
use crate::connection::OwnConnection;
use crate::exchange::exchange;

/// surf as a transport: plain `http`, HTTP/1.1, no middleware (no redirects, no decoding), no cookies. Cheap to clone.
///
/// `TCP_NODELAY` is set. Names are looked up on a pool of threads, not on the one that polls, and each address is tried
/// in turn. The address is sent as the URL standard normalises it (dot segments resolved, a few characters escaped).
/// Dropping a future or a body closes its connection, unless it is [`pooled`](SurfFetch::pooled).
///
/// [`capabilities`](Fetch::capabilities) says what is enforced, and from which terms of the contract it deviates:
/// interim responses and bodies that end with their connection are errors, because async-h1, which surf speaks HTTP with,
/// hands out the first as the answer and the second as an empty page.
#[derive(Clone)]
pub struct SurfFetch(Arc<Inner>);

struct Inner {
    mode: Mode,
    open: Mutex<Option<Open>>,
    closed: Closed,
}

/// What there is until the client is closed.
struct Open {
    client: surf::Client,
    signal: Signal,
}

/// Where connections come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One is opened for each exchange.
    Own,
    /// surf's pool.
    Pooled,
}

impl SurfFetch {
    /// A client that opens a connection for each request.
    ///
    /// surf's request, middleware and HTTP/1.1, over a connection that is opened here: surf itself, with keep-alive off,
    /// sets no `TCP_NODELAY`, looks names up on the polling thread, tries the first address only, and reads a header field
    /// without an end into memory without an end.
    ///
    /// ```
    /// use gather_core::Fetch;
    /// use gather_surf::SurfFetch;
    ///
    /// assert!(SurfFetch::new().capabilities().address_policy);
    /// ```
    pub fn new() -> Self {
        SurfFetch::with(Mode::Own, surf::Client::with_http_client(OwnConnection))
    }

    /// A client with surf's own pool: at most `per_host` connections to a host at a time, kept alive for ever.
    ///
    /// **Not for callers that cancel anything.** http-client, surf's backend, takes a connection back when its response is
    /// *dropped*, not when it is *read*, and calls one with unread bytes healthy. So the answer to a request that was
    /// cancelled, timed out or not read to its end is given to the next request to that host. The same goes for answers
    /// that are errors here (interim responses, bodies that end with their connection): a server can make use of
    /// that. What is left is benchmarks and trusted servers, every body read to its end. In
    /// [`capabilities`](Fetch::capabilities) that is [`Deviation::CarelessPool`], and no promise of cancellation, of limits to heads, or to heed a
    /// [`ConnectDeadline`](gather_core::ConnectDeadline).
    ///
    /// A request beyond `per_host` waits for another to end. (surf takes a zero there, and then waits for ever.)
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use gather_core::{Deviation, Fetch};
    /// use gather_surf::SurfFetch;
    ///
    /// let client = SurfFetch::pooled(NonZeroUsize::new(8).unwrap());
    /// assert!(client.capabilities().deviations.contains(Deviation::CarelessPool));
    /// ```
    pub fn pooled(per_host: NonZeroUsize) -> Self {
        let config = surf::Config::new()
            .set_http_keep_alive(true)
            .set_tcp_no_delay(true)
            // It would cover the head only, and deadlines are policy.
            .set_timeout(None)
            .set_max_connections_per_host(per_host.get());
        let Ok(client) = surf::Client::try_from(config);
        SurfFetch::with(Mode::Pooled, client)
    }

    fn with(mode: Mode, client: surf::Client) -> Self {
        let (signal, closed) = closing();
        SurfFetch(Arc::new(Inner { mode, open: Mutex::new(Some(Open { client, signal })), closed }))
    }
}

impl Fetch for SurfFetch {
    type Body = SurfBody;
    type Future = SurfFuture;

    /// Lazy: nothing happens before the future is polled.
    fn fetch(&self, request: Request) -> SurfFuture {
        let url = request.uri().clone();
        let client =
            self.0.open.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|open| open.client.clone());
        let (exchange, closed): (BoxFuture<_>, _) = match client {
            Some(client) => {
                let closed = self.0.closed.clone();
                (Box::pin(exchange(client, self.0.mode, request, closed.clone())), closed)
            }
            None => (Box::pin(ready(Err(FetchError::new(Phase::Connect, FetchErrorKind::Closed)))), Closed::never()),
        };
        SurfFuture { exchange: Some(exchange), closed, url }
    }

    /// Exchanges in flight fail when they are polled next, which wakes them; then their connections are closed.
    fn poll_close(&self, _: &mut Context<'_>) -> Poll<()> {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Open { client, signal }) = open {
            // Its idle connections go with it. That nobody is there to hear the signal is all right.
            drop(client);
            let _ = signal.send(());
        }
        Poll::Ready(())
    }

    fn capabilities(&self) -> Capabilities {
        let both = Capabilities::none().address_policy(true).streaming(true);
        let both = both.but(Deviation::NoInterimResponses).but(Deviation::NoBodiesUntilClose);
        let both = both.but(Deviation::NoUnusualAnswers);
        match self.0.mode {
            Mode::Own => both.cancellation(true).connect_deadline(true).head_limits(true).but(Deviation::NoReuse),
            Mode::Pooled => both.but(Deviation::CarelessPool),
        }
    }
}

/// The future of [`SurfFetch::fetch`](Fetch::fetch). Dropping it ends the exchange.
#[must_use = "futures do nothing unless awaited"]
pub struct SurfFuture {
    exchange: Option<BoxFuture<Result<Response<SurfBody>, FetchError>>>,
    closed: Closed,
    url: Uri,
}

impl Future for SurfFuture {
    type Output = Result<Response<SurfBody>, FetchError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let exchange = this.exchange.as_mut().expect("a future is not polled after it was ready");
        let polled = if this.closed.poll(cx) {
            Poll::Ready(Err(FetchError::new(Phase::Head, FetchErrorKind::Closed)))
        } else {
            exchange.as_mut().poll(cx)
        };
        if polled.is_ready() {
            this.exchange = None;
        }
        polled.map_err(|error| error.with_url(this.url.clone()))
    }
}

impl Default for SurfFetch {
    fn default() -> Self {
        SurfFetch::new()
    }
}

impl fmt::Debug for SurfFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurfFetch").field("mode", &self.0.mode).finish_non_exhaustive()
    }
}

impl fmt::Debug for SurfFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurfFuture").finish_non_exhaustive()
    }
}
