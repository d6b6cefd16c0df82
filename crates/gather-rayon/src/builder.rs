//! How large a pool is, and why there is none.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::thread::available_parallelism;

use async_lock::Semaphore;
use rayon::ThreadPoolBuilder;

use crate::Rayon;

/// Makes a [`Rayon`]; from [`Rayon::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "call build"]
pub struct Builder {
    threads: Option<usize>,
    admission: Option<usize>,
}

impl Builder {
    /// How many threads compute. As many as the machine offers by default.
    pub fn threads(mut self, count: usize) -> Self {
        self.threads = Some(count);
        self
    }

    /// How many jobs may be in the pool, queued or running. Twice the threads by default. Less than the threads leaves
    /// some idle, unless the jobs are parallel themselves; much more holds pages in memory to no purpose.
    pub fn admission(mut self, jobs: usize) -> Self {
        self.admission = Some(jobs);
        self
    }

    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// When there are to be no threads, or no jobs in the pool; when the threads cannot be started.
    pub fn build(self) -> Result<Rayon, BuildError> {
        let threads = self.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
        let admission_limit = self.admission.unwrap_or(threads.saturating_mul(2));
        // rayon takes zero for "as many as there are cores", and a door for nobody never opens.
        if threads == 0 {
            return Err(BuildError(Reason::NoThreads));
        }
        if admission_limit == 0 {
            return Err(BuildError(Reason::NoAdmission));
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("gather-rayon-{index}"))
            // Jobs catch their own panics. What is left is a destructor's, which would abort the process.
            .panic_handler(|_payload| {})
            .build()
            .map_err(|error| BuildError(Reason::NotStarted(Box::new(error))))?;
        Ok(Rayon { pool: Arc::new(pool), admission: Arc::new(Semaphore::new(admission_limit)), admission_limit })
    }
}

/// Why there is no pool.
#[derive(Debug)]
pub struct BuildError(Reason);

#[derive(Debug)]
enum Reason {
    NoThreads,
    NoAdmission,
    NotStarted(Box<dyn StdError + Send + Sync>),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::NoThreads => "a pool needs at least one thread, got 0",
            Reason::NoAdmission => "a pool has to admit at least one job, got 0",
            Reason::NotStarted(_) => "the threads of the pool cannot be started",
        })
    }
}

impl StdError for BuildError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Reason::NotStarted(error) => Some(error.as_ref()),
            Reason::NoThreads | Reason::NoAdmission => None,
        }
    }
}
