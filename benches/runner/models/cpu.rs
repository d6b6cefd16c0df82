//! The guide's CPU-bound example: sums of squares.

use std::hint::black_box;
use std::{panic, thread};

use gather_blocking::Strategy;
use gather_core::TaskSet;
use gather_http::Connect;
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::Control;
use crate::engines::{serve_trials, unsupported};
use crate::page::PageAnswer;
use crate::session::Outcome;
use crate::workload::{Place, Workload};

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// The sum of the squares below this number,
    upto: u64,
    /// so many times.
    jobs: u64,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let params = Params { upto: own.number("upto", 10_000_000)?, jobs: own.positive("jobs", 4)? };
        own.finish()?;
        Ok(params)
    }
}

/// A task for each sum, or a job on the runtime's blocking pool.
pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>) -> Result<Outcome, Failure> {
    let Params { upto, jobs } = Params::of(&engine.run.workload)?;
    let inject = engine.run.workload.inject;
    let sum = move || {
        inject.burden();
        sum_answer(upto)
    };
    let mut tasks = TaskSet::new(engine.runtime.clone());
    for _ in 0..jobs {
        match engine.run.workload.compute {
            Place::Blocking => tasks.unblock(sum),
            _ => tasks.spawn(async move { sum() }),
        }
    }
    let mut answer = Answer::default();
    while let Some(outcome) = tasks.next().await {
        match outcome {
            Ok(sum) => answer.add_page(0, sum),
            Err(_) => answer.errors += 1,
        }
    }
    Ok(answer.into())
}

/// One after the other, on a thread each, or on a rayon pool that is there already, as runtimes are.
pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    if run.workload.compute != Place::Inline {
        return unsupported("threads compute where they fetch");
    }
    let Params { upto, jobs } = Params::of(&run.workload)?;
    let inject = run.workload.inject;
    let sum = move || {
        inject.burden();
        sum_answer(upto)
    };
    let pool = ThreadPoolBuilder::new().num_threads(run.threads).build();
    let pool = pool.map_err(|error| Failure::new("engine", error))?;
    serve_trials(run, |_| {
        let sums: Vec<PageAnswer> = match control.strategy {
            Strategy::Sequential => (0..jobs).map(|_| sum()).collect(),
            Strategy::Rayon => pool.install(|| (0..jobs).into_par_iter().map(|_| sum()).collect()),
            _ => thread::scope(|scope| {
                let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(sum)).collect();
                let joined = threads.into_iter().map(|thread| thread.join());
                joined.map(|sum| sum.unwrap_or_else(|payload| panic::resume_unwind(payload))).collect()
            }),
        };
        let mut answer = Answer::default();
        sums.into_iter().for_each(|sum| answer.add_page(0, sum));
        Ok(answer.into())
    })
}

pub(crate) fn oracle(run: &Run) -> Result<Answer, Failure> {
    let Params { upto, jobs } = Params::of(&run.workload)?;
    let mut answer = Answer::default();
    (0..jobs).for_each(|_| answer.add_page(0, sum_answer(upto)));
    Ok(answer)
}

/// The sum of the squares of the numbers below `upto`, as a page's answer.
///
/// The index goes through `black_box`: without it the compiler replaces the loop by a formula. There is one copy of it: those that
/// are inlined differ by how the loop happens to lie, which was 8 % between two engines that do the same.
#[inline(never)]
fn sum_answer(upto: u64) -> PageAnswer {
    let sum: u128 = (0..upto).map(|number| u128::from(black_box(number)) * u128::from(number)).sum();
    // Both halves, so that the checksum shows the whole number.
    let checksum = (sum as u64) ^ ((sum >> 64) as u64).rotate_left(32);
    PageAnswer { links: 0, checksum }
}
