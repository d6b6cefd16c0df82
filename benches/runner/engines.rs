//! The engines by name, and the start of the one that was asked for.

pub(crate) mod asynchronous;
pub(crate) mod blocking;
mod hyper_bare;
pub(crate) mod raw_floor;

use gather_async_std::AsyncStd;
use gather_core::Host;
use gather_smol::Smol;
use gather_tokio::Tokio;

use crate::Failure;
use crate::args::Run;
use crate::models::{self, Model, fake_requests, fetch, idle, parse};
use crate::session::{self, Outcome, serve};
use crate::usage;
use crate::workload::Workload;

/// What an engine is called, and what it is.
const ENGINES: [(&str, &str); 17] = [
    ("tokio", "gather on tokio's multi-threaded runtime"),
    ("tokio-current", "gather on tokio's current-thread runtime"),
    ("async-std", "gather on async-std"),
    ("smol", "gather on smol, an executor with threads of its own"),
    ("smol-single", "gather on smol, everything on one thread"),
    ("sequential-ureq", "one request after the other, ureq"),
    ("sequential-raw", "one request after the other, std sockets"),
    ("threads-ureq", "a thread for each request, ureq"),
    ("threads-raw", "a thread for each request, std sockets"),
    ("pool-ureq", "a fixed pool of threads, ureq"),
    ("pool-raw", "a fixed pool of threads, std sockets"),
    ("rayon-ureq", "blocking sockets on a rayon pool, ureq"),
    ("rayon-raw", "blocking sockets on a rayon pool, std sockets"),
    ("hyper-bare", "hyper on tokio's current-thread runtime without gather: a loop for each connection"),
    ("hyper-util", "hyper-util's pooled client on tokio's current-thread runtime without gather"),
    ("raw-floor", "a non-blocking loop without any runtime"),
    ("parser", "gather-html alone, on pages that are there"),
];

/// Prints the engines.
pub(crate) fn list() -> Result<(), Failure> {
    ENGINES.iter().for_each(|(name, what)| println!("{name:16} {what}"));
    Ok(())
}

/// The version of what the engine is made of.
pub(crate) fn version(engine: &str) -> String {
    version_of(match engine {
        "tokio" | "tokio-current" => "tokio",
        "async-std" => "async-std",
        "smol" | "smol-single" => "smol",
        "hyper-bare" => "hyper",
        "hyper-util" => "hyper-util",
        name if name.ends_with("-ureq") => "ureq",
        _ => "gather-benches",
    })
}

/// The version of a package, from the lock file that this binary was built with.
pub(crate) fn version_of(package: &str) -> String {
    let lock = include_str!("../../Cargo.lock");
    let entry = format!("name = \"{package}\"\nversion = \"");
    let version =
        lock.split_once(&entry).and_then(|(_, rest)| rest.split_once('"')).map_or("unknown", |(version, _)| version);
    format!("{package}-{version}")
}

/// Starts the engine and serves until standard input ends.
pub(crate) fn run(run: &Run) -> Result<(), Failure> {
    if !ENGINES.iter().any(|(name, _)| *name == run.engine) {
        return Err(Failure::new("engine", format!("there is no engine `{}`; --list names them", run.engine)));
    }
    if let Some(reason) = refusal(run) {
        return unsupported(reason);
    }
    usage::pin(&run.cpus)?;
    usage::raise_descriptor_limit(run.workload.most_connections() as u64 + 64)?;
    let failed = |error: std::io::Error| Failure::new("engine", error);
    match run.engine.as_str() {
        "tokio" => Tokio::with_threads(run.threads).map_err(failed)?.run(async |rt| asynchronous::serve(run, rt).await),
        "tokio-current" => {
            Tokio::current_thread().map_err(failed)?.run(async |rt| asynchronous::serve_here(run, rt).await)
        }
        "smol" => Smol::with_threads(run.threads).map_err(failed)?.run(async |rt| asynchronous::serve(run, rt).await),
        "smol-single" => Smol::current_thread().run(async |rt| asynchronous::serve_here(run, rt).await),
        "async-std" => {
            let host = AsyncStd::with_threads(run.threads).map_err(|error| Failure::new("engine", error))?;
            host.run(async |rt| asynchronous::serve(run, rt).await)
        }
        "hyper-bare" => hyper_bare::serve_bare(run),
        "hyper-util" => hyper_bare::serve_pooled(run),
        "parser" => parse::serve(run),
        "raw-floor" => match run.workload.model {
            Model::FakeRequests => fake_requests::serve_by_hand(run),
            Model::Idle => idle::serve_floor(run),
            _ => raw_floor::serve(run),
        },
        name => match name.split_once('-').and_then(|(how, client)| blocking::Control::of(how, client)) {
            Some(control) => models::serve_blocking(run, control),
            None => Err(Failure::new("engine", format!("there is no engine `{name}`; --list names them"))),
        },
    }
}

/// Why an engine does not do a workload, if it does not: it must never do something else instead.
fn refusal(run: &Run) -> Option<&'static str> {
    let Workload { model, silent_percent, hosts, reuse, ref inject, .. } = run.workload;
    let engine = run.engine.as_str();
    let scrapes = matches!(model, Model::Fetch | Model::OpenLoop);
    if inject.is_any() && engine != "tokio-current" && model != Model::Cpu {
        return Some("only tokio-current injects faults, and every engine into the cpu model");
    }
    let asynchronous = matches!(engine, "tokio" | "tokio-current" | "smol" | "smol-single" | "async-std");
    // Loops of their own, each in its model's file.
    if (engine == "parser") != (model == Model::Parse) {
        return Some("parsing alone is for the engine parser, which does nothing else");
    }
    let has_loop = matches!(model, Model::FakeRequests | Model::Idle);
    let plain = model != Model::Fetch || fetch::Params::of(&run.workload).is_ok_and(fetch::Params::is_plain);
    if !asynchronous && !plain {
        return Some("results, spawn, mutex and cancel_percent are for tasks of gather's own");
    }
    match engine {
        "raw-floor" if has_loop => None,
        "hyper-bare" | "hyper-util" | "raw-floor" if !scrapes || silent_percent > 0 => Some("this engine only fetches"),
        "raw-floor" if model == Model::OpenLoop => Some("this loop waits for nothing but its sockets"),
        "raw-floor" if !reuse => Some("this engine keeps its connections"),
        "raw-floor" | "hyper-bare" if hosts > 1 => Some("this engine has connections to one host"),
        _ => None,
    }
}

/// Says that the engine does not do this workload. Not a failure: the lab leaves the cell empty.
///
/// # Errors
///
/// When nobody reads what is said.
pub fn unsupported(reason: &str) -> Result<(), Failure> {
    session::say(&format!("unsupported reason={}", reason.replace(' ', "_")))
}

/// Serves trials that are not asynchronous.
pub(crate) fn serve_trials(run: &Run, mut trial: impl FnMut(u64) -> Result<Outcome, Failure>) -> Result<(), Failure> {
    futures_lite::future::block_on(serve(run, async move |requests| trial(requests)))
}
