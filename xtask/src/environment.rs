//! The machine as it is: what is written beside the results, and what must hold before anything is measured.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::compile::workspace_root;
use crate::failure::Failure;
use crate::plan::Planned;
use crate::say;

/// Descriptors that a process needs besides its connections.
pub(crate) const SPARE_DESCRIPTORS: u64 = 64;

/// What was found. A text that could not be read is `unknown`, a number 0.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// The numbers of the CPUs that this process may use.
    pub(crate) cpus: Vec<u64>,
    pub(crate) hard_descriptors: u64,
    pub(crate) ports: u64,
    soft_descriptors: u64,
    cpu_model: String,
    kernel: String,
    backlog: u64,
    load: String,
    rustc: String,
    revision: String,
}

impl Environment {
    /// Looks at the machine.
    ///
    /// # Errors
    /// Where the system is not Linux.
    pub(crate) fn inspect() -> Result<Environment, Failure> {
        if !cfg!(target_os = "linux") {
            let system = std::env::consts::OS;
            return Err(Failure::Setup(format!(
                "the bench runs on Linux only (this is {system}): it pins processes and reads /proc; the libraries build here"
            )));
        }
        let (soft_descriptors, hard_descriptors) = descriptor_limits();
        Ok(Environment {
            cpus: allowed_cpus(),
            hard_descriptors,
            ports: ephemeral_ports(),
            soft_descriptors,
            cpu_model: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            kernel: first_line("/proc/sys/kernel/osrelease").unwrap_or_else(unknown),
            backlog: first_line("/proc/sys/net/core/somaxconn").and_then(|line| line.parse().ok()).unwrap_or(0),
            load: first_line("/proc/loadavg").unwrap_or_else(unknown),
            rustc: output("rustc", &["--version"]).unwrap_or_else(unknown),
            revision: revision(),
        })
    }

    /// The CPU of the machine for the CPU `index` of a workload. Where there is only one, everything shares it.
    pub(crate) fn cpu(&self, index: u64) -> u64 {
        self.cpus.get(index as usize).or(self.cpus.last()).copied().unwrap_or(0)
    }

    /// Refuses a plan that this machine cannot carry out, naming both numbers.
    pub(crate) fn check(&self, plan: &[Planned]) -> Result<(), Failure> {
        for planned in plan {
            for cell in &planned.cells {
                let most = cell.entries.iter().map(|entry| entry.number("concurrency")).max();
                let need = most.unwrap_or(0) + SPARE_DESCRIPTORS;
                if need > self.hard_descriptors {
                    return Err(Failure::Setup(format!(
                        "workload `{}` ({}) needs {need} file descriptors and the hard limit is {} (see `ulimit -Hn`)",
                        planned.name, cell.title, self.hard_descriptors
                    )));
                }
            }
        }
        Ok(())
    }

    /// The lines that stand above everything.
    pub(crate) fn print(&self) {
        let cpus = match self.cpus.len() {
            1 => "1 cpu (origin and engines share it: shares of the limit are pessimistic)".to_owned(),
            count => format!("{count} cpus"),
        };
        say::note(&format!("machine    {cpus}, {}, Linux {}", self.cpu_model, self.kernel));
        say::note(&format!(
            "limits     descriptors {} (hard {}), backlog {}, {} ports, load {}",
            self.soft_descriptors,
            self.hard_descriptors,
            self.backlog,
            self.ports,
            self.load.split(' ').next().unwrap_or_default()
        ));
        say::note(&format!("built by   {}, revision {}", self.rustc, self.revision));
        let load: f64 = self.load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0);
        if load > 0.5 {
            say::note(&format!("warning    something else runs here (load {load}): expect wide intervals"));
        }
    }

    /// The same for the header of the results.
    pub(crate) fn json(&self) -> Value {
        json!({
            "cpus": self.cpus, "cpu_model": self.cpu_model, "kernel": self.kernel, "load": self.load,
            "descriptors_soft": self.soft_descriptors, "descriptors_hard": self.hard_descriptors,
            "somaxconn": self.backlog, "ephemeral_ports": self.ports,
            "rustc": self.rustc, "revision": self.revision,
        })
    }
}

/// What the kernel has counted so far of what disturbs a measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disturbance {
    steal_ns: u64,
    pressure_us: u64,
}

impl Disturbance {
    pub(crate) fn now() -> Disturbance {
        let line = first_line("/proc/stat").unwrap_or_default();
        // cpu user nice system idle iowait irq softirq steal, in ticks of 10 ms (proc(5); USER_HZ is 100 on every Linux of today).
        let steal: u64 = line.split_whitespace().nth(8).and_then(|word| word.parse().ok()).unwrap_or(0);
        // some avg10=0.00 avg60=0.00 avg300=0.00 total=12345
        let pressure = first_line("/proc/pressure/cpu").unwrap_or_default();
        let total = pressure.rsplit_once("total=").and_then(|(_, total)| total.trim().parse().ok());
        Disturbance { steal_ns: steal * 10_000_000, pressure_us: total.unwrap_or(0) }
    }

    /// What was added since `earlier`: steal in nanoseconds, pressure in microseconds.
    pub(crate) fn since(&self, earlier: Disturbance) -> (u64, u64) {
        (self.steal_ns.saturating_sub(earlier.steal_ns), self.pressure_us.saturating_sub(earlier.pressure_us))
    }
}

fn allowed_cpus() -> Vec<u64> {
    let list = field("/proc/self/status", "Cpus_allowed_list").unwrap_or_default();
    let mut cpus = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.trim().parse::<u64>(), last.trim().parse()) {
            cpus.extend(first..=last);
        }
    }
    if cpus.is_empty() { vec![0] } else { cpus }
}

fn descriptor_limits() -> (u64, u64) {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    let mut numbers = line.split_whitespace().map(|word| word.parse().unwrap_or(u64::MAX));
    (numbers.next().unwrap_or(1024), numbers.next().unwrap_or(1024))
}

fn ephemeral_ports() -> u64 {
    let line = first_line("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    // Without a readable range: what Linux has by default.
    if let [first, last] = numbers[..] { (last + 1).saturating_sub(first) } else { 28_232 }
}

fn revision() -> String {
    let Some(revision) = output("git", &["rev-parse", "--short=12", "HEAD"]) else { return unknown() };
    match output("git", &["status", "--porcelain"]).as_deref() {
        Some("") => revision,
        _ => format!("{revision} (with changes)"),
    }
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(workspace_root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn first_line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()?.lines().next().map(str::to_owned)
}

/// The value of the first line `name : value`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    line.map(|value| value.trim().to_owned())
}

fn unknown() -> String {
    "unknown".into()
}
