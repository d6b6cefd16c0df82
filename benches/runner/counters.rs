//! Counters of whoever links the runner: read at the beginning and at the end of a trial.

use std::fmt::Write as _;

/// A number that only grows, and the word under which a trial says by how much.
#[derive(Debug, Clone, Copy)]
pub struct Counter {
    /// The word of the trial's line.
    pub name: &'static str,
    /// Where the counter stands.
    pub now: fn() -> u64,
}

/// Where all counters stood at two moments.
pub(crate) struct Readings {
    counters: &'static [Counter],
    // Made beforehand, so that an allocation counter does not count its own readings.
    before: Vec<u64>,
    after: Vec<u64>,
}

impl Readings {
    pub(crate) fn begin(counters: &'static [Counter]) -> Self {
        let zeros = vec![0; counters.len()];
        let mut readings = Readings { counters, before: zeros.clone(), after: zeros };
        readings.before.iter_mut().zip(counters).for_each(|(place, counter)| *place = (counter.now)());
        readings
    }

    pub(crate) fn end(&mut self) {
        self.after.iter_mut().zip(self.counters).for_each(|(place, counter)| *place = (counter.now)());
    }

    /// The words of a trial's line, each after a space.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        for ((counter, before), after) in self.counters.iter().zip(&self.before).zip(&self.after) {
            let _ = write!(words, " {}={}", counter.name, after - before);
        }
        words
    }
}
