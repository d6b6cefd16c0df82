//! Virtual time: the moment it is, and the timers that will change it.

use std::collections::BTreeMap;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// Which timer: when it is due, since the start, and a number that tells those of one moment apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// A duration and not an instant, which overflows.
    due: Duration,
    number: u64,
}

pub(super) struct Timers {
    start: Instant,
    elapsed: Duration,
    next_number: u64,
    /// Those that somebody waits for.
    waiting: BTreeMap<Key, Waker>,
}

impl Timers {
    pub(super) fn starting(start: Instant) -> Self {
        Timers { start, elapsed: Duration::ZERO, next_number: 0, waiting: BTreeMap::new() }
    }

    pub(super) fn now(&self) -> Instant {
        self.start + self.elapsed
    }

    pub(super) fn add(&mut self, after: Duration) -> Key {
        self.next_number += 1;
        Key { due: self.elapsed.saturating_add(after), number: self.next_number }
    }

    pub(super) fn poll(&mut self, key: &Key, waker: &Waker) -> Poll<()> {
        if key.due <= self.elapsed {
            self.waiting.remove(key);
            return Poll::Ready(());
        }
        self.waiting.insert(*key, waker.clone());
        Poll::Pending
    }

    pub(super) fn remove(&mut self, key: &Key) {
        self.waiting.remove(key);
    }

    /// Goes on to the moment of the next timer. Whoever waits for it; nobody when there is none, or none that will ever be
    /// due.
    pub(super) fn advance(&mut self) -> Vec<Waker> {
        let Some((next, _)) = self.waiting.first_key_value() else { return Vec::new() };
        let due = next.due;
        if self.start.checked_add(due).is_none() {
            return Vec::new();
        }
        self.elapsed = due;
        let later = self.waiting.split_off(&Key { due, number: u64::MAX });
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }
}
