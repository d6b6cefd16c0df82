//! The lab's protocol for an engine in Rust: the command line, what a trial used, what the origin says.

use std::fmt::Display;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Why the engine ends: it does not do this workload, or it failed.
pub enum End {
    Unsupported(String),
    Failed { kind: &'static str, message: String },
}

impl End {
    pub fn failed(kind: &'static str, message: impl Display) -> End {
        End::Failed { kind, message: message.to_string() }
    }

    /// The line that says so, and whether it is a failure.
    pub fn line(&self) -> (String, bool) {
        let blank_free = |text: &str| text.split_whitespace().collect::<Vec<_>>().join("_");
        match self {
            End::Unsupported(reason) => (format!("unsupported reason={}", blank_free(reason)), false),
            End::Failed { kind, message } => (format!("error kind={kind} message={}", blank_free(message)), true),
        }
    }
}

/// One engine on one workload.
pub struct Run {
    pub engine: String,
    pub origin: SocketAddr,
    pub cpus: Vec<usize>,
    pub threads: usize,
    /// The workload's `key=value` words.
    pub words: Vec<(String, String)>,
}

impl Run {
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Run, End> {
        let usage = |message: String| End::failed("usage", message);
        let (mut engine, mut origin, mut cpus, mut threads, mut words) = (None, None, Vec::new(), 1, Vec::new());
        while let Some(argument) = arguments.next() {
            if !argument.starts_with("--") {
                let (key, value) =
                    argument.split_once('=').ok_or_else(|| usage(format!("`{argument}` is not key=value")))?;
                words.push((key.to_owned(), value.to_owned()));
                continue;
            }
            let value = arguments.next().ok_or_else(|| usage(format!("{argument} needs a value")))?;
            match argument.as_str() {
                "--engine" => engine = Some(value),
                "--origin" => origin = value.parse().ok(),
                "--threads" => threads = number(&argument, &value)?,
                "--cpus" => cpus = value.split(',').map(|cpu| number(&argument, cpu)).collect::<Result<_, _>>()?,
                _ => return Err(usage(format!("unknown option {argument}"))),
            }
        }
        let missing = || usage("--engine NAME and --origin ADDRESS are needed".into());
        Ok(Run { engine: engine.ok_or_else(missing)?, origin: origin.ok_or_else(missing)?, cpus, threads, words })
    }

    /// A number of the workload, or what the runner takes where nothing is said.
    pub fn number(&self, key: &str, default: usize) -> Result<usize, End> {
        self.text(key).map_or(Ok(default), |value| number(key, value))
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.words.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Stays on the CPUs that were given, with all threads that are still to be started.
    pub fn pin(&self) -> Result<(), End> {
        if self.cpus.is_empty() {
            return Ok(());
        }
        let mut set = CpuSet::new();
        // A set has a fixed size, beyond which it panics.
        self.cpus.iter().filter(|cpu| **cpu < CpuSet::MAX_CPU).for_each(|cpu| set.set(*cpu));
        sched_setaffinity(None, &set).map_err(|error| End::failed("cpus", format!("{:?}: {error}", self.cpus)))
    }
}

/// How many requests the trial that a line of standard input asks for makes.
pub fn command(line: &str, requests: usize) -> Result<usize, End> {
    let mut words = line.split_whitespace();
    if words.next() != Some("trial") {
        return Err(End::failed("input", format!("`{}` is not a trial", line.trim())));
    }
    let asked = words.find_map(|word| word.strip_prefix("requests="));
    asked.map_or(Ok(requests), |value| number("requests", value))
}

fn number(key: &str, value: &str) -> Result<usize, End> {
    value.parse().map_err(|_| End::failed("usage", format!("{key}: `{value}` is not a number")))
}

/// What the process has used since this was made.
pub struct Usage {
    wall: Instant,
    cpu: Duration,
    ticks: (u64, u64),
}

impl Usage {
    pub fn start() -> Usage {
        // 5 resets VmHWM (proc(5)). Where it is not allowed the peak is that of the process's life.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Usage { ticks: ticks(), cpu: cpu_time(), wall: Instant::now() }
    }

    /// The words of a trial's line.
    pub fn stop(&self) -> String {
        let wall = self.wall.elapsed();
        let cpu = cpu_time() - self.cpu;
        let (user, system) = ticks();
        let (user, system) = (user - self.ticks.0, system - self.ticks.1);
        // The clock gives the sum to the nanosecond; the kernel's split of it is coarser, so only its proportion is used.
        let share = if user + system == 0 { 0.5 } else { system as f64 / (user + system) as f64 };
        let system = cpu.mul_f64(share);
        format!(
            "wall_ns={} cpu_user_ns={} cpu_sys_ns={} vmhwm_bytes={} vmrss_bytes={} threads={}",
            wall.as_nanos(),
            (cpu - system).as_nanos(),
            system.as_nanos(),
            status("VmHWM:") * 1024,
            status("VmRSS:") * 1024,
            status("Threads:"),
        )
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// User and system time in the kernel's ticks: the fields 14 and 15 of proc(5), counted from behind the name.
fn ticks() -> (u64, u64) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).and_then(|field| field.parse().ok()).unwrap_or(0);
    (field(14), field(15))
}

fn status(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let rest = status.lines().find_map(|line| line.strip_prefix(key));
    rest.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The body of the origin's answer, over a connection of its own and outside of the timed region.
pub fn ask(origin: SocketAddr, path: &str) -> Result<String, End> {
    let failed = |error: &dyn Display| End::failed("origin", format!("{origin}{path}: {error}"));
    let exchange = || -> std::io::Result<String> {
        let patience = Duration::from_secs(10);
        let mut socket = TcpStream::connect_timeout(&origin, patience)?;
        socket.set_read_timeout(Some(patience))?;
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {origin}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = exchange().map_err(|error| failed(&error))?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(failed(&answer.lines().next().unwrap_or("no answer"))),
    }
}
