//! One thread, and futures that stay on it.

use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use gather_core::{Clock, Host, LocalRuntime};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::runtime::TokioHandle;

/// Owns a tokio runtime on the calling thread that also runs futures which are not `Send`.
#[derive(Debug)]
pub struct TokioLocal(Runtime);

impl TokioLocal {
    /// A current-thread runtime with a set for local tasks.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a descriptor.
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build().map(TokioLocal)
    }
}

impl Host for TokioLocal {
    type Handle = TokioLocalHandle;

    /// # Panics
    ///
    /// When `main` panics, or inside another runtime's task.
    fn run<T>(self, main: impl AsyncFnOnce(TokioLocalHandle) -> T) -> T {
        let runtime = TokioHandle::from_handle(self.0.handle().clone());
        LocalSet::new().block_on(&self.0, main(TokioLocalHandle { runtime, pinned: PhantomData }))
    }
}

/// The handle that [`TokioLocal`] gives: pinned to its thread.
#[derive(Debug, Clone)]
pub struct TokioLocalHandle {
    runtime: TokioHandle,
    /// `spawn_local` finds its set through the thread, so the handle must not leave it.
    pinned: PhantomData<*const ()>,
}

impl TokioLocalHandle {
    /// The same runtime for what is `Send`: clients are made from this, and their connections run on the same thread.
    pub fn runtime(&self) -> &TokioHandle {
        &self.runtime
    }
}

impl Clock for TokioLocalHandle {
    type Sleep = tokio::time::Sleep;

    fn now(&self) -> Instant {
        self.runtime.now()
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        self.runtime.sleep(duration)
    }
}

impl LocalRuntime for TokioLocalHandle {
    /// # Panics
    ///
    /// After [`run`](Host::run) has returned.
    fn spawn_local(&self, task: impl Future<Output = ()> + 'static) {
        tokio::task::spawn_local(task);
    }
}
