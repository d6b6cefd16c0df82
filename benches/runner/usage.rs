//! What the process has used: CPU, memory, context switches, threads.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::Failure;
use crate::cgroup::Cgroup;

/// A moment from which usage is counted.
pub(crate) struct Usage {
    wall: Instant,
    cpu: Duration,
    user_ticks: (u64, u64),
    switches: (u64, u64),
    faults: (u64, u64),
    cgroup: Cgroup,
}

impl Usage {
    /// Resets the peak of the memory and takes the counters down.
    pub(crate) fn start() -> Self {
        // 5 resets VmHWM (proc(5)). Where it is not allowed the peak is that of the process's life.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let cgroup = Cgroup::start();
        let Stat { ticks, faults } = stat();
        Usage { cgroup, user_ticks: ticks, faults, switches: switches(), cpu: cpu_time(), wall: Instant::now() }
    }

    /// The words of a trial's line for what was used since.
    pub(crate) fn stop(mut self) -> String {
        let wall = self.wall.elapsed();
        let cpu = cpu_time() - self.cpu;
        let Stat { ticks: (user, system), faults: (minor, major) } = stat();
        let (user, system) = (user - self.user_ticks.0, system - self.user_ticks.1);
        // The clock gives the sum to the nanosecond; the kernel's split of it is coarser, so only its proportion is used.
        let share = if user + system == 0 { 0.5 } else { system as f64 / (user + system) as f64 };
        let system = cpu.mul_f64(share);
        let (voluntary, involuntary) = switches();
        format!(
            "wall_ns={} cpu_user_ns={} cpu_sys_ns={} vmhwm_bytes={} vmrss_bytes={} nvcsw={} nivcsw={} minflt={} majflt={} threads={} {}",
            wall.as_nanos(),
            (cpu - system).as_nanos(),
            system.as_nanos(),
            status_kilobytes("VmHWM:") * 1024,
            status_kilobytes("VmRSS:") * 1024,
            voluntary.saturating_sub(self.switches.0),
            involuntary.saturating_sub(self.switches.1),
            minor.saturating_sub(self.faults.0),
            major.saturating_sub(self.faults.1),
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

/// What `/proc/self/stat` says of all threads, those that have ended included.
struct Stat {
    /// User and system time in the kernel's ticks.
    ticks: (u64, u64),
    /// Page faults: minor ones, and major ones, which went to a disk.
    faults: (u64, u64),
}

fn stat() -> Stat {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold anything; the fields are counted from behind it (proc(5): utime is field 14).
    let fields: Vec<_> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).and_then(|field| field.parse().ok()).unwrap_or(0);
    Stat { ticks: (field(14), field(15)), faults: (field(10), field(12)) }
}

/// Voluntary and involuntary context switches of all threads alive.
fn switches() -> (u64, u64) {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return (0, 0) };
    tasks.flatten().fold((0, 0), |(voluntary, involuntary), task| {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let number = |key| number_in(&status, key);
        (voluntary + number("voluntary_ctxt_switches:"), involuntary + number("nonvoluntary_ctxt_switches:"))
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
