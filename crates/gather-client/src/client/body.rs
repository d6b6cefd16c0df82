//! A body on its way to the user: decoded, watched by the deadlines, recorded for the cache.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use gather_core::{Clock, Fetch, FetchError, FetchErrorKind, Phase, Response, Timeout, timeout};

use super::builder::Settings;
use super::ticket::Ticket;
use super::timers::{Alarm, after};
use super::{Inner, Shared};
use crate::cache::{AsyncStore, Key, Recording, StoreFuture};
use crate::decode::DecodedBody;

/// The body of a [`Client`](super::Client)'s response: decoded chunks until `None` or the first error.
///
/// Two deadlines end it: nothing came for too long while somebody waited, or the whole request took too long, though bytes
/// keep flowing. What had arrived before is yielded before the error. A reader that pauses is not punished for it by the
/// first: what has arrived meanwhile is there.
///
/// Where the answer goes into a store that takes time, the end comes when it is there, after
/// [`Deadlines::store`](super::Deadlines::store) at the latest. Dropping the body cancels the exchange, and nothing is stored.
pub struct ClientBody<B, C: Clock> {
    source: Source<B, C>,
    watch: Option<Watch<C>>,
    kept: Option<Box<Kept>>,
    /// Whose request it is the end of.
    ticket: Option<Ticket>,
}

enum Source<B, C: Clock> {
    Wire(DecodedBody<B>),
    /// From the cache.
    Stored(Bytes),
    /// All has been read, and is on its way into the store.
    Storing(Storing<C>),
    Over,
}

type Storing<C> = Pin<Box<Timeout<StoreFuture<()>, <C as Clock>::Sleep>>>;

/// A recording, and where it goes when it is complete.
pub(super) struct Kept {
    pub(super) recording: Box<Recording>,
    pub(super) key: Key,
    pub(super) store: Arc<dyn AsyncStore>,
}

struct Watch<C: Clock> {
    shared: Arc<Shared<C>>,
    ends: Instant,
    /// Since when a chunk is waited for, if one is.
    waiting: Option<Instant>,
    /// When the last chunk came.
    came: Option<Instant>,
    /// A body has one timer, and not one for each chunk; and none if it is there when its head is.
    alarm: Alarm<C::Sleep>,
}

// Nothing is pinned inside but what has a box of its own.
impl<B, C: Clock> Unpin for ClientBody<B, C> {}

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// A response whose body is watched from here on.
    #[inline]
    pub(super) fn watched(
        &self,
        response: Response<DecodedBody<F::Body>>,
        begin: Instant,
        kept: Option<Kept>,
    ) -> Response<ClientBody<F::Body, C>> {
        let (shared, kept) = (self.shared.clone(), kept.map(Box::new));
        let ends = after(begin, shared.settings.deadlines.total);
        let watch = Watch { shared, ends, waiting: None, came: None, alarm: Alarm::new() };
        response.map(|body| ClientBody { source: Source::Wire(body), watch: Some(watch), kept, ticket: None })
    }
}

impl<B, C: Clock> ClientBody<B, C> {
    pub(super) fn stored(body: Bytes) -> Self {
        ClientBody { source: Source::Stored(body), watch: None, kept: None, ticket: None }
    }

    /// It is the end of this request, and is now handed over.
    pub(super) fn belongs_to(&mut self, ticket: Ticket, clock: &C) {
        match self.source {
            // Nothing is left to wait for, nor to be cancelled.
            Source::Stored(_) | Source::Storing(_) | Source::Over => ticket.finished(clock.now()),
            Source::Wire(_) => self.ticket = Some(ticket),
        }
    }

    /// The transport's body, if there is one: what is not to be decoded, nor stored.
    pub(super) fn undecoded(self) -> Option<B> {
        match self.source {
            Source::Wire(body) => body.into_inner(),
            Source::Stored(_) | Source::Storing(_) | Source::Over => None,
        }
    }

    /// Whether the transport knows that more is to come, without a look at the head.
    pub(super) fn goes_on(&self) -> bool
    where
        B: Stream,
    {
        matches!(&self.source, Source::Wire(body) if body.goes_on())
    }

    fn fail(&mut self, error: FetchError) -> Poll<Option<Result<Bytes, FetchError>>> {
        if let Some(ticket) = self.ticket.take() {
            ticket.broke_off(&error);
        }
        // The transport's body goes at once, and with it whatever it holds; what was recorded is not whole.
        (self.source, self.watch, self.kept) = (Source::Over, None, None);
        Poll::Ready(Some(Err(error)))
    }

    /// The last byte has been read.
    fn end(&mut self) {
        self.source = Source::Over;
        let (Some(watch), kept) = (self.watch.take(), self.kept.take()) else { return };
        if let Some(ticket) = self.ticket.take() {
            // The end comes right after the last chunk, if there was one and nobody had to wait since.
            let came = watch.came.filter(|_| watch.waiting.is_none());
            ticket.finished(came.unwrap_or_else(|| watch.shared.clock.now()));
        }
        if let Some(Kept { recording, key, store }) = kept.map(|kept| *kept)
            && let Some(entry) = recording.finish()
            // A place that cannot be written keeps nothing, which is what it would have said the next time.
            && let Err(later) = store.put(&key, entry).try_now()
        {
            let Shared { clock, settings, .. } = &*watch.shared;
            self.source = Source::Storing(Box::pin(timeout(clock, settings.deadlines.store, later)));
        }
    }
}

impl<B, C: Clock> Stream for ClientBody<B, C>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let next = match &mut this.source {
            Source::Wire(body) => poll_wire(body, this.ticket.as_mut(), cx),
            Source::Stored(body) => {
                let body = std::mem::take(body);
                this.source = Source::Over;
                return Poll::Ready(if body.is_empty() { None } else { Some(Ok(body)) });
            }
            Source::Storing(storing) => {
                // Whether it is stored, could not be, or took too long: the answer is whole.
                let _ = ready!(storing.as_mut().poll(cx));
                this.source = Source::Over;
                return Poll::Ready(None);
            }
            Source::Over => return Poll::Ready(None),
        };
        match next {
            Poll::Ready(Some(Ok(chunk))) => match this.watch.as_mut().map_or(Ok(()), Watch::arrived) {
                Ok(()) => {
                    if let Some(kept) = &mut this.kept {
                        kept.recording.push(&chunk);
                    }
                    Poll::Ready(Some(Ok(chunk)))
                }
                Err(error) => this.fail(error),
            },
            Poll::Ready(Some(Err(error))) => this.fail(error),
            Poll::Ready(None) => {
                this.end();
                // What is stored later is asked for once, so that somebody is woken.
                if matches!(this.source, Source::Storing(_)) { self.poll_next(cx) } else { Poll::Ready(None) }
            }
            Poll::Pending => match this.watch.as_mut().map_or(Poll::Pending, |watch| watch.wait(cx)) {
                Poll::Ready(error) => this.fail(error),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

/// The next chunk, inside of the body's span, and how much has come by then.
fn poll_wire<B>(
    body: &mut DecodedBody<B>,
    ticket: Option<&mut Ticket>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, FetchError>>>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    let Some(ticket) = ticket else { return Pin::new(body).poll_next(cx) };
    let next = ticket.span().inside(|| Pin::new(&mut *body).poll_next(cx));
    ticket.brought(body.decoder().wire(), body.decoder().decoded());
    next
}

impl<C: Clock> Watch<C> {
    /// A chunk is there; the time for all of it may be over nevertheless.
    fn arrived(&mut self) -> Result<(), FetchError> {
        let now = self.shared.clock.now();
        (self.waiting, self.came) = (None, Some(now));
        if now >= self.ends { Err(late(self.shared.settings.deadlines.total)) } else { Ok(()) }
    }

    /// Nothing is there: whichever deadline is nearer strikes while nothing comes.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<FetchError> {
        let Watch { shared, ends, waiting, alarm, came: _ } = self;
        let Shared { clock, bodies, settings: Settings { deadlines, .. }, .. } = &**shared;
        let since = *waiting.get_or_insert_with(|| clock.now());
        let idle_ends = since.checked_add(deadlines.idle).unwrap_or(*ends);
        let (strikes, limit) = if idle_ends < *ends { (idle_ends, deadlines.idle) } else { (*ends, deadlines.total) };
        alarm.poll(strikes, (bodies, clock), cx).map(|()| late(limit))
    }
}

impl<C: Clock> Drop for Watch<C> {
    fn drop(&mut self) {
        self.alarm.put_back(&self.shared.bodies);
    }
}

fn late(limit: Duration) -> FetchError {
    FetchError::new(Phase::Body, FetchErrorKind::Timeout(limit))
}

impl<B, C: Clock> fmt::Debug for ClientBody<B, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            Source::Wire(_) => "wire",
            Source::Stored(_) => "stored",
            Source::Storing(_) => "storing",
            Source::Over => "over",
        };
        f.debug_struct("ClientBody").field("source", &source).field("recorded", &self.kept.is_some()).finish()
    }
}
