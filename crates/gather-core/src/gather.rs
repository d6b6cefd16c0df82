//! Many futures at once, their results in order: what the guide calls `gather`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::slots::{Event, Slots};

/// Runs all `futures` at once in the current task; gives their outputs in the order of the input.
///
/// It spawns nothing: dropping it drops, and so cancels, what is not done. [`limit`](Gather::limit) bounds how many run at
/// the same time. A future that panics unwinds through the poll, as if awaited alone.
///
/// ```
/// # use gather_core::{Clock, gather};
/// # use std::time::Duration;
/// async fn both<C: Clock>(clock: &C) {
///     // Two seconds in all, not four.
///     gather([clock.sleep(Duration::from_secs(2)), clock.sleep(Duration::from_secs(2))]).await;
/// }
/// ```
pub fn gather<I>(futures: I) -> Gather<I::IntoIter>
where
    I: IntoIterator<Item: Future>,
{
    Gather(Running::new(futures.into_iter()))
}

/// As [`gather`], for futures that can fail: ends with the first error and cancels the rest.
///
/// ```
/// # use gather_core::{Clock, Fetch, FetchError, Limits, Page, fetch_page, get, try_gather};
/// async fn pages<F: Fetch, C: Clock>(fetch: &F, clock: &C, urls: &[&str]) -> Result<Vec<Page>, FetchError> {
///     let exchange = |url: &&str| {
///         let request = get(url);
///         async move { fetch_page(fetch, clock, request?, Limits::default()).await }
///     };
///     try_gather(urls.iter().map(exchange)).limit(16).await
/// }
/// ```
pub fn try_gather<I, T, E>(futures: I) -> TryGather<I::IntoIter, T>
where
    I: IntoIterator<Item: Future<Output = Result<T, E>>>,
{
    TryGather { running: Running::new(futures.into_iter()), _output: std::marker::PhantomData }
}

/// The future of [`gather`].
#[must_use = "futures do nothing unless awaited"]
pub struct Gather<I: Iterator<Item: Future>>(Running<I, <I::Item as Future>::Output>);

impl<I: Iterator<Item: Future>> Gather<I> {
    /// At most `limit` futures at the same time (0 is read as 1); the next is taken from the input when one is done.
    pub fn limit(mut self, limit: usize) -> Self {
        self.0.limit = limit.max(1);
        self
    }
}

impl<I: Iterator<Item: Future>> Future for Gather<I> {
    type Output = Vec<<I::Item as Future>::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match std::task::ready!(self.0.poll_one(cx)) {
                Some((index, output)) => self.0.outputs[index] = Some(output),
                None => return Poll::Ready(self.0.take_outputs()),
            }
        }
    }
}

/// The future of [`try_gather`].
#[must_use = "futures do nothing unless awaited"]
pub struct TryGather<I: Iterator<Item: Future>, T> {
    running: Running<I, T>,
    _output: std::marker::PhantomData<fn() -> T>,
}

impl<I: Iterator<Item: Future>, T> TryGather<I, T> {
    /// At most `limit` futures at the same time (0 is read as 1); the next is taken from the input when one is done.
    pub fn limit(mut self, limit: usize) -> Self {
        self.running.limit = limit.max(1);
        self
    }
}

impl<I, T, E> Future for TryGather<I, T>
where
    I: Iterator<Item: Future<Output = Result<T, E>>>,
{
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match std::task::ready!(self.running.poll_one(cx)) {
                Some((index, Ok(output))) => self.running.outputs[index] = Some(output),
                Some((_, Err(error))) => {
                    // The rest is cancelled now, not whenever this future happens to be dropped.
                    self.running.futures = None;
                    self.running.slots = Slots::new();
                    return Poll::Ready(Err(error));
                }
                None => return Poll::Ready(Ok(self.running.take_outputs())),
            }
        }
    }
}

/// Futures at work, and the outputs of those that are done.
struct Running<I: Iterator<Item: Future>, T> {
    futures: Option<I>,
    limit: usize,
    slots: Slots<I::Item>,
    /// Which input the future in each place came from.
    inputs: Vec<usize>,
    outputs: Vec<Option<T>>,
}

// Everything that is pinned is in a box of its own inside `slots`.
impl<I: Iterator<Item: Future>, T> Unpin for Running<I, T> {}
impl<I: Iterator<Item: Future>> Unpin for Gather<I> {}
impl<I: Iterator<Item: Future>, T> Unpin for TryGather<I, T> {}

impl<I: Iterator<Item: Future>, T> Running<I, T> {
    fn new(futures: I) -> Self {
        let outputs = Vec::with_capacity(futures.size_hint().0);
        Running { futures: Some(futures), limit: usize::MAX, slots: Slots::new(), inputs: Vec::new(), outputs }
    }

    /// The next output and its place in the input, or `None` when all are done.
    fn poll_one(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, <I::Item as Future>::Output)>> {
        self.start();
        if self.slots.is_empty() {
            return Poll::Ready(None);
        }
        match std::task::ready!(self.slots.poll_next(cx)) {
            Event::Done(place, output) => Poll::Ready(Some((self.inputs[place], output))),
            Event::Side => unreachable!("nobody has asked for the side waker"),
        }
    }

    fn start(&mut self) {
        while self.slots.len() < self.limit {
            let Some(future) = self.futures.as_mut().and_then(Iterator::next) else {
                self.futures = None;
                return;
            };
            let place = self.slots.insert(future);
            if place == self.inputs.len() {
                self.inputs.push(0);
            }
            self.inputs[place] = self.outputs.len();
            self.outputs.push(None);
        }
    }

    fn take_outputs(&mut self) -> Vec<T> {
        std::mem::take(&mut self.outputs).into_iter().flatten().collect()
    }
}

impl<I: Iterator<Item: Future>> fmt::Debug for Gather<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").field("running", &self.0.slots.len()).finish_non_exhaustive()
    }
}

impl<I: Iterator<Item: Future>, T> fmt::Debug for TryGather<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryGather").field("running", &self.running.slots.len()).finish_non_exhaustive()
    }
}
