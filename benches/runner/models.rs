//! What a trial does: one file for each model. Here are their names, and who does which.
//!
//! A model reads the parameters that are its own from [`Workload::own`], once when the command line is checked, so that
//! an unknown key is an error at once, and again when it runs.

pub(crate) mod cpu;
pub(crate) mod fetch;
pub(crate) mod heartbeat;
pub(crate) mod idle;
pub(crate) mod open_loop;
pub(crate) mod in_memory;

use gather_http::Connect;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::{self, Control};
use crate::engines::unsupported;
use crate::session::Outcome;
use crate::workload::Workload;

/// What a trial does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    Fetch,
    Heartbeat,
    Cpu,
    Idle,
    OpenLoop,
    Memory,
}

/// The models by name.
pub(crate) const MODELS: [(&str, Model); 6] = [
    ("fetch", Model::Fetch),
    ("heartbeat", Model::Heartbeat),
    ("cpu", Model::Cpu),
    ("idle", Model::Idle),
    ("open-loop", Model::OpenLoop),
    ("memory", Model::Memory),
];

/// Whether a workload's own parameters are those of its model, and make sense.
pub(crate) fn check(workload: &Workload) -> Result<(), String> {
    match workload.model {
        Model::Fetch => fetch::Params::of(workload).map(drop),
        // The keys are the same, but only the plain scrape goes on beside a heartbeat.
        Model::Heartbeat => match fetch::Params::of(workload)?.is_plain() {
            true => Ok(()),
            false => Err("results, spawn, mutex and cancel_percent: go with model=fetch".to_owned()),
        },
        Model::Cpu => cpu::Params::of(workload).map(drop),
        Model::Idle => idle::Params::of(workload).map(drop),
        Model::OpenLoop => open_loop::Params::of(workload).map(drop),
        Model::Memory => in_memory::Params::of(workload).map(drop),
    }
}

/// How many requests a trial makes that was asked for so many.
pub(crate) fn requests(workload: &Workload, asked: u64) -> Result<u64, Failure> {
    match workload.model {
        Model::OpenLoop => Ok(open_loop::Params::of(workload)?.requests(asked)),
        _ => Ok(asked),
    }
}

/// Runs one trial on a runtime.
pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    match engine.run.workload.model {
        Model::Fetch => fetch::run(engine, requests).await,
        Model::Heartbeat => heartbeat::run(engine, requests).await,
        Model::Cpu => cpu::run(engine).await,
        Model::Idle => idle::run(engine).await,
        Model::OpenLoop => open_loop::run(engine, requests).await,
        Model::Memory => in_memory::run(engine, requests).await,
    }
}

/// Serves on threads.
pub(crate) fn serve_blocking(run: &Run, control: Control) -> Result<(), Failure> {
    match run.workload.model {
        Model::Fetch | Model::OpenLoop => blocking::serve_fetch(run, control),
        Model::Heartbeat => unsupported("there is no loop to block"),
        Model::Cpu => cpu::serve_blocking(run, control),
        Model::Idle => idle::serve_blocking(run, control),
        Model::Memory => unsupported("there is no pipeline to run in memory"),
    }
}

/// The answer that every engine has to give, found without any of them.
pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    match run.workload.model {
        Model::Fetch | Model::Heartbeat | Model::OpenLoop => fetch::oracle(run, requests),
        Model::Cpu => cpu::oracle(run),
        Model::Idle => idle::oracle(run),
        Model::Memory => in_memory::oracle(run, requests),
    }
}
