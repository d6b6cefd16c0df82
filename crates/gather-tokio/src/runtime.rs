//! The handle: spawning, blocking elsewhere, time.

use std::future::Future;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use gather_core::{Ambient, Clock, Runtime};
use tokio::runtime::Handle;

/// A handle to a tokio runtime. Works on any thread, inside the runtime or not.
///
/// tokio's timers count in milliseconds: a sleep may be up to a millisecond later than asked.
#[derive(Debug, Clone)]
pub struct TokioHandle(Handle);

impl TokioHandle {
    /// The runtime that the caller is running in: inside `#[tokio::main]`, `#[tokio::test]`, or a task.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime. [`try_current`](TokioHandle::try_current) gives `None` instead.
    pub fn current() -> Self {
        TokioHandle(Handle::current())
    }

    /// The runtime that the caller is running in, if it is in one.
    pub fn try_current() -> Option<Self> {
        Handle::try_current().ok().map(TokioHandle)
    }

    /// The runtime of a tokio handle. It has to have I/O and timers enabled.
    pub fn from_handle(handle: Handle) -> Self {
        TokioHandle(handle)
    }

    /// The tokio handle itself.
    pub fn handle(&self) -> &Handle {
        &self.0
    }
}

impl Clock for TokioHandle {
    type Sleep = tokio::time::Sleep;

    fn now(&self) -> Instant {
        // tokio's own clock, which tests may have paused. Only a runtime of one thread can be paused, and what it runs is
        // inside of it; to enter it for each look at the clock would cost every request hundreds of instructions.
        tokio::time::Instant::now().into_std()
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        // A timer made inside the runtime belongs to it, whoever polls it.
        let _inside = self.0.enter();
        tokio::time::sleep(duration)
    }
}

impl Runtime for TokioHandle {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task);
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        self.0.spawn_blocking(job);
    }

    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.0.metrics().num_workers()).unwrap_or(NonZeroUsize::MIN)
    }
}

impl Ambient for TokioHandle {
    fn ambient() -> Self {
        TokioHandle::current()
    }
}
