//! gather on [tokio](https://tokio.rs).
//!
//! ```no_run
//! use gather_tokio::{Tokio, prelude::*};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let requests = ["http://localhost:8000/a", "http://localhost:8000/b"].map(get).into_iter().collect::<Result<Vec<_>, _>>()?;
//!     Tokio::new()?.run(async |runtime| {
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
//! Inside a program that has its runtime already, `#[tokio::main]` say, [`TokioHandle::current`] is all that is needed.
#![forbid(unsafe_code)]

#[cfg(feature = "hyper")]
mod connect;
mod host;
mod local;
mod runtime;

pub use gather_core;
#[cfg(feature = "hyper")]
pub use gather_http;
#[cfg(feature = "client")]
pub use gather_http::gather_client;
#[cfg(feature = "hyper")]
pub use gather_http::{Builder as HyperBuilder, Connect, ConnectExt, HyperFetch};
pub use host::Tokio;
pub use local::{TokioLocal, TokioLocalHandle};
pub use runtime::TokioHandle;

/// The client of which nothing has to be decided, on this runtime: `Client::new()` inside of a tokio runtime, then `client.get(url).await?.links()?`.
/// `Client::builder()` has the settings of all its layers.
#[cfg(feature = "client")]
pub type Client = gather_http::Client<TokioHandle>;

/// Everything that a program needs in scope.
pub mod prelude {
    pub use gather_core::prelude::*;
    #[cfg(feature = "hyper")]
    pub use gather_http::ConnectExt;
}
