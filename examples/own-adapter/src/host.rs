//! The owner of the threads.

use std::sync::Arc;

use gather_core::Host;

use crate::park::block_on;
use crate::runtime::{Shared, ThreadsHandle};

/// Owns every thread that its handles start.
#[derive(Debug, Default)]
pub struct Threads {
    shared: Arc<Shared>,
}

impl Threads {
    /// Starts nothing yet: a thread comes with each task.
    pub fn new() -> Self {
        Threads::default()
    }
}

impl Host for Threads {
    type Handle = ThreadsHandle;

    /// Runs `main` on the calling thread. Then ends every task at its next suspension point and waits for all threads,
    /// those that run blocking work included.
    ///
    /// # Panics
    ///
    /// When `main` panics.
    fn run<T>(self, main: impl AsyncFnOnce(ThreadsHandle) -> T) -> T {
        block_on(main(ThreadsHandle::new(&self.shared)))
        // `self` is dropped here, also when `main` panics.
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shared.end();
    }
}
