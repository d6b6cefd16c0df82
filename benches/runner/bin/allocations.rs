//! The runner with an allocator that counts: for the pass that counts allocations, never for one that is timed.
//!
//! Counted is the whole process, whichever thread allocates. That a block grows in its place is a reallocation, and its
//! growth counts among the bytes.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::process::ExitCode;

use gather_runner::Counter;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    gather_runner::main(&[
        Counter { name: "allocations", now: || ALLOCATOR.stats().allocations as u64 },
        Counter { name: "reallocations", now: || ALLOCATOR.stats().reallocations as u64 },
        Counter { name: "allocated_bytes", now: || ALLOCATOR.stats().bytes_allocated as u64 },
    ])
}
