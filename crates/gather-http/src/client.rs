//! The client: pooled connections as a [`Fetch`], and the way of one exchange through them.

use std::fmt;
use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gather_core::addresses::AddressPolicy;
use gather_core::{
    BoxFuture, Capabilities, ConnectDeadline, Fetch, FetchError, FetchErrorKind, Phase, Request, Response, framing,
    timeout,
};
use http::{Method, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use rustls::ClientConfig;
use tower_service::Service;

use crate::body::{HyperBody, Lease};
use crate::builder::Builder;
use crate::connect::{Connect, TcpConnector};
use crate::connection::{Connection, Protocol, Sent, Single, prepare, take_target};
use crate::dial::Dialer;
use crate::drivers::Executor;
use crate::error;
use crate::pool::{Host, Pool};
use crate::progress::Progress;
use crate::proxy::{ProxyError, ProxyFault};

/// An HTTP client on the runtime `R`: HTTP/1.1 and HTTP/2, TLS, pooled connections. Cheap to clone; clones share the pool.
///
/// The connections are driven by tasks on the runtime that belong to this client: they are cancelled when its last clone
/// is dropped, and [`close`](HyperFetch::close) also waits until they are gone. A response that is still being read then
/// ends with an error.
///
/// Dropping an exchange closes its connection (HTTP/1) or resets its stream (HTTP/2). A kept connection that turns out to
/// be closed before anything was sent is replaced by another; nothing else is ever tried twice.
///
/// What a server of HTTP/2 says that it has not acted upon, because it refuses the stream or goes away before it (RFC 9113, sections
/// 6.8 and 8.7), is an error of the kind [`Refused`](FetchErrorKind::Refused) in the phase [`Head`](Phase::Head), of which
/// [`is_unprocessed`](FetchError::is_unprocessed) says that it may be sent again whatever its method. gather-client does so.
/// Other errors of HTTP/2 are [`Protocol`](FetchErrorKind::Protocol) where its code tells of a misunderstanding, and
/// [`Interrupted`](FetchErrorKind::Interrupted) where the reason may pass.
///
/// ```no_run
/// # async fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_core::FetchError> {
/// use gather_core::{Fetch, get};
///
/// let engine = gather_http::HyperFetch::new(runtime);
/// let response = engine.fetch(get("http://localhost:8000/")?).await?;
/// println!("{}, {} connections", response.status(), engine.connections());
/// engine.close().await;
/// # Ok(()) }
/// ```
pub struct HyperFetch<R: Connect>(Arc<Inner<R>>);

pub(crate) struct Inner<R: Connect> {
    pub(crate) dialer: Arc<Dialer<R>>,
    /// TLS with whoever is asked, in which the versions of HTTP are offered.
    pub(crate) offering: Arc<ClientConfig>,
    /// TLS with a proxy, which offers none.
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) protocol: Protocol,
    /// For requests that have none of their own.
    pub(crate) connect_deadline: Duration,
    pub(crate) executor: Executor<R>,
    pub(crate) pool: Arc<Pool>,
}

impl<R: Connect> HyperFetch<R> {
    /// A client with the defaults of [`Builder`].
    ///
    /// # Panics
    ///
    /// Never with the providers of cryptography that the features offer. [`Builder::build`] gives an error instead.
    pub fn new(runtime: R) -> Self {
        Builder::new().build(runtime).expect("the provider that the features chose supports the default TLS versions")
    }

    pub(crate) fn from_inner(inner: Inner<R>) -> Self {
        HyperFetch(Arc::new(inner))
    }

    /// How many connections are open now.
    pub fn connections(&self) -> usize {
        self.0.executor.drivers.connections()
    }

    /// Cancels every connection, of all clones, and returns when the last one has been dropped. Requests made afterwards
    /// fail with [`Closed`](FetchErrorKind::Closed).
    pub async fn close(&self) {
        poll_fn(|cx| self.poll_close(cx)).await;
    }
}

impl<R: Connect> Fetch for HyperFetch<R> {
    type Body = HyperBody;
    type Future = HyperFuture;

    /// Eager: a request for which a connection is free is on its way when this returns.
    fn fetch(&self, request: Request) -> HyperFuture {
        let client = self.0.clone();
        let policy = AddressPolicy::of(request.extensions());
        let host = match client.pool.host(request.uri(), &policy) {
            Ok(host) => host,
            Err(error) => return HyperFuture(Box::pin(ready(Err(error)))),
        };
        let request = prepare(request, &host);
        HyperFuture(match host.take() {
            Some(Connection::Single(free)) if free.sender.is_ready() => Box::pin(reuse(client, host, free, request)),
            taken => Box::pin(exchange(client, host, taken, Box::new(request))),
        })
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.executor.drivers.close();
        self.0.pool.clear();
        self.0.executor.drivers.poll_gone(cx)
    }

    fn capabilities(&self) -> Capabilities {
        let all = Capabilities::none().address_policy(true).connect_deadline(true);
        let all = all.connect_default(self.0.connect_deadline);
        let all = all.cancellation(true).streaming(true).head_limits(true).strict_framing(true);
        all.http2(cfg!(feature = "http2"))
    }
}

/// One exchange on a connection that is free: the way of almost every request, so its future is kept small. It holds the
/// request only until the connection's driver has taken it.
fn reuse<R: Connect>(
    client: Arc<Inner<R>>,
    host: Arc<Host>,
    mut free: Single,
    mut request: http::Request<Full<Bytes>>,
) -> impl Future<Output = Result<Response<HyperBody>, FetchError>> + Send + 'static {
    let url = take_target(&mut request, &host.route);
    let method = request.method().clone();
    let sent = free.send(request);
    async move {
        match sent.await {
            Ok(response) => {
                free.answered();
                lend(client, host, Connection::Single(free), &method, response)
            }
            Err(mut failed) => match failed.take_message() {
                Some(mut unsent) => {
                    *unsent.uri_mut() = url;
                    Box::pin(exchange(client, host, None, Box::new(unsent))).await
                }
                None => Err(client.explain(&host, free.explain(failed.into_error()))),
            },
        }
    }
}

/// One exchange on `taken`, or on whatever connection there is or can be opened.
async fn exchange<R: Connect>(
    client: Arc<Inner<R>>,
    host: Arc<Host>,
    mut taken: Option<Connection>,
    mut request: Box<http::Request<Full<Bytes>>>,
) -> Result<Response<HyperBody>, FetchError> {
    let method = request.method().clone();
    loop {
        if client.executor.drivers.is_closed() {
            return Err(FetchError::new(Phase::Connect, FetchErrorKind::Closed));
        }
        let (connection, origin) = match taken.take().or_else(|| host.take()) {
            Some(connection) => (connection, Origin::Used),
            // Boxed, because a TLS handshake in progress is kilobytes, which the exchange would carry to its end.
            None => {
                let own = request.extensions().get::<ConnectDeadline>();
                let deadline = own.map_or(client.connect_deadline, |deadline| deadline.0);
                Box::pin(client.open(&host, request.uri(), deadline)).await?
            }
        };
        match Box::pin(connection.send(*request, &host.route)).await {
            Ok(Sent::Answered(response, connection)) => return lend(client, host, connection, &method, response),
            // A server that ends every connection before it is asked anything, or speaks first, would have us open one
            // after the other.
            Ok(Sent::NotSent(_, ended)) if origin == Origin::New => {
                return Err(client.explain(&host, ended));
            }
            // Each round uses up a connection that has ended, so this comes to an end: at the latest with a new one.
            Ok(Sent::NotSent(unsent, _)) => request = unsent,
            Err(error) => return Err(client.explain(&host, error)),
        }
    }
}

/// Where a connection for an exchange comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It was opened for this exchange.
    New,
    /// It has served others, and may have ended meanwhile.
    Used,
}

/// The connection goes along with the body, which gives it back. An answer whose framing is ambiguous is refused, and its
/// connection with it. That a proxy wants credentials is an error here, as it is where the proxy is asked for a tunnel; but of a
/// later phase, since an origin may have said so after it has acted.
fn lend<R: Connect>(
    client: Arc<Inner<R>>,
    host: Arc<Host>,
    connection: Connection,
    method: &Method,
    response: Response<Incoming>,
) -> Result<Response<HyperBody>, FetchError> {
    let limit = client.protocol.head.fields;
    if response.headers().len() > limit {
        // HTTP/1 counts while it reads; this is for HTTP/2, which counts bytes alone.
        return Err(FetchError::new(Phase::Head, FetchErrorKind::TooMany(limit as u64)));
    }
    framing::check(method, &response)?;
    if let (Some(proxy), StatusCode::PROXY_AUTHENTICATION_REQUIRED) = (host.route.forwards(), response.status()) {
        let asked = FetchError::new(Phase::Head, FetchErrorKind::ProxyAuthentication);
        return Err(asked.with_source(ProxyError::new(proxy, ProxyFault::Authentication)));
    }
    let pool = client.pool.clone();
    Ok(response.map(|body| HyperBody::new(body, Lease { pool, host, connection, _client: client })))
}

impl<R: Connect> Inner<R> {
    /// A connection to `host`, by the deadline: waiting for somebody else's that may be shared is part of connecting.
    async fn open(&self, host: &Host, url: &Uri, deadline: Duration) -> Result<(Connection, Origin), FetchError> {
        let progress = Progress::default();
        let opened = timeout(&self.executor.runtime, deadline, self.open_or_share(host, url, &progress)).await;
        opened.unwrap_or_else(|late| Err(FetchError::new(progress.phase(), FetchErrorKind::Timeout(late.limit))))
    }

    /// Opened, or somebody else's that can be shared by the time it is our turn.
    async fn open_or_share(
        &self,
        host: &Host,
        url: &Uri,
        progress: &Progress,
    ) -> Result<(Connection, Origin), FetchError> {
        if !self.may_be_shared(url) || host.is_unshared() {
            return Ok((self.connect(host, url, progress).await?, Origin::New));
        }
        let _turn = host.opening.lock().await;
        match host.take() {
            Some(connection) => Ok((connection, Origin::Used)),
            None => Ok((self.connect(host, url, progress).await?, Origin::New)),
        }
    }

    async fn connect(&self, host: &Host, url: &Uri, progress: &Progress) -> Result<Connection, FetchError> {
        let via = host.route.via(self.tls.clone(), self.protocol.head).map(Arc::new);
        let tcp = TcpConnector { via, progress: progress.clone(), ..TcpConnector::direct(&self.dialer, &host.policy) };
        let mut connector = HttpsConnector::from((tcp, self.offering.clone()));
        let stream = connector.call(url.clone()).await.map_err(error::of_connect)?;
        let connection = Connection::open(stream, self.protocol, &self.executor).await?;
        self.pool.opened(host, &connection, &self.executor);
        Ok(connection)
    }

    /// Whether a connection to this address may turn out to speak HTTP/2.
    fn may_be_shared(&self, url: &Uri) -> bool {
        self.protocol.versions.may_be_http2(url.scheme_str() == Some("https"))
    }

    /// An exchange that failed because its client was closed says so, and one that a proxy was sent names it.
    fn explain(&self, host: &Host, error: FetchError) -> FetchError {
        let error = match host.route.forwards() {
            Some(proxy) => ProxyError::new(proxy, ProxyFault::Exchange(error)).into_fetch(),
            None => error,
        };
        if self.executor.drivers.is_closed() {
            return FetchError::new(error.phase(), FetchErrorKind::Closed).with_source(error);
        }
        error
    }
}

/// The future of [`HyperFetch::fetch`](Fetch::fetch).
#[must_use = "futures do nothing unless awaited"]
pub struct HyperFuture(BoxFuture<Result<Response<HyperBody>, FetchError>>);

impl Future for HyperFuture {
    type Output = Result<Response<HyperBody>, FetchError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<R: Connect> Clone for HyperFetch<R> {
    fn clone(&self) -> Self {
        HyperFetch(self.0.clone())
    }
}

impl<R: Connect> Drop for Inner<R> {
    fn drop(&mut self) {
        self.executor.drivers.close();
    }
}

impl<R: Connect> fmt::Debug for HyperFetch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperFetch").field("connections", &self.connections()).finish_non_exhaustive()
    }
}

impl fmt::Debug for HyperFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HyperFuture")
    }
}
