//! Many exchanges as one stream, in the task that polls it.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_core::Stream;

use crate::clock::Clock;
use crate::compute::{Compute, run_caught};
use crate::fetch::{Fetch, Request};
use crate::parse::Parse;
use crate::pipeline::ScrapeResult;
use crate::pipeline::deadline::{Stopwatch, Timer};
use crate::pipeline::exchange::Exchange;
use crate::pipeline::scraper::Recipe;
use crate::slots::{Event, Slots};

/// A scrape in progress: a [`Stream`] with one result for each request, made by
/// [`Scraper::scrape`](crate::Scraper::scrape).
///
/// - **Order**: results come as they are done; [`Scraped::index`](crate::Scraped::index) tells the request.
/// - **Lossless**: every request yields exactly one result, an error being one. The stream then ends.
/// - **Bounded**: never more than the scraper's concurrency between a request's start and the taking of its result. When
///   the consumer is slow, or the place where parsers run is full, fetching stops.
/// - **Patient**: deadlines measure the time during which the stream is polled. A consumer may take a minute over a
///   result without a timeout elsewhere; to let the other exchanges go on meanwhile, use
///   [`for_each`](Scrape::for_each).
/// - **Owned**: it spawns nothing. Dropping it cancels every exchange; what the client spawns (connection drivers) ends
///   with the client.
/// - **Panics** in the parser or the transport become the error of their request; one in the requests' own iterator
///   unwinds through the poll.
#[must_use = "streams do nothing unless polled"]
pub struct Scrape<S, F: Fetch, C: Clock, P: Parse, X> {
    /// `None` once it has ended.
    requests: Option<S>,
    fetch: F,
    clock: C,
    recipe: Recipe<P, X>,
    slots: Slots<Exchange<F, P, X>>,
    stopwatch: Stopwatch,
    timer: Timer<C>,
    /// Exchanges whose time seems to be over, and how late that was noticed.
    expired: Vec<usize>,
    late: Duration,
    /// Results found while the consumer was at work on another.
    ready: VecDeque<ScrapeResult<P::Output>>,
}

/// Below this a timer that fires late is an ordinary timer. Above it the pipeline has evidently not been polled in time,
/// and the exchanges could not have shown what had arrived.
const LATE: Duration = Duration::from_millis(20);

// What is pinned is in boxes of its own: in the slots and in the timer.
impl<S, F: Fetch, C: Clock, P: Parse, X> Unpin for Scrape<S, F, C, P, X> {}

impl<S, F, C, P, X> Scrape<S, F, C, P, X>
where
    S: Stream<Item = (u64, Request)> + Unpin,
    F: Fetch,
    C: Clock,
    P: Parse,
    X: Compute,
{
    pub(super) fn new(requests: S, fetch: F, clock: C, recipe: Recipe<P, X>) -> Self {
        let slots = Slots::new();
        let timer = Timer::new(slots.side_waker());
        let stopwatch = Stopwatch::new(clock.now());
        let (expired, ready) = (Vec::new(), VecDeque::new());
        let (requests, late) = (Some(requests), Duration::ZERO);
        Scrape { requests, fetch, clock, recipe, slots, stopwatch, timer, expired, late, ready }
    }

    /// How many exchanges are in flight now.
    pub fn in_flight(&self) -> usize {
        self.slots.len()
    }

    /// Takes every result to `handle`, one after the other, and polls the exchanges also while `handle` is at work:
    /// deadlines run, answers are read, and results wait (still within the concurrency).
    ///
    /// Dropping the future cancels the handler and every exchange.
    pub async fn for_each(mut self, mut handle: impl AsyncFnMut(ScrapeResult<P::Output>)) {
        while let Some(result) = poll_fn(|cx| self.poll_result(cx)).await {
            self.beside(handle(result)).await;
        }
        self.close().await;
    }

    /// As [`for_each`](Scrape::for_each) for a handler whose future is `Send`, so that this one is too: the language
    /// cannot say that of an `AsyncFnMut`.
    pub(super) async fn for_each_send<W: Future<Output = ()>>(mut self, handle: impl Fn(ScrapeResult<P::Output>) -> W) {
        while let Some(result) = poll_fn(|cx| self.poll_result(cx)).await {
            self.beside(handle(result)).await;
        }
        self.close().await;
    }

    /// Waits for `handling` and polls the exchanges meanwhile.
    async fn beside(&mut self, handling: impl Future<Output = ()>) {
        let mut handling = pin!(handling);
        poll_fn(|cx| {
            let handled = handling.as_mut().poll(cx);
            if handled.is_pending() {
                self.poll_ahead(cx);
            }
            handled
        })
        .await;
    }

    /// Closes the client that the scraper made.
    pub(super) async fn close(self) {
        let fetch = self.fetch;
        poll_fn(|cx| fetch.poll_close(cx)).await;
    }

    fn poll_result(&mut self, cx: &mut Context<'_>) -> Poll<Option<ScrapeResult<P::Output>>> {
        self.stopwatch.enter(self.clock.now());
        let next = match self.ready.pop_front() {
            Some(result) => Poll::Ready(Some(result)),
            None => self.poll_exchanges(cx),
        };
        if next.is_ready() {
            self.stopwatch.pause();
        }
        next
    }

    /// Lets the exchanges go on while the consumer is at work on a result.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) {
        self.stopwatch.enter(self.clock.now());
        while let Poll::Ready(Some(result)) = self.poll_exchanges(cx) {
            self.ready.push_back(result);
        }
    }

    fn poll_exchanges(&mut self, cx: &mut Context<'_>) -> Poll<Option<ScrapeResult<P::Output>>> {
        loop {
            if let Some(result) = self.take_expired() {
                return Poll::Ready(Some(result));
            }
            self.start_exchanges(cx);
            if self.slots.is_empty() {
                let ended = self.requests.is_none() && self.ready.is_empty();
                return if ended { Poll::Ready(None) } else { Poll::Pending };
            }
            if !self.timer.is_set() {
                self.set_timer();
                if !self.expired.is_empty() {
                    continue;
                }
            }
            match ready!(self.slots.poll_next(cx)) {
                Event::Done(_, result) => return Poll::Ready(Some(result)),
                Event::Side => self.poll_timer(),
            }
        }
    }

    /// Fills the free places, as far as there are requests.
    fn start_exchanges(&mut self, cx: &mut Context<'_>) {
        while self.slots.len() + self.ready.len() < self.recipe.concurrency {
            let Some(requests) = &mut self.requests else { return };
            let request = match Pin::new(requests).poll_next(cx) {
                Poll::Ready(Some(request)) => request,
                Poll::Ready(None) => {
                    self.requests = None;
                    return;
                }
                Poll::Pending => return,
            };
            let Recipe { parser, compute, limits, .. } = &self.recipe;
            let started = self.stopwatch.elapsed();
            let exchange = Exchange::start(&self.fetch, request, parser.clone(), compute.clone(), *limits, started);
            self.slots.insert(exchange);
        }
    }

    /// Sets the timer for the exchange that expires first.
    fn set_timer(&mut self) {
        let elapsed = self.stopwatch.elapsed();
        let first = self.slots.iter().map(|(_, exchange)| exchange.expires()).min();
        if let Some(first) = first {
            let now = self.clock.now();
            if self.timer.set(&self.clock, now, first.saturating_sub(elapsed)) {
                self.on_timer(now);
            }
        }
    }

    fn poll_timer(&mut self) {
        if self.timer.is_set() && self.timer.poll().is_ready() {
            self.on_timer(self.clock.now());
        }
    }

    /// The timer has fired: finds out whose time is over.
    fn on_timer(&mut self, now: Instant) {
        self.late = self.timer.fired(now);
        self.stopwatch.enter(now);
        let elapsed = self.stopwatch.elapsed();
        let over = self.slots.iter().filter(|(_, exchange)| exchange.expires() <= elapsed);
        self.expired.extend(over.map(|(place, _)| place));
    }

    /// The result of one exchange whose time is over.
    fn take_expired(&mut self) -> Option<ScrapeResult<P::Output>> {
        while let Some(place) = self.expired.pop() {
            let elapsed = self.stopwatch.elapsed();
            // Its place may have been taken by another exchange since.
            if self.slots.get(place).is_none_or(|exchange| exchange.expires() > elapsed) {
                continue;
            }
            // What has arrived wins over the clock.
            if let Poll::Ready(result) = self.slots.poll_place(place) {
                return Some(result);
            }
            let late = self.late;
            if late > LATE && self.slots.get_mut(place).is_some_and(|exchange| exchange.extend(elapsed, late)) {
                continue;
            }
            let error = self.slots.get(place).map(Exchange::timed_out)?;
            // A destructor that panics has nobody left to tell: the exchange is over as it is.
            let _ = run_caught(|| self.slots.remove(place));
            return Some(Err(error));
        }
        None
    }
}

impl<S, F, C, P, X> Stream for Scrape<S, F, C, P, X>
where
    S: Stream<Item = (u64, Request)> + Unpin,
    F: Fetch,
    C: Clock,
    P: Parse,
    X: Compute,
{
    type Item = ScrapeResult<P::Output>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_result(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let started = self.slots.len() + self.ready.len();
        let (low, high) = self.requests.as_ref().map_or((0, Some(0)), Stream::size_hint);
        (low.saturating_add(started), high.and_then(|high| high.checked_add(started)))
    }
}

impl<S, F: Fetch, C: Clock, P: Parse, X> fmt::Debug for Scrape<S, F, C, P, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrape")
            .field("slots", &self.slots)
            .field("limits", &self.recipe.limits)
            .finish_non_exhaustive()
    }
}
