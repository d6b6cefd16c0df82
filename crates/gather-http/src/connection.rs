//! One connection as its user sees it: a handle that sends requests. Its driver is a task of the client's.

use std::sync::Arc;

use bytes::Bytes;
use gather_core::{FetchError, Request, Response};
#[cfg(feature = "http2")]
use gather_core::{FetchErrorKind, Phase};
use http::header::{CONTENT_LENGTH, HOST, HeaderValue, PROXY_AUTHORIZATION};
use http::{Method, Uri, uri};
use http_body::Body as _;
use http_body_util::Full;
use hyper::body::Incoming;
#[cfg(feature = "http2")]
use hyper::client::conn::http2;
use hyper::client::conn::{TrySendError, http1};
use hyper_rustls::MaybeHttpsStream;
#[cfg(feature = "http2")]
use hyper_util::client::legacy::connect::Connection as _;

use crate::allowance::{Allowance, allowed};
use crate::connect::{Connect, Stream};
use crate::drivers::{Executor, Gate};
use crate::error;
use crate::pool::Host;
use crate::proxy::Route;
#[cfg(feature = "http2")]
use crate::timer::Timer;

/// The limits and choices that a connection is made with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol {
    pub(crate) head: HeadLimits,
    pub(crate) versions: HttpVersions,
}

/// Which version of HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpVersions {
    /// HTTP/2 where TLS and the server agree on it (ALPN), HTTP/1.1 elsewhere.
    Negotiated,
    Http1,
    /// HTTP/2 everywhere, unasked.
    #[cfg(feature = "http2")]
    Http2,
}

impl HttpVersions {
    /// Whether a connection, over TLS or not, may turn out to speak HTTP/2.
    pub(crate) fn may_be_http2(self, over_tls: bool) -> bool {
        match self {
            HttpVersions::Negotiated => over_tls && cfg!(feature = "http2"),
            HttpVersions::Http1 => false,
            #[cfg(feature = "http2")]
            HttpVersions::Http2 => true,
        }
    }
}

/// What the head of an answer may be. Answers of the 100 class count together with the one that they precede.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadLimits {
    pub(crate) bytes: usize,
    pub(crate) fields: usize,
}

impl HeadLimits {
    /// hyper has no smaller buffer.
    const LEAST_BYTES: usize = 8 << 10;

    pub(crate) fn new(bytes: usize, fields: usize) -> Self {
        HeadLimits { bytes: bytes.max(Self::LEAST_BYTES), fields }
    }
}

/// A connection that can be sent requests.
pub(crate) enum Connection {
    /// HTTP/1: one exchange at a time.
    Single(Single),
    /// HTTP/2: any number of exchanges; clones share the connection.
    #[cfg(feature = "http2")]
    Shared(Shared),
}

/// An HTTP/2 connection. HTTP/2 has its own limits, so that the allowance is one without an end.
#[cfg(feature = "http2")]
#[derive(Clone)]
pub(crate) struct Shared {
    sender: http2::SendRequest<Full<Bytes>>,
    gate: Gate,
    allowance: Arc<Allowance>,
}

/// An HTTP/1 connection.
pub(crate) struct Single {
    pub(crate) sender: http1::SendRequest<Full<Bytes>>,
    gate: Gate,
    allowance: Arc<Allowance>,
    limits: HeadLimits,
}

/// What came of sending a request.
pub(crate) enum Sent {
    /// The response's head, and the connection.
    Answered(Response<Incoming>, Connection),
    /// The connection had ended before anything was sent: here is the request again, and how it ended.
    NotSent(Box<http::Request<Full<Bytes>>>, FetchError),
}

impl Connection {
    /// Speaks HTTP on `stream`, with a driver on the runtime.
    pub(crate) async fn open<R: Connect>(
        stream: MaybeHttpsStream<Stream<R::Stream>>,
        protocol: Protocol,
        executor: &Executor<R>,
    ) -> Result<Self, FetchError> {
        let allowance = Allowance::new(protocol.head.bytes);
        #[cfg(feature = "http2")]
        if protocol.versions == HttpVersions::Http2 || stream.connected().is_negotiated_h2() {
            let timer = Timer(executor.runtime.clone());
            let executor = executor.halving();
            let mut builder = http2::Builder::new(executor.clone());
            builder.timer(timer).max_header_list_size(u32::try_from(protocol.head.bytes).unwrap_or(u32::MAX));
            let opened = builder.handshake(allowed(stream, allowance.clone())).await;
            let (sender, driver) = opened.map_err(|cause| error::of_head(cause, &allowance))?;
            let gate = executor.drive(driver);
            return Ok(Connection::Shared(Shared { sender, gate, allowance }));
        }
        let limits = protocol.head;
        let mut builder = http1::Builder::new();
        // The size of the buffer alone would let a head pass that happens to be read in one go.
        builder.max_buf_size(limits.bytes).max_header_size(limits.bytes).max_headers(limits.fields);
        let opened = builder.handshake(allowed(stream, allowance.clone())).await;
        let (sender, driver) = opened.map_err(|cause| error::of_head(cause, &allowance))?;
        let gate = executor.drive(driver);
        Ok(Connection::Single(Single { sender, gate, allowance, limits }))
    }

    /// Whether it has ended, as far as its driver has noticed.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Connection::Single(single) => single.sender.is_closed(),
            #[cfg(feature = "http2")]
            Connection::Shared(shared) => shared.sender.is_closed(),
        }
    }

    /// Whether it carries many exchanges at once.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self, Connection::Single(_))
    }

    /// Another handle to the connection, where it can be shared.
    pub(crate) fn share(&self) -> Option<Connection> {
        match self {
            Connection::Single(_) => None,
            #[cfg(feature = "http2")]
            Connection::Shared(shared) => Some(Connection::Shared(shared.clone())),
        }
    }

    /// Takes note that so much of a body has been handed out.
    pub(crate) fn progress(&self, bytes: usize) {
        match self {
            Connection::Single(single) => single.allowance.progress(bytes),
            #[cfg(feature = "http2")]
            Connection::Shared(_) => {}
        }
    }

    /// Sends `request` and waits for the head of its response.
    pub(crate) async fn send(self, request: http::Request<Full<Bytes>>, route: &Route) -> Result<Sent, FetchError> {
        match self {
            Connection::Single(single) => send_alone(single, request, route).await,
            #[cfg(feature = "http2")]
            Connection::Shared(shared) => Box::pin(send_shared(shared, request)).await,
        }
    }
}

impl Single {
    /// Sends `request`, which the connection's driver has when this returns.
    pub(crate) fn send(
        &mut self,
        request: http::Request<Full<Bytes>>,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<http::Request<Full<Bytes>>>>> + Send + 'static + use<>
    {
        self.allowance.expect_head();
        self.gate.pass(|| self.sender.try_send_request(request))
    }

    /// The head of the answer is there.
    pub(crate) fn answered(&self) {
        self.allowance.expect_body();
    }

    /// What went wrong before it was.
    pub(crate) fn explain(&self, cause: hyper::Error) -> FetchError {
        error::of_limited_head(cause, self.limits, &self.allowance)
    }
}

async fn send_alone(
    mut single: Single,
    mut request: http::Request<Full<Bytes>>,
    route: &Route,
) -> Result<Sent, FetchError> {
    // A pooled connection may still be finishing the exchange before.
    if !single.sender.is_ready()
        && let Err(ended) = single.sender.ready().await
    {
        return Ok(Sent::NotSent(Box::new(request), single.explain(ended)));
    }
    let whole = take_target(&mut request, route);
    match single.send(request).await {
        Ok(response) => {
            single.answered();
            Ok(Sent::Answered(response, Connection::Single(single)))
        }
        Err(mut failed) => match failed.take_message() {
            Some(mut request) => {
                *request.uri_mut() = whole;
                Ok(Sent::NotSent(Box::new(request), single.explain(failed.into_error())))
            }
            None => Err(single.explain(failed.into_error())),
        },
    }
}

#[cfg(feature = "http2")]
async fn send_shared(mut shared: Shared, mut request: http::Request<Full<Bytes>>) -> Result<Sent, FetchError> {
    if let Err(ended) = shared.sender.ready().await {
        return Ok(Sent::NotSent(Box::new(request), error::of_head(ended, &shared.allowance)));
    }
    // HTTP/2 has the address in fields of its own.
    request.headers_mut().remove(HOST);
    *request.version_mut() = http::Version::HTTP_2;
    let sent = shared.gate.pass(|| shared.sender.try_send_request(request));
    match sent.await {
        Ok(response) => Ok(Sent::Answered(response, Connection::Shared(shared))),
        Err(mut failed) => {
            let unsent = failed.take_message();
            let cause = failed.into_error();
            if unsent.is_none() && error::is_driver_gone(&cause) && shared.gate.is_over() {
                return Err(FetchError::new(Phase::Head, FetchErrorKind::Refused).with_source(cause));
            }
            let error = error::of_head(cause, &shared.allowance);
            match unsent {
                Some(request) => Ok(Sent::NotSent(Box::new(request), error)),
                None => Err(error),
            }
        }
    }
}

/// Leaves in the request line what belongs there and returns the whole address: path and query (RFC 9112, section 3.2.1),
/// or everything in a request to a proxy (section 3.2.2).
pub(crate) fn take_target(request: &mut http::Request<Full<Bytes>>, route: &Route) -> Uri {
    if route.forwards().is_some() {
        return request.uri().clone();
    }
    let mut parts = uri::Parts::default();
    let path = request.uri().path_and_query().cloned();
    parts.path_and_query = Some(path.unwrap_or_else(|| uri::PathAndQuery::from_static("/")));
    // A path alone is always a valid URI.
    let path = Uri::from_parts(parts).unwrap_or_default();
    std::mem::replace(request.uri_mut(), path)
}

/// Whether content means something in such a request, so that a server should be told that there is none (RFC 9110, section
/// 8.6; some answer 411 to silence). Browsers do so too, for POST and PUT (Fetch standard, "HTTP-network-or-cache fetch").
fn means_something(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// Makes hyper's request out of ours, with the `host` field that HTTP/1.1 asks for (RFC 9112, section 3.2), and credentials
/// for the proxy that it is sent to, if it is sent to one.
pub(crate) fn prepare(request: Request, host: &Host) -> http::Request<Full<Bytes>> {
    let mut request = request.map(Full::new);
    let empty = request.body().size_hint().exact() == Some(0);
    request.headers_mut().entry(HOST).or_insert_with(|| host.field.clone());
    if empty && means_something(request.method()) {
        // hyper says so over HTTP/2 alone.
        request.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
    }
    let Some(proxy) = host.route.forwards() else {
        // Whoever put it there did not mean it for the origin.
        request.headers_mut().remove(PROXY_AUTHORIZATION);
        return request;
    };
    if let Some(value) = proxy.authorization() {
        request.headers_mut().insert(PROXY_AUTHORIZATION, value.clone());
    }
    // A user name and a password in the address are not for the proxy to see (RFC 9110, section 4.2.4).
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    if let Ok(bare) = uri::Authority::from_maybe_shared(Bytes::copy_from_slice(host.field.as_bytes())) {
        parts.authority = Some(bare);
    }
    parts.path_and_query.get_or_insert(uri::PathAndQuery::from_static("/"));
    // Of the parts of a URI, with one authority for another, there is always a URI.
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request
}
