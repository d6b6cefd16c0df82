//! What a cell gathered, be it measured just now or read back from a file.

use crate::gates::Surroundings;
use crate::results::Absence;
use crate::words::Words;

/// What a cell gathered so far; a failure leaves what was there.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) trials: Vec<Trial>,
    /// Contestants whose answer was wrong, and what differed. They run no further.
    pub(crate) wrong: Vec<(usize, Vec<String>)>,
    /// Contestants that do not do this, and why.
    pub(crate) unsupported: Vec<(usize, String)>,
    /// Contestants whose process failed, and how. They run no further.
    pub(crate) failed: Vec<(usize, String)>,
}

/// One verified trial.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    /// Which contestant of the cell.
    pub(crate) entry: usize,
    /// Which of its processes.
    pub(crate) process: usize,
    /// Which part of a run that was resumed.
    pub(crate) part: usize,
    /// 0 is the warm-up; counted over all processes of the cell.
    pub(crate) round: usize,
    pub(crate) surroundings: Surroundings,
    pub(crate) words: Words,
}

impl Outcome {
    /// Whether nothing at all is known yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.trials.is_empty() && self.wrong.is_empty() && self.unsupported.is_empty() && self.failed.is_empty()
    }

    /// How long all trials took together.
    pub(crate) fn seconds(&self) -> f64 {
        self.trials.iter().filter_map(|trial| trial.words.number("wall_ns")).sum::<f64>() / 1e9
    }

    /// Notes that a contestant takes no part.
    pub(crate) fn absent(&mut self, entry: usize, how: Absence, reason: String) {
        let list = match how {
            Absence::Unsupported => &mut self.unsupported,
            Absence::Failed => &mut self.failed,
        };
        if !list.iter().any(|(known, _)| *known == entry) {
            list.push((entry, reason));
        }
    }

    /// Whether a contestant runs no further.
    pub(crate) fn is_out(&self, entry: usize) -> bool {
        self.wrong.iter().any(|(wrong, _)| *wrong == entry)
            || self.unsupported.iter().chain(&self.failed).any(|(absent, _)| *absent == entry)
    }

    /// Whether this counted trial is there.
    pub(crate) fn has(&self, entry: usize, process: usize, round: usize) -> bool {
        self.trials.iter().any(|trial| (trial.entry, trial.process, trial.round) == (entry, process, round))
    }

    /// Whether a contestant answered, and never wrongly.
    pub(crate) fn is_right(&self, entry: usize) -> bool {
        self.trials.iter().any(|trial| trial.entry == entry) && !self.is_out(entry)
    }
}
