//! gather on [smol](https://docs.rs/smol).
//!
//! ```no_run
//! use gather_smol::{Smol, prelude::*};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let requests = ["http://localhost:8000/a", "http://localhost:8000/b"].map(get).into_iter().collect::<Result<Vec<_>, _>>()?;
//!     Smol::new()?.run(async |runtime| {
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
//! Inside a program that has its executor already, [`SmolHandle::from_executor`] is all that is needed.
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
pub use host::Smol;
pub use local::{SmolLocal, SmolLocalHandle};
pub use runtime::{Sleep, SmolHandle};

/// The client of which nothing has to be decided, on this runtime: `Client::new()` in a program on `smol::block_on`, `Client::on(handle)` on an
/// executor of its own, then `client.get(url).await?.links()?`.
/// `Client::builder()` has the settings of all its layers.
#[cfg(feature = "client")]
pub type Client = gather_http::Client<SmolHandle>;

/// Everything that a program needs in scope.
pub mod prelude {
    pub use gather_core::prelude::*;
    #[cfg(feature = "hyper")]
    pub use gather_http::ConnectExt;
}
