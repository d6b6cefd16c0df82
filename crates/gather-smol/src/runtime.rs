//! The handle: spawning, blocking elsewhere, time.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use gather_core::{Ambient, Clock, Runtime};
use smol::{Executor, Timer};

/// A handle to a smol executor. Works on any thread.
#[derive(Clone)]
pub struct SmolHandle {
    spawner: Spawner,
    workers: NonZeroUsize,
}

#[derive(Clone)]
enum Spawner {
    /// Weak, because tasks hold handles: a strong one would keep the executor alive through its own tasks.
    Executor(Weak<Executor<'static>>),
    Global,
}

impl SmolHandle {
    pub(crate) fn new(executor: &Arc<Executor<'static>>, workers: NonZeroUsize) -> Self {
        SmolHandle { spawner: Spawner::Executor(Arc::downgrade(executor)), workers }
    }

    /// A handle to an executor of yours that `workers` threads run. It does not keep the executor alive.
    pub fn from_executor(executor: &Arc<Executor<'static>>, workers: NonZeroUsize) -> Self {
        SmolHandle::new(executor, workers)
    }

    /// A handle to the global executor of `smol::spawn`, for programs that start with `smol::block_on`.
    ///
    /// It has as many threads as the environment variable `SMOL_THREADS` says when it is first used; without it, one.
    pub fn global() -> Self {
        let threads = std::env::var("SMOL_THREADS").ok().and_then(|threads| threads.parse().ok());
        SmolHandle { spawner: Spawner::Global, workers: threads.unwrap_or(NonZeroUsize::MIN) }
    }
}

impl Clock for SmolHandle {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep(Timer::after(duration))
    }
}

impl Runtime for SmolHandle {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        match &self.spawner {
            Spawner::Executor(executor) => {
                if let Some(executor) = executor.upgrade() {
                    executor.spawn(task).detach();
                }
            }
            Spawner::Global => smol::spawn(task).detach(),
        }
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        smol::unblock(job).detach();
    }

    fn workers(&self) -> NonZeroUsize {
        self.workers
    }
}

/// The [global](SmolHandle::global) executor: a program that has one of its own, [`Smol`](crate::Smol) for instance, says which.
impl Ambient for SmolHandle {
    fn ambient() -> Self {
        SmolHandle::global()
    }
}

impl fmt::Debug for SmolHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmolHandle").field("workers", &self.workers).finish_non_exhaustive()
    }
}

/// A timer of the async-io reactor. It works under any executor.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep(Timer);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}
