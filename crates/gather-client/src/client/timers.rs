//! Timers that serve one wait after the other.
//!
//! Nearly every deadline is disarmed long before it would strike. To set a timer for each wait and to take it back costs more
//! than all other policies of a plain request together, so a timer that is not needed any more is kept as it is, set for a
//! moment that the next deadline will not be earlier than. When it wakes somebody too early for that reason, it is replaced.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use gather_core::Clock;

/// How many timers are kept: those of so many waits at once. Each of them may wake an idle runtime once.
const MOST_KEPT: usize = 1_024;

/// Timers that nobody waits for at present, the one set last at the end. Good for waits of about the same length.
pub(super) struct Timers<S>(Mutex<Vec<Timer<S>>>);

struct Timer<S> {
    sleep: Pin<Box<S>>,
    /// The moment that it is set for.
    wakes: Instant,
}

impl<S> Default for Timers<S> {
    fn default() -> Self {
        Timers(Mutex::default())
    }
}

impl<S> Timers<S> {
    /// One that wakes at this moment or earlier.
    fn take(&self, strikes: Instant) -> Option<Timer<S>> {
        self.lock().pop_if(|timer| timer.wakes <= strikes)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Timer<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What wakes whoever waits for a moment. It has a timer from the first time that it is polled.
pub(super) struct Alarm<S>(Option<Timer<S>>);

impl<S: Future<Output = ()>> Alarm<S> {
    pub(super) fn new() -> Self {
        Alarm(None)
    }

    /// Ready from the moment `strikes` on. That may be another moment each time.
    pub(super) fn poll<C: Clock<Sleep = S>>(
        &mut self,
        strikes: Instant,
        (timers, clock): (&Timers<S>, &C),
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            let timer =
                self.0.get_or_insert_with(|| timers.take(strikes).unwrap_or_else(|| Timer::set(clock, strikes)));
            if timer.wakes <= strikes {
                ready!(timer.sleep.as_mut().poll(cx));
                if timer.wakes == strikes {
                    // It is over, and no use to anybody.
                    self.0 = None;
                    return Poll::Ready(());
                }
            }
            *timer = Timer::set(clock, strikes);
        }
    }

    /// Nobody waits any more.
    pub(super) fn put_back(&mut self, timers: &Timers<S>) {
        if let Some(timer) = self.0.take() {
            let mut kept = timers.lock();
            if kept.len() < MOST_KEPT {
                kept.push(timer);
            }
        }
    }
}

impl<S> Timer<S> {
    fn set<C: Clock<Sleep = S>>(clock: &C, strikes: Instant) -> Self {
        Timer { sleep: Box::pin(clock.sleep(strikes.saturating_duration_since(clock.now()))), wakes: strikes }
    }
}

/// A future that is given time until a moment.
pub(super) struct Until<'a, C: Clock> {
    timers: &'a Timers<C::Sleep>,
    clock: &'a C,
    strikes: Instant,
    alarm: Alarm<C::Sleep>,
}

impl<'a, C: Clock> Until<'a, C> {
    pub(super) fn new(timers: &'a Timers<C::Sleep>, clock: &'a C, strikes: Instant) -> Self {
        Until { timers, clock, strikes, alarm: Alarm::new() }
    }

    /// The output of `future`, or `None` when its time is over. When both are ready the output wins.
    pub(super) fn poll<F: Future>(&mut self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        if let Poll::Ready(output) = future.poll(cx) {
            return Poll::Ready(Some(output));
        }
        self.alarm.poll(self.strikes, (self.timers, self.clock), cx).map(|()| None)
    }
}

impl<C: Clock> Drop for Until<'_, C> {
    fn drop(&mut self) {
        self.alarm.put_back(self.timers);
    }
}

/// The moment that is `wait` after `begin`. A moment beyond what the clock can say is none that anybody lives to see.
pub(super) fn after(begin: Instant, wait: Duration) -> Instant {
    begin.checked_add(wait).unwrap_or_else(|| begin + Duration::from_secs(u32::MAX.into()))
}
