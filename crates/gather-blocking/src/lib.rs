//! The controls of gather: the same scrape with threads and blocking sockets.
//!
//! No async, no executor, no reactor: a thread that waits, waits in the kernel. Two things come of it. A lab that claims
//! that async is worth something needs the honest alternative beside it, on the same parser, the same limits and the same
//! errors. And a script is better off blocking: forty pages on a pool of eight threads need no runtime.
//!
//! - [`BlockingFetch`] is one HTTP exchange that blocks: request in, body pushed out chunk by chunk. There are two of
//!   them: [`Ureq`], the client that one would take, and [`Raw`], sockets of `std` under the [`codec`], so that async is
//!   not credited with the difference between two HTTP clients.
//! - [`Strategy`] is how exchanges are spread over threads: [`Sequential`](Strategy::Sequential),
//!   [`ThreadPerRequest`](Strategy::ThreadPerRequest), [`Pool`](Strategy::Pool), [`Rayon`](Strategy::Rayon).
//! - [`RawFetch`] and [`UreqFetch`] are the same two as a [`gather_core::Fetch`] whose future is ready: for a thread that has
//!   nothing else to do, such as one that runs gather-client for a script.
//! - [`BlockingScraper`] puts them together, as [`gather_core::Scraper`] does for the async side.
//!
//! ```no_run
//! use gather_blocking::{BlockingScraper, Raw, Strategy};
//! use gather_core::{Page, get};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let requests = [get("http://localhost:8000/a")?, get("http://localhost:8000/b")?];
//! let scraper = BlockingScraper::new(Raw::new())
//!     .parse(|page: &Page| Ok(page.body.len()))
//!     .strategy(Strategy::Pool)
//!     .concurrency(2);
//! for result in scraper.scrape(requests)? {
//!     match result {
//!         Ok(page) => println!("{}: {} bytes", page.url, page.output),
//!         Err(error) => println!("{error}"),
//!     }
//! }
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

pub mod codec;
mod deadline;
mod exchange;
mod fetch;
mod raw;
mod resolve;
mod results;
mod scraper;
mod strategy;
mod timeouts;
mod ureq_client;
mod work;

pub use fetch::{BlockingFetch, Receive, fetch_page};
pub use raw::{Raw, RawBody, RawFetch};
pub use results::Results;
pub use scraper::BlockingScraper;
pub use strategy::{ParseStrategyError, Strategy};
pub use timeouts::Timeouts;
pub use ureq_client::{Ureq, UreqBody, UreqFetch};
