//! Before a cell whose rate is a share of what the engines can do: what the slowest of them can do.

use super::Run;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::plan::{Capacity, Planned};
use crate::score::Score;

impl Run {
    /// Sees to it that a cell has its rate; false when nobody's capacity is known, so that it cannot have one.
    pub(super) fn has_rate(&mut self, workload: usize, cell: usize) -> Result<bool, Failure> {
        let planned = &mut self.plan[workload];
        let share = planned.cells[cell].share.as_ref().filter(|share| share.capacity.is_none());
        let Some(measured_in) = share.map(|share| share.measured_in.clone()) else { return Ok(true) };
        let Some(results) = &mut self.session.results else {
            planned.settle(&measured_in, &Capacity::assumed());
            return Ok(true);
        };
        let Some(capacity) = slowest(planned, &self.outcomes[workload], &measured_in) else {
            let title = &planned.cells[cell].title;
            self.session.progress.note(&format!("left out   {}: {title}, which nobody has", planned.name));
            return Ok(false);
        };
        results.capacity(&planned.name, &measured_in, &capacity)?;
        planned.settle(&measured_in, &capacity);
        self.session.progress.note(&format!("capacity   {}: {}", planned.name, capacity.describe()));
        Ok(true)
    }
}

/// The least that any contestant did in that cell; who answered wrongly or broke down did nothing.
fn slowest(planned: &Planned, outcomes: &[Outcome], measured_in: &str) -> Option<Capacity> {
    let number = planned.cells.iter().position(|cell| cell.title == measured_in)?;
    let score = Score::new(planned, &planned.cells[number], &outcomes[number]);
    let row = score.real_rows().filter(|row| row.rate >= 1.0).min_by(|a, b| a.rate.total_cmp(&b.rate))?;
    Some(Capacity { engine: row.label.clone(), rate: row.rate as u64 })
}
