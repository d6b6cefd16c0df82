//! [surf](https://docs.rs/surf), async-std's HTTP client, as a [`Fetch`](gather_core::Fetch).
//!
//! surf and async-std are no longer maintained. This transport serves programs that are built on them, and the lab as
//! the client that people on async-std used; for anything new take the engine of gather-async-std or gather-smol. It asks
//! for no runtime: async-io's reactor starts by itself, so that any executor may poll it.
//!
//! [`SurfFetch::new`] opens a connection for each request. [`SurfFetch::pooled`] uses surf's own pool, which is not safe for
//! callers that cancel anything; read its documentation first.
//!
//! ```no_run
//! use gather_core::{Fetch, get};
//! use gather_surf::SurfFetch;
//!
//! # async fn example() -> Result<(), gather_core::FetchError> {
//! let response = SurfFetch::new().fetch(get("http://localhost:8000/")?).await?;
//! println!("{}", response.status());
//! # Ok(()) }
//! ```
//!
//! What surf cannot carry is an error that says so: https, methods without a name in its list, header fields that are not
//! ASCII (in either direction), interim responses, bodies that end with their connection, HTTP/1.0, statuses that are not
//! registered, extensions of chunks.
#![forbid(unsafe_code)]

mod body;
mod client;
mod closing;
mod connection;
mod convert;
mod error;
mod exchange;
mod unwinding;

pub use body::SurfBody;
pub use client::{SurfFetch, SurfFuture};
