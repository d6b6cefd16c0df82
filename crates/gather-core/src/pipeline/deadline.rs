//! When an exchange's time is over: one timer for all of them, and a stopwatch that stands still while nobody polls.
//!
//! Every exchange of a pipeline has the same deadline, so the oldest one is always the next to expire, and one timer does
//! for ten thousand exchanges. The stopwatch measures the time during which the pipeline was being polled: a consumer
//! that pauses between two results must not make the exchanges it keeps waiting time out.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::clock::Clock;

/// Measures the time during which the pipeline is polled.
pub(super) struct Stopwatch {
    started: Instant,
    /// When the pipeline was last entered.
    entered: Instant,
    /// Whether it has since returned a result, and so waits for its consumer.
    paused: bool,
    /// The time spent waiting for the consumer.
    unpolled: Duration,
}

impl Stopwatch {
    pub(super) fn new(now: Instant) -> Self {
        Stopwatch { started: now, entered: now, paused: false, unpolled: Duration::ZERO }
    }

    /// The pipeline is polled.
    pub(super) fn enter(&mut self, now: Instant) {
        if self.paused {
            // Counted from the entry before, not from the exit: what our own parsing took is not the server's fault
            // either, and the clock is read once for each result instead of twice.
            self.unpolled += now.saturating_duration_since(self.entered);
            self.paused = false;
        }
        self.entered = now;
    }

    /// The pipeline returns a result: until it is entered again its consumer is at work.
    pub(super) fn pause(&mut self) {
        self.paused = true;
    }

    /// The polled time up to the last entry.
    pub(super) fn elapsed(&self) -> Duration {
        self.entered.saturating_duration_since(self.started).saturating_sub(self.unpolled)
    }
}

/// The pipeline's one timer.
pub(super) struct Timer<C: Clock> {
    sleep: Pin<Box<Option<C::Sleep>>>,
    /// The moment that the timer was set for; `None` also for one that lies beyond the end of the clock.
    due: Option<Instant>,
    waker: Waker,
}

impl<C: Clock> Timer<C> {
    /// A timer that calls `waker` and is polled only then.
    pub(super) fn new(waker: Waker) -> Self {
        Timer { sleep: Box::pin(None), due: None, waker }
    }

    pub(super) fn is_set(&self) -> bool {
        self.sleep.is_some()
    }

    /// Sets the timer. True when it is due at once.
    pub(super) fn set(&mut self, clock: &C, now: Instant, after: Duration) -> bool {
        self.sleep.as_mut().set(Some(clock.sleep(after)));
        self.due = now.checked_add(after);
        self.poll().is_ready()
    }

    /// Whether the timer has fired.
    pub(super) fn poll(&mut self) -> Poll<()> {
        match self.sleep.as_mut().as_pin_mut() {
            Some(sleep) => sleep.poll(&mut Context::from_waker(&self.waker)),
            None => Poll::Pending,
        }
    }

    /// Takes note that the timer has fired; returns how late that is noticed.
    pub(super) fn fired(&mut self, now: Instant) -> Duration {
        self.sleep.as_mut().set(None);
        self.due.take().map_or(Duration::ZERO, |due| now.saturating_duration_since(due))
    }
}
