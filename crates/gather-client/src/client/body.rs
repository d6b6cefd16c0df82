//! A body on its way to the user: decoded, watched by the deadlines, recorded for the cache.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use gather_core::{Clock, FetchError, FetchErrorKind, Phase, Timeout, timeout};

use super::Shared;
use super::builder::Settings;
use super::passage::{Passage, Stage};
use super::timers::{Alarm, after};
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
///
/// ```
/// use futures_lite::StreamExt;
/// use gather_client::Client;
/// use gather_core::{Clock, Fetch, FetchError, get};
///
/// async fn count<F: Fetch, C: Clock>(client: &Client<F, C>) -> Result<usize, FetchError> {
///     let mut body = client.send(get("https://example.com/large")?).await?.into_body();
///     let mut length = 0;
///     while let Some(chunk) = body.next().await {
///         length += chunk?.len();
///     }
///     Ok(length)
/// }
/// ```
pub struct ClientBody<B, C: Clock>(Source<B, C>);

enum Source<B, C: Clock> {
    /// Where the request has been all along, so that a body is no larger than a pointer or two.
    Wire(Box<Passage<B, C>>),
    /// From the cache.
    Stored(Bytes),
    /// All has been read, and is on its way into the store.
    Storing(Storing<C>),
    Over,
}

/// What comes after a head, before it is known whether that is the last one.
pub(super) enum Content<B> {
    Wire {
        body: DecodedBody<B>,
        kept: Option<Box<Kept>>,
    },
    /// From the cache.
    Stored(Bytes),
}

/// A body on its way over the wire.
pub(super) struct Reading<B, C: Clock> {
    body: DecodedBody<B>,
    watch: Watch<C>,
    kept: Option<Box<Kept>>,
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

impl<B> Content<B> {
    pub(super) fn wire(body: DecodedBody<B>) -> Self {
        Content::Wire { body, kept: None }
    }

    /// The transport's body, if there is one: what is not to be decoded, nor stored.
    pub(super) fn undecoded(self) -> Option<B> {
        match self {
            Content::Wire { body, .. } => body.into_inner(),
            Content::Stored(_) => None,
        }
    }
}

impl<B, C: Clock> Reading<B, C> {
    /// The body of a request that began at `begin`, watched from here on.
    #[inline]
    pub(super) fn new(body: DecodedBody<B>, kept: Option<Box<Kept>>, begin: Instant, shared: Arc<Shared<C>>) -> Self {
        let ends = after(begin, shared.settings.deadlines.total);
        let watch = Watch { shared, ends, waiting: None, came: None, alarm: Alarm::new() };
        Reading { body, watch, kept }
    }
}

impl<B, C: Clock> ClientBody<B, C> {
    pub(super) fn wire(passage: Box<Passage<B, C>>) -> Self {
        ClientBody(Source::Wire(passage))
    }

    pub(super) fn stored(body: Bytes) -> Self {
        ClientBody(Source::Stored(body))
    }

    fn fail(&mut self, error: FetchError) -> Poll<Option<Result<Bytes, FetchError>>> {
        // The transport's body goes at once, and with it whatever it holds; what was recorded is not whole.
        if let Source::Wire(mut passage) = mem::replace(&mut self.0, Source::Over) {
            passage.ticket.broke_off(&error);
        }
        Poll::Ready(Some(Err(error)))
    }

    /// The last byte has been read.
    fn end(&mut self) {
        let Source::Wire(mut passage) = mem::replace(&mut self.0, Source::Over) else { return };
        let Passage { stage: Stage::Reading(Reading { watch, kept, .. }), ticket } = &mut *passage else { return };
        // The end comes right after the last chunk, if there was one and nobody had to wait since.
        let came = watch.came.filter(|_| watch.waiting.is_none());
        ticket.finished(came.unwrap_or_else(|| watch.shared.clock.now()));
        if let Some(Kept { recording, key, store }) = kept.take().map(|kept| *kept)
            && let Some(entry) = recording.finish()
            // A place that cannot be written keeps nothing, which is what it would have said the next time.
            && let Err(later) = store.put(&key, entry).try_now()
        {
            let Shared { clock, settings, .. } = &*watch.shared;
            self.0 = Source::Storing(Box::pin(timeout(clock, settings.deadlines.store, later)));
        }
    }
}

impl<B, C: Clock> Stream for ClientBody<B, C>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = match &mut self.0 {
            Source::Wire(passage) => passage.poll_chunk(cx),
            Source::Stored(body) => {
                let body = mem::take(body);
                self.0 = Source::Over;
                return Poll::Ready(if body.is_empty() { None } else { Some(Ok(body)) });
            }
            Source::Storing(storing) => {
                // Whether it is stored, could not be, or took too long: the answer is whole.
                let _ = ready!(storing.as_mut().poll(cx));
                self.0 = Source::Over;
                return Poll::Ready(None);
            }
            Source::Over => return Poll::Ready(None),
        };
        match ready!(next) {
            Some(Ok(chunk)) => Poll::Ready(Some(Ok(chunk))),
            Some(Err(error)) => self.fail(error),
            None => {
                self.end();
                // What is stored later is asked for once, so that somebody is woken.
                if matches!(self.0, Source::Storing(_)) { self.poll_next(cx) } else { Poll::Ready(None) }
            }
        }
    }
}

impl<B, C: Clock> Passage<B, C>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    /// The next chunk, inside of the body's span, unless it comes too late.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, FetchError>>> {
        let Passage { stage: Stage::Reading(Reading { body, watch, kept }), ticket } = self else {
            return Poll::Ready(None);
        };
        let next = ticket.span().inside(|| Pin::new(&mut *body).poll_next(cx));
        ticket.brought(body.decoder().wire(), body.decoder().decoded());
        match next {
            Poll::Ready(Some(Ok(chunk))) => {
                if let Err(error) = watch.arrived() {
                    return Poll::Ready(Some(Err(error)));
                }
                if let Some(kept) = kept {
                    kept.recording.push(&chunk);
                }
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Pending => watch.wait(cx).map(|late| Some(Err(late))),
            over => over,
        }
    }
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
        let (source, recorded) = match &self.0 {
            Source::Wire(passage) => {
                ("wire", matches!(&passage.stage, Stage::Reading(reading) if reading.kept.is_some()))
            }
            Source::Stored(_) => ("stored", false),
            Source::Storing(_) => ("storing", false),
            Source::Over => ("over", false),
        };
        f.debug_struct("ClientBody").field("source", &source).field("recorded", &recorded).finish()
    }
}
