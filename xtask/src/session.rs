//! One cell, from fresh processes to verified trials: warm-up, then rounds in which every contestant runs once in a shuffled order.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;

use crate::answer::{self, Expected};
use crate::definitions::ProcessUse;
use crate::environment::{CpuTimes, Environment, SPARE_DESCRIPTORS};
use crate::failure::Failure;
use crate::lab::{Binaries, Origin, Runner, Started};
use crate::plan::{Cell, Entry, Planned};
use crate::processes::Processes;
use crate::progress::Progress;
use crate::results::{Place, Results};
use crate::score::Metric;
use crate::words::Words;

/// What every cell of a run shares.
pub(crate) struct Session {
    pub(crate) processes: Processes,
    pub(crate) binaries: Binaries,
    pub(crate) origin: Origin,
    pub(crate) environment: Environment,
    /// Not there when only answers are checked.
    pub(crate) results: Option<Results>,
    pub(crate) progress: Progress,
    pub(crate) seed: u64,
    pub(crate) rng: Rng,
    /// Answers by question: the oracle is slow, and the question is the same in most cells.
    pub(crate) answers: BTreeMap<String, Words>,
}

/// What a cell gathered so far; a failure leaves what was there.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) trials: Vec<Trial>,
    /// Contestants whose answer was wrong, and what differed. They run no further.
    pub(crate) wrong: Vec<(usize, Vec<String>)>,
    /// Contestants that do not do this model, and why.
    pub(crate) unsupported: Vec<(usize, String)>,
    pub(crate) steal_percent: f64,
}

/// One verified trial.
#[derive(Debug)]
pub(crate) struct Trial {
    /// Which contestant of the cell.
    pub(crate) entry: usize,
    /// 0 is the warm-up.
    pub(crate) round: usize,
    pub(crate) words: Words,
}

impl Session {
    /// Measures one cell into `outcome`. Without results (`--verify`) it stops after the warm-up.
    ///
    /// # Errors
    /// When a process dies, the protocol is broken, or on ^C. A wrong answer is no error, it is an outcome.
    pub(crate) fn run(&mut self, planned: &Planned, cell: &Cell, outcome: &mut Outcome) -> Result<(), Failure> {
        let before = CpuTimes::now();
        let done = self.progress.done() + cell.entries.len() * (1 + self.rounds(planned));
        let measured = match self.process_use(planned, cell) {
            ProcessUse::Kept => self.kept(planned, cell, outcome),
            ProcessUse::PerTrial => self.fresh(planned, cell, outcome, true),
            ProcessUse::Cold => self.fresh(planned, cell, outcome, false),
        };
        self.progress.done_to(done);
        outcome.steal_percent = CpuTimes::now().steal_percent_since(before);
        measured
    }

    /// How processes are used in this cell: as the workload says, unless the runners of all contestants cannot keep their
    /// connections at the same time.
    pub(crate) fn process_use(&self, planned: &Planned, cell: &Cell) -> ProcessUse {
        let connections = cell.number("concurrency") * cell.entries.len() as u64;
        let fit = connections + SPARE_DESCRIPTORS <= self.environment.hard_descriptors
            && connections <= self.environment.ports / 2;
        match planned.workload.processes {
            ProcessUse::Kept if !fit => ProcessUse::PerTrial,
            chosen => chosen,
        }
    }

    /// The usual way: every contestant's process stays, idle, until its turn comes again.
    fn kept(&mut self, planned: &Planned, cell: &Cell, outcome: &mut Outcome) -> Result<(), Failure> {
        let mut runners: Vec<Option<Runner>> = Vec::new();
        for index in 0..cell.entries.len() {
            runners.push(self.start(planned, cell, index, outcome)?);
        }
        for (index, slot) in runners.iter_mut().enumerate() {
            let Some(runner) = slot.take() else { continue };
            if self.trial(planned, cell, index, &runner, (0, index), outcome)? {
                *slot = Some(runner);
            } else {
                runner.stop(&mut self.processes);
            }
        }
        for round in 1..=self.rounds(planned) {
            let mut order: Vec<usize> = (0..runners.len()).filter(|index| runners[*index].is_some()).collect();
            self.rng.shuffle(&mut order);
            for (turn, index) in order.into_iter().enumerate() {
                self.progress.show(&planned.workload.name, &cell.title, round, planned.rounds);
                let Some(runner) = runners[index].take() else { continue };
                if self.trial(planned, cell, index, &runner, (round, turn), outcome)? {
                    runners[index] = Some(runner);
                } else {
                    runner.stop(&mut self.processes);
                }
            }
        }
        for runner in runners.into_iter().flatten() {
            runner.stop(&mut self.processes);
        }
        Ok(())
    }

    /// A process for each trial: warmed up (or not), measured, ended.
    fn fresh(&mut self, planned: &Planned, cell: &Cell, outcome: &mut Outcome, warm_up: bool) -> Result<(), Failure> {
        let mut order: Vec<usize> = (0..cell.entries.len()).collect();
        for round in 1..=self.rounds(planned).max(1) {
            self.rng.shuffle(&mut order);
            for (turn, index) in order.iter().copied().enumerate() {
                let out = |index| {
                    outcome.wrong.iter().any(|(wrong, _)| *wrong == index)
                        || outcome.unsupported.iter().any(|(unsupported, _)| *unsupported == index)
                };
                if out(index) {
                    continue;
                }
                self.progress.show(&planned.workload.name, &cell.title, round, planned.rounds);
                let Some(runner) = self.start(planned, cell, index, outcome)? else { continue };
                let measured = self.results.is_some();
                let right = (measured && !warm_up) || self.trial(planned, cell, index, &runner, (0, turn), outcome)?;
                if right && measured {
                    self.trial(planned, cell, index, &runner, (round, turn), outcome)?;
                }
                runner.stop(&mut self.processes);
            }
        }
        Ok(())
    }

    fn rounds(&self, planned: &Planned) -> usize {
        if self.results.is_some() { planned.rounds } else { 0 }
    }

    /// Starts one contestant; `None` when it does not do this model.
    fn start(
        &mut self,
        planned: &Planned,
        cell: &Cell,
        index: usize,
        outcome: &mut Outcome,
    ) -> Result<Option<Runner>, Failure> {
        match self.start_runner(planned, &cell.entries[index])? {
            Started::Unsupported(reason) => {
                outcome.unsupported.push((index, reason));
                Ok(None)
            }
            Started::Ready(runner) if runner.debug && self.results.is_some() => Err(Failure::Setup(format!(
                "the runner of `{}` was built without optimisation: its times would mean nothing. Build it with --release, \
                 or check answers only with --verify",
                cell.entries[index].label
            ))),
            Started::Ready(runner) => Ok(Some(runner)),
        }
    }

    fn start_runner(&mut self, planned: &Planned, entry: &Entry) -> Result<Started, Failure> {
        let mut cpus: Vec<u64> = entry.cpus.iter().map(|index| self.environment.cpu(*index)).collect();
        cpus.dedup();
        let limit = Duration::from_secs(planned.workload.time_limit_s);
        Runner::start(&mut self.processes, &self.binaries.runner, &self.origin, entry, &cpus, limit)
    }

    /// Runs one trial, checks it, writes it down. False when its answer was wrong.
    fn trial(
        &mut self,
        planned: &Planned,
        cell: &Cell,
        index: usize,
        runner: &Runner,
        (round, slot): (usize, usize),
        outcome: &mut Outcome,
    ) -> Result<bool, Failure> {
        let entry = &cell.entries[index];
        let expected = self.expected(planned, entry)?;
        let words = runner.trial(&mut self.processes, entry.requests)?;
        let mut wrong = expected.differences(&words, round > 0);
        if wrong.is_empty() && Metric::of(&planned.workload, cell).value(&words, entry).is_none() {
            wrong.push("the trial does not report what this workload measures".into());
        }
        if let Some(results) = &mut self.results {
            let (workload, version) = (planned.workload.name.as_str(), runner.version.as_str());
            let requests = entry.requests;
            let place = Place { workload, cell: &cell.title, engine: &entry.label, version, round, slot, requests };
            results.trial(&place, &words, &wrong)?;
        }
        self.progress.advance();
        let right = wrong.is_empty();
        if right {
            outcome.trials.push(Trial { entry: index, round, words });
        } else {
            outcome.wrong.push((index, wrong));
        }
        Ok(right)
    }

    /// What the contestant must find. The oracle is a runner without delays: they change nothing about what is found.
    fn expected(&mut self, planned: &Planned, entry: &Entry) -> Result<Expected, Failure> {
        let question = answer::question(entry);
        if let Some(words) = self.answers.get(&question) {
            return Ok(Expected::new(words, entry));
        }
        let mut undelayed = entry.clone();
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
