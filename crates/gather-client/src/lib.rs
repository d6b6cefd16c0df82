//! What people call an HTTP client: policy over any [`Fetch`](gather_core::Fetch).
//!
//! A transport makes one exchange. What happens between exchanges, and to a body on its way, is here; each policy is a
//! plain value without I/O: it is told what happened and says what to do next. None reads a clock, draws a random number
//! that cannot be seeded, sleeps or spawns; each can be tested from data and used without the others.
//!
//! [`Client`] drives them all over one transport, and is a [`Fetch`](gather_core::Fetch) itself.
//!
//! | module | decides |
//! |---|---|
//! | [`cache`] | whether an answer can be used again, must be asked about, or can be kept |
//! | [`charset`] | which encoding a page is in: byte order mark, field, `meta`, detection |
//! | [`cookies`] | which cookies are kept, and which go with a request |
//! | [`credentials`] | what is sent as `Authorization`, and to which origin only |
//! | [`decode`] | what a `Content-Encoding` hides: bodies decoded as they stream, under caps |
//! | `json` | a page of JSON as a value of a type of yours |
//! | [`redirect`] | whether a 3xx is followed, with which method and without which headers |
//! | [`retry`] | whether a failed exchange is made again, and how long after |
//! | [`statistics`] | nothing: what a client has done, counted for each host |
//! | [`text`] | a page as a `String`, whatever its encoding |

#![forbid(unsafe_code)]

pub mod cache;
pub mod charset;
mod client;
pub mod cookies;
pub mod credentials;
pub mod decode;
#[cfg(feature = "json")]
pub mod json;
pub mod origin;
pub mod redirect;
pub mod retry;
pub mod statistics;
pub mod text;
mod trace;

pub use client::{
    CarelessPools, CarelessTransport, Client, ClientBody, ClientBuilder, ClientFuture, Deadlines, DrainLimits, Fetched,
    History, StatusError,
};
pub use url::{self, Url};
