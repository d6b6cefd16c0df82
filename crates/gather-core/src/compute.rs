//! Where CPU-bound work runs: here, on the runtime's blocking pool, or wherever an adapter offers.

use std::future::{Future, Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::runtime::{Runtime, RuntimeExt};
use crate::task::TaskError;

/// Somewhere to run CPU-bound closures.
pub trait Compute: Clone + 'static {
    /// Runs `job` there; the future gives its result.
    ///
    /// A panicking job is a [`TaskError::Panicked`]. A bounded place admits a job only when it has room, and makes this
    /// future wait until then: that wait is how a full parser stops the fetching. Dropping the future skips a job that
    /// has not started; one that has runs to its end unobserved.
    fn compute<T, J>(&self, job: J) -> impl Future<Output = Result<T, TaskError>> + Send + 'static
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static;

    /// Whether jobs run on the very thread that asks. A pipeline then feeds its parsers chunk by chunk as bytes arrive,
    /// instead of handing over whole pages.
    fn is_inline(&self) -> bool {
        false
    }
}

/// Runs jobs at once on the thread that asks: right while a job is shorter than a hand-off to another thread or
/// nothing else waits for the thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inline;

impl Compute for Inline {
    fn compute<T, J>(&self, job: J) -> impl Future<Output = Result<T, TaskError>> + Send + 'static
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let result: Ready<Result<T, TaskError>> = ready(run_caught(job));
        result
    }

    fn is_inline(&self) -> bool {
        true
    }
}

/// Runs jobs on a runtime's own blocking pool.
///
/// These pools are made for waiting, not for computing: most start far more threads than there are cores, and admit
/// without bound, so the pipeline's concurrency is the only limit. `gather-rayon` is the place for real CPU work.
#[derive(Debug, Clone)]
pub struct Blocking<R>(pub R);

impl<R: Runtime> Compute for Blocking<R> {
    fn compute<T, J>(&self, job: J) -> impl Future<Output = Result<T, TaskError>> + Send + 'static
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.unblock(job)
    }
}

/// Runs `job`, a panic being an error value.
pub(crate) fn run_caught<T>(job: impl FnOnce() -> T) -> Result<T, TaskError> {
    catch_unwind(AssertUnwindSafe(job)).map_err(TaskError::from_panic)
}
