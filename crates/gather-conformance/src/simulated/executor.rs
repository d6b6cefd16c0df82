//! The executor of the deterministic host.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use fastrand::Rng;

use crate::simulated::{LocalTask, LocalTasks, Shared, lock};

/// So many polls without the time going on are a livelock.
const LIVELOCK: usize = 1_000_000;

/// The number of the main function among the tasks.
const MAIN: usize = 0;

pub(super) struct Executor {
    shared: Arc<Shared>,
    local: LocalTasks,
    random: Option<Rng>,
    tasks: BTreeMap<usize, (LocalTask, Waker)>,
    last: usize,
}

impl Executor {
    pub(super) fn new(shared: Arc<Shared>, local: LocalTasks, seed: Option<u64>) -> Self {
        Executor { shared, local, random: seed.map(Rng::with_seed), tasks: BTreeMap::new(), last: MAIN }
    }

    pub(super) fn run<T>(mut self, main: impl Future<Output = T>) -> T {
        let mut main = pin!(main);
        let main_waker = self.waker(MAIN);
        main_waker.wake_by_ref();
        let mut polls = 0;
        loop {
            self.take_in();
            let Some(number) = self.shared.ready.take(self.random.as_mut()) else {
                self.advance();
                polls = 0;
                continue;
            };
            polls += 1;
            assert!(polls < LIVELOCK, "livelock: {LIVELOCK} polls at one moment of the virtual time");
            if number != MAIN {
                self.poll_task(number);
            } else if let Poll::Ready(output) = main.as_mut().poll(&mut Context::from_waker(&main_waker)) {
                return output;
            }
        }
    }

    /// Takes in what has been spawned since.
    fn take_in(&mut self) {
        let sent = lock(&self.shared.spawned).as_mut().map(std::mem::take);
        let local = self.local.borrow_mut().as_mut().map(std::mem::take);
        let sent = sent.into_iter().flatten().map(|task| task as LocalTask);
        for task in sent.chain(local.into_iter().flatten()) {
            self.last += 1;
            let waker = self.waker(self.last);
            waker.wake_by_ref();
            self.tasks.insert(self.last, (task, waker));
        }
    }

    fn poll_task(&mut self, number: usize) {
        // It may have ended, and been woken once more.
        let Some((task, waker)) = self.tasks.get_mut(&number) else { return };
        if task.as_mut().poll(&mut Context::from_waker(waker)).is_ready() {
            self.tasks.remove(&number);
        }
    }

    /// Nothing is ready: time goes on.
    fn advance(&self) {
        let due = self.shared.timers().advance();
        let waiting = self.tasks.len();
        assert!(
            !due.is_empty(),
            "deadlock: the main function and {waiting} tasks wait, nothing is ready, and no timer is set"
        );
        due.into_iter().for_each(Waker::wake);
    }

    fn waker(&self, number: usize) -> Waker {
        Waker::from(Arc::new(TaskWaker { number, shared: self.shared.clone() }))
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        // Dropping a task may spawn, and that is dropped too: from here on the host is gone.
        let spawned = lock(&self.shared.spawned).take();
        let local = self.local.borrow_mut().take();
        drop((spawned, local, std::mem::take(&mut self.tasks)));
    }
}

/// The tasks that have been woken, each once, in the order in which that happened.
#[derive(Default)]
pub(super) struct Ready(Mutex<Vec<usize>>);

impl Ready {
    fn add(&self, number: usize) {
        let mut ready = lock(&self.0);
        if !ready.contains(&number) {
            ready.push(number);
        }
    }

    fn take(&self, random: Option<&mut Rng>) -> Option<usize> {
        let mut ready = lock(&self.0);
        if ready.is_empty() {
            return None;
        }
        let place = random.map_or(0, |random| random.usize(..ready.len()));
        Some(ready.remove(place))
    }
}

struct TaskWaker {
    number: usize,
    shared: Arc<Shared>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.shared.ready.add(self.number);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.shared.ready.add(self.number);
    }
}
