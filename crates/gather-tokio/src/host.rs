//! The owner of a tokio runtime.

use std::io;

use gather_core::Host;
use tokio::runtime::{Builder, Runtime};

use crate::runtime::TokioHandle;

/// Owns a tokio runtime, with timers and I/O enabled.
#[derive(Debug)]
pub struct Tokio(Runtime);

impl Tokio {
    /// The multi-threaded runtime with one worker for each core. The thread that calls [`run`](Host::run) is extra.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a thread or a descriptor.
    pub fn new() -> io::Result<Self> {
        Builder::new_multi_thread().enable_all().build().map(Tokio)
    }

    /// The multi-threaded runtime with `threads` workers (0 is read as 1).
    ///
    /// # Errors
    ///
    /// When the operating system refuses a thread or a descriptor.
    pub fn with_threads(threads: usize) -> io::Result<Self> {
        Builder::new_multi_thread().worker_threads(threads.max(1)).enable_all().build().map(Tokio)
    }

    /// The runtime that does everything on the thread that calls [`run`](Host::run).
    ///
    /// # Errors
    ///
    /// When the operating system refuses a descriptor.
    pub fn current_thread() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build().map(Tokio)
    }

    /// A runtime built elsewhere. It has to have I/O and timers enabled.
    pub fn from_runtime(runtime: Runtime) -> Self {
        Tokio(runtime)
    }
}

impl Host for Tokio {
    type Handle = TokioHandle;

    /// # Panics
    ///
    /// When `main` panics, or inside another runtime's task.
    fn run<T>(self, main: impl AsyncFnOnce(TokioHandle) -> T) -> T {
        let handle = TokioHandle::from_handle(self.0.handle().clone());
        // The runtime is dropped when this returns, outside of every task: tasks are dropped, blocking jobs that have
        // started are waited for.
        self.0.block_on(main(handle))
    }
}
