//! One engine on one workload in one process: runs trials when told to, times itself, prints a line for each.
//!
//! `FORMAT.md` describes the conversation. In reading order: [`args`] and [`workload`] say what to do, [`answer`] and
//! [`page`] what is found, [`engines`] do it, [`session`] talks and measures with [`usage`] and [`origin`].
#![forbid(unsafe_code)]

mod answer;
mod args;
mod engines;
mod origin;
mod page;
mod session;
mod usage;
mod workload;

use std::process::ExitCode;

fn main() -> ExitCode {
    match args::read().and_then(|args| match args {
        args::Args::List => engines::list(),
        args::Args::Help => args::help(),
        args::Args::Run(run) => engines::run(&run),
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error kind={} message={}", error.kind, error.message.replace(char::is_whitespace, "_"));
            ExitCode::FAILURE
        }
    }
}

/// Why the runner gives up: a word for the kind, a sentence for people.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(kind: &'static str, message: impl std::fmt::Display) -> Self {
        Failure { kind, message: message.to_string() }
    }
}
