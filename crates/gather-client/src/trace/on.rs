//! Spans of the crate `tracing`, at the level DEBUG and under the target `gather_client`.
//!
//! | span | parent | fields |
//! |---|---|---|
//! | `request` | the caller's | method, address, server; `gather.cache`; the final status; `error.type` |
//! | `hop` | `request` | `gather.redirect.number` from 1; method, address and server that it leads to; `gather.cache` |
//! | `attempt` | `request` or `hop` | method, address, server; `http.request.resend_count` from the second on; status; `error.type` |
//! | `body` | `request` | `http.response.body.size` as it came, `gather.body.decoded_size`; `error.type` |
//!
//! Names and meanings are those of OpenTelemetry's semantic conventions for HTTP client spans, `gather.` stands before what
//! they have no name for. `error.type` is `phase.kind` for an error (`connect.refused`), the number for a status of 400 and
//! above, and `cancelled` for what was dropped. Where the conventions name one span for each time a request is sent, that is
//! `attempt`, whose `otel.kind` is `client`.

use std::time::Duration;

use gather_core::FetchError;
use http::{Method, StatusCode, Version};
use tracing::field::{DisplayValue, Empty, display};
use tracing::instrument::{Instrument as _, Instrumented};
use tracing::{Level, debug_span, event};
use url::Url;

use super::shown::{Shown, server};
use crate::client::Place;

/// A span, held for as long as it lasts.
#[derive(Debug, Clone)]
pub(crate) struct Span(tracing::Span);

impl Span {
    /// The request as the user made it; inside of whatever span the caller is in.
    pub(crate) fn request(method: &Method, to: &Place) -> Span {
        Span(debug_span!(
            target: "gather_client",
            "request",
            "http.request.method" = method.as_str(),
            "url.full" = full(to),
            "server.address" = to.url().ok().map(server),
            "server.port" = to.url().ok().and_then(Url::port_or_known_default),
            "http.response.status_code" = Empty,
            "gather.cache" = Empty,
            "error.type" = Empty,
        ))
    }

    /// What follows on a redirect, the first of which has the number 1.
    pub(crate) fn hop(&self, number: usize, method: &Method, to: &Place) -> Span {
        Span(debug_span!(
            target: "gather_client",
            parent: &self.0,
            "hop",
            "gather.redirect.number" = number,
            "http.request.method" = method.as_str(),
            "url.full" = full(to),
            "server.address" = to.url().ok().map(server),
            "server.port" = to.url().ok().and_then(Url::port_or_known_default),
            "gather.cache" = Empty,
        ))
    }

    /// One time that it is sent, after so many others.
    pub(crate) fn attempt(&self, repeats: u32, method: &Method, to: &Place) -> Span {
        Span(debug_span!(
            target: "gather_client",
            parent: &self.0,
            "attempt",
            "otel.kind" = "client",
            "http.request.method" = method.as_str(),
            "http.request.resend_count" = (repeats > 0).then_some(repeats),
            "url.full" = full(to),
            "server.address" = to.url().ok().map(server),
            "server.port" = to.url().ok().and_then(Url::port_or_known_default),
            "http.response.status_code" = Empty,
            "network.protocol.version" = Empty,
            "error.type" = Empty,
        ))
    }

    /// The body of the final answer, from its head on.
    pub(crate) fn body(&self) -> Span {
        Span(debug_span!(
            target: "gather_client",
            parent: &self.0,
            "body",
            "http.response.body.size" = Empty,
            "gather.body.decoded_size" = Empty,
            "error.type" = Empty,
        ))
    }

    /// The future, inside of this span whenever it is polled.
    pub(crate) fn wrap<F: Future>(&self, future: F) -> Instrumented<F> {
        future.instrument(self.0.clone())
    }

    pub(crate) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.in_scope(work)
    }

    /// The head is there.
    pub(crate) fn answered(&self, status: StatusCode, version: Version) {
        self.0.record("http.response.status_code", status.as_u16());
        if let Some(version) = name(version) {
            self.0.record("network.protocol.version", version);
        }
        if status.is_client_error() || status.is_server_error() {
            self.0.record("error.type", status.as_str());
        }
    }

    pub(crate) fn failed(&self, error: &FetchError) {
        // The words of an error can have an address in them, which it redacts, and those of its sources what a server said.
        self.0.record("error.type", display(ErrorType(error)));
    }

    pub(crate) fn cancelled(&self) {
        self.0.record("error.type", "cancelled");
    }

    pub(crate) fn brought(&self, wire: u64, decoded: u64) {
        self.0.record("http.response.body.size", wire);
        self.0.record("gather.body.decoded_size", decoded);
    }

    /// What the cache had to do with the answer to the request as it was made there: `fresh` or `revalidated`.
    pub(crate) fn cache(&self, verdict: &'static str) {
        self.0.record("gather.cache", verdict);
    }

    pub(crate) fn redirected(&self, status: StatusCode, to: &Place) {
        let code = status.as_u16();
        event!(
            target: "gather_client",
            parent: &self.0,
            Level::DEBUG,
            { "http.response.status_code" = code, "to" = full(to) },
            "redirected"
        );
    }

    /// It failed and will be sent again after this time.
    pub(crate) fn waits(self, wait: Duration) {
        let seconds = wait.as_secs_f64();
        event!(
            target: "gather_client",
            parent: &self.0,
            Level::DEBUG,
            { "gather.retry.wait" = seconds },
            "waiting to send it again"
        );
    }
}

fn full(to: &Place) -> Option<DisplayValue<Shown<'_>>> {
    to.url().ok().map(|url| display(Shown(url)))
}

struct ErrorType<'a>(&'a FetchError);

impl std::fmt::Display for ErrorType<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0.phase().name(), self.0.kind().name())
    }
}

fn name(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}
