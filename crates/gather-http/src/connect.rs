//! What the engine asks of a runtime beyond [`Runtime`]: a TCP stream. And the connector it becomes.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gather_core::addresses::{AddressPolicy, ForbiddenAddress};
use gather_core::{BoxError, BoxFuture, FetchErrorKind, Phase, Runtime, Scraper, causes};
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tower_service::Service;

use crate::client::HyperFetch;
use crate::dial::Dialer;
use crate::progress::Progress;
use crate::proxy::{self, Proxied, Via};
use crate::resolve::ResolveError;

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
#[derive(Clone)]
pub(crate) struct TcpConnector<R: Connect> {
    pub(crate) dialer: Arc<Dialer<R>>,
    pub(crate) policy: AddressPolicy,
    /// The proxy in the way.
    pub(crate) via: Option<Arc<Via>>,
    pub(crate) progress: Progress,
}

impl<R: Connect> TcpConnector<R> {
    pub(crate) fn direct(dialer: &Arc<Dialer<R>>, policy: &AddressPolicy) -> Self {
        TcpConnector { dialer: dialer.clone(), policy: policy.clone(), via: None, progress: Progress::default() }
    }
}

impl<R: Connect> Service<Uri> for TcpConnector<R> {
    type Response = Stream<R::Stream>;
    type Error = BoxError;
    type Future = BoxFuture<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let TcpConnector { dialer, policy, via, progress } = self.clone();
        Box::pin(async move {
            let stream = match via {
                // Whatever is done to get past the proxy is a part of connecting, as in what a proxy is blamed for.
                Some(via) => {
                    progress.connecting();
                    proxy::connect(&dialer, &via, &policy, &target).await?
                }
                None => {
                    progress.resolving();
                    let host = target.host().unwrap_or_default();
                    let addresses = dialer.permitted(host, port_of(&target), &policy).await?;
                    progress.connecting();
                    Stream::direct(dialer.race(host, addresses).await?)
                }
            };
            progress.securing();
            Ok(stream)
        })
    }
}

/// The port of an address, or that of its scheme.
pub(crate) fn port_of(target: &Uri) -> u16 {
    target.port_u16().unwrap_or(if target.scheme_str() == Some("https") { 443 } else { 80 })
}

/// Why there is no connection. Found again, behind hyper-rustls's own error, when that is translated.
#[derive(Debug)]
pub(crate) struct ConnectError {
    pub(crate) phase: Phase,
    pub(crate) kind: FetchErrorKind,
    /// What was connected to, where the source does not say so itself.
    address: Option<SocketAddr>,
    source: BoxError,
}

impl ConnectError {
    pub(crate) fn resolving(error: ResolveError) -> Self {
        ConnectError { phase: Phase::Resolve, kind: error.fetch_kind(), address: None, source: error.into() }
    }

    pub(crate) fn connecting(address: SocketAddr, source: io::Error) -> Self {
        let kind = causes::of_connecting(source.kind());
        ConnectError { phase: Phase::Connect, kind, address: Some(address), source: source.into() }
    }

    pub(crate) fn forbidden(address: SocketAddr) -> Self {
        let source = ForbiddenAddress { address: address.ip() }.into();
        ConnectError { phase: Phase::Connect, kind: FetchErrorKind::Forbidden, address: None, source }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "no connection to {address}"),
            None => f.write_str("there is no address to connect to"),
        }
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

/// A runtime's stream with the one trait more that hyper-rustls wants.
pub(crate) struct Stream<S>(Transport<S>);

enum Transport<S> {
    Direct(S),
    /// In a box, because it has a stream like this one in it, perhaps within TLS.
    Proxied(Box<Proxied<S>>),
}

impl<S> Stream<S> {
    pub(crate) fn direct(stream: S) -> Self {
        Stream(Transport::Direct(stream))
    }

    pub(crate) fn proxied(stream: Proxied<S>) -> Self {
        Stream(Transport::Proxied(Box::new(stream)))
    }
}

impl<S> Connection for Stream<S> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl<S: Read + Write + Unpin> Read for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Transport::Direct(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Proxied(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl<S: Read + Write + Unpin> Write for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Transport::Direct(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Proxied(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Transport::Direct(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Proxied(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Transport::Direct(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Proxied(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Transport::Direct(stream) => stream.is_write_vectored(),
            Transport::Proxied(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Transport::Direct(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Transport::Proxied(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }
}
