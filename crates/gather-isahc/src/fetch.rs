//! isahc as a [`Fetch`].

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use gather_core::{
    BoxFuture, Capabilities, Deviation, Fetch, FetchError, FetchErrorKind, Held, InFlight, Phase, Request, Response,
};
use isahc::HttpClient;

use crate::agent::{Agent, Agents, Ending};
use crate::body::IsahcBody;
use crate::builder::{Builder, MAX_HEADER_FIELDS, SetupError};
use crate::exchange::Exchange;

/// libcurl as a transport: HTTP/1.1 and HTTP/2, TLS, pooled connections, on any executor. Cheap to clone; clones share the
/// pool.
///
/// Dropping an exchange closes its connection (HTTP/1) or resets its stream (HTTP/2) as soon as there is anything to read
/// from it, and after [`max_exchange`](Builder::max_exchange) at the latest; nobody else notices. [`poll_close`](Fetch::poll_close) ends
/// every exchange at once, and is ready when curl's threads, and all their connections, are gone; requests made afterwards
/// fail with [`Closed`](FetchErrorKind::Closed). Dropping the last clone lets exchanges in flight go on to their end, and
/// then does the same in the background.
///
/// A request whose method is not idempotent (RFC 9110, 9.2.2) goes over a connection of its own, by a thread of its own that
/// is started for the first of them: when a kept connection has ended meanwhile curl sends a request again, and only a
/// connection that was not kept makes sure that it does not.
///
/// # Panics
///
/// Polled after curl's thread has died, which takes a failure of the operating system's polling, its futures panic, as isahc
/// does.
#[derive(Clone)]
pub struct IsahcFetch(Arc<Inner>);

struct Inner {
    agents: Mutex<Agency>,
    in_flight: InFlight,
    max_fields: usize,
    capabilities: Capabilities,
}

enum Agency {
    Open(Box<Agents>),
    /// The threads are ending, or have ended.
    Closed(Ending),
}

impl IsahcFetch {
    /// A client with the defaults of [`Builder`]: one thread.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::build`].
    pub fn new() -> Result<Self, SetupError> {
        Builder::new().build()
    }

    /// A client of `threads` threads, each of which serves the hosts that fall to it by their name and port.
    ///
    /// curl's I/O, TLS included, is done on one thread for each client, whatever the executor has; one thread is what limits
    /// a program that keeps several processors busy. By host, because a connection belongs to its thread: spread in turn,
    /// every thread would open connections of its own to every host. Requests to one host are served by one thread all the
    /// same.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::build`].
    pub fn sharded(threads: NonZeroUsize) -> Result<Self, SetupError> {
        Builder::new().shards(threads).build()
    }

    /// Settings to begin with.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn from_agents(agents: Agents, enforces_policies: bool, max_fields: usize, http2: bool) -> Self {
        let capabilities = Capabilities::none().address_policy(enforces_policies).connect_deadline(true).http2(http2);
        let capabilities = capabilities.streaming(true).head_limits(true);
        // curl has one code for a head that is too large and for a connection that ended, and the text that would tell is
        // not handed on; it drops what comes behind a last chunk, and a stream that ends without an error has ended well for it.
        let capabilities = capabilities.but(Deviation::UnnamedLimits).but(Deviation::LeftoversDropped);
        let capabilities = capabilities.but(Deviation::SilentResets);
        let agents = Mutex::new(Agency::Open(Box::new(agents)));
        IsahcFetch(Arc::new(Inner { agents, in_flight: InFlight::new(), max_fields, capabilities }))
    }
}

/// A client of the program's own. Redirects, decompression and `Expect: 100-continue` are turned off for each request, so that
/// a call is one exchange; the rest (proxies, cookies, time limits, TLS) is as the client has it. Since it may have a proxy,
/// no address policy is enforced, and a request under one is refused. What is sent twice is curl's decision; see [`IsahcFetch`].
///
/// A time limit of its own strikes as [`Timeout`](FetchErrorKind::Timeout) with the time that it took.
impl From<HttpClient> for IsahcFetch {
    fn from(client: HttpClient) -> Self {
        IsahcFetch::from_agents(Agents::new(vec![Agent::new(client)], None), false, MAX_HEADER_FIELDS, false)
    }
}

impl Fetch for IsahcFetch {
    type Body = IsahcBody;
    type Future = IsahcFuture;

    /// Lazy: nothing is sent before the future is polled.
    fn fetch(&self, request: Request) -> IsahcFuture {
        let url = request.uri().clone();
        let begun = self.0.begin(request).map_err(|error| error.with_url(url));
        IsahcFuture(self.0.in_flight.hold(
            Phase::Head,
            match begun {
                Ok(exchange) => exchange,
                Err(error) => Box::pin(std::future::ready(Err(error))),
            },
        ))
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_close(cx)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities
    }
}

impl Inner {
    fn begin(&self, request: Request) -> Result<BoxFuture<Result<Response<IsahcBody>, FetchError>>, FetchError> {
        let exchange = Exchange::new(request, self.max_fields)?;
        if exchange.policy().restricts() && !self.capabilities.address_policy {
            let why = "the request may reach public addresses only, and this client cannot look at addresses";
            return Err(FetchError::new(Phase::Request, FetchErrorKind::Forbidden).with_source(why));
        }
        let (agent, limit) = match &*self.agents() {
            Agency::Open(agents) => {
                let agent = agents.agent(exchange.method(), exchange.host());
                let none = |error| FetchError::new(Phase::Request, FetchErrorKind::Other).with_source(error);
                (agent.map_err(none)?, agents.max_exchange())
            }
            Agency::Closed(_) => return Err(FetchError::new(Phase::Connect, FetchErrorKind::Closed)),
        };
        Ok(Box::pin(exchange.send(agent, limit, self.in_flight.clone())))
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        // Outside of the lock: futures are dropped here, and wakers called.
        self.in_flight.close();
        let mut agency = self.agents();
        let ending = match std::mem::replace(&mut *agency, Agency::Closed(Ending::default())) {
            Agency::Open(agents) => agents.end(),
            Agency::Closed(ending) => ending,
        };
        *agency = Agency::Closed(ending.clone());
        drop(agency);
        ending.poll(cx)
    }

    fn agents(&self) -> MutexGuard<'_, Agency> {
        // Nothing inside the lock leaves it half-changed.
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The future of [`IsahcFetch::fetch`](Fetch::fetch).
#[must_use = "futures do nothing unless awaited"]
pub struct IsahcFuture(Held<BoxFuture<Result<Response<IsahcBody>, FetchError>>>);

impl Future for IsahcFuture {
    type Output = Result<Response<IsahcBody>, FetchError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl fmt::Debug for IsahcFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IsahcFuture")
    }
}

impl fmt::Debug for IsahcFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IsahcFetch").field("in_flight", &self.0.in_flight.count()).finish_non_exhaustive()
    }
}
