//! A server whose sockets are made up: what futures and a runtime cost over a loop written by hand, when I/O costs nothing.
//!
//! After jkarneges/rust-async-bench: so many connections are accepted, each reads a request and writes a response, and
//! every accept, read and write would block the first time it is tried. `fakes` are the sockets and what waits for them,
//! `by_hand` is the loop without futures, `tasks` the same with a task for each connection.

mod by_hand;
mod fakes;
mod tasks;

use std::sync::Arc;
use std::time::Instant;

use gather_core::RuntimeExt;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::serve_trials;
use crate::models::tally::contribution;
use crate::native::Native;
use crate::session::Outcome;
use crate::workload::Workload;

use self::fakes::Price;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    /// Connections of one repetition, with one request each.
    connections: u64,
    syscall: Syscall,
}

/// What a call on a fake costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syscall {
    None,
    PerIo,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let known = [("none", Syscall::None), ("per-io", Syscall::PerIo)];
        // The published number is the default.
        let connections = own.positive("connections", 256)?;
        let syscall = own.pick("syscall", &known, Syscall::None)?;
        own.finish()?;
        match connections <= MOST_CONNECTIONS {
            true => Ok(Params { connections, syscall }),
            false => Err(format!("connections: more than {MOST_CONNECTIONS}")),
        }
    }

    fn price(self) -> Result<Price, Failure> {
        match self.syscall {
            Syscall::None => Ok(Price::Nothing),
            Syscall::PerIo => Price::a_system_call().map_err(|error| Failure::new("fake-requests", error)),
        }
    }

    fn outcome(self, requests: u64, begun: Instant, answer: Answer) -> Outcome {
        let operations = self.connections.saturating_mul(requests);
        Outcome { answer, extra: format!("ops={operations} ops_ns={}", begun.elapsed().as_nanos()) }
    }
}

const MOST_CONNECTIONS: u64 = 1_000_000;

/// All repetitions, by the loop that is written by hand.
pub(crate) fn serve_by_hand(run: &Run) -> Result<(), Failure> {
    let params = Params::of(&run.workload)?;
    let price = params.price()?;
    serve_trials(run, |requests| {
        let begun = Instant::now();
        let mut answer = Answer::default();
        (0..requests).for_each(|_| answer.merge(&by_hand::serve(params.connections, &price)));
        Ok(params.outcome(requests, begun, answer))
    })
}

/// All repetitions, by tasks of a runtime.
pub(crate) async fn run<R: Native>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    let params = Params::of(&engine.run.workload)?;
    let (runtime, price) = (engine.runtime.clone(), Arc::new(params.price()?));
    let begun = Instant::now();
    let repetitions = engine.runtime.task(async move {
        let mut answer = Answer::default();
        for _ in 0..requests {
            answer.merge(&tasks::serve(&runtime, params.connections, price.clone()).await?);
        }
        Ok(answer)
    });
    let answer: Result<Answer, Failure> = repetitions.await.map_err(|error| Failure::new("fake-requests", error))?;
    Ok(params.outcome(requests, begun, answer?))
}

/// The calls follow from the pattern, and are those of the original: for each connection a registration, its end, a round
/// of polling, and two tries each to accept, to read and to write; for the listener a registration and its end, and two
/// rounds in which the last connection reads and writes. They are exact on every engine.
pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let Params { connections, .. } = Params::of(&run.workload)?;
    let responses = (0..connections).map(|number| contribution(number, 1)).fold(0, u64::wrapping_add);
    Ok(Answer {
        pages: connections.saturating_mul(requests),
        bytes: connections.saturating_mul(requests).saturating_mul(fakes::LINE as u64),
        links: (9 * connections + 4).saturating_mul(requests),
        checksum: responses.wrapping_mul(requests),
        ..Answer::default()
    })
}
