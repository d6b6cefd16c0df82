//! What the threads of one scrape share: the requests, the client, the parser, the end.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use gather_core::{Limits, Parse, Request, ScrapeResult, Task, TaskError};

use crate::exchange::scrape_one;
use crate::fetch::BlockingFetch;

/// One scrape. Threads take requests from it one by one and hand the results to `handle`.
pub(crate) struct Work<'a, C, P, I, H> {
    client: &'a C,
    parser: &'a P,
    limits: Limits,
    requests: Mutex<Numbered<I>>,
    handle: H,
    stopped: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl<'a, C, P, I, H> Work<'a, C, P, I, H>
where
    C: BlockingFetch,
    P: Parse,
    I: Iterator<Item = Request>,
    H: Fn(ScrapeResult<P::Output>) -> ControlFlow<()>,
{
    pub(crate) fn new(client: &'a C, parser: &'a P, limits: Limits, requests: I, handle: H) -> Self {
        let requests = Mutex::new(Numbered { requests, next: 0 });
        Work { client, parser, limits, requests, handle, stopped: AtomicBool::new(false), panic: Mutex::new(None) }
    }

    /// The next request, until there is none or the work was stopped.
    pub(crate) fn next(&self) -> Option<(u64, Request)> {
        let mut requests = lock(&self.requests);
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let next = self.guarded(|| requests.next()).flatten();
        if next.is_none() {
            // An iterator that has ended, or panicked, is not asked again.
            self.stop();
        }
        next
    }

    /// Makes one exchange and hands its result on.
    pub(crate) fn run_one(&self, request: (u64, Request)) {
        let result = scrape_one(self.client, self.parser, self.limits, request);
        self.hand_on(result);
    }

    /// Hands a result on, to whoever may say that it was the last one wanted.
    pub(crate) fn hand_on(&self, result: ScrapeResult<P::Output>) {
        if self.guarded(|| (self.handle)(result)).is_none_or(|flow| flow.is_break()) {
            self.stop();
        }
    }

    /// Works until there is no more to do.
    pub(crate) fn run(&self) {
        while let Some(request) = self.next() {
            self.run_one(request);
        }
    }

    /// Lets the exchanges under way end, and starts no other.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Goes on with the first panic of the requests' iterator or of the handler, if there was one.
    pub(crate) fn resume_panic(self) {
        let panic = self.panic.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }

    /// Runs foreign code whose panic is to surface in the thread that started the scrape, and nowhere else.
    fn guarded<T>(&self, run: impl FnOnce() -> T) -> Option<T> {
        let outcome = catch_unwind(AssertUnwindSafe(run));
        outcome.map_err(|payload| _ = lock(&self.panic).get_or_insert(payload)).ok()
    }
}

/// Requests with their places in the input.
pub(crate) struct Numbered<I> {
    pub(crate) requests: I,
    pub(crate) next: u64,
}

impl<I: Iterator<Item = Request>> Iterator for Numbered<I> {
    type Item = (u64, Request);

    fn next(&mut self) -> Option<(u64, Request)> {
        let request = self.requests.next()?;
        self.next += 1;
        Some((self.next - 1, request))
    }
}

/// Runs `job`, a panic being an error value.
pub(crate) fn caught<T>(job: impl FnOnce() -> T) -> Result<T, TaskError> {
    catch_unwind(AssertUnwindSafe(job)).map_err(|payload| {
        // gather-core makes such an error of a task only, so a task carries the panic there; on this path alone.
        let (task, job) = Task::<()>::of_job(|| resume_unwind(payload));
        job();
        match pin!(task).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(error)) => error,
            _ => TaskError::Cancelled,
        }
    })
}

/// Locks what stays valid whatever happens to the thread that holds it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
