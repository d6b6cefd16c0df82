//! A request in the books and in the traces, from its beginning to its last byte.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gather_core::{Clock, FetchError};
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http::{Method, StatusCode};

use super::Place;
use crate::statistics::{Account, Attempts};
use crate::trace::Span;

/// Counts as in flight until it says how the request ended; dropped before that, it was cancelled. It travels with the
/// request, and then with the body.
#[derive(Debug)]
pub(super) struct Ticket {
    begin: Instant,
    /// The host that was asked, and the one that redirects have led to, if they have.
    asked: Arc<Account>,
    elsewhere: Option<Arc<Account>>,
    request: Span,
    /// From the head on.
    body: Option<Span>,
    wire: u64,
    decoded: u64,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    InFlight,
    /// The head says that no body follows: whoever drops it has read all of it, which took so long.
    Empty(Duration),
    Over,
}

impl Ticket {
    /// A request that begins, and whether it is sent at once.
    pub(super) fn new(begin: Instant, asked: Arc<Account>, request: Span, attempts: Attempts) -> Self {
        asked.began(attempts);
        Ticket { begin, asked, elsewhere: None, request, body: None, wire: 0, decoded: 0, state: State::InFlight }
    }

    pub(super) fn begin(&self) -> Instant {
        self.begin
    }

    pub(super) fn request(&self) -> &Span {
        &self.request
    }

    /// The host that is being asked.
    pub(super) fn serving(&self) -> &Account {
        self.elsewhere.as_ref().unwrap_or(&self.asked)
    }

    pub(super) fn redirected(&mut self, to: Arc<Account>) {
        self.elsewhere = Some(to);
    }

    /// The head of the final answer is there; whether more is known to come, the transport has said.
    pub(super) fn head<C: Clock>(&mut self, method: &Method, head: &Parts, goes_on: bool, clock: &C) {
        self.body = Some(self.request.body());
        if !goes_on && has_no_body(method, head) {
            self.state = State::Empty(clock.now().saturating_duration_since(self.begin));
        }
    }

    /// The span that the body is read in.
    pub(super) fn span(&self) -> &Span {
        self.body.as_ref().unwrap_or(&self.request)
    }

    /// How much has come so far.
    pub(super) fn brought(&mut self, wire: u64, decoded: u64) {
        (self.wire, self.decoded) = (wire, decoded);
    }

    pub(super) fn finished(&mut self, now: Instant) {
        self.finish(now.saturating_duration_since(self.begin));
    }

    /// The request failed before there was a final answer; what went wrong has been counted where it happened.
    pub(super) fn failed(&mut self, error: &FetchError) {
        self.settle();
        self.request.failed(error);
        self.asked.failed();
    }

    /// The body failed.
    pub(super) fn broke_off(&mut self, error: &FetchError) {
        self.settle();
        self.span().failed(error);
        self.serving().erred(error);
        self.asked.failed();
    }

    fn finish(&mut self, elapsed: Duration) {
        self.over();
        if let Some(serving) = &self.elsewhere {
            serving.brought(self.wire, self.decoded);
            self.asked.finished(elapsed, 0, 0);
        } else {
            self.asked.finished(elapsed, self.wire, self.decoded);
        }
    }

    fn settle(&mut self) {
        self.over();
        self.serving().brought(self.wire, self.decoded);
    }

    fn over(&mut self) {
        self.state = State::Over;
        if let Some(body) = &self.body {
            body.brought(self.wire, self.decoded);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        match self.state {
            State::Over => {}
            State::Empty(elapsed) => self.finish(elapsed),
            State::InFlight => {
                self.settle();
                self.span().cancelled();
                self.asked.cancelled();
            }
        }
    }
}

/// Whether nothing follows a head (RFC 9112 section 6.3).
fn has_no_body(method: &Method, head: &Parts) -> bool {
    *method == Method::HEAD
        || matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || head.headers.get(CONTENT_LENGTH).is_some_and(|length| length == "0")
}

/// One hop of a request: where it goes, who counts it, and what it is traced under.
pub(super) struct Hop<'a> {
    /// When the request began.
    pub(super) begin: Instant,
    pub(super) place: &'a Place,
    pub(super) method: &'a Method,
    pub(super) account: &'a Account,
    pub(super) span: &'a Span,
}
