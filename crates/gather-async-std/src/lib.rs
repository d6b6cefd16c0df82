//! gather on [async-std](https://docs.rs/async-std): a historical baseline.
//!
//! async-std is discontinued in favour of smol and marked unmaintained (RUSTSEC-2025-0052). This adapter serves programs
//! that still run on it, and the lab as a free control: async-std and smol share their reactor and their executor, so
//! that a large difference between them is an error of measurement first.
//!
//! ```no_run
//! use gather_async_std::{AsyncStd, prelude::*};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let requests = ["http://localhost:8000/a", "http://localhost:8000/b"].map(get).into_iter().collect::<Result<Vec<_>, _>>()?;
//!     AsyncStd::new().run(async |runtime| {
//!         let mut pages = runtime.scraper().drive(requests);
//!         while let Some(page) = pages.next().await {
//!             match page {
//!                 Ok(page) => println!("{}: {} bytes", page.url, page.bytes),
//!                 Err(error) => eprintln!("{error}"),
//!             }
//!         }
//!     });
//!     Ok(())
//! }
//! ```
//!
//! Inside a program that is running on async-std already, [`AsyncStdHandle::current`] is all that is needed.
#![forbid(unsafe_code)]

#[cfg(feature = "hyper")]
mod connect;
mod host;
mod runtime;

#[cfg(feature = "hyper")]
pub use connect::AsyncStdNetHandle;
pub use gather_core;
#[cfg(feature = "hyper")]
pub use gather_http;
#[cfg(feature = "client")]
pub use gather_http::gather_client;
#[cfg(feature = "hyper")]
pub use gather_http::{Builder as HyperBuilder, Connect, ConnectExt, HyperFetch};
pub use host::{AsyncStd, ThreadsAlreadyChosen};
pub use runtime::{AsyncStdHandle, Sleep};

/// The client of which nothing has to be decided, on this runtime: `Client::new()` anywhere, then `client.get(url).await?.links()?`.
/// `Client::builder()` has the settings of all its layers.
#[cfg(feature = "client")]
pub type Client = gather_http::Client<AsyncStdHandle>;

/// Everything that a program needs in scope.
pub mod prelude {
    pub use gather_core::prelude::*;
    #[cfg(feature = "hyper")]
    pub use gather_http::ConnectExt;
}
