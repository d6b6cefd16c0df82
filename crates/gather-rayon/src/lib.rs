//! CPU-bound work for [gather](gather_core) on a [rayon] pool.
//!
//! ```
//! use gather_core::Compute;
//! use gather_rayon::Rayon;
//!
//! # futures_lite::future::block_on(async {
//! let pool = Rayon::builder().threads(2).admission(8).build()?;
//! let sum = pool.compute(|| (1..=10_u64).map(|n| n * n).sum::<u64>()).await?;
//! assert_eq!(sum, 385);
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! It knows nothing of I/O and of runtimes: the futures work under any executor. Give it to a scraper and the runtime's
//! threads only fetch.
#![forbid(unsafe_code)]

mod builder;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_lock::Semaphore;
use gather_core::{Compute, Task, TaskError};
use rayon::ThreadPool;

pub use builder::{BuildError, Builder};

/// A pool of its own, behind a bounded door. Cheap to clone; all clones are the same pool.
///
/// - *Admission*: so many jobs at most are in the pool, queued or running. The next ones wait outside, in their futures
///   and without holding a thread, first come first served: that is what slows the fetching down to the pace of the
///   parsing.
/// - *Inside a job* rayon is this pool: `par_iter`, `join` and `scope` use its threads. A job must not wait for another
///   one of the same pool by blocking (`block_on(pool.compute(..))`): with all threads waiting, nobody computes.
/// - *A panic* in a job, or in the destructor of what it owns, reaches the caller at most; the pool lives on.
/// - *Dropping the future* of a job that waits outside drops the job. One that is queued is skipped when its turn comes,
///   and only then leaves its place to another. One that runs ends unobserved.
/// - *Dropping the last clone* returns at once: the threads finish what is queued and not cancelled, and then end.
#[derive(Clone)]
pub struct Rayon {
    pool: Arc<ThreadPool>,
    admission: Arc<Semaphore>,
    admission_limit: usize,
}

impl Rayon {
    /// A pool of as many threads as the machine offers, admitting twice as many jobs: while each thread works on one,
    /// the next is at hand.
    ///
    /// # Errors
    ///
    /// When the threads cannot be started.
    pub fn new() -> Result<Self, BuildError> {
        Rayon::builder().build()
    }

    /// A pool of another size.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// How many jobs may be in it, queued or running.
    pub fn admission(&self) -> usize {
        self.admission_limit
    }
}

impl Compute for Rayon {
    /// Nothing happens before the first poll.
    fn compute<T, J>(&self, job: J) -> impl Future<Output = Result<T, TaskError>> + Send + 'static
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (pool, admission) = (Arc::clone(&self.pool), Arc::clone(&self.admission));
        async move {
            let permit = admission.acquire_arc().await;
            let (task, job) = Task::of_job(job);
            // First in, first out also for what a worker of this very pool hands over.
            pool.spawn_fifo(move || {
                // Dropped after the job, when that panics (in a destructor) too.
                let _permit = permit;
                job();
            });
            // A pool that is waited for need not live for it: its threads finish what they have.
            drop((pool, admission));
            task.await
        }
    }
}

impl fmt::Debug for Rayon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rayon").field("threads", &self.threads()).field("admission", &self.admission()).finish()
    }
}
