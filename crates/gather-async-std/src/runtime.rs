//! The handle: spawning, blocking elsewhere, time.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use async_io::Timer;
use gather_core::{Ambient, Clock, Runtime};

use crate::host;

/// A handle to async-std's global runtime. Works on any thread.
#[derive(Debug, Clone, Copy)]
pub struct AsyncStdHandle {
    workers: NonZeroUsize,
}

impl AsyncStdHandle {
    /// The global runtime, started if need be: for programs that begin with `#[async_std::main]` or `task::block_on`.
    pub fn current() -> Self {
        let default = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        AsyncStdHandle { workers: host::start(default) }
    }
}

impl Clock for AsyncStdHandle {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep(Timer::after(duration))
    }
}

impl Runtime for AsyncStdHandle {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        // Dropping async-std's handle detaches the task.
        drop(async_std::task::spawn(task));
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        drop(async_std::task::spawn_blocking(job));
    }

    fn workers(&self) -> NonZeroUsize {
        self.workers
    }
}

/// A timer of the async-io reactor, which async-std runs on. It works under any executor.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep(Timer);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}

impl Ambient for AsyncStdHandle {
    fn ambient() -> Self {
        AsyncStdHandle::current()
    }
}
