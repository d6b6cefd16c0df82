//! Threads for the controls of models that are about tasks: small stacks, errors instead of panics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use gather_blocking::Strategy;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;

/// Beyond this a thread for each task is no longer a question of cost.
pub(crate) const MOST_THREADS: u64 = 10_000;

/// What somebody who starts ten thousand threads would give each.
const STACK: usize = 64 << 10;

/// Starts a thread with a small stack.
pub(super) fn spawn<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, Failure> {
    let thread = thread::Builder::new().stack_size(STACK).spawn(job);
    thread.map_err(|error| Failure::new("threads", format!("a thread could not be started: {error}")))
}

/// Spreads numbered jobs over threads as a blocking control does it.
pub(super) struct Crew {
    strategy: Strategy,
    concurrency: usize,
    stack: usize,
    /// There for rayon, for as many threads as the engine has: it is there already, as runtimes are.
    pool: Option<ThreadPool>,
}

impl Crew {
    pub(super) fn new(run: &Run, strategy: Strategy) -> Result<Self, Failure> {
        let pool = match strategy {
            Strategy::Rayon => Some(ThreadPoolBuilder::new().num_threads(run.threads).build()),
            _ => None,
        };
        let pool = pool.transpose().map_err(|error| Failure::new("engine", error))?;
        Ok(Crew { strategy, concurrency: run.workload.concurrency, stack: STACK, pool })
    }

    /// With other stacks than the small ones, for jobs that need them.
    pub(super) fn with_stacks(self, bytes: usize) -> Self {
        Crew { stack: bytes, ..self }
    }

    /// How many jobs run at once, at most.
    pub(super) fn at_once(&self) -> usize {
        match (self.strategy, &self.pool) {
            (Strategy::Sequential, _) => 1,
            (_, Some(pool)) => pool.current_num_threads(),
            _ => self.concurrency,
        }
    }

    /// Does the jobs 0 to `jobs`; the sum of their answers, or the first failure.
    pub(super) fn run(
        &self,
        jobs: u64,
        job: impl Fn(u64) -> Result<Answer, Failure> + Sync,
    ) -> Result<Answer, Failure> {
        let total = Mutex::new(Ok(Answer::default()));
        let add = |found: Result<Answer, Failure>| {
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            match (&mut *total, found) {
                (Ok(total), Ok(found)) => total.merge(&found),
                (total @ Ok(_), Err(failure)) => *total = Err(failure),
                (Err(_), _) => {}
            }
        };
        match (self.strategy, &self.pool) {
            (Strategy::Sequential, _) => (0..jobs).for_each(|number| add(job(number))),
            (_, Some(pool)) => pool.install(|| (0..jobs).into_par_iter().for_each(|number| add(job(number)))),
            (Strategy::ThreadPerRequest, _) => self.thread_each(jobs, &|number| add(job(number)))?,
            _ => self.pool(jobs, &|number| add(job(number)))?,
        }
        total.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// `concurrency` threads that take the next job until there is none.
    fn pool(&self, jobs: u64, job: &(impl Fn(u64) + Sync)) -> Result<(), Failure> {
        let next = AtomicU64::new(0);
        let next = &next;
        thread::scope(|scope| {
            for _ in 0..self.concurrency {
                let work = move || {
                    while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|next| *next < jobs) {
                        job(number);
                    }
                };
                let thread = thread::Builder::new().stack_size(self.stack).spawn_scoped(scope, work);
                thread.map_err(|error| Failure::new("threads", format!("the pool cannot be had: {error}")))?;
            }
            Ok(())
        })
    }

    /// A thread for each job, `concurrency` of them at once.
    fn thread_each(&self, jobs: u64, job: &(impl Fn(u64) + Sync)) -> Result<(), Failure> {
        let (take, give_back) = async_channel::bounded(self.concurrency);
        thread::scope(|scope| {
            for number in 0..jobs {
                let give_back = give_back.clone();
                // A full channel is a full house; it is never closed, since a receiver is in scope.
                let _ = take.send_blocking(());
                let work = move || {
                    job(number);
                    let _ = give_back.try_recv();
                };
                let thread = thread::Builder::new().stack_size(self.stack).spawn_scoped(scope, work);
                thread.map_err(|error| Failure::new("threads", format!("thread {number}: {error}")))?;
            }
            Ok(())
        })
    }
}
