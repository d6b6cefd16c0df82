//! `cargo xtask bench`, from the first look at the machine to the exit code.

mod capacity;
pub(crate) mod prepare;

pub(crate) use self::prepare::results_root;

use std::path::PathBuf;
use std::time::Instant;

use crate::across;
use crate::budget;
use crate::compile;
use crate::counting::{self, CountsFile, Out};
use crate::definitions::ProcessUse;
use crate::failure::{FAILED, Failure, TOO_NOISY, WRONG_ANSWER};
use crate::flags::Bench;
use crate::numbers;
use crate::outcome::Outcome;
use crate::plan::{Cell, Planned};
use crate::report;
use crate::say;
use crate::score::Score;
use crate::session::Session;
use crate::style::Style;

/// A run that can begin, or go on.
pub(crate) struct Run {
    pub(crate) session: Session,
    pub(crate) plan: Vec<Planned>,
    /// By workload and cell, what is there already.
    pub(crate) outcomes: Vec<Vec<Outcome>>,
    /// How many seconds may still be spent; nothing means as many as the plan takes.
    pub(crate) budget: Option<f64>,
    /// Counts instead of times.
    pub(crate) counts: bool,
    /// The command that does the same again.
    pub(crate) repeat: String,
}

/// Runs the bench; the number is the exit code when nothing failed on the way.
pub(crate) fn run(flags: &Bench) -> Result<u8, Failure> {
    let mut run = match &flags.resume {
        Some(folder) => prepare::resume(flags, folder.as_deref())?,
        None => prepare::begin(flags)?,
    };
    run.run()
}

/// Where the engines and workloads are described.
pub(crate) fn definitions_folder(definitions: Option<&PathBuf>) -> PathBuf {
    definitions.cloned().unwrap_or_else(|| compile::workspace_root().join("benches"))
}

impl Run {
    /// Measures, prints; the number is the exit code when nothing failed on the way.
    pub(crate) fn run(&mut self) -> Result<u8, Failure> {
        if self.counts {
            return self.count();
        }
        let measured = self.measure();
        self.session.progress.clear();
        // Whatever happened: what was gathered is shown, and where it is kept.
        let tally = self.finish(measured.is_ok());
        measured?;
        tally.exit_code()
    }

    /// The cells that have anything to show.
    pub(crate) fn measured(&self) -> impl Iterator<Item = (&Planned, &Cell, &Outcome)> {
        self.places().into_iter().map(|(workload, cell)| {
            let planned = &self.plan[workload];
            (planned, &planned.cells[cell], &self.outcomes[workload][cell])
        })
    }

    /// Counts what each page costs, and times nothing.
    fn count(&mut self) -> Result<u8, Failure> {
        let style = Style::detect();
        let mut file = CountsFile::create(&self.session)?;
        let (mut counted, mut wrong) = (0, 0);
        for planned in &self.plan {
            say::out(&report::heading(planned, &self.session.origin.pages, style));
            for cell in &planned.cells {
                if cell.share.is_some() {
                    // Counting slows an engine down, so a share of its capacity would be another one; the closed loop is counted.
                    continue;
                }
                let found = counting::cell(&mut self.session, planned, cell)?;
                counted += found.iter().filter(|counting| counting.out.is_none()).count();
                wrong += found.iter().filter(|counting| matches!(counting.out, Some(Out::Wrong(_)))).count();
                say::out(&counting::table(cell, &found, style));
                if let Some(file) = &mut file {
                    file.cell(planned, cell, &found)?;
                }
            }
        }
        if let Some(results) = &self.session.results {
            say::out(&format!("\nresults    {}\n", results.path.with_file_name(counting::FILE).display()));
        }
        match (wrong, counted) {
            (1.., _) => Ok(WRONG_ANSWER),
            (0, 0) => Err(Failure::Nothing("nothing was counted".into())),
            _ => Ok(0),
        }
    }

    /// Every cell as planned, then more rounds where they decide most while there is time.
    fn measure(&mut self) -> Result<(), Failure> {
        let begin = Instant::now();
        let left = |budget: Option<f64>| budget.map_or(f64::INFINITY, |budget| budget - begin.elapsed().as_secs_f64());
        for workload in 0..self.plan.len() {
            let name = self.plan[workload].name.clone();
            let trials = self.plan[workload].cells.iter().map(Cell::trials).sum();
            self.session.progress.workload(&name, self.plan[workload].cells.len(), trials);
            for cell in 0..self.plan[workload].cells.len() {
                if left(self.budget) <= 0.0 {
                    continue;
                }
                if !self.has_rate(workload, cell)? {
                    continue;
                }
                self.cell(workload, cell, cell == 0)?;
            }
            say::out(&self.across(workload));
            self.session.progress.workload_done(&name);
        }
        while self.session.results.is_some() && self.budget.is_some() {
            if !self.more(left(self.budget))? {
                break;
            }
        }
        Ok(())
    }

    /// What the cells of a workload say together.
    fn across(&self, workload: usize) -> String {
        if self.session.results.is_none() {
            return String::new();
        }
        let planned = &self.plan[workload];
        let cells: Vec<(&Cell, &Outcome)> = planned.cells.iter().zip(&self.outcomes[workload]).collect();
        across::tables(planned, &cells, Style::detect())
    }

    /// Measures one cell and prints it as soon as it is done, or as far as it came.
    fn cell(&mut self, workload: usize, cell: usize, heading: bool) -> Result<(), Failure> {
        let planned = &self.plan[workload];
        let outcome = &mut self.outcomes[workload][cell];
        let done = self.session.progress.done() + planned.cells[cell].trials();
        let measured = self.session.run(planned, &planned.cells[cell], outcome);
        self.session.progress.clear();
        self.session.progress.done_to(done);
        if outcome.is_empty() && measured.is_err() {
            return measured;
        }
        if self.session.results.is_none() {
            say::out(&verified(planned, cell, outcome));
        } else {
            let style = Style::detect();
            if heading {
                say::out(&report::heading(planned, &self.session.origin.pages, style));
            }
            let cell = &planned.cells[cell];
            let score = Score::new(planned, cell, outcome);
            say::out(&report::cell(planned, cell, outcome, &score, style));
        }
        measured
    }

    /// More rounds for the cell that is settled soonest; false when none can be within so many seconds.
    fn more(&mut self, seconds: f64) -> Result<bool, Failure> {
        let mut places = self.places();
        // Whatever more rounds said of a capacity, the rates are what they were.
        places.retain(|(workload, cell)| !self.plan[*workload].finds_capacity(&self.plan[*workload].cells[*cell]));
        let scored: Vec<(&Cell, Score, f64)> = places
            .iter()
            .map(|(workload, cell)| {
                let (planned, outcome) = (&self.plan[*workload], &self.outcomes[*workload][*cell]);
                let cell = &planned.cells[*cell];
                (cell, Score::new(planned, cell, outcome), seconds_per_round(cell, outcome))
            })
            .collect();
        let open: Vec<(&Cell, &Score, f64)> = scored.iter().map(|(cell, score, cost)| (*cell, score, *cost)).collect();
        let Some(more) = budget::next(&open, seconds) else { return Ok(false) };
        let (workload, cell) = places[more.cell];
        let planned = &mut self.plan[workload];
        if let Some(results) = &mut self.session.results {
            results.more(&planned.name, &planned.cells[cell].title, &more.processes)?;
        }
        let before = planned.cells[cell].trials();
        planned.cells[cell].processes.extend(&more.processes);
        let added = planned.cells[cell].trials() - before;
        self.session.progress.extend(added);
        let (name, title) = (&planned.name, &planned.cells[cell].title);
        let rounds: usize = more.processes.iter().sum();
        self.session.progress.note(&format!("more       {rounds} rounds for {name} ({title}), which they may decide"));
        self.cell(workload, cell, true)?;
        Ok(true)
    }

    /// Where those cells are: workload and cell.
    fn places(&self) -> Vec<(usize, usize)> {
        let cells = self.outcomes.iter().enumerate();
        let cells = cells.flat_map(|(workload, cells)| (0..cells.len()).map(move |cell| (workload, cell)));
        cells.filter(|(workload, cell)| !self.outcomes[*workload][*cell].is_empty()).collect()
    }

    /// The summary, where the results are, and how to get them again.
    fn finish(&mut self, complete: bool) -> Tally {
        let mut tally = Tally::default();
        let mut scores = Vec::new();
        for (planned, cell, outcome) in self.measured() {
            tally.wrong += outcome.wrong.len();
            tally.failed += outcome.failed.len();
            tally.right += (0..cell.entries.len()).filter(|entry| outcome.is_right(*entry)).count();
            if self.session.results.is_some() {
                let score = Score::new(planned, cell, outcome);
                tally.invalid += usize::from(score.is_invalid());
                scores.push((planned.name.clone(), cell.shown(), score));
            }
        }
        let planned: usize = self.plan.iter().map(|planned| planned.cells.len()).sum();
        if !scores.is_empty() {
            say::out(&report::summary(&scores, planned, Style::detect()));
        }
        if tally.wrong > 0 {
            say::out(&format!("\n{} wrong answer{}: see WRONG above\n", tally.wrong, numbers::plural(tally.wrong)));
        } else if self.session.results.is_none() && complete && tally.failed == 0 {
            say::out(&format!("\n{} answers, all right\n", numbers::thousands(tally.right as u64)));
        }
        if tally.failed > 0 {
            say::out(&format!("\n{} engine{} failed: see FAILED above\n", tally.failed, numbers::plural(tally.failed)));
        }
        if let Some(results) = &self.session.results {
            say::out(&format!("\nresults    {}\n", results.path.display()));
            if !complete {
                say::out("go on      cargo xtask bench --resume\n");
            }
            say::out(&format!("repeat     {}\n", self.repeat));
        }
        tally
    }
}

/// What the whole run came to.
#[derive(Default)]
struct Tally {
    /// Contestants, counted once in each cell.
    right: usize,
    wrong: usize,
    failed: usize,
    /// Cells whose control failed.
    invalid: usize,
}

impl Tally {
    fn exit_code(&self) -> Result<u8, Failure> {
        match self {
            Tally { wrong: 1.., .. } => Ok(WRONG_ANSWER),
            Tally { failed: 1.., .. } => Ok(FAILED),
            Tally { right: 0, .. } => {
                Err(Failure::Nothing("nothing was measured: no engine of the plan does what was asked".into()))
            }
            Tally { invalid: 1.., .. } => Ok(TOO_NOISY),
            Tally { .. } => Ok(0),
        }
    }
}

/// How long a round of a cell has taken, its share of the warm-ups included.
fn seconds_per_round(cell: &Cell, outcome: &Outcome) -> f64 {
    let walls = outcome.trials.iter().filter_map(|trial| trial.words.number("wall_ns"));
    let starts = if cell.process_use == ProcessUse::Kept { cell.processes.len() } else { cell.rounds() };
    // A process takes about a tenth of a second to start and to end.
    let overhead = 0.1 * (starts * cell.entries.len()) as f64;
    (walls.sum::<f64>() / 1e9 + overhead) / cell.rounds().max(1) as f64
}

/// What `--verify` prints of a cell: who was right, and never a time.
fn verified(planned: &Planned, number: usize, outcome: &Outcome) -> String {
    let cell = &planned.cells[number];
    let mut text = format!("{}: {}\n", planned.name, cell.title);
    for (index, entry) in cell.entries.iter().enumerate() {
        let wrong = outcome.wrong.iter().find(|(wrong, _)| *wrong == index);
        let reason =
            |list: &[(usize, String)]| list.iter().find(|(other, _)| *other == index).map(|(_, why)| why.clone());
        let word = match (wrong, reason(&outcome.unsupported), reason(&outcome.failed)) {
            (Some((_, differences)), ..) => format!("WRONG: {}", differences.join(", ")),
            (None, Some(reason), _) => format!("unsupported: {reason}"),
            (None, None, Some(reason)) => format!("FAILED: {reason}"),
            (None, None, None) if outcome.is_right(index) => "right".into(),
            (None, None, None) => "not run".into(),
        };
        text.push_str(&format!("  {:<32} {word}\n", entry.label));
    }
    text
}
