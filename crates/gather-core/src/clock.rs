//! Time as a capability: where it comes from, and the timeout that is written once for every runtime.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

/// A source of time: what a runtime must offer before anything can wait.
///
/// Cheap to clone; a handle and never the owner of a runtime. Nothing here asks for `Send`, so that a runtime that is
/// pinned to a thread can implement it.
///
/// Both methods are required. A default for [`now`](Clock::now) would let an implementor of virtual time forget it, and
/// deadlines would then mix two clocks.
pub trait Clock: Clone + 'static {
    /// The future that [`sleep`](Clock::sleep) returns.
    ///
    /// It may be polled by any executor, not only by the runtime it comes from. Dropping it disarms the timer.
    type Sleep: Future<Output = ()> + 'static;

    /// The present moment of this clock. Never goes backwards.
    fn now(&self) -> Instant;

    /// A future that is ready when `duration` has passed, never earlier.
    ///
    /// The time runs from the call, not from the first poll. How much later than asked it is ready is the runtime's
    /// affair (tokio counts in milliseconds).
    fn sleep(&self, duration: Duration) -> Self::Sleep;
}

/// Gives `future` at most `duration`.
///
/// Resolves to the future's output, or to [`Elapsed`] when the time is over; the future is dropped with the `Timeout`,
/// which is what cancels it. When both are ready at the same poll the output wins.
///
/// ```
/// # use gather_core::{Clock, Elapsed, timeout};
/// # use std::time::Duration;
/// async fn within_five_seconds<C: Clock>(clock: &C, work: impl Future<Output = u32>) -> Option<u32> {
///     timeout(clock, Duration::from_secs(5), work).await.ok()
/// }
/// ```
pub fn timeout<C: Clock, F: Future>(clock: &C, duration: Duration, future: F) -> Timeout<F, C::Sleep> {
    Timeout { future, sleep: clock.sleep(duration), limit: duration }
}

pin_project! {
    /// The future of [`timeout`].
    ///
    /// A struct and not an `async` block: a block that captures a future and then pins it stores it twice.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless awaited"]
    pub struct Timeout<F, S> {
        #[pin]
        future: F,
        #[pin]
        sleep: S,
        limit: Duration,
    }
}

impl<F: Future, S: Future<Output = ()>> Future for Timeout<F, S> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The operation is asked first: what has arrived is not thrown away because the clock struck as well.
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let limit = *this.limit;
        this.sleep.poll(cx).map(|()| Err(Elapsed { limit }))
    }
}

/// The time given to [`timeout`] was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed {
    /// The time that had been given.
    pub limit: Duration,
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not done within {:?}", self.limit)
    }
}

impl std::error::Error for Elapsed {}
