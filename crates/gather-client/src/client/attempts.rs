//! One exchange with its retries.

use std::time::{Duration, Instant, SystemTime};

use gather_core::{Clock, Fetch, FetchError, FetchErrorKind, Phase, Request, Response, timeout};

use super::Inner;
use super::builder::Settings;
use super::ticket::Hop;
use crate::decode::{DecodedBody, decode_response};
use crate::retry::{Decision, Retries};
use crate::trace::Span;

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// The answer of the transport, which is asked again where that is right: by a request made anew each time.
    pub(super) async fn attempts(
        &self,
        request: impl Fn() -> Result<Request, FetchError>,
        hop: &Hop<'_>,
    ) -> Result<Response<DecodedBody<F::Body>>, FetchError> {
        let Settings { retry, budgets, wall, decode, .. } = &self.settings;
        let budget = hop.account.budget(hop.place.uri(), budgets);
        let mut retries = Retries::new(retry.clone(), budget, hop.method, self.next_seed());
        let first = self.clock.now();
        let mut now = first;
        loop {
            let left = self.left(hop.begin, now).inspect_err(|error| hop.account.erred(error))?;
            let span = hop.span.attempt(retries.attempts(), hop.method, hop.place);
            let (outcome, ended) = self.attempt(request()?, hop, now, left, &span).await;
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
                    drop(outcome);
                    hop.account.retried();
                    span.waits(wait);
                    self.clock.sleep(wait).await;
                    now = self.clock.now();
                }
                _ => return outcome.map(|response| decode_response(response, *decode)),
            }
        }
    }

    /// One attempt, which begins at `now` and has so much time `left`; and when it was over.
    async fn attempt(
        &self,
        request: Request,
        hop: &Hop<'_>,
        now: Instant,
        left: Duration,
        span: &Span,
    ) -> (Result<Response<F::Body>, FetchError>, Instant) {
        let deadlines = &self.settings.deadlines;
        let limit = deadlines.head.min(left);
        hop.account.attempted();
        let exchange = span.inside(|| self.fetch.fetch(request));
        let outcome = span.wrap(timeout(&self.clock, limit, exchange)).await.unwrap_or_else(|_| {
            let struck = if limit < deadlines.head { deadlines.total } else { deadlines.head };
            Err(FetchError::new(Phase::Head, FetchErrorKind::Timeout(struck)))
        });
        let ended = self.clock.now();
        match &outcome {
            Ok(response) => {
                hop.account.answered(response.status(), ended.saturating_duration_since(now));
                span.answered(response);
            }
            Err(error) => {
                hop.account.erred(error);
                span.failed(error);
            }
        }
        (outcome, ended)
    }

    /// What is left, `now`, of the time of a whole request that began then.
    pub(super) fn left(&self, begin: Instant, now: Instant) -> Result<Duration, FetchError> {
        let total = self.settings.deadlines.total;
        let left = total.saturating_sub(now.saturating_duration_since(begin));
        if left.is_zero() { Err(FetchError::new(Phase::Head, FetchErrorKind::Timeout(total))) } else { Ok(left) }
    }
}
