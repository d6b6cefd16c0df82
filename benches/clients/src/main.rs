//! The lab's second runner: the HTTP clients that people already use, each under gather's pipeline on the runtime that it belongs to.
//!
//! It speaks as `gather-runner` does (`../FORMAT.md`) and shares everything with it but the clients, which are in `engines`.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod engines;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    gather_runner::main_with(&engines::ENGINES)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    gather_runner::main(&[])
}
