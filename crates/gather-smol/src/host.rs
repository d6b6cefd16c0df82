//! The owner of a smol executor and its threads.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use gather_core::Host;
use smol::Executor;
use smol::channel::{Receiver, Sender, bounded};

use crate::runtime::SmolHandle;

/// Owns an executor and the threads that run it.
///
/// An executor of its own, because `smol::spawn`'s global one has a single thread unless an environment variable says
/// otherwise, and can neither be counted nor stopped. The reactor (a thread of async-io) and the blocking pool are
/// global to the process all the same.
#[derive(Debug)]
pub struct Smol {
    executor: Arc<Executor<'static>>,
    /// Closed, it tells the threads to stop.
    stop: Sender<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Smol {
    /// One worker for each core. The thread that calls [`run`](Host::run) is extra.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a thread.
    pub fn new() -> io::Result<Self> {
        Smol::with_threads(thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    /// `threads` workers (0 is read as 1).
    ///
    /// # Errors
    ///
    /// When the operating system refuses a thread.
    pub fn with_threads(threads: usize) -> io::Result<Self> {
        let executor = Arc::new(Executor::new());
        let (stop, stopped) = bounded(1);
        let mut smol = Smol { executor, stop, threads: Vec::new() };
        for number in 0..threads.max(1) {
            let (executor, stopped) = (smol.executor.clone(), stopped.clone());
            let thread = thread::Builder::new().name(format!("gather-smol-{number}"));
            smol.threads.push(thread.spawn(move || work(&executor, &stopped))?);
        }
        Ok(smol)
    }

    /// No worker: everything runs on the thread that calls [`run`](Host::run).
    pub fn current_thread() -> Self {
        let (stop, _) = bounded(1);
        Smol { executor: Arc::new(Executor::new()), stop, threads: Vec::new() }
    }
}

/// Runs tasks until told to stop.
fn work(executor: &Executor<'static>, stopped: &Receiver<()>) {
    smol::block_on(async {
        // Receiving fails once the channel is closed, and nothing is ever sent.
        let _ = executor.run(stopped.recv()).await;
    });
}

impl Host for Smol {
    type Handle = SmolHandle;

    /// # Panics
    ///
    /// When `main` panics. Tasks never make a worker panic: what gather spawns catches its own.
    fn run<T>(self, main: impl AsyncFnOnce(SmolHandle) -> T) -> T {
        let workers = NonZeroUsize::new(self.threads.len());
        let handle = SmolHandle::new(&self.executor, workers.unwrap_or(NonZeroUsize::MIN));
        match workers {
            Some(_) => smol::block_on(main(handle)),
            None => smol::block_on(self.executor.run(main(handle))),
        }
        // `self` is dropped here, and with it the threads and then the executor with all its tasks.
    }
}

impl Drop for Smol {
    fn drop(&mut self) {
        self.stop.close();
        for thread in self.threads.drain(..) {
            // A worker that panicked has said so already; the others still have to be waited for.
            let _ = thread.join();
        }
    }
}
