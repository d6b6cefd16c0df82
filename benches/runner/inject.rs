//! Faults put in on purpose, to see whether the lab catches them: `cargo xtask selftest` asks for them, nobody else.

use std::hint::black_box;

use crate::answer::Answer;
use crate::keys::number;
use crate::page::burn_nanoseconds;

/// What is done beside the work, or wrong with it. Nothing, unless it is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Inject {
    /// So much more CPU for each page or job.
    pub(crate) cpu_ns: u64,
    /// So many more heap allocations for each.
    pub(crate) allocations: u64,
    /// So many links too many in a trial's answer.
    pub(crate) wrong: u64,
    /// Not more than so many in flight, whatever is asked; 0 for as many as asked.
    pub(crate) cap: u64,
}

impl Inject {
    /// Takes a word if it is one of these.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Option<Result<(), String>> {
        let field = match key {
            "inject_cpu_ns" => &mut self.cpu_ns,
            "inject_allocations" => &mut self.allocations,
            "inject_wrong" => &mut self.wrong,
            "inject_cap" => &mut self.cap,
            _ => return None,
        };
        Some(number(key, value).map(|number| *field = number))
    }

    /// Whether anything is injected.
    pub(crate) fn is_any(&self) -> bool {
        *self != Inject::default()
    }

    /// What every page or job costs in addition.
    pub(crate) fn burden(&self) {
        if self.cpu_ns > 0 {
            burn_nanoseconds(self.cpu_ns);
        }
        for _ in 0..self.allocations {
            black_box(Box::new([0_u8; 64]));
        }
    }

    /// The answer with what is wrong about it.
    pub(crate) fn spoil(&self, answer: &mut Answer) {
        answer.links += self.wrong;
    }

    /// The concurrency that an engine quietly takes for the one that it was asked for.
    pub(crate) fn capped(&self, concurrency: usize) -> usize {
        match usize::try_from(self.cap) {
            Ok(cap) if cap > 0 => concurrency.min(cap),
            _ => concurrency,
        }
    }
}
