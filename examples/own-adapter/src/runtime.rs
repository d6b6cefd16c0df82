//! The handle: a thread for each task, and a thread for each blocking job.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use gather_core::{Clock, Runtime};

use crate::park::block_on;
use crate::timer::Sleep;

/// A handle to the threads of a [`Threads`](crate::Threads). Works on any thread.
#[derive(Debug, Clone)]
pub struct ThreadsHandle {
    /// Weak, because tasks hold handles: with a strong one they would keep alive what is to end them.
    shared: Weak<Shared>,
}

impl ThreadsHandle {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        ThreadsHandle { shared: Arc::downgrade(shared) }
    }

    /// Runs `body` on a thread of its own. Drops it when there can be none, which is how a task learns of it.
    fn start(&self, body: impl FnOnce(&Place) + Send + 'static) {
        if let Some(place) = self.shared.upgrade().and_then(|shared| shared.take_place()) {
            // The thread is not joined through its handle: its place tells when it has ended.
            let _ = thread::Builder::new().spawn(move || body(&place));
        }
    }
}

impl Clock for ThreadsHandle {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(duration)
    }
}

impl Runtime for ThreadsHandle {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.start(move |place| {
            let mut task = pin!(task);
            block_on(poll_fn(|cx| if place.is_to_end(cx.waker()) { Poll::Ready(()) } else { task.as_mut().poll(cx) }));
        });
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        self.start(move |_| job());
    }

    /// As many as there are cores: every task has a thread, but they share these.
    fn workers(&self) -> NonZeroUsize {
        thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
    }
}

/// What the owner and all handles know: who is running.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    running: Mutex<Running>,
    one_ended: Condvar,
}

#[derive(Debug, Default)]
struct Running {
    ending: bool,
    next: u64,
    /// The threads by number. A task's can be woken, once it has been polled; a blocking job can only be waited for.
    threads: HashMap<u64, Option<Waker>>,
}

impl Shared {
    fn take_place(self: Arc<Self>) -> Option<Place> {
        let mut running = self.lock();
        if running.ending {
            return None;
        }
        let number = running.next;
        running.next += 1;
        running.threads.insert(number, None);
        drop(running);
        Some(Place { shared: self, number })
    }

    /// Ends every task, and returns when every thread has dropped what it had.
    pub(crate) fn end(&self) {
        let mut running = self.lock();
        running.ending = true;
        let wakers: Vec<Waker> = running.threads.values().flatten().cloned().collect();
        drop(running);
        // Outside the lock: a waker may run anything.
        wakers.into_iter().for_each(Waker::wake);
        let all_ended = self.one_ended.wait_while(self.lock(), |running| !running.threads.is_empty());
        drop(all_ended.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        // Nothing here panics half-way through a change.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's entry among those that are running. Dropped last of all that the thread has, also when it panics.
struct Place {
    shared: Arc<Shared>,
    number: u64,
}

impl Place {
    /// Whether the runtime is ending. If not, `waker` is woken when it does.
    fn is_to_end(&self, waker: &Waker) -> bool {
        let mut running = self.shared.lock();
        if !running.ending {
            running.threads.insert(self.number, Some(waker.clone()));
        }
        running.ending
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.lock().threads.remove(&self.number);
        self.shared.one_ended.notify_all();
    }
}
