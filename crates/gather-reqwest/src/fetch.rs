//! reqwest as a [`Fetch`], and the way of one exchange through it.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use gather_core::addresses::AddressPolicy;
use gather_core::{
    Capabilities, ConnectDeadline, Deviation, Fetch, FetchError, FetchErrorKind, Held, InFlight, Phase, Request,
    Response, framing,
};
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{Method, Version};
use reqwest::Url;
use tokio::runtime::Handle;
use tower_service::Service;

use crate::body::ReqwestBody;
use crate::builder::{Builder, MAX_HEADER_FIELDS, SetupError};
use crate::connect::CONNECT_DEADLINE;
use crate::context::{Inside, find};
use crate::error;
use crate::pools::Pools;

/// [`reqwest::Client`] as a transport: HTTP/1.1 and HTTP/2, TLS, pooled connections. Cheap to clone; clones share the pool.
///
/// Dropping an exchange closes its connection (HTTP/1) or resets its stream (HTTP/2). A kept connection that turns out to be
/// closed before anything was sent is replaced by another; nothing else is ever tried twice.
///
/// [`poll_close`](Fetch::poll_close) ends every exchange at once and gives up the pool. reqwest closes the idle connections
/// from tasks on the runtime, as soon as these run; when that is, nobody is told. Requests made afterwards fail with
/// [`Closed`](FetchErrorKind::Closed).
///
/// # Errors
///
/// Those of the hyper engine, with the same phases and kinds, since hyper is below. Outside of tokio each request fails with
/// [`OffTokio`](crate::OffTokio); see [`Builder::on`].
///
/// # Panics
///
/// Polled on a tokio runtime whose I/O or timer is not enabled, its futures panic, as tokio does.
#[derive(Clone)]
pub struct ReqwestFetch(Arc<Inner>);

struct Inner {
    pools: Mutex<Pools>,
    in_flight: InFlight,
    handle: Option<Handle>,
    max_fields: usize,
    capabilities: Capabilities,
}

impl ReqwestFetch {
    /// A client with the defaults of [`Builder`].
    ///
    /// # Errors
    ///
    /// Those of [`Builder::build`].
    pub fn new() -> Result<Self, SetupError> {
        Builder::new().build()
    }

    /// Settings to begin with.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn from_pools(pools: Pools, handle: Option<Handle>, max_fields: usize, http2: bool) -> Self {
        let (made, enforces) = (matches!(pools, Pools::Made { .. }), pools.enforces_policies());
        let capabilities = Capabilities::none().address_policy(enforces).connect_deadline(made).http2(http2);
        let capabilities = capabilities.cancellation(true).streaming(true).head_limits(true);
        // hyper counts nothing of what comes before an answer or between chunks, and what it reads from cannot be wrapped here.
        let capabilities = capabilities.but(Deviation::EndlessFraming);
        let (pools, in_flight) = (Mutex::new(pools), InFlight::new());
        ReqwestFetch(Arc::new(Inner { pools, in_flight, handle, max_fields, capabilities }))
    }
}

/// A client of the program's own, as it is: if it follows redirects, decompresses or retries, a call is no longer one exchange,
/// which it is for the program to want. Address policies and [`ConnectDeadline`] need a say in how it connects, which this
/// crate then does not have: the [capabilities](Fetch::capabilities) say so, and a request under a policy is refused.
///
/// A time limit of its own strikes as [`Timeout`](FetchErrorKind::Timeout) with the time that it took. Closing gives up this
/// handle to it, and ends the exchanges that were made through it.
impl From<reqwest::Client> for ReqwestFetch {
    fn from(client: reqwest::Client) -> Self {
        ReqwestFetch::from_pools(Pools::Given(client), None, MAX_HEADER_FIELDS, false)
    }
}

impl Fetch for ReqwestFetch {
    type Body = ReqwestBody;
    type Future = ReqwestFuture;

    fn fetch(&self, request: Request) -> ReqwestFuture {
        let url = request.uri().clone();
        ReqwestFuture(match self.0.begin(request) {
            Ok(head) => State::Waiting(self.0.in_flight.hold(Phase::Head, head)),
            Err(error) => State::Failed(Some(error.with_url(url))),
        })
    }

    fn poll_close(&self, _: &mut Context<'_>) -> Poll<()> {
        let pools = std::mem::replace(&mut *self.0.pools(), Pools::Gone);
        drop(pools);
        self.0.in_flight.close();
        Poll::Ready(())
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities
    }
}

impl Inner {
    fn begin(&self, request: Request) -> Result<Head, FetchError> {
        let (parts, body) = request.into_parts();
        let policy = AddressPolicy::of(&parts.extensions);
        let url = to_url(&parts.uri)?;
        let mut client = self.pools().client(&policy)?;
        check_numeric_host(&url, &policy)?;
        let handle = find(self.handle.as_ref())?;

        let mut request = reqwest::Request::new(parts.method.clone(), url);
        *request.headers_mut() = parts.headers;
        if body.is_empty() && matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
            // hyper says so over HTTP/2 alone (RFC 9110, 8.6).
            request.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
        }
        if !body.is_empty() {
            *request.body_mut() = Some(reqwest::Body::from(body));
        }
        let deadline = parts.extensions.get::<ConnectDeadline>().map(|deadline| deadline.0);
        let begin = Instant::now();
        let pending = {
            let _entered = handle.enter();
            client.call(request)
        };
        let in_flight = self.in_flight.clone();
        let (method, max_fields) = (parts.method, self.max_fields);
        Ok(Head { pending: Inside::new(handle, pending), method, max_fields, deadline, begin, in_flight })
    }

    fn pools(&self) -> MutexGuard<'_, Pools> {
        // Nothing inside the lock leaves them half-changed.
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As reqwest wants an address, without the user name and password that it may have: what is sent of these is policy.
fn to_url(uri: &http::Uri) -> Result<Url, FetchError> {
    let invalid = |why: String| FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(why);
    let mut url = Url::parse(&uri.to_string()).map_err(|error| invalid(format!("not an address: {error}")))?;
    if url.host_str().is_none() || !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("the address has no host, or a scheme other than http and https".to_owned()));
    }
    if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
        return Err(invalid("the address cannot have a user name".to_owned()));
    }
    Ok(url)
}

/// A numeric host is connected to without asking the resolver, so it is looked at here: after [`Url`] has made an address of
/// whatever way of writing one there is (`0x7f.1`, `2130706433`), and of the very URL that is connected to.
fn check_numeric_host(url: &Url, policy: &AddressPolicy) -> Result<(), FetchError> {
    let host = url.host_str().unwrap_or_default();
    let numeric = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    numeric.parse::<IpAddr>().map_or(Ok(()), |address| policy.check(address))
}

/// The future of [`ReqwestFetch::fetch`](Fetch::fetch).
#[must_use = "futures do nothing unless awaited"]
pub struct ReqwestFuture(State);

enum State {
    Waiting(Held<Head>),
    Failed(Option<FetchError>),
}

impl Future for ReqwestFuture {
    type Output = Result<Response<ReqwestBody>, FetchError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Waiting(head) => Pin::new(head).poll(cx),
            State::Failed(error) => error.take().map_or(Poll::Pending, |error| Poll::Ready(Err(error))),
        }
    }
}

impl fmt::Debug for ReqwestFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestFuture")
    }
}

/// reqwest's future, polled inside of its runtime and with its request's deadline in reach of the connector.
struct Head {
    pending: Inside<<reqwest::Client as Service<reqwest::Request>>::Future>,
    method: Method,
    max_fields: usize,
    deadline: Option<Duration>,
    begin: Instant,
    in_flight: InFlight,
}

impl Future for Head {
    type Output = Result<Response<ReqwestBody>, FetchError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (deadline, begin) = (self.deadline, self.begin);
        let polled = self.pending.with(|pending| match deadline {
            Some(deadline) => CONNECT_DEADLINE.sync_scope(deadline, || Pin::new(pending).poll(cx)),
            None => Pin::new(pending).poll(cx),
        });
        let Some(polled) = polled else { return Poll::Pending };
        let outcome = ready!(polled);
        self.pending.end();
        Poll::Ready(match outcome {
            Ok(response) => {
                let response = http::Response::<reqwest::Body>::from(response);
                check(&self.method, &response, self.max_fields)?;
                let (handle, http2) = (self.pending.handle().clone(), response.version() == Version::HTTP_2);
                Ok(response.map(|body| ReqwestBody::new(body, http2, handle, begin, &self.in_flight)))
            }
            Err(cause) => Err(error::of_head(cause, begin.elapsed())),
        })
    }
}

/// What hyper lets through: an answer whose length can be read in two ways, and over HTTP/2 any number of fields.
fn check(method: &Method, response: &Response<reqwest::Body>, max_fields: usize) -> Result<(), FetchError> {
    if response.headers().len() > max_fields {
        return Err(FetchError::new(Phase::Head, FetchErrorKind::TooMany(max_fields as u64)));
    }
    framing::check(method, response)
}

impl fmt::Debug for ReqwestFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestFetch").field("in_flight", &self.0.in_flight.count()).finish_non_exhaustive()
    }
}
