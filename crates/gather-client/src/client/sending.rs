//! A request on its way, as a future that needs no box as long as its first exchange is its last.
//!
//! That is the way of almost every request. It is written by hand, because what an `async` block is given it has twice, and a
//! future of that size costs more to allocate and to move than the policies on its way. Redirects, retries and the cache go on
//! from here in a box.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_core::Stream;
use gather_core::{BoxFuture, Clock, Fetch, FetchError, Request, Response, SendFetch};
use http::Uri;
use pin_project_lite::pin_project;

use super::body::ClientBody;
use super::builder::Settings;
use super::place::Place;
use super::prepare::Prepare;
use super::ticket::Ticket;
use super::timers::{Alarm, after};
use super::{Found, Inner, Shared, Way, arrived};
use crate::credentials::Credentials;
use crate::decode::decode_response;
use crate::origin::Origin;
use crate::redirect::is_redirect;
use crate::trace::Span;

/// The head of an answer, and the body that is to be read.
type Answer<B, C> = Result<Response<ClientBody<B, C>>, FetchError>;

pin_project! {
    /// The future of a [`Client`](super::Client)'s answer, as a [`Fetch`]. Dropping it cancels the exchange that it is in.
    #[must_use = "futures do nothing unless awaited"]
    pub struct ClientFuture<F: Fetch, C: Clock> {
        #[pin]
        opening: Opening<F, C>,
        rest: Option<BoxFuture<Answer<F::Body, C>>>,
    }
}

impl<F: Fetch, C: Clock> ClientFuture<F, C> {
    pub(super) fn new(client: Arc<Inner<F, C>>, request: Request) -> Self {
        ClientFuture { opening: Opening::new(client, request), rest: None }
    }
}

impl<F: SendFetch, C: Clock<Sleep: Send> + Send + Sync> Future for ClientFuture<F, C> {
    type Output = Answer<F::Body, C>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.rest.is_none() {
            match ready!(this.opening.as_mut().poll(cx)) {
                Opened::Answered(answer) => return Poll::Ready(answer),
                Opened::More(rest) => *this.rest = Some(Box::pin(this.opening.client.clone().go_on(rest))),
            }
        }
        match this.rest {
            Some(rest) => rest.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<F: Fetch, C: Clock> fmt::Debug for ClientFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientFuture").field("again", &self.rest.is_some()).finish_non_exhaustive()
    }
}

pin_project! {
    /// A request from its beginning to the outcome of its first exchange.
    pub(super) struct Opening<F: Fetch, C: Clock> {
        client: Arc<Inner<F, C>>,
        // In a box, for the future to be small: it is moved several times on its way into a task or a pipeline.
        begun: Option<Box<Begun<C>>>,
        // Why it was not sent.
        refused: Option<FetchError>,
        #[pin]
        exchange: Option<F::Future>,
    }
}

/// What becomes of a request with its first exchange.
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is what nearly always comes, and a box is what it is to do without"
)]
pub(super) enum Opened<B, C: Clock> {
    Answered(Answer<B, C>),
    More(Box<Rest<B, C>>),
}

/// A request that goes on: it has not been sent yet, or what came is not the last answer.
pub(super) struct Rest<B, C: Clock> {
    begun: Box<Begun<C>>,
    tried: Option<(Result<Response<B>, FetchError>, Instant)>,
}

struct Begun<C: Clock> {
    /// Without its address: that is the place.
    request: Request,
    place: Place,
    own: Option<Box<(Origin, Credentials)>>,
    /// The address as it was given, where the place's is another one.
    given: Option<Box<Uri>>,
    ticket: Ticket,
    attempt: Span,
    /// The time for the head, when it is over, and what wakes then.
    limit: Duration,
    strikes: Instant,
    alarm: Alarm<C::Sleep>,
}

impl<F: Fetch, C: Clock> Opening<F, C> {
    /// Begins at once: what is freed by one request is then used again by the next.
    pub(super) fn new(client: Arc<Inner<F, C>>, request: Request) -> Self {
        let (begun, exchange, refused) = match client.begin(request) {
            Ok((begun, Some(Ok(exchange)))) => (Some(begun), Some(exchange), None),
            Ok((begun, Some(Err(error)))) => (Some(begun), None, Some(error)),
            Ok((begun, None)) => (Some(begun), None, None),
            Err(error) => (None, None, Some(error)),
        };
        Opening { client, begun, refused, exchange }
    }

    /// # Panics
    ///
    /// When it is polled after it was ready, like the future of an `async fn`.
    #[inline]
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Opened<F::Body, C>> {
        let mut this = self.project();
        let client = &**this.client;
        let (Some(begun), Some(exchange)) = (this.begun.as_mut(), this.exchange.as_mut().as_pin_mut()) else {
            return Poll::Ready(match (this.begun.take(), this.refused.take()) {
                (Some(begun), Some(error)) => Opened::Answered(Err(begun.fail(error))),
                (None, Some(error)) => Opened::Answered(Err(error)),
                (Some(begun), None) => Opened::More(Box::new(Rest { begun, tried: None })),
                (None, None) => panic!("polled after its answer was taken"),
            });
        };
        let outcome = ready!(begun.poll(exchange, &client.shared, cx));
        this.exchange.set(None);
        let Some(begun) = this.begun.take() else { unreachable!("it has just been polled") };
        let ended = client.note(&outcome, begun.ticket.serving(), begun.ticket.begin(), &begun.attempt);
        let response = match outcome {
            Ok(response) if client.is_final(&response) => response,
            outcome => return Poll::Ready(Opened::More(Box::new(Rest { begun, tried: Some((outcome, ended)) }))),
        };
        let Settings { decode, .. } = &client.shared.settings;
        let mut response = client.watched(decode_response(response, *decode), begun.ticket.begin(), None);
        Poll::Ready(Opened::Answered(match client.last(&mut response, &begun) {
            Ok(()) => {
                begun.hand_over(&mut response, &client.shared.clock);
                Ok(response)
            }
            Err(error) => Err(begun.fail(error)),
        }))
    }
}

impl<C: Clock> Begun<C> {
    /// The first exchange, until its time is over.
    fn poll<T: Future<Output = Result<Response<B>, FetchError>>, B>(
        &mut self,
        exchange: Pin<&mut T>,
        shared: &Shared<C>,
        cx: &mut Context<'_>,
    ) -> Poll<T::Output> {
        let Begun { ticket, attempt, limit, strikes, alarm, .. } = self;
        let Shared { clock, heads, settings, .. } = shared;
        let outcome = ticket.request().inside(|| {
            attempt.inside(|| match exchange.poll(cx) {
                Poll::Ready(outcome) => Poll::Ready(outcome),
                Poll::Pending => {
                    alarm.poll(*strikes, (heads, clock), cx).map(|()| Err(settings.deadlines.struck(*limit)))
                }
            })
        });
        if outcome.is_ready() {
            alarm.put_back(heads);
        }
        outcome
    }

    /// The end of the request is that of its answer's body.
    fn hand_over<B: Stream>(self: Box<Self>, response: &mut Response<ClientBody<B, C>>, clock: &C) {
        let Begun { request, mut ticket, .. } = *self;
        ticket.request().answered(response);
        ticket.head(request.method(), response, clock);
        response.body_mut().belongs_to(ticket, clock);
    }

    fn fail(self: Box<Self>, error: FetchError) -> FetchError {
        let Begun { place, given, ticket, .. } = *self;
        ticket.failed(&error);
        error.with_url(given.map_or_else(|| place.uri().clone(), |given| *given))
    }
}

/// An exchange that is on its way or may not be sent; nothing where a cache is asked first.
type Sent<T> = Option<Result<T, FetchError>>;

/// A request whose address is one.
type Started<F, C> = (Box<Begun<C>>, Sent<<F as Fetch>::Future>);

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// Opens the account of a request, and sends it unless a cache is to be asked before.
    fn begin(&self, mut request: Request) -> Result<Started<F, C>, FetchError> {
        let Shared { clock, settings, .. } = &*self.shared;
        let Found { place, own, account, given } = self.shared.find(mem::take(request.uri_mut()))?;
        let begin = clock.now();
        let way = Way { place: &place, own: own.as_deref() };
        let sent = if settings.cache.is_none() { Some(self.first(&request, way, begin)) } else { None };
        let span = Span::request(request.method(), &place);
        let ticket = Ticket::new(begin, account, span, u64::from(matches!(sent, Some(Ok(_)))));
        let attempt = match sent {
            Some(Ok(_)) => ticket.request().attempt(0, request.method(), &place),
            _ => ticket.request().clone(),
        };
        let exchange = sent.map(|sent| {
            let sent = sent.inspect_err(|error| ticket.serving().erred(error))?;
            Ok(attempt.inside(|| self.fetch.fetch(sent)))
        });
        let limit = settings.deadlines.head.min(settings.deadlines.total);
        let strikes = after(begin, limit);
        let alarm = Alarm::new();
        Ok((Box::new(Begun { request, place, own, given, ticket, attempt, limit, strikes, alarm }), exchange))
    }

    /// What is sent first.
    fn first(&self, request: &Request, Way { place, own }: Way<'_>, begin: Instant) -> Result<Request, FetchError> {
        let prepare = Prepare { settings: &self.shared.settings, connects: self.connects, request, place, own };
        self.left(begin, begin)?;
        self.may_be_sent(&prepare)?;
        prepare.copy()
    }

    /// Whether an answer is one that neither redirects nor is asked for again.
    fn is_final(&self, response: &Response<F::Body>) -> bool {
        let status = response.status();
        !is_redirect(status) && !self.shared.settings.retry.statuses.contains(&status)
    }

    /// Takes note of an answer that is the last one.
    #[inline]
    fn last(&self, response: &mut Response<ClientBody<F::Body, C>>, begun: &Begun<C>) -> Result<(), FetchError> {
        let Begun { place, own, ticket, .. } = begun;
        ticket.serving().succeeded(place.uri(), &self.shared.settings.budgets);
        self.keep_cookies(place, response.headers())?;
        arrived(response, None, own.as_ref().map(|_| place))
    }

    /// What is left of a request after its first exchange, or instead of it.
    pub(super) async fn go_on(self: Arc<Self>, rest: Box<Rest<F::Body, C>>) -> Answer<F::Body, C> {
        let Rest { mut begun, tried } = *rest;
        let span = begun.ticket.request().clone();
        let tried = tried.map(|(outcome, ended)| (outcome, ended, begun.attempt.clone()));
        let Begun { request, place, own, ticket, .. } = &mut *begun;
        let way = Way { place, own: own.as_deref() };
        match span.wrap(self.hops(request, way, tried, ticket)).await {
            Ok(mut response) => {
                begun.hand_over(&mut response, &self.shared.clock);
                Ok(response)
            }
            Err(error) => Err(begun.fail(error)),
        }
    }
}
