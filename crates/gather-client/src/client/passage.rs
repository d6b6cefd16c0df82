//! A request on its way, in one box from its beginning to its last byte.
//!
//! What is in a future or in a body is moved each time that somebody hands it on; what is in a box is not. The box that a
//! request begins in is its body's afterwards, so one allocation does for both.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_core::Stream;
use gather_core::{Clock, FetchError, Response};
use http::Uri;
use http::response::Parts;

use super::Shared;
use super::asked::Asked;
use super::body::{ClientBody, Content, Kept, Reading};
use super::place::Place;
use super::ticket::Ticket;
use super::timers::Alarm;
use crate::credentials::Credentials;
use crate::decode::DecodedBody;
use crate::origin::Origin;
use crate::trace::Span;

/// A request, whatever has become of it so far.
pub(super) struct Passage<B, C: Clock> {
    // Before the ticket: what is dropped ends its exchange first, and is counted then.
    pub(super) stage: Stage<B, C>,
    pub(super) ticket: Ticket,
}

pub(super) enum Stage<B, C: Clock> {
    /// Until the head of the last answer is there.
    Begun(Begun<C>),
    /// From there on.
    Reading(Reading<B, C>),
}

/// A request that has no answer yet.
pub(super) struct Begun<C: Clock> {
    pub(super) asked: Asked,
    pub(super) place: Place,
    pub(super) own: Option<Box<(Origin, Credentials)>>,
    /// The address as it was given, where the place's is another one.
    pub(super) given: Option<Box<Uri>>,
    pub(super) attempt: Span,
    /// The time for the head of the first exchange, when it is over, and what wakes then.
    pub(super) limit: Duration,
    pub(super) strikes: Instant,
    pub(super) alarm: Alarm<C::Sleep>,
}

impl<B, C: Clock> Passage<B, C> {
    /// It is over before there was an answer.
    pub(super) fn fail(&mut self, error: FetchError) -> FetchError {
        self.ticket.failed(&error);
        match &mut self.stage {
            Stage::Begun(Begun { place, given, .. }) => {
                error.with_url(given.take().map_or_else(|| place.uri().clone(), |given| *given))
            }
            Stage::Reading(_) => error,
        }
    }

    /// The end of the request is that of its answer's body.
    pub(super) fn hand_over(
        mut self: Box<Self>,
        response: Response<Content<B>>,
        shared: &Arc<Shared<C>>,
    ) -> Response<ClientBody<B, C>>
    where
        B: Stream,
    {
        let (head, content) = response.into_parts();
        match content {
            Content::Wire { body, kept } => self.read(head, (body, kept), shared),
            // Nothing is left to wait for, nor to be cancelled.
            Content::Stored(body) => {
                self.answered(&head, false, &shared.clock);
                self.ticket.finished(shared.clock.now());
                Response::from_parts(head, ClientBody::stored(body))
            }
        }
    }

    /// The same for a body that is on its way: it lies in the request's box from here on.
    #[inline]
    pub(super) fn read(
        mut self: Box<Self>,
        head: Parts,
        (body, kept): (DecodedBody<B>, Option<Box<Kept>>),
        shared: &Arc<Shared<C>>,
    ) -> Response<ClientBody<B, C>>
    where
        B: Stream,
    {
        self.answered(&head, body.goes_on(), &shared.clock);
        let begin = self.ticket.begin();
        self.stage = Stage::Reading(Reading::new(body, kept, begin, shared.clone()));
        Response::from_parts(head, ClientBody::wire(self))
    }

    fn answered(&mut self, head: &Parts, goes_on: bool, clock: &C) {
        self.ticket.request().answered(head.status, head.version);
        if let Stage::Begun(begun) = &self.stage {
            self.ticket.head(begun.asked.method(), head, goes_on, clock);
        }
    }
}

impl<C: Clock> Begun<C> {
    /// The first exchange, inside of its span, until its time is over.
    pub(super) fn poll<T: Future<Output = Result<Response<B>, FetchError>>, B>(
        &mut self,
        exchange: Pin<&mut T>,
        (shared, request): (&Shared<C>, &Span),
        cx: &mut Context<'_>,
    ) -> Poll<T::Output> {
        let Begun { attempt, limit, strikes, alarm, .. } = self;
        let Shared { clock, heads, settings, .. } = shared;
        let outcome = request.inside(|| attempt.inside(|| exchange.poll(cx)));
        if outcome.is_pending() {
            return alarm.poll(*strikes, (heads, clock), cx).map(|()| Err(settings.deadlines.struck(*limit)));
        }
        alarm.put_back(heads);
        outcome
    }
}
