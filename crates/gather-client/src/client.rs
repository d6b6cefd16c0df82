//! The client: every policy of this crate, driven over one transport.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use gather_core::{
    BoxFuture, Capabilities, Clock, Fetch, FetchError, FetchErrorKind, FinalUri, Limits, Page, Phase, Request,
    Response, SendFetch, fetch_page, get, timeout,
};

use crate::credentials::take_userinfo;
use crate::decode::{DecodedBody, decode_response};
use crate::origin::{to_uri, to_url};
use crate::redirect::{Action, Redirects, Visit};
use crate::retry::{Decision, Retries};

mod body;
mod builder;
mod caching;
mod fetched;
mod prepare;

pub use body::ClientBody;
pub use builder::{ClientBuilder, Deadlines};
pub use fetched::{Fetched, StatusError};

use builder::Settings;
use prepare::Prepare;

/// What people call an HTTP client: one transport, one clock, and every policy of this crate between them.
///
/// A request goes round like this: its user name and password become credentials of its origin; cookies, credentials and
/// `Accept-Encoding` are added; the cache is asked; the transport is asked, again if that is right ([`retry`](crate::retry));
/// cookies are taken from the answer; a redirect begins the round anew ([`redirect`](crate::redirect)). The body that comes
/// out is decoded under limits, and watched by the deadlines to its last byte.
///
/// It is itself a [`Fetch`], at the price of one box for each request, so a [`Scraper`](gather_core::Scraper) takes it for a
/// transport. A [`Fetch`] that is not `Send`, or a clock that is not, has [`send`](Client::send). Clones share everything:
/// cookies, cache, the budget of retries.
///
/// Dropping a future or a body cancels the exchange it is in, as the transport does that.
pub struct Client<F, C>(Arc<Inner<F, C>>);

struct Inner<F, C> {
    fetch: F,
    clock: C,
    settings: Settings,
    /// Each request has its own jitter.
    requests: AtomicU64,
}

/// How an answer was come by: in the extensions of a [`Client`]'s responses when there were redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History(
    /// What redirected, first to last.
    pub Vec<Visit>,
);

impl<F: Fetch, C: Clock> Client<F, C> {
    fn new(fetch: F, clock: C, settings: Settings) -> Self {
        Client(Arc::new(Inner { fetch, clock, settings, requests: AtomicU64::new(0) }))
    }

    /// The transport.
    pub fn transport(&self) -> &F {
        &self.0.fetch
    }

    /// Sends a request and gives the answer to the last of its exchanges, whatever its status, once the head is there.
    ///
    /// Where redirects led elsewhere, the address is in the response's extensions as [`FinalUri`] and the way there as
    /// [`History`].
    ///
    /// # Errors
    ///
    /// Those of the transport after the retries that the policy allows; a deadline; a redirect that is not followed; an
    /// address that may not be reached. They name the address, without user name and password.
    pub async fn send(&self, request: Request) -> Result<Response<ClientBody<F::Body, C>>, FetchError> {
        let url = request.uri().clone();
        self.0.follow(request).await.map_err(|error| error.with_url(url))
    }

    /// What is at `url`, whole, decoded, with the short ways to what it says. A status is not an error here;
    /// [`Fetched::ok`] makes it one.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Client::send), and of reading the body.
    pub async fn get(&self, url: impl AsRef<str>) -> Result<Fetched, FetchError>
    where
        F: 'static,
    {
        Ok(Fetched::from(self.page(url).await?))
    }

    /// The same as a plain [`Page`].
    ///
    /// # Errors
    ///
    /// Those of [`get`](Client::get).
    pub async fn page(&self, url: impl AsRef<str>) -> Result<Page, FetchError>
    where
        F: 'static,
    {
        let settings = &self.0.settings;
        let limits = Limits::default().deadline(settings.deadlines.total).max_body(settings.decode.decoded);
        fetch_page(&Local(self.clone()), &self.0.clock, get(url)?, limits).await
    }
}

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// From the first exchange to the one that redirects no further.
    async fn follow(&self, mut request: Request) -> Result<Response<ClientBody<F::Body, C>>, FetchError> {
        let begin = self.clock.now();
        let mut url = to_url(request.uri())?;
        let own = take_userinfo(&mut url)?;
        *request.uri_mut() = to_uri(&url)?;
        let mut redirects = Redirects::new(self.settings.redirect.clone(), request.method().clone(), url);
        loop {
            let prepared = Prepare { settings: &self.settings, url: redirects.url(), own: own.as_ref() }.copy(&request);
            self.may_be_sent(&prepared)?;
            let mut response = self.cached(prepared, begin).await?;
            if let Some(jar) = &self.settings.jar {
                jar.store(redirects.url(), response.headers(), (self.settings.wall)());
            }
            match redirects.next(response.status(), response.headers())? {
                Action::Follow(hop) => hop.apply(&mut request)?,
                Action::Return => {
                    if !redirects.history().is_empty() {
                        response.extensions_mut().insert(FinalUri(to_uri(redirects.url())?));
                        response.extensions_mut().insert(History(redirects.history().to_vec()));
                    }
                    return Ok(response);
                }
            }
        }
    }

    /// Refuses a request whose address policy nobody would enforce.
    fn may_be_sent(&self, request: &Request) -> Result<(), FetchError> {
        let policy = gather_core::addresses::AddressPolicy::of(request.extensions());
        if policy.restricts() && !self.fetch.capabilities().address_policy {
            let why = "the request may reach public addresses only, and this transport does not look at addresses";
            return Err(FetchError::new(Phase::Request, FetchErrorKind::Forbidden).with_source(why));
        }
        Ok(())
    }

    /// One exchange with its retries. `begin` is when the whole request began.
    async fn attempts(&self, request: &Request, begin: Instant) -> Result<Response<DecodedBody<F::Body>>, FetchError> {
        let Settings { deadlines, retry, budget, wall, .. } = &self.settings;
        let seed = self.settings.seed ^ self.requests.fetch_add(1, Ordering::Relaxed);
        let mut retries = Retries::new(retry.clone(), budget.clone(), request.method(), seed);
        let first = self.clock.now();
        loop {
            let left = self.left(begin)?;
            let limit = deadlines.head.min(left);
            let outcome = timeout(&self.clock, limit, self.fetch.fetch(request.clone())).await;
            let outcome = outcome.unwrap_or_else(|_| {
                let struck = if limit < deadlines.head { deadlines.total } else { deadlines.head };
                Err(FetchError::new(Phase::Head, FetchErrorKind::Timeout(struck)))
            });
            let elapsed = self.clock.now().saturating_duration_since(first);
            let decision = match &outcome {
                Ok(response) => retries.after_status(response.status(), response.headers(), elapsed, wall()),
                Err(error) => retries.after_error(error, elapsed),
            };
            match decision {
                // What does not fit into the time that is left is not waited for: the failure is the answer.
                Decision::Retry { wait } if wait < self.left(begin).unwrap_or(Duration::ZERO) => {
                    drop(outcome);
                    self.clock.sleep(wait).await;
                }
                _ => return outcome.map(|response| decode_response(response, self.settings.decode)),
            }
        }
    }

    /// What is left of the whole request's time.
    fn left(&self, begin: Instant) -> Result<Duration, FetchError> {
        let total = self.settings.deadlines.total;
        let left = total.saturating_sub(self.clock.now().saturating_duration_since(begin));
        if left.is_zero() { Err(FetchError::new(Phase::Head, FetchErrorKind::Timeout(total))) } else { Ok(left) }
    }
}

impl<F: SendFetch, C: Clock<Sleep: Send> + Send + Sync> Fetch for Client<F, C> {
    type Body = ClientBody<F::Body, C>;
    type Future = BoxFuture<Result<Response<Self::Body>, FetchError>>;

    fn fetch(&self, request: Request) -> Self::Future {
        let client = self.clone();
        Box::pin(async move { client.send(request).await })
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.fetch.poll_close(cx)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.fetch.capabilities()
    }
}

/// The client as a [`Fetch`] that need not be `Send`.
struct Local<F, C>(Client<F, C>);

impl<F: Fetch + 'static, C: Clock> Fetch for Local<F, C> {
    type Body = ClientBody<F::Body, C>;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Self::Body>, FetchError>>>>;

    fn fetch(&self, request: Request) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move { client.send(request).await })
    }
}

impl<F, C> Clone for Client<F, C> {
    fn clone(&self) -> Self {
        Client(self.0.clone())
    }
}

impl<F: fmt::Debug, C> fmt::Debug for Client<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("transport", &self.0.fetch).field("settings", &self.0.settings).finish()
    }
}
