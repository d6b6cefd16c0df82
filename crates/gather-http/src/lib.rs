//! One HTTP engine for every runtime: hyper's HTTP/1.1 and HTTP/2, rustls, a pool.
//!
//! A comparison of runtimes must not be a comparison of HTTP clients, and a program that changes its runtime must not
//! change its behaviour. So everything above the TCP stream is the same code: an adapter implements [`Connect`] for its
//! handle, and gets [`HyperFetch`], a [`Fetch`](gather_core::Fetch) with pooled connections that it owns.
//!
//! [`ConnectExt::scraper`] is the short way from a runtime to a scrape.

mod allowance;
mod body;
mod builder;
mod client;
mod connect;
mod connection;
mod dial;
mod drivers;
mod error;
mod futures_io_stream;
mod pool;
mod progress;
mod proxy;
mod resolve;
#[cfg(feature = "http2")]
mod timer;
mod tls;
#[cfg(feature = "client")]
mod web;

#[cfg(feature = "async-io")]
mod async_io_stream;

#[cfg(feature = "async-io")]
pub use async_io_stream::AsyncIoStream;
pub use body::HyperBody;
pub use builder::Builder;
pub use client::{HyperFetch, HyperFuture};
pub use connect::{Connect, ConnectExt};
pub use futures_io_stream::FuturesIoStream;
#[cfg(feature = "client")]
pub use gather_client;
pub use hyper::rt::{Read, ReadBufCursor, Write};
pub use proxy::{
    InvalidProxy, InvalidProxyVariable, JudgedBy, Proxies, Proxy, ProxyError, ProxyFault, ProxyKind, SocksReply,
};
pub use resolve::{Overrides, Resolve, ResolveError, ResolveErrorKind, ResolveLimits, Resolved, SystemResolver};
pub use rustls;
pub use tls::{ClientIdentity, TlsSetupError, TlsSetupErrorKind, TlsVersion, certificates_from_pem};
#[cfg(feature = "client")]
pub use web::{Client, ClientBuilder};
