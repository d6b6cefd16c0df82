//! The client: every policy of this crate, driven over one transport.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use gather_core::{
    BoxFuture, Capabilities, Clock, Fetch, FetchError, FetchErrorKind, FinalUri, Limits, Page, Phase, Request,
    Response, SendFetch, fetch_page, get,
};
use http::header::SET_COOKIE;

use crate::credentials::Credentials;
use crate::origin::{Origin, to_uri};
use crate::redirect::{Action, Redirects, Visit, is_redirect};
use crate::statistics::{Books, Statistics};
use crate::trace::Span;

mod attempts;
mod body;
mod builder;
mod caching;
mod fetched;
mod place;
mod prepare;
mod ticket;

pub use body::ClientBody;
pub use builder::{ClientBuilder, Deadlines};
pub use fetched::{Fetched, StatusError};

use builder::Settings;
pub(crate) use place::Place;
use prepare::Prepare;
use ticket::{Hop, Ticket};

/// What people call an HTTP client: one transport, one clock, and every policy of this crate between them.
///
/// A request goes round like this: its user name and password become credentials of its origin; cookies, credentials and
/// `Accept-Encoding` are added; the cache is asked; the transport is asked, again if that is right ([`retry`](crate::retry));
/// cookies are taken from the answer; a redirect begins the round anew ([`redirect`](crate::redirect)). The body that comes
/// out is decoded under limits, and watched by the deadlines to its last byte.
///
/// It is itself a [`Fetch`], at the price of one box for each request, so a [`Scraper`](gather_core::Scraper) takes it for a
/// transport. A [`Fetch`] that is not `Send`, or a clock that is not, has [`send`](Client::send). Clones share everything:
/// cookies, cache, the budgets of retries, statistics.
///
/// Dropping a future or a body cancels the exchange it is in, as the transport does that.
///
/// What it does can be looked at: in numbers, by [`statistics`](Client::statistics), and with the feature `tracing` in spans
/// of the crate of that name, at the level DEBUG and under the target `gather_client`. A `request` has an `attempt` in it for
/// each time that something is sent, a `hop` with its own attempts for each redirect that is followed, and a `body`. Fields
/// are named and filled as OpenTelemetry's conventions for HTTP clients say. Addresses are without user name, password and
/// fragment, and the values of parameters that are signatures by convention read `REDACTED`.
pub struct Client<F, C>(Arc<Inner<F, C>>);

struct Inner<F, C> {
    fetch: F,
    clock: C,
    settings: Settings,
    /// Each request has its own jitter.
    requests: AtomicU64,
    books: Books,
}

/// How an answer was come by: in the extensions of a [`Client`]'s responses when there were redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History(
    /// What redirected, first to last.
    pub Vec<Visit>,
);

impl<F: Fetch, C: Clock> Client<F, C> {
    fn new(fetch: F, clock: C, settings: Settings) -> Self {
        let books = Books::new(settings.statistics_hosts);
        Client(Arc::new(Inner { fetch, clock, settings, requests: AtomicU64::new(0), books }))
    }

    /// The transport.
    pub fn transport(&self) -> &F {
        &self.0.fetch
    }

    /// What this client and its clones have done so far, for each host. The numbers of a host are of one moment; between
    /// hosts, work may go on while they are collected.
    pub fn statistics(&self) -> Statistics {
        self.0.books.snapshot()
    }

    /// Sends a request and gives the answer to the last of its exchanges, whatever its status, once the head is there.
    ///
    /// Where redirects led elsewhere, the address is in the response's extensions as [`FinalUri`] and the way there as
    /// [`History`]. So is the address without its user name and password, where it had some.
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
    /// A request from its beginning to the head of its final answer, in the books and in the traces.
    async fn follow(&self, mut request: Request) -> Result<Response<ClientBody<F::Body, C>>, FetchError> {
        let (place, own) = Place::of(request.uri()).inspect_err(|_| self.books.invalid())?;
        request.uri_mut().clone_from(place.uri());
        let span = Span::request(request.method(), &place);
        let account = self.books.account(place.uri(), &self.settings.budgets);
        let mut ticket = Ticket::new(self.clock.now(), account, span.clone());
        let hops = self.hops(&mut request, place, own.as_ref(), &mut ticket);
        let answer = span.wrap(hops).await;
        match answer {
            Ok(response) => {
                span.answered(&response);
                let (head, mut body) = response.into_parts();
                ticket.head(request.method(), &head, &self.clock);
                body.belongs_to(ticket, &self.clock);
                Ok(Response::from_parts(head, body))
            }
            Err(error) => {
                ticket.failed(&error);
                Err(error)
            }
        }
    }

    /// From the first exchange to the one that redirects no further.
    async fn hops(
        &self,
        request: &mut Request,
        mut place: Place,
        own: Option<&(Origin, Credentials)>,
        ticket: &mut Ticket,
    ) -> Result<Response<ClientBody<F::Body, C>>, FetchError> {
        // Made by the first answer that redirects.
        let mut redirects: Option<Redirects> = None;
        loop {
            let span = match redirects.as_ref().map_or(0, |redirects| redirects.history().len()) {
                0 => ticket.request().clone(),
                number => ticket.request().hop(number, request.method(), &place),
            };
            let (begin, account) = (ticket.begin(), &**ticket.serving());
            let hop = Hop { begin, place: &place, method: request.method(), account, span: &span };
            let prepare = Prepare { settings: &self.settings, request, place: &place, own };
            self.may_be_sent(&prepare).inspect_err(|error| account.erred(error))?;
            let response = self.cached(prepare, &hop).await?;
            if let Some(jar) = self.settings.jar.as_ref().filter(|_| response.headers().contains_key(SET_COOKIE)) {
                jar.store(place.url()?, response.headers(), (self.settings.wall)());
            }
            if !is_redirect(response.status()) {
                return arrived(response, redirects.as_ref(), own.map(|_| &place));
            }
            let chain = match &mut redirects {
                Some(chain) => chain,
                None => {
                    let (policy, method) = (self.settings.redirect.clone(), request.method().clone());
                    redirects.insert(Redirects::new(policy, method, place.url()?.clone()))
                }
            };
            match chain.next(response.status(), response.headers()).inspect_err(|error| account.erred(error))? {
                Action::Follow(next) => {
                    place = Place::at(chain.url().clone())?;
                    account.redirected();
                    span.redirected(response.status(), &place);
                    next.apply(request)?;
                    ticket.redirected(self.books.account(place.uri(), &self.settings.budgets));
                }
                Action::Return => return arrived(response, redirects.as_ref(), own.map(|_| &place)),
            }
        }
    }

    /// Refuses a request whose address policy nobody would enforce.
    fn may_be_sent(&self, prepare: &Prepare<'_>) -> Result<(), FetchError> {
        if prepare.policy().restricts() && !self.fetch.capabilities().address_policy {
            let why = "the request may reach public addresses only, and this transport does not look at addresses";
            return Err(FetchError::new(Phase::Request, FetchErrorKind::Forbidden).with_source(why));
        }
        Ok(())
    }

    fn next_seed(&self) -> u64 {
        self.settings.seed ^ self.requests.fetch_add(1, Ordering::Relaxed)
    }
}

/// The last answer, with the way to it where there was one. Who gave a password in the address does not find it in the page's
/// address, and so in its links: that is the `bare` one then.
fn arrived<B>(
    mut response: Response<B>,
    redirects: Option<&Redirects>,
    bare: Option<&Place>,
) -> Result<Response<B>, FetchError> {
    if let Some(redirects) = redirects.filter(|redirects| !redirects.history().is_empty()) {
        response.extensions_mut().insert(FinalUri(to_uri(redirects.url())?));
        response.extensions_mut().insert(History(redirects.history().to_vec()));
    } else if let Some(place) = bare {
        response.extensions_mut().insert(FinalUri(place.uri().clone()));
    }
    Ok(response)
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
