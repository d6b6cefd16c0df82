//! Timers: what one costs, and how late it is.
//!
//! `how=together`: so many tasks that sleep at once. `one-by-one`: one task, one sleep after the other. `cancelled`: timers
//! that are armed and dropped, as a timeout is that never strikes.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::{poll_once, yield_now};
use gather_blocking::Strategy;
use gather_core::{Runtime, RuntimeExt};
use gather_http::Connect;
use hdrhistogram::Histogram;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::models::tally::{self, Tally, contribution};
use crate::models::threads::{self, MOST_THREADS};
use crate::session::Outcome;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    how: How,
    sleeps: u64,
    sleep: Duration,
    /// `cancelled`: how many are armed at any time.
    armed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Together,
    OneByOne,
    Cancelled,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let known = [("together", How::Together), ("one-by-one", How::OneByOne), ("cancelled", How::Cancelled)];
        let how = own.pick("how", &known, How::Together)?;
        let sleeps = own.positive("sleeps", 1000)?;
        let (sleep_us, armed) = match how {
            // A timer that is cancelled is armed for longer than any trial lasts.
            How::Cancelled => (3_600_000_000, own.positive("armed", 1000)?),
            How::Together | How::OneByOne => (own.positive("sleep_us", 1000)?, 0),
        };
        own.finish()?;
        Ok(Params { how, sleeps, sleep: Duration::from_micros(sleep_us), armed })
    }

    /// The time that no timer can save.
    fn unavoidable(&self) -> Duration {
        match self.how {
            How::Together => self.sleep,
            How::OneByOne => self.sleep.saturating_mul(u32::try_from(self.sleeps).unwrap_or(u32::MAX)),
            How::Cancelled => Duration::ZERO,
        }
    }

    fn outcome(&self, begun: Instant, checksum: u64, lateness: &Lateness) -> Outcome {
        let own = begun.elapsed().saturating_sub(self.unavoidable());
        let extra = format!("ops={} ops_ns={} {}", self.sleeps, own.as_nanos(), lateness.words());
        // A sleep must never be too short; one that was is an error, not a good result.
        let answer = Answer { errors: lateness.early, ..tally::answer(self.sleeps, checksum) };
        Outcome { answer, extra }
    }
}

pub(crate) fn oracle(run: &Run) -> Result<Answer, Failure> {
    let Params { sleeps, .. } = Params::of(&run.workload)?;
    let checksum = (0..sleeps).map(|number| contribution(number, 1)).fold(0, u64::wrapping_add);
    Ok(tally::answer(sleeps, checksum))
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    let runtime = engine.runtime.clone();
    let outcome = match params.how {
        How::Together => engine.runtime.task(together(runtime, params)),
        How::OneByOne => engine.runtime.task(one_by_one(runtime, params)),
        How::Cancelled => engine.runtime.task(cancelled(runtime, params)),
    };
    outcome.await.map_err(|error| Failure::new("timers", error))?
}

async fn together<R: Runtime>(runtime: R, params: Params) -> Result<Outcome, Failure> {
    let late = Slots::new(params.sleeps);
    let (tally, finish) = Tally::new(params.sleeps);
    let begun = Instant::now();
    for number in 0..params.sleeps {
        let (clock, late, tally) = (runtime.clone(), late.clone(), tally.clone());
        runtime.spawn(async move {
            let due = Instant::now() + params.sleep;
            clock.sleep(params.sleep).await;
            late.set(number, due);
            tally.add(number, 1);
        });
    }
    let checksum = finish.wait().await?;
    Ok(params.outcome(begun, checksum, &late.collect()?))
}

async fn one_by_one<R: Runtime>(runtime: R, params: Params) -> Result<Outcome, Failure> {
    let mut lateness = Lateness::new()?;
    let mut checksum = 0_u64;
    let begun = Instant::now();
    for number in 0..params.sleeps {
        let due = Instant::now() + params.sleep;
        runtime.sleep(params.sleep).await;
        lateness.record(since(due));
        checksum = checksum.wrapping_add(contribution(number, 1));
    }
    Ok(params.outcome(begun, checksum, &lateness))
}

async fn cancelled<R: Runtime>(runtime: R, params: Params) -> Result<Outcome, Failure> {
    let mut armed = VecDeque::new();
    let mut checksum = 0_u64;
    let begun = Instant::now();
    for number in 0..params.sleeps {
        // A timer is armed by its first poll.
        let mut timer = Box::pin(runtime.sleep(params.sleep));
        if poll_once(&mut timer).await.is_some() {
            return Err(Failure::new("timers", "a timer of an hour struck at once"));
        }
        armed.push_back(timer);
        if armed.len() as u64 > params.armed {
            armed.pop_front();
        }
        checksum = checksum.wrapping_add(contribution(number, 1));
        // The runtime keeps its books in between, as it does in a program.
        if number % 64 == 63 {
            yield_now().await;
        }
    }
    drop(armed);
    Ok(params.outcome(begun, checksum, &Lateness::new()?))
}

/// The operating system's own timer, for comparison.
pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    let params = Params::of(&run.workload)?;
    match (params.how, control.strategy) {
        (How::OneByOne, Strategy::Sequential) => serve_trials(run, |_| sleep_in_turn(params)),
        (How::Together, Strategy::ThreadPerRequest) if params.sleeps <= MOST_THREADS => {
            serve_trials(run, |_| sleep_on_threads(params))
        }
        (How::Together, Strategy::ThreadPerRequest) => unsupported("more threads than a system should be asked for"),
        (How::Together, _) => unsupported("many sleep at once on a thread each, or not at all"),
        (How::OneByOne, _) => unsupported("one thread is enough to sleep in turn"),
        (How::Cancelled, _) => unsupported("a thread that sleeps cannot be told otherwise"),
    }
}

fn sleep_in_turn(params: Params) -> Result<Outcome, Failure> {
    let mut lateness = Lateness::new()?;
    let mut checksum = 0_u64;
    let begun = Instant::now();
    for number in 0..params.sleeps {
        let due = Instant::now() + params.sleep;
        thread::sleep(params.sleep);
        lateness.record(since(due));
        checksum = checksum.wrapping_add(contribution(number, 1));
    }
    Ok(params.outcome(begun, checksum, &lateness))
}

fn sleep_on_threads(params: Params) -> Result<Outcome, Failure> {
    let late = Slots::new(params.sleeps);
    let (tally, finish) = Tally::new(params.sleeps);
    let begun = Instant::now();
    for number in 0..params.sleeps {
        let (late, tally) = (late.clone(), tally.clone());
        threads::spawn(move || {
            let due = Instant::now() + params.sleep;
            thread::sleep(params.sleep);
            late.set(number, due);
            tally.add(number, 1);
        })?;
    }
    let checksum = finish.wait_blocking()?;
    Ok(params.outcome(begun, checksum, &late.collect()?))
}

/// Nanoseconds since `due`; nothing when it is still to come.
fn since(due: Instant) -> Option<u64> {
    let late = Instant::now().checked_duration_since(due)?;
    Some(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX))
}

/// The lateness of many, one word each: no lock, no allocation while they are measured.
#[derive(Clone)]
struct Slots(Arc<[AtomicU64]>);

/// In place of a lateness: too early.
const EARLY: u64 = u64::MAX;

impl Slots {
    fn new(sleeps: u64) -> Self {
        Slots((0..sleeps).map(|_| AtomicU64::new(EARLY)).collect())
    }

    fn set(&self, number: u64, due: Instant) {
        self.0[number as usize].store(since(due).unwrap_or(EARLY), Ordering::Relaxed);
    }

    fn collect(&self) -> Result<Lateness, Failure> {
        let mut lateness = Lateness::new()?;
        let late = self.0.iter().map(|slot| slot.load(Ordering::Relaxed));
        late.for_each(|late| lateness.record((late != EARLY).then_some(late)));
        Ok(lateness)
    }
}

/// A minute: the lab gives up before that.
const MOST_LATE_NS: u64 = 60_000_000_000;

struct Lateness {
    histogram: Histogram<u64>,
    early: u64,
}

impl Lateness {
    fn new() -> Result<Self, Failure> {
        // Bounds, because a histogram that grows cannot saturate.
        let histogram =
            Histogram::new_with_bounds(1, MOST_LATE_NS, 3).map_err(|error| Failure::new("timers", error))?;
        Ok(Lateness { histogram, early: 0 })
    }

    fn record(&mut self, late: Option<u64>) {
        match late {
            Some(late) => self.histogram.saturating_record(late),
            None => self.early += 1,
        }
    }

    /// A quantile is there where ten sleeps were beyond it: with fewer it would be a guess.
    fn words(&self) -> String {
        let count = self.histogram.len();
        let mut words = String::new();
        for (name, per_mille) in [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999)] {
            if count * (1000 - per_mille) >= 10_000 {
                let late = self.histogram.value_at_quantile(per_mille as f64 / 1000.0);
                let _ = write!(words, "late_{name}_ns={late} ");
            }
        }
        if count > 0 {
            let _ = write!(words, "late_mean_ns={:.0} late_max_ns={}", self.histogram.mean(), self.histogram.max());
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::Lateness;

    fn words(late: impl IntoIterator<Item = u64>) -> String {
        let mut lateness = Lateness::new().unwrap();
        late.into_iter().for_each(|late| lateness.record(Some(late)));
        lateness.words()
    }

    #[test]
    fn a_quantile_needs_ten_beyond_it() {
        assert_eq!(words([]), "");
        assert_eq!(words([7; 19]), "late_mean_ns=7 late_max_ns=7");
        assert_eq!(words([7; 20]), "late_p50_ns=7 late_mean_ns=7 late_max_ns=7");
        assert!(!words([7; 999]).contains("p99"), "nine are beyond the 99th percentile of 999");
        assert!(words([7; 1000]).contains("late_p99_ns=7 "));
    }

    #[test]
    fn lateness_is_right_to_a_thousandth_at_any_scale() {
        let words = words((1..=1000).map(|number| number * 1_000_000));
        for (name, expected) in [("p50", 500e6), ("p90", 900e6), ("p99", 990e6), ("max", 1000e6)] {
            let word = words.split_whitespace().find_map(|word| word.strip_prefix(&*format!("late_{name}_ns=")));
            let found: f64 = word.unwrap().parse().unwrap();
            assert!((found / expected - 1.0).abs() < 1e-3, "{name}: {found} instead of {expected}");
        }
    }
}
