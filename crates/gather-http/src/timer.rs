//! hyper's timer over any runtime's clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use gather_core::Runtime;

/// Used for what hyper times by itself: idle connections of the pool, HTTP/2 keep-alive. Never for deadlines.
#[derive(Clone)]
pub(crate) struct Timer<R>(pub(crate) R);

impl<R: Runtime> hyper::rt::Timer for Timer<R> {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Sleep(Mutex::new(Box::pin(self.0.sleep(duration)))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.0.now()))
    }

    fn now(&self) -> Instant {
        self.0.now()
    }
}

/// hyper demands `Sync` of its sleeps. A mutex that is only ever reached through `&mut` gives it without demanding it of
/// every runtime's timer.
struct Sleep<S>(Mutex<Pin<Box<S>>>);

impl<S: Future<Output = ()> + Send + 'static> hyper::rt::Sleep for Sleep<S> {}

impl<S: Future<Output = ()>> Future for Sleep<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }
}
