//! Owned tasks: dropping one cancels it, a panic in it is a value, and cancellation can be awaited.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::{AbortHandle, Abortable};

/// The owner of spawned work, and a future of its outcome.
///
/// Dropping it cancels the work: a future is dropped at its next suspension point, a closure that has not started is
/// skipped. There is no way to detach: what nobody owns, nobody can stop. Made by
/// [`RuntimeExt`](crate::RuntimeExt), [`LocalRuntimeExt`](crate::LocalRuntimeExt), or by hand from
/// [`of_future`](Task::of_future) for an executor of your own.
#[must_use = "dropping a Task cancels it; await it, or keep it"]
pub struct Task<T> {
    outcome: oneshot::Receiver<Result<T, TaskError>>,
    abort: AbortHandle,
}

impl<T> Task<T> {
    /// Splits `future` into its owner and a driver that any executor can run.
    ///
    /// The driver is `Send` when the future and its output are.
    pub fn of_future<F>(future: F) -> (Task<T>, impl Future<Output = ()> + use<F, T>)
    where
        F: Future<Output = T>,
    {
        let (report, outcome) = oneshot::channel();
        let (abort, registration) = AbortHandle::new_pair();
        let abortable = Abortable::new(future, registration);
        // The future is dropped inside, when it is done or cancelled, and before the report: whoever learns that a task was
        // cancelled knows that its destructors have run, and one that panics is caught like any other panic.
        #[expect(clippy::redundant_async_block, reason = "the block is what drops the future inside of `catch_unwind`")]
        let guarded = AssertUnwindSafe(async move { abortable.await }).catch_unwind();
        let driver = async move {
            let result = match guarded.await {
                Ok(Ok(output)) => Ok(output),
                Ok(Err(_aborted)) => Err(TaskError::Cancelled),
                Err(payload) => Err(TaskError::from_panic(payload)),
            };
            // An output that nobody waits for is dropped here.
            let _ = catch_unwind(AssertUnwindSafe(move || drop(report.send(result))));
        };
        (Task { outcome, abort }, driver)
    }

    /// Splits a closure into its owner and a job that any thread can run.
    ///
    /// The job does nothing when its owner is gone by the time it starts. It never panics.
    pub fn of_job<J>(job: J) -> (Task<T>, impl FnOnce() + use<J, T>)
    where
        J: FnOnce() -> T,
    {
        let (report, outcome) = oneshot::channel();
        let (abort, _) = AbortHandle::new_pair();
        let cancelled = abort.clone();
        let job = move || {
            let result = if report.is_canceled() || cancelled.is_aborted() {
                // Skipped, and everything it owns dropped before anybody is told.
                catch_unwind(AssertUnwindSafe(move || drop(job)))
                    .map_or_else(|payload| Err(TaskError::from_panic(payload)), |()| Err(TaskError::Cancelled))
            } else {
                catch_unwind(AssertUnwindSafe(job)).map_err(TaskError::from_panic)
            };
            let _ = catch_unwind(AssertUnwindSafe(move || drop(report.send(result))));
        };
        (Task { outcome, abort }, job)
    }

    /// Asks the work to stop and returns at once. Await the task to know that it has: the outcome is then
    /// [`TaskError::Cancelled`], or the output if the work was faster.
    pub fn cancel(&self) {
        self.abort.abort();
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A driver that was dropped unfinished (its runtime went down, its job was skipped) reports nothing.
        self.outcome.poll_unpin(cx).map(|report| report.unwrap_or(Err(TaskError::Cancelled)))
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("cancelled", &self.abort.is_aborted()).finish_non_exhaustive()
    }
}

/// Why a task has no output.
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskError {
    /// It panicked; the executor and all other tasks live on.
    Panicked(Panic),
    /// It was cancelled, or its runtime went down before it was done.
    Cancelled,
}

impl TaskError {
    /// The error of a panic that was caught: what [`std::panic::catch_unwind`] gives.
    pub fn from_panic(payload: Box<dyn Any + Send>) -> Self {
        TaskError::Panicked(Panic::new(payload))
    }

    /// The panic's message, when it panicked with one.
    pub fn panic_message(&self) -> Option<&str> {
        match self {
            TaskError::Panicked(panic) => panic.message(),
            TaskError::Cancelled => None,
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Panicked(panic) => write!(f, "the task panicked: {}", panic.message().unwrap_or("no message")),
            TaskError::Cancelled => f.write_str("the task was cancelled"),
        }
    }
}

impl std::error::Error for TaskError {}

/// What a panic carried.
pub struct Panic {
    message: Option<Cow<'static, str>>,
    /// In a mutex because payloads are not `Sync` and errors want to be; nobody ever locks it.
    payload: Mutex<Box<dyn Any + Send>>,
}

impl Panic {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = payload.downcast_ref::<&'static str>().map(|text| Cow::Borrowed(*text));
        let message = text.or_else(|| payload.downcast_ref::<String>().map(|text| Cow::Owned(text.clone())));
        Panic { message, payload: Mutex::new(payload) }
    }

    /// The message of `panic!`, when there was one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The payload itself, for [`std::panic::resume_unwind`].
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message()).finish()
    }
}
