//! A connection through a proxy: carries the bytes of `tunnel.rs` and `socks5.rs`, and is all that touches a connection.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use gather_core::BoxError;
use gather_core::addresses::AddressPolicy;
use http::Uri;
use hyper::rt::{Read, ReadBuf, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use rustls::ClientConfig;
use tower_service::Service;

use super::address::Proxy;
use super::error::{ProxyError, ProxyFault};
use super::route::{Destination, Route, bare};
use super::socks5::{Socks5, Step, Target};
use super::stream::Proxied;
use super::tunnel::{self, Answer};
use crate::connect::{Connect, Stream, TcpConnector, port_of};
use crate::connection::HeadLimits;
use crate::dial::Dialer;
use crate::error;

/// What a connection that is not direct is made with.
#[derive(Debug, Clone)]
pub(crate) struct Via {
    pub(crate) route: Route,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) limits: HeadLimits,
}

/// Addresses of one host that a proxy is asked for, one after the other; each costs a connection to it.
const MAX_ADDRESSES: usize = 4;

/// How much is read at once: an answer is a few hundred bytes.
const CHUNK: usize = 1 << 10;

/// A connection to `url`'s host, as far as the route goes: to its own port, or to a proxy that requests are sent to.
///
/// Dropping the future abandons the attempt. It has no deadline of its own: who connects has one. An error is a
/// [`ProxyError`], or what a direct connection would have.
pub(crate) async fn connect<R: Connect>(
    dialer: &Arc<Dialer<R>>,
    via: &Via,
    policy: &AddressPolicy,
    url: &Uri,
) -> Result<Stream<R::Stream>, BoxError> {
    let (proxy, targets) = match &via.route {
        Route::Direct => return TcpConnector::direct(dialer, policy).call(url.clone()).await,
        Route::Forward(proxy) => {
            let inner = reach(dialer, &via.tls, proxy).await.map_err(|fault| failed(proxy, fault))?;
            return Ok(Stream::proxied(Proxied::new(inner, Bytes::new())));
        }
        Route::Tunnel(proxy, Destination::AsGiven) => (proxy, vec![target(url)]),
        Route::Tunnel(proxy, Destination::LookedUp) => {
            let addresses = dialer.permitted(url.host().unwrap_or_default(), port_of(url), policy).await?;
            (proxy, addresses.into_iter().take(MAX_ADDRESSES).map(Target::Address).collect())
        }
    };
    let mut last = None;
    for target in &targets {
        match tunnel(dialer, via, proxy, target).await {
            Ok(stream) => return Ok(stream),
            Err(fault) if fault.is_about_the_destination() => last = Some(fault),
            Err(fault) => return Err(failed(proxy, fault)),
        }
    }
    let none = || ProxyFault::Protocol("there is nowhere to go to");
    Err(failed(proxy, last.unwrap_or_else(none)))
}

fn failed(proxy: &Arc<Proxy>, fault: ProxyFault) -> BoxError {
    ProxyError::new(proxy, fault).into()
}

fn target(url: &Uri) -> Target {
    let (host, port) = (url.host().unwrap_or_default(), port_of(url));
    match bare(host).parse::<IpAddr>() {
        Ok(address) => Target::Address((address, port).into()),
        Err(_) => Target::Name(host.to_owned(), port),
    }
}

/// A connection to the proxy itself, which the user has chosen: no policy is about it.
async fn reach<R: Connect>(
    dialer: &Arc<Dialer<R>>,
    tls: &Arc<ClientConfig>,
    proxy: &Proxy,
) -> Result<MaybeHttpsStream<Stream<R::Stream>>, ProxyFault> {
    let tcp = TcpConnector::direct(dialer, &AddressPolicy::Any);
    // A configuration without ALPN, with which a proxy speaks HTTP/1.1.
    let connected = HttpsConnector::from((tcp, tls.clone())).call(proxy.address().clone()).await;
    connected.map_err(|cause| ProxyFault::Unreached(error::of_connect(cause).with_url(proxy.address().clone())))
}

async fn tunnel<R: Connect>(
    dialer: &Arc<Dialer<R>>,
    via: &Via,
    proxy: &Proxy,
    target: &Target,
) -> Result<Stream<R::Stream>, ProxyFault> {
    let mut stream = reach(dialer, &via.tls, proxy).await?;
    let early = if proxy.kind().is_http() {
        ask_http(&mut stream, proxy, target, via.limits).await?
    } else {
        ask_socks(&mut stream, proxy, target).await?
    };
    Ok(Stream::proxied(Proxied::new(stream, early)))
}

async fn ask_http<S: Read + Write + Unpin>(
    stream: &mut S,
    proxy: &Proxy,
    target: &Target,
    limits: HeadLimits,
) -> Result<Bytes, ProxyFault> {
    send(stream, &tunnel::request(target, proxy.authorization())).await?;
    let mut answer = Answer::new(limits);
    let mut chunk = [0; CHUNK];
    loop {
        let length = receive(stream, &mut chunk).await?;
        if let Some(early) = answer.read(&chunk[..length])? {
            return Ok(early);
        }
    }
}

async fn ask_socks<S: Read + Write + Unpin>(
    stream: &mut S,
    proxy: &Proxy,
    target: &Target,
) -> Result<Bytes, ProxyFault> {
    let (mut socks, hello) = Socks5::new(target, proxy.user_and_password())?;
    send(stream, &hello).await?;
    let mut chunk = [0; CHUNK];
    let mut length = 0;
    loop {
        match socks.read(&chunk[..length])? {
            Step::Send(message) => {
                send(stream, &message).await?;
                length = 0;
            }
            Step::Wait => length = receive(stream, &mut chunk).await?,
            Step::Connected(early) => return Ok(early),
        }
    }
}

async fn send<S: Write + Unpin>(stream: &mut S, mut bytes: &[u8]) -> Result<(), ProxyFault> {
    while !bytes.is_empty() {
        let written = poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, bytes)).await.map_err(ProxyFault::Io)?;
        if written == 0 {
            return Err(ProxyFault::Io(io::ErrorKind::WriteZero.into()));
        }
        bytes = &bytes[written..];
    }
    poll_fn(|cx| Pin::new(&mut *stream).poll_flush(cx)).await.map_err(ProxyFault::Io)
}

/// At least one byte; the end of the connection is an error here.
async fn receive<S: Read + Unpin>(stream: &mut S, chunk: &mut [u8]) -> Result<usize, ProxyFault> {
    let mut buffer = ReadBuf::new(chunk);
    poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, buffer.unfilled())).await.map_err(ProxyFault::Io)?;
    match buffer.filled().len() {
        0 => Err(ProxyFault::Closed),
        length => Ok(length),
    }
}

/// As the target of `CONNECT` has it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Address(address) => address.fmt(f),
            Target::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}
