//! What a client has done, counted for each host: a plain value to look at, to print, or to send on.

use std::collections::BTreeMap;

use http::StatusCode;

mod books;
mod display;
mod errors;
mod histogram;

pub(crate) use books::{Account, Attempts, Books};
pub use errors::ErrorCounts;
pub use histogram::Histogram;

/// What a [`Client`](crate::Client) has done so far: what its [`statistics`](crate::Client::statistics) gives.
///
/// A host is an origin here, scheme, host and port (`https://example.com`), so that what listens at another port is
/// another one. Only so many are counted apart
/// ([`statistics_hosts`](crate::ClientBuilder::statistics_hosts)); those beyond are added up as
/// [`other`](Statistics::other), which also bounds the memory: some 4 KiB for each.
///
/// Its `Display` is a table of the busiest hosts. With the feature `serde` it can be serialised.
///
/// ```
/// use gather_client::Client;
/// use gather_core::{Clock, Fetch};
///
/// fn report<F: Fetch, C: Clock>(client: &Client<F, C>) {
///     let statistics = client.statistics();
///     println!("{statistics}");
///     if let Some(host) = statistics.host("https://example.com") {
///         println!("{} of {} requests failed", host.failed, host.requests);
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Statistics {
    hosts: BTreeMap<Box<str>, HostStatistics>,
    other: HostStatistics,
    invalid: u64,
}

/// What has been done with one host.
///
/// At any moment [`requests`](HostStatistics::requests) is the sum of [`finished`](HostStatistics::finished),
/// [`failed`](HostStatistics::failed), [`cancelled`](HostStatistics::cancelled) and
/// [`in_flight`](HostStatistics::in_flight). These, and [`whole`](HostStatistics::whole), are about requests that the user
/// made of this host, wherever redirects took them. Everything else is counted where it happened: a host that was only
/// redirected to has attempts and bytes, and no requests.
///
/// ```
/// use gather_client::statistics::HostStatistics;
///
/// fn line(host: &HostStatistics) -> String {
///     let slow = host.head.quantile(0.99).unwrap_or_default();
///     format!("{} requests, {} failed, {} bytes, 99 % of heads within {slow:?}", host.requests, host.failed, host.wire_bytes)
/// }
/// assert_eq!(line(&HostStatistics::default()), "0 requests, 0 failed, 0 bytes, 99 % of heads within 0ns");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HostStatistics {
    /// Requests that the user has made, from the call of [`fetch`](gather_core::Fetch::fetch) on, or from the first poll of the
    /// client's own functions.
    pub requests: u64,
    /// Those whose body was read to its end, whatever the status; or of which nothing had to be fetched after the head: the
    /// answer was in the cache, or has no body.
    pub finished: u64,
    /// Those that ended in an error, in the head or in the body.
    pub failed: u64,
    /// Those whose future or body was dropped before either.
    pub cancelled: u64,
    /// Those of which nothing of this can be said yet.
    pub in_flight: u64,
    /// How often the transport was asked: retries and redirects included, answers from the cache not.
    pub attempts: u64,
    /// How often something was sent once more because it had failed. Counted when the wait before it begins.
    pub retries: u64,
    /// How often an answer of this host redirected, and was followed.
    pub redirects: u64,
    /// Answers from the cache without asking this host.
    pub cache_hits: u64,
    /// Answers from the cache after this host said that they are still right.
    pub cache_revalidated: u64,
    /// Bytes of bodies as the transport brought them, heads not included. Counted when a body is over or dropped.
    pub wire_bytes: u64,
    /// The same bytes decoded, as far as they were read.
    pub decoded_bytes: u64,
    /// Answers that came over the wire, those to attempts that were repeated included.
    pub statuses: StatusCounts,
    /// What went wrong, each attempt for itself: a failure that a retry has mended is here, and the request is not in
    /// [`failed`](HostStatistics::failed).
    pub errors: ErrorCounts,
    /// The time of each attempt that was answered, from asking the transport to the head.
    pub head: Histogram,
    /// The time of each request that finished, from the beginning, over redirects, retries and their waits, to the last
    /// byte; the reader's own pauses are in it.
    pub whole: Histogram,
}

/// Answers by the class of their status (RFC 9110 section 15).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StatusCounts {
    /// 1xx.
    pub informational: u64,
    /// 2xx.
    pub success: u64,
    /// 3xx, 304 included.
    pub redirection: u64,
    /// 4xx.
    pub client_error: u64,
    /// 5xx.
    pub server_error: u64,
    /// 600 and above, which mean nothing.
    pub other: u64,
}

impl Statistics {
    /// Those of one host, `https://example.com` for example: the port is named where it is not that of the scheme. `None`
    /// for a host that nothing was asked of, or that is among the [others](Statistics::other).
    pub fn host(&self, origin: &str) -> Option<&HostStatistics> {
        self.hosts.get(origin)
    }

    /// Every host that is counted apart, in the order of the names.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = (&str, &HostStatistics)> {
        self.hosts.iter().map(|(origin, host)| (&**origin, host))
    }

    /// All hosts beyond the number that is counted apart, added up.
    pub fn other(&self) -> &HostStatistics {
        &self.other
    }

    /// Requests that were never begun, since their address is none that can be fetched. They are in no other number.
    pub fn invalid(&self) -> u64 {
        self.invalid
    }

    /// Everything added up, the [others](Statistics::other) included.
    pub fn total(&self) -> HostStatistics {
        let mut total = self.other.clone();
        self.hosts.values().for_each(|host| total.add(host));
        total
    }
}

impl HostStatistics {
    fn add(&mut self, more: &HostStatistics) {
        // Taken apart, so that a new field cannot be forgotten.
        let HostStatistics {
            requests,
            finished,
            failed,
            cancelled,
            in_flight,
            attempts,
            retries,
            redirects,
            cache_hits,
            cache_revalidated,
            wire_bytes,
            decoded_bytes,
            statuses,
            errors,
            head,
            whole,
        } = more;
        for (sum, count) in [
            (&mut self.requests, requests),
            (&mut self.finished, finished),
            (&mut self.failed, failed),
            (&mut self.cancelled, cancelled),
            (&mut self.in_flight, in_flight),
            (&mut self.attempts, attempts),
            (&mut self.retries, retries),
            (&mut self.redirects, redirects),
            (&mut self.cache_hits, cache_hits),
            (&mut self.cache_revalidated, cache_revalidated),
            (&mut self.wire_bytes, wire_bytes),
            (&mut self.decoded_bytes, decoded_bytes),
        ] {
            *sum = sum.saturating_add(*count);
        }
        self.statuses.add(statuses);
        self.errors.add(errors);
        self.head.add(head);
        self.whole.add(whole);
    }
}

impl StatusCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        let StatusCounts { informational, success, redirection, client_error, server_error, other } = *self;
        [informational, success, redirection, client_error, server_error, other].into_iter().sum()
    }

    fn count(&mut self, status: StatusCode) {
        *self.class(status.as_u16() / 100) += 1;
    }

    fn class(&mut self, digit: u16) -> &mut u64 {
        match digit {
            1 => &mut self.informational,
            2 => &mut self.success,
            3 => &mut self.redirection,
            4 => &mut self.client_error,
            5 => &mut self.server_error,
            _ => &mut self.other,
        }
    }

    fn add(&mut self, more: &StatusCounts) {
        let StatusCounts { informational, success, redirection, client_error, server_error, other } = *more;
        let counts = [informational, success, redirection, client_error, server_error, other];
        for (digit, count) in (1..).zip(counts) {
            *self.class(digit) += count;
        }
    }
}
