//! [reqwest] as a transport of gather, for programs that use it already.
//!
//! [`ReqwestFetch`] is a [`Fetch`](gather_core::Fetch): one call is one exchange. What reqwest does beyond that, redirects,
//! retries, cookies, decompression, proxies from the environment, is off in a client that this crate makes, because that is
//! policy, which gather-client has over every transport alike. A client of your own, made into a [`ReqwestFetch`] by [`From`],
//! is taken as it is, and trusted with less.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use gather_core::{Fetch, get};
//!
//! let client = gather_reqwest::ReqwestFetch::new()?;
//! let response = client.fetch(get("http://localhost:8000/")?).await?;
//! println!("{}", response.status());
//! # Ok(()) }
//! ```
//!
//! # Under the client
//!
//! gather-client has the policies. It takes this transport and the clock of the runtime, which is gather-tokio's: a transport
//! depends on no adapter, so there is no feature here that would do it in one line.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use gather_client::ClientBuilder;
//! use gather_reqwest::ReqwestFetch;
//! use gather_tokio::TokioHandle;
//!
//! let policies = ClientBuilder::new(std::time::SystemTime::now);
//! let client = policies.build(ReqwestFetch::new()?, TokioHandle::current());
//! println!("{}", client.get("https://example.com/").await?.text().text);
//! # Ok(()) }
//! ```
//!
//! What its defaults ask of a transport this one does: addresses that a server chose are public ones, connecting has a
//! deadline, what is dropped ends. A [`reqwest::Client`] of your own does not look at addresses, and requests that a page, or
//! a redirect to another host, led to are then refused.
//!
//! # Runtimes
//!
//! reqwest needs tokio. Inside of a tokio runtime, with its I/O and its timer enabled, there is nothing to do. Elsewhere
//! [`fetch`](gather_core::Fetch::fetch) fails at once, with [`OffTokio`] as the source of its error, and does not panic;
//! or a runtime in the background is named with [`Builder::on`], and any executor may poll the futures.
//!
//! # What differs from the hyper engine
//!
//! - `accept: */*` is sent where a request has no `accept`; reqwest cannot be told otherwise.
//! - The address is sent as the WHATWG URL standard writes it: `/a/../b` is asked for as `/b`.
//! - A connect deadline that strikes while TLS is agreed on is an error of the phase [`Connect`](gather_core::Phase::Connect):
//!   reqwest's connector does both in one.
//! - The head of an HTTP/1 answer may have about 400 KiB, which is hyper's limit and cannot be set through reqwest.

#![forbid(unsafe_code)]

mod body;
mod builder;
mod connect;
mod context;
mod error;
mod fetch;
mod pools;
#[cfg(feature = "rustls")]
mod tls;

pub use body::ReqwestBody;
pub use builder::{Builder, SetupError};
pub use context::OffTokio;
pub use fetch::{ReqwestFetch, ReqwestFuture};
pub use reqwest;
#[cfg(feature = "rustls")]
pub use rustls;
