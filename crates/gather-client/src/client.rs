//! The client: every policy of this crate, driven over one transport.

use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use gather_core::{
    Capabilities, Clock, Deviation, Fetch, FetchError, FetchErrorKind, FinalUri, Phase, Request, Response, SendFetch,
};
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, Uri};

use crate::credentials::Credentials;
use crate::origin::{Origin, to_uri};
use crate::redirect::{Action, Redirects, Visit, is_redirect};
use crate::statistics::{Account, Books, Statistics};

mod asked;
mod attempts;
mod body;
mod builder;
mod caching;
mod careless;
mod drain;
mod fetched;
mod passage;
mod place;
mod prepare;
mod sending;
mod ticket;
mod timers;
mod whole;

pub use body::ClientBody;
pub use builder::{ClientBuilder, Deadlines};
pub use careless::{CarelessPools, CarelessTransport};
pub use drain::DrainLimits;
pub use fetched::{Fetched, StatusError};
pub use sending::ClientFuture;

use attempts::Tried;
use body::Content;
use builder::Settings;
pub(crate) use place::Place;
use place::has_plain_path;
use prepare::Prepare;
use sending::Opening;
use ticket::{Hop, Ticket};
use timers::Timers;

/// What people call an HTTP client: one transport, one clock, and every policy of this crate between them.
///
/// A request goes round like this: its user name and password become credentials of its origin; cookies, credentials and
/// `Accept-Encoding` are added; the cache is asked; the transport is asked, again if that is right ([`retry`](crate::retry));
/// cookies are taken from the answer; a redirect begins the round anew ([`redirect`](crate::redirect)). The body that comes
/// out is decoded under limits, and watched by the deadlines to its last byte.
///
/// It is itself a [`Fetch`], so a [`Scraper`](gather_core::Scraper) takes it for a transport. A request whose first answer is the
/// last is one allocation, from its beginning to the last byte of its body; chunks that are not encoded are handed on as they are. A [`Fetch`] that is not `Send`, or a clock that is not, has [`send`](Client::send). Clones share everything:
/// cookies, cache, the budgets of retries, statistics.
///
/// Dropping a future or a body cancels the exchange it is in, as the transport does that.
///
/// What it does can be looked at: in numbers, by [`statistics`](Client::statistics), and with the feature `tracing` in spans
/// of the crate of that name, at the level DEBUG and under the target `gather_client`. A `request` has an `attempt` in it for
/// each time that something is sent, a `hop` with its own attempts for each redirect that is followed, and a `body`. Fields
/// are named and filled as OpenTelemetry's conventions for HTTP clients say. Addresses are without user name, password and
/// fragment, and the values of parameters that are signatures by convention read `REDACTED`.
///
/// ```
/// use std::time::SystemTime;
/// use gather_client::{Client, ClientBuilder};
/// use gather_core::{Clock, Fetch};
///
/// /// Over any transport, by the clock of any runtime.
/// async fn title<F: Fetch + 'static, C: Clock>(transport: F, clock: C) -> Result<String, gather_core::FetchError> {
///     let client: Client<F, C> = ClientBuilder::new(SystemTime::now).build(transport, clock);
///     let page = client.get("https://example.com/").await?;
///     println!("{} after {} attempts", page.status(), client.statistics().total().attempts);
///     Ok(page.text().text)
/// }
/// ```
pub struct Client<F, C: Clock>(Arc<Inner<F, C>>);

struct Inner<F, C: Clock> {
    fetch: F,
    /// What the transport says of itself: whether it looks at addresses, and how long it takes to connect if nobody bounds it.
    enforces_addresses: bool,
    /// It is one that must not be used.
    careless: bool,
    connects: Option<Duration>,
    shared: Arc<Shared<C>>,
}

/// What requests and the bodies of their answers need alike.
struct Shared<C: Clock> {
    clock: C,
    settings: Settings,
    /// Each request that is made again has its own jitter.
    requests: AtomicU64,
    books: Books,
    /// Timers of those who wait for a head, and of those who wait for more of a body.
    heads: Timers<C::Sleep>,
    bodies: Timers<C::Sleep>,
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
        let (heads, bodies) = (Timers::default(), Timers::default());
        let shared = Shared { clock, settings, requests: AtomicU64::new(0), books, heads, bodies };
        let said = fetch.capabilities();
        let careless = said.deviations.contains(Deviation::CarelessPool)
            && shared.settings.careless_pools == CarelessPools::Refuse;
        let Capabilities { address_policy: enforces_addresses, connect_default: connects, .. } = said;
        Client(Arc::new(Inner { fetch, enforces_addresses, careless, connects, shared: Arc::new(shared) }))
    }

    /// The transport.
    pub fn transport(&self) -> &F {
        &self.0.fetch
    }

    /// What this client and its clones have done so far, for each host. The numbers of a host are of one moment; between
    /// hosts, work may go on while they are collected.
    pub fn statistics(&self) -> Statistics {
        self.0.shared.books.snapshot()
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
        let mut opening = pin!(Opening::new(self.0.clone(), request));
        let first = poll_fn(|cx| match opening.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            Poll::Pending => opening.as_mut().go_on().map_or(Poll::Pending, |rest| Poll::Ready(Err(rest))),
        });
        match first.await {
            Ok(answer) => answer,
            Err(rest) => Box::pin(rest).await,
        }
    }
}

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// From the first exchange to the one that redirects no further. The outcome of the first may be there already.
    async fn hops(
        &self,
        request: &mut Request,
        Way { place, own }: Way<'_>,
        mut tried: Option<Tried<F::Body>>,
        ticket: &mut Ticket,
    ) -> Result<Response<Content<F::Body>>, FetchError> {
        let Shared { settings, books, clock, .. } = &*self.shared;
        // Made by the first answer that redirects, and where it led.
        let (mut redirects, mut elsewhere): (Option<Redirects>, Option<Place>) = (None, None);
        loop {
            let place = elsewhere.as_ref().unwrap_or(place);
            let span = match redirects.as_ref().map_or(0, |redirects| redirects.history().len()) {
                0 => ticket.request().clone(),
                number => ticket.request().hop(number, request.method(), place),
            };
            let (begin, account) = (ticket.begin(), ticket.serving());
            let hop = Hop { begin, place, method: request.method(), account, span: &span };
            let prepare = Prepare { settings, connects: self.connects, place, own };
            self.may_be_sent(request, &prepare).inspect_err(|error| account.erred(error))?;
            let mut response = self.cached((request, prepare), &hop, tried.take()).await?;
            if !is_redirect(response.status()) {
                let extensions = response.extensions_mut();
                return arrived(extensions, redirects.as_ref(), own.map(|_| place)).map(|()| response);
            }
            let chain = match &mut redirects {
                Some(chain) => chain,
                None => {
                    let (policy, method) = (settings.redirect.clone(), request.method().clone());
                    redirects.insert(Redirects::new(policy, method, place.url()?.clone()))
                }
            };
            match chain.next(response.status(), response.headers()).inspect_err(|error| account.erred(error))? {
                Action::Follow(next) => {
                    let place = Place::at(chain.url().clone())?;
                    account.redirected();
                    span.redirected(response.status(), &place);
                    next.apply(request)?;
                    let (head, body) = response.into_parts();
                    if let Some(body) = body.undecoded() {
                        let now = clock.now();
                        let left = self.left(begin, now).unwrap_or(Duration::ZERO);
                        self.drain(&head.headers, body, (now, left), account).await;
                    }
                    ticket.redirected(books.account(place.uri(), &settings.budgets));
                    elsewhere = Some(place);
                }
                Action::Return => {
                    let extensions = response.extensions_mut();
                    return arrived(extensions, redirects.as_ref(), own.map(|_| place)).map(|()| response);
                }
            }
        }
    }

    fn keep_cookies(&self, place: &Place, headers: &HeaderMap) -> Result<(), FetchError> {
        let Settings { jar, wall, .. } = &self.shared.settings;
        if let Some(jar) = jar.as_ref().filter(|_| headers.contains_key(SET_COOKIE)) {
            jar.store(place.url()?, headers, wall());
        }
        Ok(())
    }

    /// Refuses a request whose address policy nobody would enforce, and all over a careless transport.
    fn may_be_sent(&self, request: &Request, prepare: &Prepare<'_>) -> Result<(), FetchError> {
        if self.careless {
            return Err(FetchError::new(Phase::Request, FetchErrorKind::Forbidden).with_source(CarelessTransport));
        }
        if prepare.restricts(request) && !self.enforces_addresses {
            let why = "the request may reach public addresses only, and this transport does not look at addresses";
            return Err(FetchError::new(Phase::Request, FetchErrorKind::Forbidden).with_source(why));
        }
        Ok(())
    }
}

impl<C: Clock> Shared<C> {
    /// Where a request goes, and who counts it. Its address is then written as that of the place.
    fn find(&self, uri: &mut Uri) -> Result<Found, FetchError> {
        // A host that is known is written as a URL has it; only the rest is to be looked at.
        if let Some(account) = self.books.known(uri).filter(|_| has_plain_path(uri)) {
            return Ok(Found { place: Place::plain(uri.clone()), own: None, account, given: None });
        }
        match Place::of(uri) {
            Ok((place, own)) => {
                let account = self.books.account(place.uri(), &self.settings.budgets);
                let given = mem::replace(uri, place.uri().clone());
                Ok(Found { place, own: own.map(Box::new), account, given: Some(Box::new(given)) })
            }
            Err(error) => {
                self.books.invalid();
                Err(error.with_url(mem::take(uri)))
            }
        }
    }

    fn next_seed(&self) -> u64 {
        self.settings.seed ^ self.requests.fetch_add(1, Ordering::Relaxed)
    }
}

/// What an address says.
struct Found {
    place: Place,
    /// The user name and password that are in it.
    own: Option<Box<(Origin, Credentials)>>,
    account: Arc<Account>,
    /// The address as it was given, if it is another one, for errors to name.
    given: Option<Box<Uri>>,
}

/// Where a request begins.
#[derive(Clone, Copy)]
struct Way<'a> {
    place: &'a Place,
    own: Option<&'a (Origin, Credentials)>,
}

/// The last answer, with the way to it where there was one. Who gave a password in the address does not find it in the page's
/// address, and so in its links: that is the `bare` one then.
#[inline]
fn arrived(extensions: &mut Extensions, redirects: Option<&Redirects>, bare: Option<&Place>) -> Result<(), FetchError> {
    if let Some(redirects) = redirects.filter(|redirects| !redirects.history().is_empty()) {
        extensions.insert(FinalUri(to_uri(redirects.url())?));
        extensions.insert(History(redirects.history().to_vec()));
    } else if let Some(place) = bare {
        extensions.insert(FinalUri(place.uri().clone()));
    }
    Ok(())
}

impl<F: SendFetch, C: Clock<Sleep: Send> + Send + Sync> Fetch for Client<F, C> {
    type Body = ClientBody<F::Body, C>;
    type Future = ClientFuture<F, C>;

    fn fetch(&self, request: Request) -> Self::Future {
        ClientFuture::new(self.0.clone(), request)
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.fetch.poll_close(cx)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.fetch.capabilities()
    }
}

impl<F, C: Clock> Clone for Client<F, C> {
    fn clone(&self) -> Self {
        Client(self.0.clone())
    }
}

impl<F: fmt::Debug, C: Clock> fmt::Debug for Client<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("transport", &self.0.fetch).field("settings", &self.0.shared.settings).finish()
    }
}
