//! Timers: one thread that wakes whoever's time has come.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// A timer. It works under any executor; dropping it disarms it.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep {
    /// `None` is further away than this machine's clock can tell: it never comes.
    end: Option<Instant>,
    number: u64,
    armed: bool,
}

impl Sleep {
    pub(crate) fn new(duration: Duration) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Sleep { end: Instant::now().checked_add(duration), number: NEXT.fetch_add(1, Ordering::Relaxed), armed: false }
    }
}

impl Future for Sleep {
    type Output = ();

    /// # Panics
    ///
    /// When the operating system refuses the one thread that all timers share.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(end) = self.end else { return Poll::Pending };
        if end <= Instant::now() {
            return Poll::Ready(());
        }
        self.armed = true;
        let mut waiting = TIMERS.lock();
        waiting.insert((end, self.number), cx.waker().clone());
        let is_first = waiting.first_key_value().is_some_and(|(first, _)| *first == (end, self.number));
        drop(waiting);
        if is_first {
            TIMERS.changed.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(end) = self.end
            && self.armed
        {
            // Not dropped under the lock: a waker may own anything.
            let waker = TIMERS.lock().remove(&(end, self.number));
            drop(waker);
        }
    }
}

/// All timers of the process: a sleep may outlive the runtime that it comes from.
static TIMERS: LazyLock<Timers> = LazyLock::new(|| {
    // It waits for the static to be there, and then for the process to end.
    let thread = thread::Builder::new().name("own-adapter-timers".to_owned()).spawn(|| TIMERS.run());
    thread.expect("a thread for the timers");
    Timers::default()
});

#[derive(Default)]
struct Timers {
    /// By the time at which they are over; the number tells those apart that are over at the same time.
    waiting: Mutex<BTreeMap<(Instant, u64), Waker>>,
    changed: Condvar,
}

impl Timers {
    fn run(&self) -> ! {
        let mut waiting = self.lock();
        loop {
            let now = Instant::now();
            let later = waiting.split_off(&(now, u64::MAX));
            let due = std::mem::replace(&mut *waiting, later);
            if !due.is_empty() {
                // Outside the lock: a waker may run anything.
                drop(waiting);
                due.into_values().for_each(Waker::wake);
                waiting = self.lock();
                continue;
            }
            waiting = match waiting.first_key_value().map(|((end, _), _)| *end - now) {
                None => self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.changed.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Instant, u64), Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
