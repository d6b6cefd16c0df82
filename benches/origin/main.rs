//! The lab's origin: the one server that every engine fetches from, in its own process and on no contestant's runtime.
//!
//! One thread, one epoll loop. It serves real or generated pages after seeded delays, and it is the lab's witness: how many
//! requests were in flight, how many connections were made and how late its own delays were, so that a timing can be judged
//! by something other than the engine that was timed. `FORMAT.md`, one folder up, says how to talk to it.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "without epoll the origin only says that it cannot run")
)]

#[cfg(target_os = "linux")]
mod alarm;
mod answer;
mod args;
mod burn;
mod clock;
#[cfg(target_os = "linux")]
mod connection;
mod corpus;
mod delays;
mod fixed;
mod generate;
mod json;
#[cfg(target_os = "linux")]
mod listeners;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod nginx;
#[cfg(target_os = "linux")]
mod origin;
mod page;
mod random;
mod request;
mod route;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod served_delays;
#[cfg(target_os = "linux")]
mod service;
#[cfg(target_os = "linux")]
mod standing;
#[cfg(target_os = "linux")]
mod stats;
mod store;
#[cfg(all(test, target_os = "linux"))]
mod tests;
#[cfg(target_os = "linux")]
mod token;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    run::run(std::env::args_os().skip(1), std::io::stdin(), &mut std::io::stdout(), &mut std::io::stderr())
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!(
        "gather-origin: the lab measures on Linux only (the origin is an epoll loop); the libraries build and work here"
    );
    ExitCode::FAILURE
}
