//! One exchange with its retries.

use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

use gather_core::{Clock, Fetch, FetchError, Request, Response};

use super::builder::Settings;
use super::ticket::Hop;
use super::timers::{Until, after};
use super::{Inner, Shared};
use crate::decode::{DecodedBody, decode_response};
use crate::retry::{Decision, Retries};
use crate::statistics::Account;
use crate::trace::Span;

/// What came of an attempt, and when, and the span of it.
pub(super) type Tried<B> = (Result<Response<B>, FetchError>, Instant, Span);

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// The answer of the transport, which is asked again where that is right: by a request made anew each time. The first
    /// attempt may have been made already, at the beginning of the hop.
    pub(super) async fn attempts(
        &self,
        request: impl Fn() -> Result<Request, FetchError>,
        hop: &Hop<'_>,
        mut tried: Option<Tried<F::Body>>,
    ) -> Result<Response<DecodedBody<F::Body>>, FetchError> {
        let Shared { clock, settings: Settings { retry, budgets, wall, decode, .. }, .. } = &*self.shared;
        let budget = hop.account.budget(hop.place.uri(), budgets);
        let mut retries = Retries::new(retry.clone(), budget, hop.method, self.shared.next_seed());
        let first = if tried.is_some() { hop.begin } else { clock.now() };
        let mut now = first;
        loop {
            let (outcome, ended, span) = match tried.take() {
                Some(tried) => tried,
                None => {
                    let left = self.left(hop.begin, now).inspect_err(|error| hop.account.erred(error))?;
                    let span = hop.span.attempt(retries.attempts(), hop.method, hop.place);
                    let request = request()?;
                    hop.account.attempted();
                    let exchange = span.inside(|| self.fetch.fetch(request));
                    self.watch(exchange, hop.account, now, left, span).await
                }
            };
            if let Ok(response) = &outcome {
                // Those of every answer (RFC 6265, section 3), whatever becomes of it.
                self.keep_cookies(hop.place, response.headers())?;
            }
            let elapsed = ended.saturating_duration_since(first);
            let decision = match &outcome {
                Ok(response) => {
                    let wall = if retries.watches(response.status()) { wall() } else { SystemTime::UNIX_EPOCH };
                    retries.after_status(response.status(), response.headers(), elapsed, wall)
                }
                Err(error) => retries.after_error(error, elapsed),
            };
            match decision {
                // What does not fit into the time that is left is not waited for: the failure is the answer.
                Decision::Retry { wait } if wait < self.left(hop.begin, ended).unwrap_or(Duration::ZERO) => {
                    hop.account.retried();
                    span.waits(wait);
                    let mut wait = wait;
                    if let Ok(response) = outcome {
                        let (head, body) = response.into_parts();
                        self.drain(&head.headers, body, (ended, wait), hop.account).await;
                        wait = wait.saturating_sub(clock.now().saturating_duration_since(ended));
                    }
                    clock.sleep(wait).await;
                    now = clock.now();
                }
                _ => return outcome.map(|response| decode_response(response, *decode)),
            }
        }
    }

    /// One attempt, which began just `now` and has so much time `left`; and when it was over.
    pub(super) async fn watch(
        &self,
        exchange: F::Future,
        account: &Account,
        now: Instant,
        left: Duration,
        span: Span,
    ) -> Tried<F::Body> {
        let Shared { clock, settings: Settings { deadlines, .. }, heads, .. } = &*self.shared;
        let limit = deadlines.head.min(left);
        let mut until = Until::new(heads, clock, after(now, limit));
        let mut exchange = pin!(exchange);
        let outcome = span.wrap(poll_fn(|cx| until.poll(exchange.as_mut(), cx))).await;
        let outcome = outcome.unwrap_or_else(|| Err(deadlines.struck(limit)));
        let ended = self.note(&outcome, account, now, &span);
        (outcome, ended, span)
    }

    /// Counts and traces what came of an attempt that began just `now`, and gives the time at which it was over.
    pub(super) fn note(
        &self,
        outcome: &Result<Response<F::Body>, FetchError>,
        account: &Account,
        now: Instant,
        span: &Span,
    ) -> Instant {
        let ended = self.shared.clock.now();
        match outcome {
            Ok(response) => {
                account.answered(response.status(), ended.saturating_duration_since(now));
                span.answered(response.status(), response.version());
            }
            Err(error) => {
                account.erred(error);
                span.failed(error);
            }
        }
        ended
    }

    /// What is left, `now`, of the time of a whole request that began then.
    pub(super) fn left(&self, begin: Instant, now: Instant) -> Result<Duration, FetchError> {
        let deadlines = &self.shared.settings.deadlines;
        let left = deadlines.total.saturating_sub(now.saturating_duration_since(begin));
        if left.is_zero() { Err(deadlines.over()) } else { Ok(left) }
    }
}
