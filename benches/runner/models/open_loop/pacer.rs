//! The thread that says when: it hands out each request at its time, whatever the engine is doing.
//!
//! No runtime's timer is used, since runtimes are what is measured and some of their timers count in milliseconds. The
//! thread sleeps on the kernel's clock to an absolute time, wakes a little early and spins for the rest. It runs on the
//! engine's CPUs, and its CPU time is in the process's; `schedule_cpu_ns` says how much of it.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use hdrhistogram::Histogram;
use rustix::io::Errno;
use rustix::thread::{clock_nanosleep_absolute, set_current_timer_slack};
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::latency::{self, Latencies, Times};
use super::schedule::Schedule;
use crate::Failure;

/// A request whose time has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub(crate) index: u64,
    at: Instant,
}

/// What the engine takes its requests from. Clones share them out.
#[derive(Clone)]
pub(crate) struct Handout {
    pub(crate) due: Receiver<Due>,
    taken: Arc<AtomicU64>,
    /// So many requests are not timed.
    lead: u64,
}

impl Handout {
    /// Notes that the engine starts on a request now.
    pub(crate) fn take(&self, due: Due) -> Times {
        self.taken.fetch_add(1, Ordering::Relaxed);
        Times { due: due.at, taken: Instant::now(), timed: due.index >= self.lead }
    }
}

/// The thread, and what it was told.
pub(crate) struct Pacer {
    pub(crate) handout: Handout,
    begin: Instant,
    span: Duration,
    requests: u64,
    thread: JoinHandle<Result<Paced, Errno>>,
}

/// What the thread saw.
struct Paced {
    late: Histogram<u64>,
    backlog_max: u64,
    cpu: Duration,
}

/// Set-up that is not to make the first request late.
const LEAD: Duration = Duration::from_millis(2);

/// So much before its time the thread wakes. With a timer slack of 1 ns a kernel wakes a thread within some microseconds;
/// to spin for longer would take CPU from the engine.
const EARLY: Duration = Duration::from_micros(10);

impl Pacer {
    /// Starts handing out so many requests, the first of which, `lead`, are not timed.
    pub(crate) fn start(schedule: Schedule, requests: u64, lead: u64) -> Result<Self, Failure> {
        // Unbounded, because the schedule must not wait for the engine; at most a trial's requests are in it.
        let (sender, due) = async_channel::unbounded();
        let handout = Handout { due, taken: Arc::default(), lead };
        let taken = handout.taken.clone();
        let begin = Instant::now() + LEAD;
        let span = schedule.offsets(requests).last().unwrap_or_default();
        let late = latency::histogram()?;
        let pace = move || pace(schedule, requests, begin, &sender, &taken, late);
        let thread = thread::Builder::new().name("pacer".to_owned()).spawn(pace);
        let thread = thread.map_err(|error| Failure::new("schedule", error))?;
        Ok(Pacer { handout, begin, span, requests, thread })
    }

    /// The words of the trial, once all its requests are done.
    pub(crate) fn finish(self, latencies: &Latencies) -> Result<String, Failure> {
        let took = self.begin.elapsed();
        let paced = self.thread.join().map_err(|_| Failure::new("schedule", "the pacing thread panicked"))?;
        let Paced { late, backlog_max, cpu } = paced.map_err(|error| Failure::new("schedule", error))?;
        // Between so many requests there is one distance fewer. The same number over a longer time is what was achieved.
        let rate = |time: Duration| match time.as_secs_f64() {
            0.0 => 0.0,
            seconds => (self.requests - 1) as f64 / seconds,
        };
        let (offered, achieved) = (rate(self.span), rate(took));
        Ok(format!(
            "offered_rate={offered:.1} achieved_rate={achieved:.1} backlog_max={backlog_max} {} schedule_cpu_ns={} {}",
            latency::describe("schedule_late", &late),
            cpu.as_nanos(),
            latencies.words(),
        ))
    }
}

fn pace(
    schedule: Schedule,
    requests: u64,
    begin: Instant,
    sender: &Sender<Due>,
    taken: &AtomicU64,
    mut late: Histogram<u64>,
) -> Result<Paced, Errno> {
    // Where it is refused, the thread is late by what the kernel allows itself, 50 us, and says so.
    let _ = set_current_timer_slack(NonZeroU64::new(1));
    let mut backlog_max = 0;
    for (index, offset) in (0..).zip(schedule.offsets(requests)) {
        let at = begin + offset;
        wait_until(at)?;
        late.saturating_record(at.elapsed().as_nanos().try_into().unwrap_or(u64::MAX));
        if sender.try_send(Due { index, at }).is_err() {
            break; // the engine has given up, and says why itself
        }
        backlog_max = backlog_max.max((index + 1).saturating_sub(taken.load(Ordering::Relaxed)));
    }
    let cpu = clock_gettime(ClockId::ThreadCPUTime);
    Ok(Paced { late, backlog_max, cpu: Duration::try_from(cpu).unwrap_or_default() })
}

fn wait_until(at: Instant) -> Result<(), Errno> {
    let left = at.saturating_duration_since(Instant::now());
    if left > EARLY {
        // `Instant` does not show its number; it counts the same clock, so the distance from now can be added to that.
        let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).map_err(|_| Errno::INVAL)?;
        let wake = Timespec::try_from(now + left - EARLY).map_err(|_| Errno::INVAL)?;
        while let Err(error) = clock_nanosleep_absolute(ClockId::Monotonic, &wake) {
            if error != Errno::INTR {
                return Err(error);
            }
        }
    }
    while Instant::now() < at {
        std::hint::spin_loop();
    }
    Ok(())
}
