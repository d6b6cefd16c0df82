//! Makes the machine a good place to serve from: one CPU, timers that do not dawdle, enough descriptors.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::num::NonZeroU64;

use rustix::io;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity, set_current_timer_slack};

/// Prepares the current thread (and those that it starts later) and the process. Returns what could not be had: the origin works
/// without any of it, and its own statistics show what that costs.
pub(crate) fn prepare(cpu: Option<usize>) -> Vec<String> {
    let mut complaints = Vec::new();
    if let Some(cpu) = cpu
        && let Err(error) = pin(cpu)
    {
        complaints.push(format!("cannot run on CPU {cpu} alone: {error}"));
    }
    if let Err(error) = set_current_timer_slack(NonZeroU64::new(1)) {
        complaints.push(format!("cannot set the timer slack, delays may be 50 us late: {error}"));
    }
    if let Err(error) = raise_descriptor_limit() {
        complaints.push(format!("cannot raise the limit of open files: {error}"));
    }
    complaints
}

/// Keeps every CPU out of its sleep states until the file is dropped, as `cyclictest` does; `None` where that is not permitted
/// (it takes root) or not known.
///
/// A CPU that sleeps has to be woken, and on a virtual machine the host first has to find time for it: delays get late, by
/// how much depends on the host's other guests. `late_p99_ns` of `/_stats`, with and without `--let-cpus-sleep`, shows it.
pub(crate) fn keep_cpus_awake() -> Option<File> {
    let mut latency = OpenOptions::new().write(true).open("/dev/cpu_dma_latency").ok()?;
    // A 32-bit number of microseconds that a wake-up may take; the kernel forgets it when the file is closed.
    latency.write_all(&0_i32.to_ne_bytes()).ok()?;
    Some(latency)
}

fn pin(cpu: usize) -> io::Result<()> {
    if cpu >= CpuSet::MAX_CPU {
        return Err(io::Errno::INVAL);
    }
    let mut cpus = CpuSet::new();
    cpus.set(cpu);
    sched_setaffinity(None, &cpus)
}

/// The soft limit of descriptors is made as high as may be: every connection needs one.
fn raise_descriptor_limit() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
}
