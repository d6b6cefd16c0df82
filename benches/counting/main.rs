//! Counts what a runner does during a trial, from outside: a proxy that speaks the runner's protocol on both sides.
//!
//! `FORMAT.md` says which words it adds. In reading order: [`args`] says what to count, [`program`] is the runner under
//! count; [`syscalls`] follows it call by call (with [`attach`], [`calls`] and [`registers`]), [`instructions`] lets [`tools`] count.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod args;
#[cfg(target_os = "linux")]
mod attach;
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod instructions;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod registers;
#[cfg(target_os = "linux")]
mod syscalls;
#[cfg(target_os = "linux")]
mod tools;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let counted = args::read().and_then(|args| match args {
        args::Args::Help => args::help(),
        args::Args::Syscalls(command) => syscalls::count(&command),
        args::Args::Instructions(command) => instructions::count(&command),
    });
    counted.unwrap_or_else(|error| {
        println!("error kind={} message={}", error.kind, error.message.replace(char::is_whitespace, "_"));
        ExitCode::FAILURE
    })
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("gather-count: the lab measures on Linux only; the libraries build and work here");
    ExitCode::FAILURE
}

/// Why counting ended: a word for the kind, a sentence for people.
#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Failure {
    kind: &'static str,
    message: String,
}

#[cfg(target_os = "linux")]
impl Failure {
    fn new(kind: &'static str, message: impl std::fmt::Display) -> Self {
        Failure { kind, message: message.to_string() }
    }
}
