//! A request on its way, as a future written by hand as long as its first exchange is its last.
//!
//! That is the way of almost every request. What an `async` block is given it has twice, and a future of that size costs more to
//! allocate and to move than the policies on its way. Redirects, retries and the cache go on from here in such a block, in a box.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use gather_core::{BoxFuture, Clock, Fetch, FetchError, Request, Response, SendFetch};
use http::header::{CONTENT_ENCODING, SET_COOKIE};
use http::{HeaderMap, HeaderName};
use pin_project_lite::pin_project;

use super::asked::Asked;
use super::body::ClientBody;
use super::builder::Settings;
use super::passage::{Begun, Passage, Stage};
use super::prepare::Prepare;
use super::ticket::Ticket;
use super::timers::{Alarm, after};
use super::{Found, Inner, Shared, Way, arrived};
use crate::decode::{DecodedBody, Decoder, decoder};
use crate::redirect::is_redirect;
use crate::statistics::Attempts;
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
            match this.opening.as_mut().poll(cx) {
                Poll::Pending => {}
                answer => return answer,
            }
            *this.rest = this.opening.as_mut().go_on().map(|rest| Box::pin(rest) as _);
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
        begun: Option<Box<Passage<F::Body, C>>>,
        // Why it was not sent.
        refused: Option<FetchError>,
        // What is left of it when its first exchange is not its last.
        rest: Option<Rest<F::Body, C>>,
        #[pin]
        exchange: Option<F::Future>,
    }
}

/// A request that goes on: it has not been sent yet, or what came is not the last answer.
pub(super) struct Rest<B, C: Clock> {
    passage: Box<Passage<B, C>>,
    tried: Option<Box<Outcome<B>>>,
}

/// What came of the first exchange, and when.
type Outcome<B> = (Result<Response<B>, FetchError>, Instant);

impl<F: Fetch, C: Clock> Opening<F, C> {
    /// Begins at once: what is freed by one request is then used again by the next.
    pub(super) fn new(client: Arc<Inner<F, C>>, request: Request) -> Self {
        let (begun, exchange, refused) = match client.begin(request) {
            Ok((begun, Some(Ok(exchange)))) => (Some(begun), Some(exchange), None),
            Ok((begun, Some(Err(error)))) => (Some(begun), None, Some(error)),
            Ok((begun, None)) => (Some(begun), None, None),
            Err(error) => (None, None, Some(error)),
        };
        Opening { client, begun, refused, rest: None, exchange }
    }

    /// The answer, if the first one is the last. Where it is not, or nothing was sent, it stays pending, and
    /// [`go_on`](Opening::go_on) says how it goes on.
    ///
    /// # Panics
    ///
    /// When it is polled after it was ready, like the future of an `async fn`.
    #[inline]
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer<F::Body, C>> {
        let mut this = self.project();
        let client = &**this.client;
        let (Some(passage), Some(exchange)) = (this.begun.as_mut(), this.exchange.as_mut().as_pin_mut()) else {
            return match (this.begun.take(), this.refused.take()) {
                (Some(mut passage), Some(error)) => Poll::Ready(Err(passage.fail(error))),
                (None, Some(error)) => Poll::Ready(Err(error)),
                (Some(passage), None) => {
                    *this.rest = Some(Rest { passage, tried: None });
                    Poll::Pending
                }
                (None, None) => panic!("polled after its answer was taken"),
            };
        };
        let Passage { stage: Stage::Begun(begun), ticket } = &mut **passage else {
            unreachable!("it is read only when its answer has been handed over")
        };
        let outcome = begun.poll(exchange, (&client.shared, ticket.request()), cx);
        let Poll::Ready(known) = &outcome else { return Poll::Pending };
        this.exchange.set(None);
        let ended = client.note(known, ticket.serving(), ticket.begin(), &begun.attempt);
        let Some(mut passage) = this.begun.take() else { unreachable!("it has just been polled") };
        match outcome {
            Poll::Ready(Ok(mut response)) if client.is_final(&response) => {
                Poll::Ready(match client.last(&mut response, &mut passage) {
                    Ok(decoder) => {
                        let (head, body) = response.into_parts();
                        Ok(passage.read(head, (DecodedBody::new(body, decoder), None), &client.shared))
                    }
                    Err(error) => Err(passage.fail(error)),
                })
            }
            Poll::Ready(outcome) => {
                *this.rest = Some(Rest { passage, tried: Some(Box::new((outcome, ended))) });
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// What is to be done instead, where the answer has not come and will not.
    #[inline]
    pub(super) fn go_on(self: Pin<&mut Self>) -> Option<impl Future<Output = Answer<F::Body, C>> + use<F, C>> {
        let this = self.project();
        let rest = this.rest.take()?;
        Some(this.client.clone().go_on(rest))
    }
}

/// An exchange that is on its way or may not be sent; nothing where a cache is asked first.
type Sent<T> = Option<Result<T, FetchError>>;

/// A request whose address is one.
type Started<F, C> = (Box<Passage<<F as Fetch>::Body, C>>, Sent<<F as Fetch>::Future>);

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// Opens the account of a request, and sends it unless a cache is to be asked before.
    fn begin(&self, mut request: Request) -> Result<Started<F, C>, FetchError> {
        let Shared { clock, settings, .. } = &*self.shared;
        let Found { place, own, account, given } = self.shared.find(request.uri_mut())?;
        let begin = clock.now();
        let asked = Asked::by(&request);
        let way = Way { place: &place, own: own.as_deref() };
        // A cache is asked before anything is sent.
        let sends = settings.cache.is_none();
        let ready = if sends { self.make_ready(&mut request, way) } else { Ok(()) };
        let sends = sends && ready.is_ok();
        let span = Span::request(asked.method(), &place);
        let ticket = Ticket::new(begin, account, span, if sends { Attempts::One } else { Attempts::None });
        let attempt = match sends {
            true => ticket.request().attempt(0, asked.method(), &place),
            false => ticket.request().clone(),
        };
        let exchange = match ready {
            Ok(()) if sends => Some(Ok(attempt.inside(|| self.fetch.fetch(request)))),
            Ok(()) => None,
            Err(error) => {
                ticket.serving().erred(&error);
                Some(Err(error))
            }
        };
        let limit = settings.deadlines.head.min(settings.deadlines.total);
        let strikes = after(begin, limit);
        // The box comes first, for what is put into it to be made there.
        let passage = Box::new_uninit();
        let begun = Begun { asked, place, own, given, attempt, limit, strikes, alarm: Alarm::new() };
        Ok((Box::write(passage, Passage { stage: Stage::Begun(begun), ticket }), exchange))
    }

    /// Makes of a request what is sent first.
    fn make_ready(&self, request: &mut Request, Way { place, own }: Way<'_>) -> Result<(), FetchError> {
        let Settings { deadlines, .. } = &self.shared.settings;
        let prepare = Prepare { settings: &self.shared.settings, connects: self.connects, place, own };
        if deadlines.total.is_zero() {
            return Err(deadlines.over());
        }
        self.may_be_sent(request, &prepare)?;
        prepare.add(request)
    }

    /// Whether an answer is one that neither redirects nor is asked for again.
    fn is_final(&self, response: &Response<F::Body>) -> bool {
        let status = response.status();
        !is_redirect(status) && !self.shared.settings.retry.statuses.contains(&status)
    }

    /// Takes note of an answer that is the last one, and says how its body is decoded.
    #[inline]
    fn last(&self, response: &mut Response<F::Body>, passage: &mut Passage<F::Body, C>) -> Result<Decoder, FetchError> {
        let Settings { budgets, decode, .. } = &self.shared.settings;
        let [coded, cookies] = has(response.headers(), [&CONTENT_ENCODING, &SET_COOKIE]);
        let decoder = if coded { decoder(response.headers_mut(), *decode) } else { Decoder::of_nothing(*decode) };
        if let Stage::Begun(Begun { place, own, .. }) = &passage.stage {
            passage.ticket.serving().succeeded(place.uri(), budgets);
            if cookies {
                self.keep_cookies(place, response.headers())?;
            }
            arrived(response.extensions_mut(), None, own.as_ref().map(|_| place))?;
        }
        Ok(decoder)
    }

    /// What is left of a request after its first exchange, or instead of it.
    pub(super) async fn go_on(self: Arc<Self>, rest: Rest<F::Body, C>) -> Answer<F::Body, C> {
        let Rest { mut passage, tried } = rest;
        let Passage { stage: Stage::Begun(begun), ticket } = &mut *passage else {
            unreachable!("it is read only when its answer has been handed over")
        };
        let span = ticket.request().clone();
        let tried = tried.map(|tried| (tried.0, tried.1, begun.attempt.clone()));
        let Begun { asked, place, own, .. } = begun;
        let mut request = asked.take();
        let way = Way { place, own: own.as_deref() };
        let answer = span.wrap(self.hops(&mut request, way, tried, ticket)).await;
        // A redirect may have changed the method, which says whether a body is to come.
        *asked = Asked::Plain(request.method().clone());
        match answer {
            Ok(response) => Ok(passage.hand_over(response, &self.shared)),
            Err(error) => Err(passage.fail(error)),
        }
    }
}

/// Which of these fields a head has. The names of a short one are gone through once, which costs less than a look-up for each:
/// that begins with a hash.
fn has<const N: usize>(headers: &HeaderMap, names: [&HeaderName; N]) -> [bool; N] {
    const SHORT: usize = 24;
    if headers.keys_len() > SHORT {
        return names.map(|name| headers.contains_key(name));
    }
    let mut found = [false; N];
    for field in headers.keys() {
        found.iter_mut().zip(names).for_each(|(found, name)| *found |= field == name);
    }
    found
}
