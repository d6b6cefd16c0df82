//! What went on around each trial, and which trials the machine spoiled. Flags depend on the surroundings and never on the
//! result; at most a tenth of a cell's trials is dropped, and what was dropped is said.

use std::collections::{BTreeMap, BTreeSet};

use crate::outcome::{Outcome, Trial};
use crate::stats::{self, ENOUGH_ROUNDS};
use crate::words::Words;

/// The machine while one trial ran.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Surroundings {
    /// CPU time that the host gave to others, over all CPUs.
    pub(crate) steal_ns: u64,
    /// How long some task had to wait for a CPU (`some` of `/proc/pressure/cpu`).
    pub(crate) pressure_us: u64,
    /// How long a fixed piece of integer work took on the engine's CPU just before.
    pub(crate) canary_ns: u64,
}

impl Surroundings {
    /// For a line of the results.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [("steal_ns", self.steal_ns), ("pressure_us", self.pressure_us), ("canary_ns", self.canary_ns)].into_iter()
    }

    /// From a line of the results; what is not there is 0.
    pub(crate) fn from_words(words: &Words) -> Surroundings {
        let number = |key| words.number(key).unwrap_or(0.0) as u64;
        Surroundings {
            steal_ns: number("steal_ns"),
            pressure_us: number("pressure_us"),
            canary_ns: number("canary_ns"),
        }
    }
}

/// Why a trial is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gate {
    /// The host took more than 1 % of its time.
    Steal,
    /// The machine was slower just before: more than 3 % off the cell's median canary.
    Canary,
    /// Somebody waited for a CPU much longer than in the engine's other trials.
    Pressure,
    /// The engine was interrupted much more often than in its other trials.
    Switches,
    /// The origin was late, much more than in the engine's other trials.
    Late,
    /// The run was cut short and resumed in the middle of its round.
    Split,
}

impl Gate {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Gate::Steal => "steal",
            Gate::Canary => "canary",
            Gate::Pressure => "pressure",
            Gate::Switches => "switches",
            Gate::Late => "late origin",
            Gate::Split => "split round",
        }
    }
}

/// What the gates say of a cell; numbers are places in the outcome's list of trials.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Gated {
    /// Every flagged trial with its worst gate.
    pub(crate) flagged: Vec<(usize, Gate)>,
    /// Those of them that do not count.
    pub(crate) dropped: Vec<usize>,
    /// How many trials there were.
    pub(crate) of: usize,
}

impl Gated {
    /// `3 of 130 trials dropped (2 steal, 1 canary)`; empty when nothing was flagged.
    pub(crate) fn describe(&self) -> String {
        let mut gates: Vec<Gate> = self.flagged.iter().map(|(_, gate)| *gate).collect();
        gates.sort_unstable();
        let counts: Vec<String> =
            gates.chunk_by(|a, b| a == b).map(|run| format!("{} {}", run.len(), run[0].name())).collect();
        let (flagged, dropped, of, counts) = (self.flagged.len(), self.dropped.len(), self.of, counts.join(", "));
        match flagged - dropped {
            _ if flagged == 0 => String::new(),
            0 => format!("{flagged} of {of} trials dropped ({counts})"),
            _ => format!("{flagged} of {of} trials flagged ({counts}), the worst {dropped} of them dropped"),
        }
    }
}

/// Looks at the counted trials of a cell; `reference` is the contestant that the others are paired with.
///
/// No contestant loses so many that fewer than [`ENOUGH_ROUNDS`] of its rounds can be paired: a cell without a verdict, or
/// without a control, would be the worse harm.
pub(crate) fn gate(outcome: &Outcome, reference: usize) -> Gated {
    let counted: Vec<(usize, &Trial)> =
        outcome.trials.iter().enumerate().filter(|(_, trial)| trial.round > 0).collect();
    let canary = median(counted.iter().map(|(_, trial)| trial.surroundings.canary_ns as f64));
    let usual = Usual::of_each(&counted);
    let mut first_part: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, trial) in &counted {
        let part = first_part.entry(trial.round).or_insert(trial.part);
        *part = trial.part.min(*part);
    }
    let worst = |trial: &Trial| {
        let split = (trial.part > first_part[&trial.round]).then_some((Gate::Split, f64::INFINITY));
        let excesses = excesses(trial, canary, &usual[&trial.entry]).into_iter().chain(split);
        excesses.filter(|(_, excess)| *excess > 1.0).max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let flagged = counted.iter().filter_map(|(index, trial)| worst(trial).map(|(gate, excess)| (*index, gate, excess)));
    let mut flagged: Vec<(usize, Gate, f64)> = flagged.collect();
    flagged.sort_by(|a, b| b.2.total_cmp(&a.2));
    let mut pairs = Pairs::new(&counted, reference);
    let mut dropped: Vec<usize> = Vec::new();
    for (index, ..) in &flagged {
        if dropped.len() < counted.len() / 10 && pairs.drop(&outcome.trials[*index]) {
            dropped.push(*index);
        }
    }
    let flagged = flagged.into_iter().map(|(index, gate, _)| (index, gate)).collect();
    Gated { flagged, dropped, of: counted.len() }
}

/// Which rounds of each contestant can be paired with the reference's.
struct Pairs {
    reference: usize,
    rounds: BTreeMap<usize, BTreeSet<usize>>,
}

impl Pairs {
    fn new(counted: &[(usize, &Trial)], reference: usize) -> Pairs {
        let mut rounds: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (_, trial) in counted {
            rounds.entry(trial.entry).or_default().insert(trial.round);
        }
        Pairs { reference, rounds }
    }

    /// Takes a trial away, unless that would leave a contestant that has enough pairs without.
    fn drop(&mut self, trial: &Trial) -> bool {
        let Some(paired_with) = self.rounds.get(&self.reference) else { return true };
        let loses = |(entry, rounds): &(&usize, &BTreeSet<usize>)| {
            let pair = rounds.contains(&trial.round) && paired_with.contains(&trial.round);
            pair && (trial.entry == self.reference || trial.entry == **entry)
        };
        let barely = |rounds: &BTreeSet<usize>| rounds.intersection(paired_with).count() == ENOUGH_ROUNDS;
        if self.rounds.iter().filter(loses).any(|(_, rounds)| barely(rounds)) {
            return false;
        }
        self.rounds.entry(trial.entry).or_default().remove(&trial.round);
        true
    }
}

/// What an engine's trials usually see, by their medians.
struct Usual {
    pressure: f64,
    switches: f64,
    late: f64,
}

impl Usual {
    fn of_each(counted: &[(usize, &Trial)]) -> BTreeMap<usize, Usual> {
        let entries: BTreeSet<usize> = counted.iter().map(|(_, trial)| trial.entry).collect();
        let usual = |entry: usize| {
            let own = |value: Value| {
                median(counted.iter().filter(|(_, trial)| trial.entry == entry).filter_map(|(_, trial)| value(trial)))
            };
            (entry, Usual { pressure: own(PRESSURE), switches: own(SWITCHES), late: own(LATE) })
        };
        entries.into_iter().map(usual).collect()
    }
}

/// The share of a trial for which somebody waited for a CPU.
const PRESSURE: Value = |trial| Some(trial.surroundings.pressure_us as f64 * 1e3 / trial.words.number("wall_ns")?);
const SWITCHES: Value = |trial| trial.words.number("nivcsw");
const LATE: Value = |trial| trial.words.number("origin_late_p99_ns");

type Value = fn(&Trial) -> Option<f64>;

/// By how much a trial is beyond each gate; 1 is just at it.
fn excesses(trial: &Trial, canary: f64, usual: &Usual) -> [(Gate, f64); 5] {
    let of = |value: Value| value(trial).unwrap_or(0.0);
    let steal = trial.surroundings.steal_ns as f64 / (0.01 * trial.words.number("wall_ns").unwrap_or(1e9));
    [
        (Gate::Steal, steal),
        (Gate::Canary, if canary > 0.0 { trial.surroundings.canary_ns as f64 / (1.03 * canary) } else { 0.0 }),
        (Gate::Pressure, of(PRESSURE) / (usual.pressure + 0.1)),
        (Gate::Switches, of(SWITCHES) / (3.0 * usual.switches + 50.0)),
        (Gate::Late, of(LATE) / (4.0 * usual.late).max(1e6)),
    ]
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    stats::median(&mut values.collect::<Vec<f64>>()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests;
