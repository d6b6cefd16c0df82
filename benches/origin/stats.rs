//! What the origin witnessed: counters and lateness of one period, and the gauges that outlive it.

use std::fmt::Write;

use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};

use crate::answer::{Answer, Kind};

/// The counters of the current period.
#[derive(Debug)]
pub(crate) struct Stats {
    /// Which period this is, counted from 0.
    period: u64,
    started_ns: u64,
    cpu_started_ns: u64,
    served: u64,
    refused: u64,
    accepted: u64,
    open: u64,
    in_flight: u64,
    in_flight_max: u64,
    silent: u64,
    body_bytes: u64,
    lateness: Lateness,
}

impl Stats {
    /// The first period, which starts now.
    pub(crate) fn new(now_ns: u64) -> Stats {
        Stats {
            period: 0,
            started_ns: now_ns,
            cpu_started_ns: cpu_ns(),
            served: 0,
            refused: 0,
            accepted: 0,
            open: 0,
            in_flight: 0,
            in_flight_max: 0,
            silent: 0,
            body_bytes: 0,
            lateness: Lateness::new(),
        }
    }

    /// Starts a new period: the counters are zero, the gauges (`open`, what is in flight) stay.
    pub(crate) fn reset(&mut self, now_ns: u64) {
        let (period, open, in_flight) = (self.period + 1, self.open, self.in_flight);
        *self = Stats { period, open, in_flight, in_flight_max: in_flight, ..Stats::new(now_ns) };
    }

    /// A connection was accepted; returns the period, for [`Stats::disown`].
    pub(crate) fn accept(&mut self) -> u64 {
        self.accepted += 1;
        self.open += 1;
        self.period
    }

    /// The connection that was accepted in `period` turned out to be the lab's own, which is not counted.
    pub(crate) fn disown(&mut self, period: u64) {
        self.open -= 1;
        if period == self.period {
            self.accepted -= 1;
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

    /// The connection of a request in flight is gone.
    pub(crate) fn abandon(&mut self) {
        self.in_flight -= 1;
    }

    /// An answer is written whole.
    pub(crate) fn finish(&mut self, answer: &Answer) {
        match answer.kind {
            Kind::Uncounted => {}
            Kind::Refused => self.refused += 1,
            Kind::Served => {
                self.served += 1;
                self.in_flight -= 1;
                self.body_bytes += answer.body_bytes() as u64;
                if answer.delay_ns > 0 {
                    self.lateness.record(answer);
                }
            }
        }
    }

    /// The line of `/_stats`.
    pub(crate) fn line(&self, now_ns: u64) -> String {
        let mut line = format!(
            "served={} refused={} accepted={} open={} in_flight_max={} silent={} cpu_ns={} wall_ns={} body_bytes={}",
            self.served,
            self.refused,
            self.accepted,
            self.open,
            self.in_flight_max,
            self.silent,
            cpu_ns() - self.cpu_started_ns,
            now_ns - self.started_ns,
            self.body_bytes,
        );
        self.lateness.describe(&mut line);
        line
    }
}

/// How the delays of a period were served.
#[derive(Debug)]
struct Lateness {
    count: u64,
    delay_sum_ns: u128,
    late_max_ns: u64,
    late_ns: Histogram<u64>,
    /// How many answers were at most 2^i ns late, and later than 2^(i-1).
    by_power: [u64; 65],
}

impl Lateness {
    fn new() -> Lateness {
        // An hour covers any lateness of a process that is still asked, and two digits are one percent.
        let late_ns = Histogram::new_with_max(3_600_000_000_000, 2).expect("the bounds and digits are valid");
        Lateness { count: 0, delay_sum_ns: 0, late_max_ns: 0, late_ns, by_power: [0; 65] }
    }

    fn record(&mut self, answer: &Answer) {
        let delay_ns = answer.first_byte_ns - answer.received_ns;
        // Never early, by the loop's own clock; saturating, so that a wrong belief here would show as zero and not as centuries.
        let late_ns = delay_ns.saturating_sub(answer.delay_ns);
        self.count += 1;
        self.delay_sum_ns += u128::from(delay_ns);
        self.late_max_ns = self.late_max_ns.max(late_ns);
        self.late_ns.saturating_record(late_ns);
        self.by_power[power_above(late_ns)] += 1;
    }

    fn describe(&self, line: &mut String) {
        let mean = self.delay_sum_ns / u128::from(self.count.max(1));
        // A bucket's upper end may lie above all that was recorded.
        let quantile = |share| self.late_ns.value_at_quantile(share).min(self.late_max_ns);
        let powers = self.by_power.iter().enumerate().filter(|(_, count)| **count > 0);
        let powers: Vec<String> = powers.map(|(power, count)| format!("{}:{count}", 1_u128 << power)).collect();
        // Writing to a String cannot fail.
        let _ = write!(
            line,
            " delayed={} delay_mean_ns={mean} late_p50_ns={} late_p99_ns={} late_max_ns={} late_hist={}",
            self.count,
            quantile(0.5),
            quantile(0.99),
            self.late_max_ns,
            powers.join(","),
        );
    }
}

/// The smallest `i` with `value <= 2^i`.
fn power_above(value: u64) -> usize {
    (u64::BITS - value.saturating_sub(1).leading_zeros()) as usize
}

/// What the process has computed so far, in user and kernel.
fn cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
