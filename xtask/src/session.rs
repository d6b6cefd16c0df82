//! One cell, from fresh processes to verified trials: for each of its processes a warm-up, then rounds in which every
//! contestant runs once. What is there already, from a run that was cut short, is not run again.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::answer::{self, Expected};
use crate::definitions::{ProcessUse, Server};
use crate::environment::{Disturbance, Environment};
use crate::failure::Failure;
use crate::gates::Surroundings;
use crate::lab::{Binaries, Canary, Launch, Origin, Runner, Started};
use crate::order;
use crate::outcome::{Outcome, Trial};
use crate::outside;
use crate::plan::{Cell, Entry, Planned};
use crate::processes::Processes;
use crate::progress::Progress;
use crate::results::{Absence, Place, Results};
use crate::words::Words;

/// What every cell of a run shares.
pub(crate) struct Session {
    pub(crate) processes: Processes,
    pub(crate) binaries: Binaries,
    pub(crate) origin: Origin,
    /// Where a workload wants it: there, or why it is not.
    pub(crate) nginx: Option<Result<Origin, String>>,
    /// Not there when only answers are checked.
    pub(crate) canary: Option<Canary>,
    pub(crate) environment: Environment,
    /// Not there when only answers are checked.
    pub(crate) results: Option<Results>,
    pub(crate) progress: Progress,
    pub(crate) seed: u64,
    /// How often the run had been resumed before.
    pub(crate) part: usize,
    /// Answers by question: the oracle is slow, and the question is the same in most cells.
    pub(crate) answers: BTreeMap<String, Words>,
}

/// Where in the plan a trial stands.
#[derive(Clone, Copy)]
struct Turn<'p> {
    planned: &'p Planned,
    cell: &'p Cell,
    entry: usize,
    process: usize,
    round: usize,
    slot: usize,
}

impl Turn<'_> {
    fn entry(&self) -> &Entry {
        &self.cell.entries[self.entry]
    }
}

impl Session {
    /// Measures what is missing of one cell into `outcome`. Where only answers are checked, that is the warm-up.
    ///
    /// # Errors
    /// When the origin dies, the results cannot be written, or on ^C. An engine that answers wrongly or fails is no error,
    /// it is an outcome.
    pub(crate) fn run(&mut self, planned: &Planned, cell: &Cell, outcome: &mut Outcome) -> Result<(), Failure> {
        let seed = self.seed ^ hash(&format!("{} {}", planned.name, cell.title));
        let orders = order::rounds(seed, cell.entries.len(), cell.rounds().max(1));
        let mut first = 1;
        for (process, rounds) in cell.processes.iter().copied().enumerate() {
            let turn = Turn { planned, cell, entry: 0, process, round: 0, slot: 0 };
            let orders = (first..).zip(&orders[first - 1..first - 1 + rounds]).collect::<Vec<_>>();
            match cell.process_use {
                ProcessUse::Kept => self.together(turn, &orders, outcome)?,
                ProcessUse::PerTrial | ProcessUse::Cold => self.one_by_one(turn, &orders, outcome)?,
            }
            first += rounds;
        }
        Ok(())
    }

    /// The usual way: every contestant's process stays, idle, until its turn comes again.
    fn together(
        &mut self,
        turn: Turn<'_>,
        rounds: &[(usize, &Vec<usize>)],
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let wanted = |outcome: &Outcome, entry| {
            let missing = rounds.iter().any(|(round, _)| !outcome.has(entry, turn.process, *round));
            !outcome.is_out(entry) && (missing || rounds.is_empty())
        };
        let mut runners: Vec<Option<Runner>> = Vec::new();
        for entry in 0..turn.cell.entries.len() {
            let first = rounds.first().map_or(0, |(round, _)| *round);
            self.progress.show(&turn.planned.name, &turn.cell.title, first, turn.cell.rounds());
            let started = wanted(outcome, entry).then(|| self.start(Turn { entry, ..turn }, outcome));
            runners.push(started.transpose()?.flatten());
        }
        for (entry, slot) in runners.iter_mut().enumerate() {
            if let Some(runner) = slot.take() {
                *slot = self.trial(Turn { entry, slot: entry, ..turn }, runner, outcome)?;
            }
        }
        for (round, order) in rounds {
            for (slot, entry) in order.iter().copied().enumerate() {
                if outcome.has(entry, turn.process, *round) {
                    continue;
                }
                if let Some(runner) = runners[entry].take() {
                    self.progress.show(&turn.planned.name, &turn.cell.title, *round, turn.cell.rounds());
                    runners[entry] = self.trial(Turn { entry, round: *round, slot, ..turn }, runner, outcome)?;
                }
            }
        }
        for runner in runners.into_iter().flatten() {
            runner.stop(&mut self.processes);
        }
        Ok(())
    }

    /// A process for each trial: warmed up (or not), measured, ended.
    fn one_by_one(
        &mut self,
        turn: Turn<'_>,
        rounds: &[(usize, &Vec<usize>)],
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let in_order: Vec<usize> = (0..turn.cell.entries.len()).collect();
        let (round, order) = rounds.first().map_or((0, &in_order), |(round, order)| (*round, *order));
        for (slot, entry) in order.iter().copied().enumerate() {
            if outcome.is_out(entry) || (round > 0 && outcome.has(entry, turn.process, round)) {
                continue;
            }
            self.progress.show(&turn.planned.name, &turn.cell.title, round, turn.cell.rounds());
            let turn = Turn { entry, slot, ..turn };
            let Some(mut runner) = self.start(turn, outcome)? else { continue };
            if round == 0 || turn.cell.process_use == ProcessUse::PerTrial {
                let Some(kept) = self.trial(turn, runner, outcome)? else { continue };
                runner = kept;
            }
            let kept = if round > 0 { self.trial(Turn { round, ..turn }, runner, outcome)? } else { Some(runner) };
            if let Some(runner) = kept {
                runner.stop(&mut self.processes);
            }
        }
        Ok(())
    }

    /// Starts one contestant; `None` when it takes no part.
    fn start(&mut self, turn: Turn<'_>, outcome: &mut Outcome) -> Result<Option<Runner>, Failure> {
        match self.start_runner(turn.planned, turn.entry()) {
            Ok(Started::Ready(runner)) if runner.debug && self.results.is_some() => Err(Failure::Setup(format!(
                "the runner of `{}` was built without optimisation: its times would mean nothing. Build it with --release, \
                 or check answers only with --verify",
                turn.entry().label
            ))),
            Ok(Started::Ready(runner)) => Ok(Some(runner)),
            Ok(Started::Unsupported(reason)) => {
                self.leave_out(turn, Absence::Unsupported, reason, outcome)?;
                Ok(None)
            }
            Err(Failure::Silent(reason)) => {
                self.leave_out(turn, Absence::Failed, reason, outcome)?;
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    fn start_runner(&mut self, planned: &Planned, entry: &Entry) -> Result<Started, Failure> {
        let runner = self.binaries.runner.clone();
        self.launch(&Launch { runner: &runner, through: None }, planned, entry)
    }

    /// Starts the process of a contestant in the way that is asked for.
    pub(crate) fn launch(&mut self, launch: &Launch<'_>, planned: &Planned, entry: &Entry) -> Result<Started, Failure> {
        let mut cpus: Vec<u64> = entry.cpus.iter().map(|index| self.environment.cpu(*index)).collect();
        cpus.dedup();
        let limit = Duration::from_secs(planned.time_limit_s);
        let origin = match (planned.server, &self.nginx) {
            (Server::Origin, _) => &self.origin,
            (Server::Nginx, Some(Ok(nginx))) => nginx,
            (Server::Nginx, Some(Err(reason))) => return Ok(Started::Unsupported(reason.clone())),
            (Server::Nginx, None) => return Ok(Started::Unsupported("nginx was not started".into())),
        };
        Runner::start(&mut self.processes, launch, origin, entry, &cpus, limit)
    }

    /// Runs one trial, checks it, writes it down. The runner comes back when it may go on.
    fn trial(&mut self, turn: Turn<'_>, runner: Runner, outcome: &mut Outcome) -> Result<Option<Runner>, Failure> {
        let entry = turn.entry();
        let expected = self.expected(turn.planned, turn.cell, entry)?;
        let canary_ns = match &mut self.canary {
            Some(canary) => canary.sing(&mut self.processes)?,
            None => 0,
        };
        let before = Disturbance::now();
        let words = match runner.trial(&mut self.processes, entry.requests) {
            Ok(words) => words,
            Err(Failure::Silent(reason)) => {
                self.leave_out(turn, Absence::Failed, reason, outcome)?;
                runner.kill(&mut self.processes);
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let (steal_ns, pressure_us) = Disturbance::now().since(before);
        let surroundings = Surroundings { steal_ns, pressure_us, canary_ns };
        let mut wrong = expected.differences(&words, turn.round > 0);
        if wrong.is_empty() && turn.cell.metric.value(&words, entry).is_none() {
            wrong.push("the trial does not report what this workload measures".into());
        }
        let place = self.place(&turn);
        if let Some(results) = &mut self.results {
            results.trial(&place, &runner.version, &surroundings, &words, &wrong)?;
        }
        self.progress.advance();
        if !wrong.is_empty() {
            outcome.wrong.push((turn.entry, wrong));
            runner.stop(&mut self.processes);
            return Ok(None);
        }
        let Turn { entry, process, round, .. } = turn;
        outcome.trials.push(Trial { entry, process, part: self.part, round, surroundings, words });
        Ok(Some(runner))
    }

    /// A contestant that takes no further part: said at once, written down, shown below the table.
    fn leave_out(
        &mut self,
        turn: Turn<'_>,
        how: Absence,
        reason: String,
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        if how == Absence::Failed {
            self.progress.note(&format!("failed     {}: {reason}", turn.entry().label));
        }
        let place = self.place(&turn);
        if let Some(results) = &mut self.results {
            results.absent(&place, how, &reason)?;
        }
        outcome.absent(turn.entry, how, reason);
        Ok(())
    }

    fn place<'p>(&self, turn: &Turn<'p>) -> Place<'p> {
        let Turn { planned, cell, process, round, slot, .. } = *turn;
        let engine = &cell.entries[turn.entry].label;
        Place { workload: &planned.name, cell: &cell.title, engine, process, part: self.part, round, slot }
    }

    /// What the contestant must find. The oracle is a runner without delays: they change nothing about what is found.
    fn expected(&mut self, planned: &Planned, cell: &Cell, entry: &Entry) -> Result<Expected, Failure> {
        // Links are resolved against the page's address, and the two servers have different ones.
        let question = format!("{:?}: {}", planned.server, answer::question(entry));
        if let Some(words) = self.answers.get(&question) {
            return Ok(Expected::new(words, entry));
        }
        let mut undelayed = outside::judged_by_runner(cell, entry);
        undelayed.label = format!("{} (oracle)", entry.label);
        for (_, value) in undelayed.params.iter_mut().filter(|(key, _)| key == "delay_us") {
            *value = "0".into();
        }
        let Started::Ready(oracle) = self.start_runner(planned, &undelayed)? else {
            return Err(Failure::Died(format!("`{}` cannot be asked for the right answer", entry.label)));
        };
        let words = oracle.oracle(&mut self.processes, entry.requests)?;
        oracle.stop(&mut self.processes);
        let expected = Expected::new(&words, entry);
        self.answers.insert(question, words);
        Ok(expected)
    }
}

/// FNV-1a: the same number for the same text in every build, which the standard hasher does not promise.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
