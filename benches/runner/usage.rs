//! What the process has used: CPU, memory, context switches, threads.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::Failure;
use crate::cgroup::Cgroup;

/// A moment from which usage is counted.
pub(crate) struct Usage {
    wall: Instant,
    cpu: Duration,
    counters: Counters,
    cgroup: Cgroup,
}

impl Usage {
    /// Resets the peak of the memory and takes the counters down.
    pub(crate) fn start() -> Self {
        // 5 resets VmHWM (proc(5)). Where it is not allowed the peak is that of the process's life.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Usage { cgroup: Cgroup::start(), counters: counters(), cpu: cpu_time(), wall: Instant::now() }
    }

    /// The words of a trial's line for what was used since.
    pub(crate) fn stop(mut self) -> String {
        let wall = self.wall.elapsed();
        let cpu = cpu_time() - self.cpu;
        let (now, then) = (counters(), self.counters);
        let (user, system) = (now.user - then.user, now.system - then.system);
        // The clock gives the sum to the nanosecond; the kernel's split of it is coarser, so only its proportion is used.
        let share = if user + system == 0 { 0.5 } else { system as f64 / (user + system) as f64 };
        let system = cpu.mul_f64(share);
        format!(
            "wall_ns={} cpu_user_ns={} cpu_sys_ns={} vmhwm_bytes={} vmrss_bytes={} nvcsw={} nivcsw={} minflt={} majflt={} threads={} {}",
            wall.as_nanos(),
            (cpu - system).as_nanos(),
            system.as_nanos(),
            status_kilobytes("VmHWM:") * 1024,
            status_kilobytes("VmRSS:") * 1024,
            now.voluntary - then.voluntary,
            now.involuntary - then.involuntary,
            now.minor - then.minor,
            now.major - then.major,
            threads(),
            self.cgroup.words(),
        )
    }
}

/// The resident memory now, in bytes.
pub(crate) fn resident() -> u64 {
    status_kilobytes("VmRSS:") * 1024
}

/// How many threads there are now.
pub(crate) fn threads() -> u64 {
    status_number("Threads:")
}

/// How many descriptors are open now.
pub(crate) fn descriptors() -> usize {
    // The directory that is read is one of them.
    fs::read_dir("/proc/self/fd").map_or(0, |open| open.count().saturating_sub(1))
}

/// Raises the soft limit of descriptors to the hard one.
pub(crate) fn raise_descriptor_limit(need: u64) -> Result<(), Failure> {
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|hard| hard < need) {
        let hard = limit.maximum.unwrap_or_default();
        return Err(Failure::new(
            "descriptors",
            format!("{need} file descriptors are needed and {hard} allowed (ulimit -Hn)"),
        ));
    }
    if limit.current.is_some_and(|soft| soft < need) {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        setrlimit(Resource::Nofile, raised).map_err(|error| Failure::new("descriptors", error))?;
    }
    Ok(())
}

/// Stays on `cpus`, with all threads that are still to be started.
pub(crate) fn pin(cpus: &[usize]) -> Result<(), Failure> {
    if cpus.is_empty() {
        return Ok(());
    }
    let mut set = CpuSet::new();
    cpus.iter().for_each(|cpu| set.set(*cpu));
    sched_setaffinity(None, &set)
        .map_err(|error| Failure::new("cpus", format!("cannot stay on CPUs {cpus:?}: {error}")))
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What the kernel has counted of all threads, those that have ended included.
#[derive(Default, Clone, Copy)]
struct Counters {
    /// Microseconds of CPU time.
    user: i64,
    system: i64,
    /// Context switches.
    voluntary: i64,
    involuntary: i64,
    /// Page faults: minor ones, and major ones, which went to a disk.
    minor: i64,
    major: i64,
}

/// One call, whatever the program has become. The threads' own files under `/proc` say nothing of a thread that has ended,
/// and their reading would be counted among the calls of a trial: the more, the more threads are just about to end.
fn counters() -> Counters {
    // Each is the sum of what has been, so none is ever less than it was.
    getrusage(UsageWho::RUSAGE_SELF).map_or(Counters::default(), |usage| Counters {
        user: usage.user_time().num_microseconds(),
        system: usage.system_time().num_microseconds(),
        voluntary: usage.voluntary_context_switches(),
        involuntary: usage.involuntary_context_switches(),
        minor: usage.minor_page_faults(),
        major: usage.major_page_faults(),
    })
}

fn status_kilobytes(key: &str) -> u64 {
    status_number(key)
}

fn status_number(key: &str) -> u64 {
    number_in(&fs::read_to_string("/proc/self/status").unwrap_or_default(), key)
}

fn number_in(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}
