//! Fetch many pages and parse them, on any async runtime.
//!
//! This crate is the vocabulary that everything else of gather is written in. It knows no runtime, no socket, no clock
//! and no thread pool; it never sleeps by itself, and a pipeline never spawns. To fetch something add an adapter
//! (`gather-tokio`, `gather-smol`, `gather-async-std`), whose prelude brings these names along.
//!
//! Four capabilities, each a small trait, ask for as little as they can:
//!
//! | trait | is the power to | made by |
//! |---|---|---|
//! | [`Clock`], [`Runtime`], [`LocalRuntime`], [`Host`] | tell time, wait, spawn, be entered | the adapters |
//! | [`Fetch`] | make one HTTP exchange | gather-http, or a client of yours |
//! | [`Parse`] | turn bytes into an owned value as they arrive | gather-html, or a closure |
//! | [`Compute`] | run CPU-bound work somewhere | [`Inline`], [`Blocking`], gather-rayon |
//!
//! Adapters supply mechanism; what it means is written here, once: owned tasks that are cancelled when dropped
//! ([`Task`], [`TaskSet`]), [`timeout`], [`gather`](gather()), whole pages under limits ([`fetch_page`]) and the pipeline
//! ([`Scraper`]).

#![forbid(unsafe_code)]

pub mod addresses;
mod capabilities;
pub mod causes;
mod clock;
mod compute;
mod deviation;
mod erased;
mod error;
mod extensions;
mod fetch;
pub mod framing;
mod gather;
mod in_flight;
mod page;
mod parse;
mod pipeline;
mod runtime;
mod slots;
mod task;
mod task_set;
#[cfg(feature = "tower")]
pub mod tower;

pub use bytes::Bytes;
pub use capabilities::Capabilities;
pub use clock::{Clock, Elapsed, Timeout, timeout};
pub use compute::{Blocking, Compute, Inline};
pub use deviation::{Deviation, Deviations};
pub use erased::{AnyFetch, AnyRuntime, BoxBody, BoxFuture, DynFetch};
pub use error::{BoxError, Cause, FetchError, FetchErrorKind, ParseError, Phase, ScrapeError};
pub use extensions::{ConnectDeadline, FinalUri};
pub use fetch::{Fetch, Request, Response, SendFetch, get};
pub use gather::{Gather, TryGather, gather, try_gather};
pub use http;
pub use in_flight::{Held, InFlight};
pub use page::{Head, Limits, Page, fetch_page};
pub use parse::{PageSink, Parse, Sink, WholePage, WholePageSink, parse_page};
pub use pipeline::{Drive, ForEach, MakeFetch, Numbered, Requests, Scrape, ScrapeResult, Scraped, Scraper, Shared};
pub use runtime::{Ambient, Host, LocalRuntime, LocalRuntimeExt, Runtime, RuntimeExt};
pub use task::{Panic, Task, TaskError};
pub use task_set::TaskSet;

/// What a program that scrapes needs in scope: `use gather_tokio::prelude::*;` (every adapter re-exports it).
pub mod prelude {
    pub use crate::{
        Blocking, Bytes, Clock, Compute, Fetch, Host, Inline, Limits, LocalRuntime, LocalRuntimeExt, Page, Parse,
        Request, Runtime, RuntimeExt, ScrapeError, Scraped, Scraper, TaskSet, fetch_page, gather, get, timeout,
        try_gather,
    };
    pub use futures_util::StreamExt;
}
