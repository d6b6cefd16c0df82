//! The canary: a fixed amount of integer work, whose time says what the machine is doing to everybody.

use std::io::{BufRead, stdin};
use std::time::Instant;

use crate::page::burn_nanoseconds;
use crate::session::say;
use crate::{Failure, usage};

/// About 5 ms of one core.
const WORK_NS: u64 = 5_000_000;

/// Runs the work for each line `canary`, until standard input ends.
pub(crate) fn serve(cpus: &[usize]) -> Result<(), Failure> {
    usage::pin(cpus)?;
    burn_nanoseconds(WORK_NS);
    say("ready engine=canary")?;
    for line in stdin().lock().lines() {
        let line = line.map_err(|error| Failure::new("input", error))?;
        if line.trim() != "canary" {
            return Err(Failure::new("input", format!("`{}` is not canary", line.trim())));
        }
        let start = Instant::now();
        burn_nanoseconds(WORK_NS);
        say(&format!("canary ns={}", start.elapsed().as_nanos()))?;
    }
    Ok(())
}
