//! A host without a runtime: every task has a thread that parks, every sleep is watched by one timer thread.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use gather_core::{Clock, Host, Runtime};

#[derive(Debug, Clone)]
pub(crate) struct Threads(());

impl Threads {
    pub(crate) fn new() -> Self {
        Threads(())
    }
}

impl Host for Threads {
    type Handle = Threads;

    fn run<T>(self, main: impl AsyncFnOnce(Threads) -> T) -> T {
        block_on(main(self))
    }
}

impl Runtime for Threads {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_blocking(move || block_on(task));
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        thread::Builder::new().stack_size(256 << 10).spawn(job).expect("a thread");
    }
}

impl Clock for Threads {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep(Instant::now().checked_add(duration))
    }
}

/// The moment it ends, if that can be said.
pub(crate) struct Sleep(Option<Instant>);

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.0 {
            None => Poll::Pending,
            Some(end) if Instant::now() >= end => Poll::Ready(()),
            Some(end) => {
                let mut alarms = TIMER.alarms.lock().unwrap_or_else(PoisonError::into_inner);
                alarms.entry(end).or_default().push(cx.waker().clone());
                TIMER.changed.notify_one();
                Poll::Pending
            }
        }
    }
}

#[derive(Default)]
struct Timer {
    alarms: Mutex<BTreeMap<Instant, Vec<Waker>>>,
    changed: Condvar,
}

static TIMER: LazyLock<Arc<Timer>> = LazyLock::new(|| {
    let timer = Arc::new(Timer::default());
    let running = timer.clone();
    thread::spawn(move || running.run());
    timer
});

impl Timer {
    fn run(&self) {
        let mut alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            let later = alarms.split_off(&now);
            let due = std::mem::replace(&mut *alarms, later);
            due.into_values().flatten().for_each(Waker::wake);
            let wait = alarms.keys().next().map_or(Duration::from_secs(60), |next| next.saturating_duration_since(now));
            alarms = self.changed.wait_timeout(alarms, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}
