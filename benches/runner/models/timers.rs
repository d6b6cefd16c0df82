//! Timers: what one costs, and how late it is.
//!
//! `how=together`: so many tasks that sleep at once. `one-by-one`: one task, one sleep after the other. `cancelled`: timers
//! that are armed and dropped, as a timeout is that never strikes.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::{poll_once, yield_now};
use gather_blocking::Strategy;
use gather_core::{Runtime, RuntimeExt};
use gather_http::Connect;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::lateness::{Lateness, Slots, since};
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
