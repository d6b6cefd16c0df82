//! One engine on one workload in one process: runs trials when told to, times itself, prints a line for each.
//!
//! `FORMAT.md` describes the conversation. In reading order: `args` and `workload` say what to do, `answer` and
//! `page` what is found, `models` are what a trial does and `engines` what it does it with, `session` talks and measures with `usage`,
//! `origin` and `counters`. It is a library because there are two programs of it, `bin/`, and runners with clients of their own, which
//! come in by `bring`; `memory` is for other benches too.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod answer;
#[cfg(target_os = "linux")]
mod args;
#[cfg(target_os = "linux")]
mod bring;
#[cfg(target_os = "linux")]
mod canary;
#[cfg(target_os = "linux")]
mod cgroup;
mod counters;
#[cfg(target_os = "linux")]
mod engines;
#[cfg(target_os = "linux")]
mod inject;
#[cfg(target_os = "linux")]
mod json;
#[cfg(target_os = "linux")]
mod keys;
#[cfg(target_os = "linux")]
mod lateness;
pub mod memory;
#[cfg(target_os = "linux")]
mod models;
#[cfg(target_os = "linux")]
mod native;
#[cfg(target_os = "linux")]
mod origin;
#[cfg(target_os = "linux")]
mod page;
#[cfg(target_os = "linux")]
mod session;
#[cfg(target_os = "linux")]
mod target;
#[cfg(target_os = "linux")]
mod usage;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(target_os = "linux")]
mod workload;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
pub use args::Run;
#[cfg(target_os = "linux")]
pub use bring::{Contender, main_with, serve, serve_on_threads};
pub use counters::Counter;
#[cfg(target_os = "linux")]
pub use engines::unsupported;

/// The whole of a runner. Each trial also says by how much the counters have grown in its timed region.
#[cfg(target_os = "linux")]
pub fn main(counters: &'static [Counter]) -> ExitCode {
    models::startup::note_main();
    end(args::read().and_then(|args| match args {
        args::Args::List => engines::list(),
        args::Args::Help => args::help(),
        args::Args::Canary(cpus) => canary::serve(&cpus),
        args::Args::Run(mut run) => {
            run.counters = counters;
            engines::run(&run)
        }
    }))
}

/// The process's last word.
#[cfg(target_os = "linux")]
fn end(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error kind={} message={}", error.kind, error.message.replace(char::is_whitespace, "_"));
            ExitCode::FAILURE
        }
    }
}

/// Says that the lab is not for this system.
#[cfg(not(target_os = "linux"))]
pub fn main(_: &[Counter]) -> ExitCode {
    eprintln!("gather-runner: the lab measures on Linux only; the libraries build and work here");
    ExitCode::FAILURE
}

/// Why the runner gives up: a word for the kind, a sentence for people.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Failure {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

#[cfg(target_os = "linux")]
impl Failure {
    /// `kind` is one word; the message is printed in one line.
    pub fn new(kind: &'static str, message: impl std::fmt::Display) -> Self {
        Failure { kind, message: message.to_string() }
    }
}

/// What is wrong with the words of a command line.
#[cfg(target_os = "linux")]
impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure { kind: "usage", message }
    }
}
