//! A body on its way to the user: decoded, watched by the deadlines, recorded for the cache.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use gather_core::{Clock, Fetch, FetchError, FetchErrorKind, Phase, Response};
use http::response;

use super::Inner;
use crate::cache::{CacheStore as _, Key, MemoryStore, Recording};
use crate::decode::DecodedBody;

/// The body of a [`Client`](super::Client)'s response: decoded chunks until `None` or the first error.
///
/// Two deadlines end it: nothing came for too long while somebody waited, or the whole request took too long, though bytes
/// keep flowing. What had arrived before is yielded before the error. A reader that pauses is not punished for it by the
/// first: what has arrived meanwhile is there.
pub struct ClientBody<B, C: Clock> {
    source: Source<B>,
    watch: Option<Watch<C>>,
    kept: Option<Kept>,
}

enum Source<B> {
    Wire(DecodedBody<B>),
    /// From the cache.
    Stored(Bytes),
    Over,
}

/// A recording, and where it goes when it is complete.
pub(super) struct Kept {
    pub(super) recording: Box<Recording>,
    pub(super) key: Key,
    pub(super) store: MemoryStore,
}

struct Watch<C: Clock> {
    clock: C,
    idle: Duration,
    total: Duration,
    ends: Instant,
    /// Only while something is waited for: most bodies are there when their head is.
    timer: Option<(Pin<Box<C::Sleep>>, Duration)>,
}

// Nothing is pinned inside but what has a box of its own.
impl<B, C: Clock> Unpin for ClientBody<B, C> {}

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// A response whose body is watched from here on.
    pub(super) fn watched(
        &self,
        head: response::Parts,
        body: DecodedBody<F::Body>,
        begin: Instant,
        kept: Option<Kept>,
    ) -> Response<ClientBody<F::Body, C>> {
        let deadlines = self.settings.deadlines;
        // A deadline beyond what the clock can say is none; then only idleness ends a body.
        let ends = begin.checked_add(deadlines.total).unwrap_or_else(|| begin + Duration::from_secs(u32::MAX.into()));
        let (clock, idle, total) = (self.clock.clone(), deadlines.idle, deadlines.total);
        let watch = Watch { clock, idle, total, ends, timer: None };
        Response::from_parts(head, ClientBody { source: Source::Wire(body), watch: Some(watch), kept })
    }
}

impl<B, C: Clock> ClientBody<B, C> {
    pub(super) fn stored(body: Bytes) -> Self {
        ClientBody { source: Source::Stored(body), watch: None, kept: None }
    }

    fn fail(&mut self, error: FetchError) -> Poll<Option<Result<Bytes, FetchError>>> {
        // The transport's body goes at once, and with it whatever it holds; what was recorded is not whole.
        (self.source, self.watch, self.kept) = (Source::Over, None, None);
        Poll::Ready(Some(Err(error)))
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
            Source::Wire(body) => Pin::new(body).poll_next(cx),
            Source::Stored(body) => {
                let body = std::mem::take(body);
                this.source = Source::Over;
                return Poll::Ready(if body.is_empty() { None } else { Some(Ok(body)) });
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
                (this.source, this.watch) = (Source::Over, None);
                if let Some(Kept { recording, key, store }) = this.kept.take()
                    && let Some(entry) = recording.finish()
                {
                    // A place that cannot be written keeps nothing, which is what it would have said the next time.
                    let _ = store.put(&key, entry);
                }
                Poll::Ready(None)
            }
            Poll::Pending => match this.watch.as_mut().map_or(Poll::Pending, |watch| watch.wait(cx)) {
                Poll::Ready(error) => this.fail(error),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

impl<C: Clock> Watch<C> {
    /// A chunk is there; the time for all of it may be over nevertheless.
    fn arrived(&mut self) -> Result<(), FetchError> {
        self.timer = None;
        if self.clock.now() >= self.ends { Err(late(self.total)) } else { Ok(()) }
    }

    /// Nothing is there: whichever deadline is nearer strikes while nothing comes.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<FetchError> {
        let Watch { clock, idle, total, ends, timer } = self;
        let (sleep, limit) = timer.get_or_insert_with(|| {
            let left = ends.saturating_duration_since(clock.now());
            let (wait, limit) = if *idle < left { (*idle, *idle) } else { (left, *total) };
            (Box::pin(clock.sleep(wait)), limit)
        });
        sleep.as_mut().poll(cx).map(|()| late(*limit))
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
            Source::Over => "over",
        };
        f.debug_struct("ClientBody").field("source", &source).field("recorded", &self.kept.is_some()).finish()
    }
}
