//! The runner as trials are timed: nothing beside the engine.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    gather_runner::main(&[])
}
