//! libcurl, through [isahc], as a transport of gather: for programs that trust curl, or use isahc already.
//!
//! [`IsahcFetch`] is a [`Fetch`](gather_core::Fetch) that needs no runtime: curl does its I/O on a thread of its own, and any
//! executor may poll the futures. One call is one exchange: redirects, decompression, cookies, `Expect: 100-continue` and the
//! proxies of the environment are off, because that is policy, which gather-client has over every transport alike.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use gather_core::{Fetch, get};
//!
//! let client = gather_isahc::IsahcFetch::new()?;
//! let response = client.fetch(get("http://localhost:8000/")?).await?;
//! println!("{}", response.status());
//! # Ok(()) }
//! ```
//!
//! # Under the client
//!
//! gather-client has the policies. It takes this transport and the clock of whichever runtime there is; curl has none, so there is
//! no feature here that would do it in one line.
//!
//! ```no_run
//! # async fn example(runtime: gather_smol::SmolHandle) -> Result<(), Box<dyn std::error::Error>> {
//! use gather_client::ClientBuilder;
//! use gather_isahc::IsahcFetch;
//!
//! let policies = ClientBuilder::new(std::time::SystemTime::now);
//! let client = policies.build(IsahcFetch::new()?, runtime);
//! println!("{}", client.get("https://example.com/").await?.text().text);
//! # Ok(()) }
//! ```
//!
//! What its defaults ask of a transport this one does, except that what is dropped may live on at a silent server, as below. A
//! client of isahc's of your own does not look at addresses, and requests that a page, or a redirect to another host, led to
//! are then refused.
//!
//! # What differs from the hyper engine
//!
//! - A head comes with the first byte of its body, or with the end if there is none: isahc does not tell earlier.
//! - `accept: */*` and a `user-agent` that names curl and isahc are sent where a request has none.
//! - The path is sent as curl writes it: `/a/../b` is asked for as `/b`.
//! - Every failure to connect is [`Refused`](gather_core::FetchErrorKind::Refused): curl does not tell why it failed.
//! - A connect deadline that strikes while TLS is agreed on is an error of the phase [`Connect`](gather_core::Phase::Connect):
//!   curl has one timeout for both.
//! - Heads of up to 300 KB and 5,000 fields are taken, which are curl's limits and cannot be set.
//! - A dropped exchange whose server is silent lives on, unseen, until [`Builder::max_exchange`] is over.
//! - An answer without a length and without a body is an error, because curl does not tell it from one whose head was cut
//!   off. In the answer to a HEAD request, a 204 and a 304 a head that is cut off between two fields goes unnoticed.
//! - Over HTTP/2 a body that announces no length and whose stream is reset with `NO_ERROR` looks whole: curl tells nobody of
//!   such a reset. With any other code, and with a length, it is an error.
//! - A chunked body that was broken off is a [`Protocol`](gather_core::FetchErrorKind::Protocol) error, as one that is not
//!   chunked right.

#![forbid(unsafe_code)]

mod agent;
mod body;
mod builder;
mod error;
mod exchange;
mod fetch;
mod resolve;

pub use body::IsahcBody;
pub use builder::{Builder, SetupError};
pub use fetch::{IsahcFetch, IsahcFuture};
pub use isahc;
