//! The commands that read runs, as a user meets them: the real binary on runs of scripts that obey a known law.
#![cfg(target_os = "linux")]

#[path = "../stage/mod.rs"]
mod stage;

mod law;

mod action;
mod advise;
mod cmp;
mod cost;
mod gate;
mod nightly;
mod rank;
mod report;
