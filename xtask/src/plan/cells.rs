//! One workload unfolded: a cell for each combination of its axes, and before those whose rate is a share of a capacity the one that
//! finds it.

use super::entry::{entry, matches};
use super::share::{RATE_PERCENT, Share, closed_loop, closed_loop_title};
use super::title::with_silent_axes;
use super::{Cell, Entry, find, processes, title};
use crate::definitions::{Contestant, Definitions, Size, Workload};
use crate::failure::Failure;
use crate::metric::Metric;
use crate::stats::ENOUGH_ROUNDS;

/// What all cells of a workload have in common.
pub(super) struct Unfolding<'d> {
    pub(super) definitions: &'d Definitions,
    pub(super) workload: &'d Workload,
    pub(super) contestants: Vec<Contestant>,
    pub(super) sizes: &'d [Size],
    /// What the command line says of the rounds, which counts more than the files.
    pub(super) asked_rounds: Option<usize>,
    pub(super) rounds: usize,
    pub(super) verify: bool,
}

impl Unfolding<'_> {
    /// The cells of these axes, in the order in which they run.
    pub(super) fn cells(&self, axes: &[(String, Vec<String>)]) -> Result<Vec<Cell>, Failure> {
        let mut cells: Vec<Cell> = Vec::new();
        for params in product(axes) {
            let share = Share::of(&params);
            if let Some(share) = &share
                && !cells.iter().any(|cell| cell.title == share.measured_in)
            {
                cells.push(self.capacity(&params)?);
            }
            let mut entries = self.entries(&params)?;
            entries.iter_mut().for_each(|entry| entry.params.retain(|(key, _)| key != RATE_PERCENT));
            let workload = self.workload;
            let model = find(&params, "model").unwrap_or("fetch");
            cells.push(Cell {
                title: title(&params),
                metric: Metric::new(workload.compare.as_deref(), workload.more_is_better, model),
                process_use: workload.processes,
                processes: processes(self.rounds(&params), workload.processes),
                entries,
                params,
                share,
            });
        }
        // Results name a cell by its title: two of the same name would be taken for one.
        let titles: Vec<String> = cells.iter().map(|cell| cell.title.clone()).collect();
        let is_shared = |title: &String| titles.iter().filter(|other| *other == title).count() > 1;
        for cell in cells.iter_mut().filter(|cell| is_shared(&cell.title)) {
            cell.title = with_silent_axes(&cell.params, axes);
        }
        for (index, cell) in cells.iter().enumerate() {
            if cells[..index].iter().any(|other| other.title == cell.title) {
                let (name, title) = (&self.workload.name, &cell.title);
                return Err(Failure::Setup(format!("the workload `{name}` has two cells that are both \"{title}\"")));
            }
        }
        Ok(cells)
    }

    /// The closed loop over the same pages: as many rounds as a comparison takes, no more.
    fn capacity(&self, params: &[(String, String)]) -> Result<Cell, Failure> {
        let params = (closed_loop(params), closed_loop_title(params));
        let mut entries = self.entries(&params.0)?;
        entries.iter_mut().for_each(|entry| entry.params = closed_loop(&entry.params));
        Ok(Cell {
            title: params.1,
            metric: Metric::new(Some("rate"), false, "fetch"),
            process_use: self.workload.processes,
            processes: processes(self.rounds(&params.0).min(ENOUGH_ROUNDS), self.workload.processes),
            entries,
            params: params.0,
            share: None,
        })
    }

    fn rounds(&self, params: &[(String, String)]) -> usize {
        let own = || self.sizes.iter().rev().filter(|size| matches(&size.when, params)).find_map(|size| size.rounds);
        self.asked_rounds.or_else(own).unwrap_or(self.rounds)
    }

    /// Every contestant, and the control.
    fn entries(&self, params: &[(String, String)]) -> Result<Vec<Entry>, Failure> {
        let entry = |contestant| entry(self.definitions, self.workload, contestant, params, self.sizes, self.verify);
        let mut entries: Vec<Entry> = self.contestants.iter().map(entry).collect::<Result<_, _>>()?;
        if !self.verify {
            entries.extend(twin(&entries, &self.workload.reference));
        }
        Ok(entries)
    }
}

/// The A/A control: the reference a second time. Whatever tells the two apart is not the engine.
fn twin(entries: &[Entry], reference: &str) -> Option<Entry> {
    let reference = entries.iter().find(|entry| entry.label == reference)?;
    Some(Entry { label: format!("{} (A/A)", reference.label), twin: true, ..reference.clone() })
}

/// Every combination, the last axis changing fastest.
fn product(axes: &[(String, Vec<String>)]) -> Vec<Vec<(String, String)>> {
    axes.iter().fold(vec![Vec::new()], |cells, (key, words)| {
        let extend = |cell: &Vec<(String, String)>, word: &String| {
            let mut cell = cell.clone();
            cell.push((key.clone(), word.clone()));
            cell
        };
        cells.iter().flat_map(|cell| words.iter().map(move |word| extend(cell, word))).collect()
    })
}
