//! What a trial does: one file for each model. Here are their names, and who does which.
//!
//! A model reads the parameters that are its own from [`Workload::own`], once when the command line is checked, so that
//! an unknown key is an error at once, and again when it runs.

pub(crate) mod brigade;
mod connections;
pub(crate) mod cpu;
pub(crate) mod create;
pub(crate) mod database;
pub(crate) mod dns;
pub(crate) mod fairness;
pub(crate) mod fake_requests;
pub(crate) mod fetch;
pub(crate) mod files;
pub(crate) mod heartbeat;
pub(crate) mod idle;
pub(crate) mod in_memory;
mod memory;
pub(crate) mod open_loop;
pub(crate) mod parse;
pub(crate) mod scheduler;
pub(crate) mod startup;
mod tally;
mod threads;
pub(crate) mod timers;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::engines::blocking::{self, Control};
use crate::engines::unsupported;
use crate::native::Native;
use crate::session::{self, Outcome};
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
    SpawnMany,
    ChainedSpawn,
    PingPong,
    YieldMany,
    Brigade,
    Create,
    Timers,
    Fairness,
    Startup,
    Files,
    Database,
    Dns,
    FakeRequests,
    Parse,
}

/// The models by name.
pub(crate) const MODELS: [(&str, Model); 20] = [
    ("fetch", Model::Fetch),
    ("heartbeat", Model::Heartbeat),
    ("cpu", Model::Cpu),
    ("idle", Model::Idle),
    ("open-loop", Model::OpenLoop),
    ("memory", Model::Memory),
    ("spawn-many", Model::SpawnMany),
    ("chained-spawn", Model::ChainedSpawn),
    ("ping-pong", Model::PingPong),
    ("yield-many", Model::YieldMany),
    ("brigade", Model::Brigade),
    ("create", Model::Create),
    ("timers", Model::Timers),
    ("fairness", Model::Fairness),
    ("startup", Model::Startup),
    ("files", Model::Files),
    ("database", Model::Database),
    ("dns", Model::Dns),
    ("fake-requests", Model::FakeRequests),
    ("parse", Model::Parse),
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
        Model::SpawnMany | Model::ChainedSpawn | Model::PingPong | Model::YieldMany => {
            scheduler::Params::of(workload).map(drop)
        }
        Model::Brigade => brigade::Params::of(workload).map(drop),
        Model::Create => create::Params::of(workload).map(drop),
        Model::Timers => timers::Params::of(workload).map(drop),
        Model::Fairness => fairness::Params::of(workload).map(drop),
        Model::Startup => startup::check(workload),
        Model::Files => files::Params::of(workload).map(drop),
        Model::Database => database::Params::of(workload).map(drop),
        Model::Dns => dns::Params::of(workload).map(drop),
        Model::FakeRequests => fake_requests::Params::of(workload).map(drop),
        Model::Parse => parse::Params::of(workload).map(drop),
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

/// Serves on a runtime.
pub(crate) async fn serve<R: Native>(engine: &Engine<'_, R>) -> Result<(), Failure> {
    match engine.run.workload.model {
        // These have something to get ready before the first trial.
        Model::Startup => startup::serve(engine).await,
        Model::Files => files::serve(engine).await,
        Model::Database => database::serve(engine).await,
        _ => session::serve(engine.run, async |requests| run(engine, requests).await).await,
    }
}

/// Runs one trial on a runtime.
async fn run<R: Native>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    match engine.run.workload.model {
        Model::Fetch => fetch::run(engine, requests).await,
        Model::Heartbeat => heartbeat::run(engine, requests).await,
        Model::Cpu => cpu::run(engine).await,
        Model::Idle => idle::run(engine).await,
        Model::OpenLoop => open_loop::run(engine, requests).await,
        Model::Memory => in_memory::run(engine, requests).await,
        Model::SpawnMany | Model::ChainedSpawn | Model::PingPong | Model::YieldMany => {
            scheduler::run(engine, requests).await
        }
        Model::Brigade => brigade::run(engine, requests).await,
        Model::Create => create::run(engine, requests).await,
        Model::Timers => timers::run(engine).await,
        Model::Fairness => fairness::run(engine).await,
        Model::Dns => dns::run(engine, requests).await,
        Model::FakeRequests => fake_requests::run(engine, requests).await,
        Model::Startup | Model::Files | Model::Database | Model::Parse => {
            Err(Failure::new("engine", "this model serves by itself"))
        }
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
        Model::SpawnMany | Model::ChainedSpawn | Model::PingPong | Model::YieldMany => {
            scheduler::serve_blocking(run, control)
        }
        Model::Brigade => brigade::serve_blocking(run, control),
        Model::Create => create::serve_blocking(run, control),
        Model::Timers => timers::serve_blocking(run, control),
        Model::Fairness => fairness::serve_blocking(run, control),
        Model::Startup => startup::serve_blocking(run, control),
        Model::Files => files::serve_blocking(run, control),
        Model::Database => database::serve_blocking(run, control),
        Model::Dns => dns::serve_blocking(run, control),
        Model::Parse => unsupported("nothing is fetched while the clock runs: that is the engine parser's"),
        Model::FakeRequests => unsupported("nothing blocks here: the loop without futures is raw-floor's"),
    }
}

/// The answer that every engine has to give, found without any of them.
pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    match run.workload.model {
        Model::Fetch | Model::Heartbeat | Model::OpenLoop => fetch::oracle(run, requests),
        Model::Cpu => cpu::oracle(run),
        Model::Idle => idle::oracle(run),
        Model::Memory => in_memory::oracle(run, requests),
        Model::SpawnMany | Model::ChainedSpawn | Model::PingPong | Model::YieldMany => scheduler::oracle(run, requests),
        Model::Brigade => brigade::oracle(run, requests),
        Model::Create => create::oracle(run, requests),
        Model::Timers => timers::oracle(run),
        Model::Fairness => fairness::oracle(run),
        Model::Startup => startup::oracle(run),
        Model::Files => files::oracle(run, requests),
        Model::Database => database::oracle(run, requests),
        Model::Dns => dns::oracle(run, requests),
        Model::FakeRequests => fake_requests::oracle(run, requests),
        Model::Parse => parse::oracle(run, requests),
    }
}
