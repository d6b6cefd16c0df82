//! How a law and the work that it watches tell each other how far they are, without sleeping: on any executor.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

/// A number that only grows, and that can be awaited.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    count: usize,
    watchers: Vec<Waker>,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Tally::default()
    }

    /// Counts one.
    pub fn add(&self) {
        let mut counted = lock(&self.0);
        counted.count += 1;
        let watchers = std::mem::take(&mut counted.watchers);
        drop(counted);
        watchers.into_iter().for_each(Waker::wake);
    }

    /// Counts one when it is dropped: put into a future or a closure it tells that their destructors have run.
    pub fn on_drop(&self) -> CountOnDrop {
        CountOnDrop(self.clone())
    }

    /// The count.
    pub fn get(&self) -> usize {
        lock(&self.0).count
    }

    /// Is ready when the count has reached `count`.
    pub fn until(&self, count: usize) -> impl Future<Output = ()> + Send + use<> {
        let tally = self.0.clone();
        poll_fn(move |cx| {
            let mut counted = lock(&tally);
            if counted.count >= count {
                return Poll::Ready(());
            }
            counted.watchers.push(cx.waker().clone());
            Poll::Pending
        })
    }
}

/// See [`Tally::on_drop`].
#[derive(Debug)]
pub struct CountOnDrop(Tally);

impl Drop for CountOnDrop {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// Something that threads wait for: closed, until it is opened once and for all.
#[derive(Debug, Clone, Default)]
pub struct Latch(Arc<(Mutex<bool>, Condvar)>);

/// Below the watchdog's, so that the message says what was waited for.
const PATIENCE: Duration = Duration::from_secs(25);

impl Latch {
    /// A closed one.
    pub fn new() -> Self {
        Latch::default()
    }

    /// Lets everybody pass, now and later.
    pub fn open(&self) {
        *lock(&self.0.0) = true;
        self.0.1.notify_all();
    }

    /// Blocks the thread until it is open.
    ///
    /// # Panics
    ///
    /// When that has not happened after 25 s.
    pub fn wait(&self) {
        let waited = self.0.1.wait_timeout_while(lock(&self.0.0), PATIENCE, |open| !*open);
        let (open, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(*open, "what this job waits for did not happen within {PATIENCE:?}: the job is in its way");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
