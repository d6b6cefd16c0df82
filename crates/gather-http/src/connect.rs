//! What the engine asks of a runtime beyond [`Runtime`]: a TCP stream. And the connector it becomes.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};

use gather_core::addresses::{AddressPolicy, ForbiddenAddress};
use gather_core::{BoxFuture, FetchErrorKind, Phase, Runtime, RuntimeExt, Scraper, TaskError};
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tower_service::Service;

use crate::client::HyperFetch;

/// A runtime that can open TCP connections.
///
/// It lives here and not in gather-core, which has no socket in it. The stream speaks hyper's own I/O traits, so that each
/// runtime hands over its best one instead of squeezing it through a common denominator.
pub trait Connect: Runtime {
    /// The stream.
    type Stream: Read + Write + Unpin + Send + 'static;

    /// Opens a connection with `TCP_NODELAY` set.
    ///
    /// The future may be polled by any executor. Dropping it abandons the attempt.
    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static;

    /// The addresses of `host`, in the order in which they are to be tried.
    ///
    /// As it stands: the system's resolver (`getaddrinfo`) on the runtime's blocking pool, for every runtime alike.
    /// Numeric addresses never come here.
    fn resolve(&self, host: String, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static {
        let lookup = self.unblock(move || Ok((host.as_str(), port).to_socket_addrs()?.collect()));
        async move { lookup.await.unwrap_or_else(|error: TaskError| Err(io::Error::other(error))) }
    }
}

/// The short ways from a runtime to its engine.
pub trait ConnectExt: Connect {
    /// A client with the defaults of [`Builder`](crate::Builder).
    fn client(&self) -> HyperFetch<Self> {
        HyperFetch::new(self.clone())
    }

    /// A [`Scraper`] whose pipelines each make such a client, next to the sockets that it will use.
    fn scraper(&self) -> Scraper<Self, fn(&Self) -> HyperFetch<Self>> {
        Scraper::new(self.clone(), Self::client)
    }
}

impl<R: Connect> ConnectExt for R {}

/// A [`Connect`] as the connector that hyper-rustls wants, which reaches only what the policy permits.
#[derive(Debug, Clone)]
pub(crate) struct TcpConnector<R> {
    pub(crate) runtime: R,
    pub(crate) policy: AddressPolicy,
}

impl<R: Connect> Service<Uri> for TcpConnector<R> {
    type Response = Stream<R::Stream>;
    type Error = ConnectError;
    type Future = BoxFuture<Result<Self::Response, ConnectError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let TcpConnector { runtime, policy } = self.clone();
        Box::pin(async move {
            let mut addresses = addresses(&runtime, &target).await?;
            // The very addresses that are looked at are connected to: resolved again, a name may have others.
            let first = addresses.first().copied();
            addresses.retain(|address| policy.permits(address.ip()));
            if let (true, Some(refused)) = (addresses.is_empty(), first) {
                return Err(ConnectError::forbidden(refused));
            }
            let mut last = None;
            for address in addresses {
                match runtime.connect(address).await {
                    Ok(stream) => return Ok(Stream(stream)),
                    Err(source) => last = Some(ConnectError::connecting(address, source)),
                }
            }
            Err(last.unwrap_or_else(|| ConnectError::resolving(&target, io::Error::other("the host has no address"))))
        })
    }
}

async fn addresses<R: Connect>(runtime: &R, target: &Uri) -> Result<Vec<SocketAddr>, ConnectError> {
    let host = target.host().unwrap_or_default();
    let port = target.port_u16().unwrap_or(if target.scheme_str() == Some("https") { 443 } else { 80 });
    let numeric = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = numeric.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = runtime.resolve(host.to_owned(), port).await;
    found.map_err(|source| ConnectError::resolving(target, source))
}

/// Why there is no connection. Found again, behind hyper-rustls's own error, when that is translated.
#[derive(Debug)]
pub(crate) struct ConnectError {
    pub(crate) phase: Phase,
    what: String,
    source: io::Error,
}

impl ConnectError {
    fn resolving(target: &Uri, source: io::Error) -> Self {
        ConnectError { phase: Phase::Resolve, what: target.host().unwrap_or_default().to_owned(), source }
    }

    fn connecting(address: SocketAddr, source: io::Error) -> Self {
        ConnectError { phase: Phase::Connect, what: address.to_string(), source }
    }

    fn forbidden(address: SocketAddr) -> Self {
        let forbidden = ForbiddenAddress { address: address.ip() };
        ConnectError::connecting(address, io::Error::new(io::ErrorKind::PermissionDenied, forbidden))
    }

    pub(crate) fn kind(&self) -> FetchErrorKind {
        if self.source.get_ref().is_some_and(|source| source.is::<ForbiddenAddress>()) {
            return FetchErrorKind::Forbidden;
        }
        match (self.phase, self.source.kind()) {
            // A name that does not exist has no error kind of its own in std; the lookup said no, whatever the reason.
            (Phase::Resolve, _) => FetchErrorKind::Refused,
            (_, io::ErrorKind::ConnectionRefused | io::ErrorKind::PermissionDenied) => FetchErrorKind::Refused,
            (_, io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted) => FetchErrorKind::Interrupted,
            _ => FetchErrorKind::Other,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.source)
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Its text is in ours already; what lies behind it can be looked for.
        self.source.get_ref().map(|source| source as _)
    }
}

/// A runtime's stream with the one trait more that hyper-rustls wants.
pub(crate) struct Stream<S>(S);

impl<S> Connection for Stream<S> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl<S: Read + Unpin> Read for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: Write + Unpin> Write for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }
}
