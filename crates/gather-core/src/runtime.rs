//! What a runtime can do: spawn, block elsewhere, run a main function. Handles here; the owner is [`Host`].

use std::future::Future;
use std::num::NonZeroUsize;

use crate::clock::Clock;
use crate::task::Task;

/// A handle to an executor whose tasks may move between threads, with a clock.
///
/// Cheap to clone, never the owner of the threads. Both `spawn` methods return nothing on purpose: everything that a
/// handle does differs between runtimes (what dropping it means, where a panic goes), so an adapter supplies the
/// mechanism, and [`RuntimeExt`] and [`TaskSet`](crate::TaskSet) supply one meaning for all.
pub trait Runtime: Clock<Sleep: Send> + Send + Sync {
    /// Runs `task` to its end, on one of the runtime's threads. May be called from any thread.
    ///
    /// Never blocks. When the runtime is already gone the task is dropped.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static);

    /// Runs a closure that may block, on a thread that no task is waiting for.
    ///
    /// When the runtime is already gone the closure may be dropped without having run.
    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static);

    /// How many threads run tasks at the same time: what [`drive`](crate::Scraper::drive) makes one pipeline for each of.
    fn workers(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }
}

/// A handle to an executor that is pinned to one thread and runs futures that are not `Send`.
pub trait LocalRuntime: Clock {
    /// Runs `task` to its end on this thread. Never polls it before returning.
    fn spawn_local(&self, task: impl Future<Output = ()> + 'static);
}

/// The owner of a runtime, used up by running one main function on it.
///
/// Not `Clone`, and [`run`](Host::run) takes it by value: where the runtime ends is visible in the program, nothing of
/// it survives `run`, and it is never dropped inside one of its own tasks. (A runtime that is global to the process
/// cannot end; its adapter says so. What the core spawns is owned and ends all the same.)
pub trait Host: Sized {
    /// What `main` is given: a [`Runtime`], a [`LocalRuntime`], or both.
    type Handle: Clock;

    /// Blocks the calling thread until `main` is done, then takes the runtime down.
    ///
    /// # Panics
    ///
    /// When `main` panics, and, on most runtimes, when called inside an asynchronous context.
    fn run<T>(self, main: impl AsyncFnOnce(Self::Handle) -> T) -> T;
}

/// A runtime that code running on it can find by itself.
pub trait Ambient: Runtime {
    /// The handle of the runtime that this is called on.
    ///
    /// # Panics
    ///
    /// Outside of it, where a runtime has an outside.
    fn ambient() -> Self;
}

/// Owned tasks on any [`Runtime`].
pub trait RuntimeExt: Runtime {
    /// Spawns `future` and returns its owner: dropping the [`Task`] cancels it, awaiting it gives its output or says
    /// that it panicked or was cancelled.
    fn task<T, F>(&self, future: F) -> Task<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (task, driver) = Task::of_future(future);
        self.spawn(driver);
        task
    }

    /// Runs blocking code off the executor's threads.
    ///
    /// Dropping the [`Task`] skips a closure that has not started; one that has cannot be stopped and runs to its end
    /// unobserved.
    fn unblock<T, J>(&self, job: J) -> Task<T>
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (task, job) = Task::of_job(job);
        self.spawn_blocking(job);
        task
    }
}

impl<R: Runtime> RuntimeExt for R {}

/// Owned tasks on any [`LocalRuntime`].
pub trait LocalRuntimeExt: LocalRuntime {
    /// As [`RuntimeExt::task`], for a future that stays on this thread.
    fn task_local<T, F>(&self, future: F) -> Task<T>
    where
        F: Future<Output = T> + 'static,
        T: 'static,
    {
        let (task, driver) = Task::of_future(future);
        self.spawn_local(driver);
        task
    }
}

impl<R: LocalRuntime> LocalRuntimeExt for R {}
