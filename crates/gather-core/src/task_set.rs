//! A nursery: tasks that share one owner and do not outlive it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::runtime::{Runtime, RuntimeExt};
use crate::task::{Task, TaskError};

/// Tasks spawned together, owned together, and ended together.
///
/// Dropping the set cancels what is left without waiting; [`shutdown`](TaskSet::shutdown) cancels and waits until every
/// destructor has run. It is also a [`Stream`] of outcomes in the order in which the tasks end.
///
/// ```
/// # use gather_core::{Runtime, TaskSet};
/// async fn squares<R: Runtime>(runtime: R) -> u64 {
///     let mut set = TaskSet::new(runtime);
///     for number in 0..10 {
///         set.spawn(async move { number * number });
///     }
///     let mut sum = 0;
///     while let Some(square) = set.next().await {
///         sum += square.unwrap_or_default();
///     }
///     sum
/// }
/// ```
#[must_use = "dropping a TaskSet cancels its tasks"]
pub struct TaskSet<R, T> {
    runtime: R,
    tasks: FuturesUnordered<Task<T>>,
}

impl<R: Runtime, T: Send + 'static> TaskSet<R, T> {
    /// An empty set that will spawn on `runtime`.
    pub fn new(runtime: R) -> Self {
        TaskSet { runtime, tasks: FuturesUnordered::new() }
    }

    /// Spawns `future` as a member of the set.
    pub fn spawn(&mut self, future: impl Future<Output = T> + Send + 'static) {
        self.tasks.push(self.runtime.task(future));
    }

    /// Runs blocking code off the executor's threads as a member of the set.
    pub fn unblock(&mut self, job: impl FnOnce() -> T + Send + 'static) {
        self.tasks.push(self.runtime.unblock(job));
    }
}

impl<R, T> TaskSet<R, T> {
    /// How many tasks have not been taken out by [`next`](TaskSet::next).
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether no task is left.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The outcome of the next task to end, or `None` when none is left. Dropping this future loses nothing.
    pub async fn next(&mut self) -> Option<Result<T, TaskError>> {
        self.tasks.next().await
    }

    /// Asks every task to stop and returns at once. Their outcomes are still to be had from [`next`](TaskSet::next).
    pub fn cancel(&self) {
        self.tasks.iter().for_each(Task::cancel);
    }

    /// Cancels every task and returns when each of them, with everything it owned, has been dropped.
    ///
    /// A closure that is already running on the blocking pool cannot be cancelled and is waited for.
    pub async fn shutdown(mut self) {
        self.cancel();
        while self.tasks.next().await.is_some() {}
    }
}

// Nothing in it is pinned: the tasks are handles.
impl<R, T> Unpin for TaskSet<R, T> {}

impl<R, T> Stream for TaskSet<R, T> {
    type Item = Result<T, TaskError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.tasks.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.tasks.size_hint()
    }
}

impl<R, T> fmt::Debug for TaskSet<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskSet").field("len", &self.len()).finish_non_exhaustive()
    }
}
