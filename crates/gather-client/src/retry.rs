//! Retries: whether a failed exchange is made again, and how long after.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gather_core::{FetchError, FetchErrorKind, Phase};
use http::{HeaderMap, Method, StatusCode};

mod backoff;
mod budget;
mod budgets;
mod retry_after;

pub use backoff::Backoff;
pub use budget::{InvalidBudget, RetryBudget};
pub use budgets::RetryBudgets;
pub use retry_after::{InvalidRetryAfter, retry_after};

/// What is tried again.
///
/// ```
/// use gather_client::retry::RetryPolicy;
/// use gather_core::http::StatusCode;
///
/// let mut stubborn = RetryPolicy { max_attempts: 6, ..RetryPolicy::default() };
/// stubborn.statuses.push(StatusCode::TOO_EARLY);
/// assert!(stubborn.statuses.contains(&StatusCode::SERVICE_UNAVAILABLE));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often one request is sent at most, the first time included. Default: 3. One means: never again.
    pub max_attempts: u32,
    /// The waits between attempts.
    pub backoff: Backoff,
    /// The longest `Retry-After` that is waited for. A server that asks for more gets no retry at all, since an earlier
    /// one would disregard it: [`Stop::RetryAfterTooLong`]. Default: 60 seconds.
    pub max_retry_after: Duration,
    /// How long after the request was first sent the last retry may begin. Default: 2 minutes.
    pub max_total: Duration,
    /// The statuses after which a request is repeated, if its method is idempotent. Default: 408, 429, 500, 502, 503,
    /// 504.
    pub statuses: Vec<StatusCode>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            max_attempts: 3,
            backoff: Backoff::default(),
            max_retry_after: Duration::from_secs(60),
            max_total: Duration::from_secs(120),
            statuses: vec![
                StatusCode::REQUEST_TIMEOUT,
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::INTERNAL_SERVER_ERROR,
                StatusCode::BAD_GATEWAY,
                StatusCode::SERVICE_UNAVAILABLE,
                StatusCode::GATEWAY_TIMEOUT,
            ],
        }
    }
}

/// The attempts of one request.
///
/// Tell it how each attempt went; it says whether and when to make another. What is retried:
///
/// - what never reached the server, with every method: the name did not resolve, the connection or TLS failed for
///   another reason than a certificate that is not trusted; and what a server says that it has not acted upon (HTTP/2: a
///   refused stream, a request beyond the last one that a `GOAWAY` names; RFC 9113 section 8.7);
/// - with an idempotent method (RFC 9110 section 9.2.2), also an answer that did not come (connection lost, timeout) and
///   the [statuses](RetryPolicy::statuses) of the policy;
/// - never a response whose head was delivered: part of the body may be in the caller's hands.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use gather_client::retry::{Decision, Retries, RetryBudget, RetryPolicy};
/// use gather_core::http::{HeaderMap, HeaderValue, Method, StatusCode, header::RETRY_AFTER};
///
/// let mut retries = Retries::new(RetryPolicy::default(), RetryBudget::default(), &Method::GET, 42);
/// let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("7"))]);
/// let elapsed = Duration::from_millis(80); // from a `Clock`
/// match retries.after_status(StatusCode::SERVICE_UNAVAILABLE, &headers, elapsed, SystemTime::UNIX_EPOCH) {
///     Decision::Retry { wait } => assert!(wait >= Duration::from_secs(7)),
///     Decision::Stop(why) => panic!("{why:?}"),
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Retries {
    policy: Arc<RetryPolicy>,
    budget: RetryBudget,
    idempotent: bool,
    random: fastrand::Rng,
    /// Attempts made and reported.
    attempts: u32,
}

/// What to do after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Wait, then send the same request again.
    Retry {
        /// How long.
        wait: Duration,
    },
    /// Return what there is, the answer or the error.
    Stop(Stop),
}

/// Why there is no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// It went well, or failed in a way that another attempt does not mend.
    NotRetryable,
    /// The request may have been acted upon, and acting twice is not the same as once.
    NotIdempotent,
    /// The response had begun.
    BodyStarted,
    /// There were as many attempts as the policy allows, given here.
    Attempts(u32),
    /// The next would begin later than the policy allows, given here.
    Total(Duration),
    /// Too much of what shares the [`RetryBudget`] fails.
    Budget,
    /// The server asks to wait longer than the policy allows.
    RetryAfterTooLong {
        /// What it asks for.
        asked: Duration,
        /// What the policy allows.
        limit: Duration,
    },
}

impl Retries {
    /// The attempts of a request with `method`. Clones of `budget` share it; `seed` decides the jitter. Nothing is
    /// allocated when the policy is in an `Arc` already.
    pub fn new(policy: impl Into<Arc<RetryPolicy>>, budget: RetryBudget, method: &Method, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Retries { policy: policy.into(), budget, idempotent: method.is_idempotent(), random, attempts: 0 }
    }

    /// How many attempts were reported.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The attempt brought an answer, of which nothing but the head was looked at.
    ///
    /// `elapsed` is the time since the first attempt was sent, by the [`Clock`](gather_core::Clock); `wall` is the time
    /// of day, against which a `Retry-After` that is a date is read.
    pub fn after_status(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
        elapsed: Duration,
        wall: SystemTime,
    ) -> Decision {
        self.attempts = self.attempts.saturating_add(1);
        if !self.policy.statuses.contains(&status) {
            self.budget.succeeded();
            return Decision::Stop(Stop::NotRetryable);
        }
        let asked = match retry_after(headers, wall) {
            Ok(asked) => asked,
            // Longer than anybody waits; to come back at once would be the opposite of what was asked for.
            Err(InvalidRetryAfter::Overflow) => Some(Duration::MAX),
            Err(InvalidRetryAfter::Negative | InvalidRetryAfter::Neither) => None,
        };
        self.failed(self.idempotent, asked, elapsed)
    }

    /// Whether an answer with this status is a failure that another attempt might mend. If not, what [`after_status`](Retries::after_status)
    /// says of it does not depend on its head, nor on the time.
    pub(crate) fn watches(&self, status: StatusCode) -> bool {
        self.policy.statuses.contains(&status)
    }

    /// The attempt failed.
    pub fn after_error(&mut self, error: &FetchError, elapsed: Duration) -> Decision {
        self.attempts = self.attempts.saturating_add(1);
        if error.phase() == Phase::Body {
            return Decision::Stop(Stop::BodyStarted);
        }
        if !is_passing(error) {
            return Decision::Stop(Stop::NotRetryable);
        }
        self.failed(self.idempotent || error.is_unprocessed(), None, elapsed)
    }

    /// A failure that another attempt might mend, if it `may` be made and nothing else stands against it.
    fn failed(&mut self, may: bool, asked: Option<Duration>, elapsed: Duration) -> Decision {
        let within_budget = self.budget.failed();
        let RetryPolicy { max_attempts, backoff, max_retry_after, max_total, statuses: _ } = &*self.policy;
        if !may {
            return Decision::Stop(Stop::NotIdempotent);
        }
        if self.attempts >= *max_attempts {
            return Decision::Stop(Stop::Attempts(*max_attempts));
        }
        if !within_budget {
            return Decision::Stop(Stop::Budget);
        }
        if let Some(asked) = asked.filter(|asked| asked > max_retry_after) {
            return Decision::Stop(Stop::RetryAfterTooLong { asked, limit: *max_retry_after });
        }
        let wait = backoff.wait(self.attempts, asked, &mut self.random);
        if elapsed.saturating_add(wait) > *max_total {
            return Decision::Stop(Stop::Total(*max_total));
        }
        Decision::Retry { wait }
    }
}

/// Whether the failure may pass by itself.
fn is_passing(error: &FetchError) -> bool {
    use FetchErrorKind::{Interrupted, Other, Refused, Timeout};
    match (error.phase(), error.kind()) {
        (Phase::Resolve | Phase::Connect, Refused | Interrupted | Timeout(_) | Other) => true,
        // What TLS refuses is a certificate, and it will be no better in a second.
        (Phase::Tls, Interrupted | Timeout(_) | Other) => true,
        (Phase::Head, Refused | Interrupted | Timeout(_)) => true,
        _ => false,
    }
}
