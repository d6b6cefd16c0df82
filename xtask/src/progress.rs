//! What a person sees while it runs: one line that rewrites itself on a terminal, a line per workload in a pipe.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Instant;

use crate::numbers;
use crate::say;

/// Counts trials and shows how far it is, on standard error.
pub(crate) struct Progress {
    terminal: bool,
    begin: Instant,
    done: usize,
    total: usize,
    shown: bool,
}

/// How many characters the bar has.
const BAR: usize = 20;
/// Longer lines would wrap and could not be rewritten.
const WIDTH: usize = 100;

impl Progress {
    pub(crate) fn new(total: usize) -> Progress {
        let terminal = stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Progress { terminal, begin: Instant::now(), done: 0, total, shown: false }
    }

    /// A workload begins.
    pub(crate) fn workload(&mut self, name: &str, cells: usize, trials: usize) {
        if !self.terminal {
            say::note(&format!(
                "run        {name}: {cells} table{}, {trials} trials",
                if cells == 1 { "" } else { "s" }
            ));
        }
    }

    /// A workload has ended.
    pub(crate) fn workload_done(&mut self, name: &str) {
        self.clear();
        if !self.terminal {
            say::note(&format!("done       {name} after {}", numbers::seconds(self.begin.elapsed().as_secs_f64())));
        }
    }

    /// Something that cannot wait for the end of the cell.
    pub(crate) fn note(&mut self, line: &str) {
        self.clear();
        say::note(line);
    }

    /// More trials than were planned.
    pub(crate) fn extend(&mut self, trials: usize) {
        self.total += trials;
    }

    /// One more trial is done.
    pub(crate) fn advance(&mut self) {
        self.done += 1;
    }

    /// How many are done.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// A cell has ended. It may have had fewer trials than planned (an engine was refused) or more (warm-ups).
    pub(crate) fn done_to(&mut self, done: usize) {
        self.done = done.min(self.total);
    }

    /// Rewrites the line.
    pub(crate) fn show(&mut self, workload: &str, cell: &str, round: usize, rounds: usize) {
        if !self.terminal {
            return;
        }
        let share = (self.done as f64 / self.total.max(1) as f64).min(1.0);
        let filled = (share * BAR as f64) as usize;
        let left = self.begin.elapsed().as_secs_f64() * (1.0 - share) / share.max(1e-9);
        let eta = if self.done == 0 { "...".into() } else { numbers::seconds(left) };
        let line = format!(
            "[{}{}] {:>3.0} %  eta {eta}  {workload}  round {round}/{rounds}  {cell}",
            "#".repeat(filled.min(BAR)),
            "-".repeat(BAR - filled.min(BAR)),
            share * 100.0
        );
        let line: String = line.chars().take(WIDTH).collect();
        let _ = write!(stderr(), "\r\x1b[2K{line}");
        let _ = stderr().flush();
        self.shown = true;
    }

    /// Takes the line away, before something else is printed.
    pub(crate) fn clear(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[2K");
            let _ = stderr().flush();
            self.shown = false;
        }
    }
}
