//! Delays: which answer is due when, and how much a delay differs from what was asked.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::random;

/// What is due, the earliest first. A token is never taken out before its time: whoever is woken looks whether it still waits.
#[derive(Debug, Default)]
pub(crate) struct Delays {
    due: BinaryHeap<Reverse<(u64, u64)>>,
}

impl Delays {
    /// `token` is due at `due_ns`.
    pub(crate) fn push(&mut self, due_ns: u64, token: u64) {
        self.due.push(Reverse((due_ns, token)));
    }

    /// When the next is due.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.due.peek().map(|Reverse((due_ns, _))| *due_ns)
    }

    /// Takes out a token that is due at `now_ns`, the most overdue first.
    pub(crate) fn pop_due(&mut self, now_ns: u64) -> Option<u64> {
        if self.next_ns()? > now_ns {
            return None;
        }
        self.due.pop().map(|Reverse((_, token))| token)
    }
}

/// Seeded noise on the delays. Without it a closed loop makes convoys: clients that were answered together ask together, and are
/// then answered together again, so that the measurement is one of bursts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jitter {
    seed: u64,
    percent: u32,
}

impl Jitter {
    /// Delays differ by at most `percent` (at most 100) from what was asked, evenly to both sides.
    pub(crate) fn new(seed: u64, percent: u32) -> Jitter {
        Jitter { seed, percent }
    }

    /// The delay to serve for request `index` when `delay_us` was asked: a function of the seed and of these two, so that every
    /// engine is served the same. Zero stays zero.
    pub(crate) fn delay_ns(self, index: u64, delay_us: u64) -> u64 {
        let noise = random::hash([self.seed, index, delay_us]);
        // The upper 53 bits fill a float exactly; the result lies in [-1, 1).
        let unit = (noise >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
        let factor = 1.0 + unit * f64::from(self.percent) / 100.0;
        (delay_us as f64 * 1000.0 * factor) as u64
    }
    /// Whether request `index` is one of the slow ones: of every hundred in a row exactly `percent`, spread as evenly as may be. Each
    /// hundred starts elsewhere, by the seed, so that they do not keep step with a client that has ten connections.
    pub(crate) fn is_slow(self, index: u64, percent: u64) -> bool {
        let start = random::hash([self.seed, index / 100, percent]) % 100;
        ((index % 100) * percent + start) % 100 < percent
    }
}
