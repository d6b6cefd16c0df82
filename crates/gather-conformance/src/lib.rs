//! The laws of gather's traits, as ordinary generic functions that anybody can run on an adapter of theirs.
//!
//! | macro | laws of | modules |
//! |---|---|---|
//! | [`runtime_laws!`] | [`Runtime`](gather_core::Runtime) | [`runtime`], [`clock`] |
//! | [`local_laws!`] | [`LocalRuntime`](gather_core::LocalRuntime) | [`local`], [`clock`] |
//! | [`fetch_laws!`] | [`Fetch`](gather_core::Fetch) | [`fetch`] |
//! | [`pipeline_laws!`] | [`Scraper::scrape`](gather_core::Scraper::scrape) over it | [`pipeline`] |
//! | [`drive_laws!`] | [`Scraper::drive`](gather_core::Scraper::drive) and `for_each` over it | [`drive`] |
//! | `tls_laws!` (feature `tls`) | [`Fetch`](gather_core::Fetch) over TLS and HTTP/2 | `tls` |
//! | [`compute_laws!`] | [`Compute`](gather_core::Compute) | [`compute`] |
//!
//! A macro only names the laws, so that each is a `#[test]` of its own with the same name everywhere; each law can be called
//! alone. Laws of transports are watched from the other side of the wire, by an [`origin`] of plain threads. Laws about time
//! need none of the real one on the [`simulated`] host.
//!
//! A law never sleeps to be right. Where something has to have happened it is waited for, by [`signals`] or by the origin's
//! [`until`](origin::Origin::until); a [`watchdog`] ends what would hang.

#![forbid(unsafe_code)]

pub mod clock;
pub mod compute;
pub mod drive;
mod exchange;
pub mod fetch;
#[cfg(feature = "tls")]
pub mod frames;
pub mod full_queue;
pub mod hostile;
pub mod local;
mod macros;
pub mod origin;
pub mod pipeline;
pub mod proxy;
pub mod runtime;
#[cfg(feature = "tls")]
pub mod secure;
pub mod signals;
pub mod simulated;
#[cfg(feature = "tls")]
pub mod tls;
pub mod transports;
pub mod watchdog;
