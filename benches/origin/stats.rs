//! What the origin witnessed: counters and delays of one period, and the gauges that outlive it.

use std::fmt::Write;
use std::fs;

use rustix::time::{ClockId, clock_gettime};

use crate::answer::{Answer, Kind};
use crate::served_delays::ServedDelays;

/// The counters of the current period.
#[derive(Debug)]
pub(crate) struct Stats {
    /// Which period this is, counted from 0.
    period: u64,
    started_ns: u64,
    cpu_started_ns: u64,
    served: u64,
    failed: u64,
    refused: u64,
    abandoned: u64,
    accepted: u64,
    /// The same for each host.
    accepted_by_host: Vec<u64>,
    /// How many of these are not zero.
    hosts_seen: u64,
    closed_by_peer: u64,
    reset_by_peer: u64,
    open: u64,
    in_flight: u64,
    in_flight_max: u64,
    silent: u64,
    frozen_ns: u64,
    body_bytes: u64,
    bytes_written: u64,
    delays: ServedDelays,
}

/// How a peer ended its connection, before the origin did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerEnd {
    /// It said that it will send no more.
    Closed,
    /// It will not listen either, and has thrown away what it had not read.
    Reset,
}

impl Stats {
    /// The first period of so many hosts, which starts now.
    pub(crate) fn new(hosts: usize, now_ns: u64) -> Stats {
        Stats {
            period: 0,
            started_ns: now_ns,
            cpu_started_ns: cpu_ns(),
            served: 0,
            failed: 0,
            refused: 0,
            abandoned: 0,
            accepted: 0,
            accepted_by_host: vec![0; hosts],
            hosts_seen: 0,
            closed_by_peer: 0,
            reset_by_peer: 0,
            open: 0,
            in_flight: 0,
            in_flight_max: 0,
            silent: 0,
            frozen_ns: 0,
            body_bytes: 0,
            bytes_written: 0,
            delays: ServedDelays::new(),
        }
    }

    /// Starts a new period: the counters are zero, the gauges (`open`, what is in flight) stay.
    pub(crate) fn reset(&mut self, now_ns: u64) {
        let (period, open, in_flight) = (self.period + 1, self.open, self.in_flight);
        let fresh = Stats::new(self.accepted_by_host.len(), now_ns);
        *self = Stats { period, open, in_flight, in_flight_max: in_flight, ..fresh };
    }

    /// `host` accepted a connection; returns the period, for [`Stats::disown`].
    pub(crate) fn accept(&mut self, host: u16) -> u64 {
        self.accepted += 1;
        self.open += 1;
        let of_host = &mut self.accepted_by_host[usize::from(host)];
        *of_host += 1;
        if *of_host == 1 {
            self.hosts_seen += 1;
        }
        self.period
    }

    /// The connection that `host` accepted in `period` turned out to be the lab's own, which is not counted.
    pub(crate) fn disown(&mut self, host: u16, period: u64) {
        self.open -= 1;
        if period != self.period {
            return;
        }
        self.accepted -= 1;
        let of_host = &mut self.accepted_by_host[usize::from(host)];
        *of_host -= 1;
        if *of_host == 0 {
            self.hosts_seen -= 1;
        }
    }

    /// The peer of a counted connection ended it.
    pub(crate) fn end(&mut self, end: PeerEnd) {
        match end {
            PeerEnd::Closed => self.closed_by_peer += 1,
            PeerEnd::Reset => self.reset_by_peer += 1,
        }
    }

    /// A counted connection is closed.
    pub(crate) fn close(&mut self) {
        self.open -= 1;
    }

    /// A request was received whole.
    pub(crate) fn begin(&mut self) {
        self.in_flight += 1;
        self.in_flight_max = self.in_flight_max.max(self.in_flight);
    }

    /// A request that was received whole and will never be answered.
    pub(crate) fn begin_silent(&mut self) {
        self.silent += 1;
        self.begin();
    }

    /// Whoever made a request in flight is gone.
    pub(crate) fn abandon(&mut self) {
        self.abandoned += 1;
        self.in_flight -= 1;
    }

    /// So much of an answer was written.
    pub(crate) fn write(&mut self, kind: Kind, bytes: usize) {
        if kind != Kind::Uncounted {
            self.bytes_written += bytes as u64;
        }
    }

    /// Nobody was served for so long.
    pub(crate) fn freeze(&mut self, for_ns: u64) {
        self.frozen_ns += for_ns;
    }

    /// A request has failed on purpose: its answer was an error, or a reset.
    pub(crate) fn fail(&mut self) {
        self.failed += 1;
        self.in_flight -= 1;
    }

    /// An answer is written whole.
    pub(crate) fn finish(&mut self, answer: &Answer) {
        match answer.kind {
            Kind::Uncounted | Kind::Abandoned => {}
            Kind::Refused => self.refused += 1,
            Kind::Failed => self.fail(),
            Kind::Served => {
                self.served += 1;
                self.in_flight -= 1;
                self.body_bytes += answer.body_bytes() as u64;
                if let Some(delay) = answer.delay() {
                    self.delays.record(&delay);
                }
            }
        }
    }

    /// The line of `/_stats`.
    pub(crate) fn line(&self, now_ns: u64) -> String {
        let counters = [
            ("served", self.served),
            ("failed", self.failed),
            ("refused", self.refused),
            ("abandoned", self.abandoned),
            ("accepted", self.accepted),
            ("hosts_seen", self.hosts_seen),
            ("closed_by_peer", self.closed_by_peer),
            ("reset_by_peer", self.reset_by_peer),
            ("open", self.open),
            ("in_flight", self.in_flight),
            ("in_flight_max", self.in_flight_max),
            ("silent", self.silent),
            ("cpu_ns", cpu_ns() - self.cpu_started_ns),
            ("wall_ns", now_ns - self.started_ns),
            ("frozen_ns", self.frozen_ns),
            ("body_bytes", self.body_bytes),
            ("bytes_written", self.bytes_written),
            ("rss_bytes", resident_bytes("self")),
            ("time_wait", time_waits()),
        ];
        let mut line = String::new();
        for (key, value) in counters {
            // Writing to a String cannot fail.
            let _ = write!(line, "{key}={value} ");
        }
        self.delays.describe(&mut line);
        line
    }
}

/// What the process has computed so far, in user and kernel.
fn cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// What a process holds of memory; 0 where the kernel does not say.
pub(crate) fn resident_bytes(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes * 1024)
}

/// How many connections the kernel remembers after their end, of all processes of this network; 0 where it does not say.
fn time_waits() -> u64 {
    let sockets = fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    let mut words = sockets.lines().find_map(|line| line.strip_prefix("TCP:")).unwrap_or_default().split_whitespace();
    words.find(|word| *word == "tw").and_then(|_| words.next()).and_then(|count| count.parse().ok()).unwrap_or(0)
}
