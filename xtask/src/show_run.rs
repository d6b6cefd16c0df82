//! `cargo xtask report`: a run that was measured, once more.

use crate::bench::results_root;
use crate::failure::Failure;
use crate::flags::Report;
use crate::report;
use crate::results;
use crate::say;
use crate::score::Score;
use crate::style::Style;

/// Prints the tables and the summary of a run.
pub(crate) fn print(flags: &Report) -> Result<(), Failure> {
    let folder = match &flags.run {
        Some(run) => run.clone(),
        None => results::newest(&results_root(flags.results.as_deref()))?,
    };
    let loaded = results::load(&folder)?;
    let style = Style::detect();
    let mut scores = Vec::new();
    let mut previous = None;
    let planned_cells = loaded.outcomes.len();
    for (planned, cell, outcome) in loaded.cells().filter(|(.., outcome)| !outcome.is_empty()) {
        if previous != Some(&planned.name) {
            say::out(&report::heading(planned, loaded.text("corpus"), style));
            previous = Some(&planned.name);
        }
        let score = Score::new(planned, cell, outcome);
        say::out(&report::cell(planned, cell, outcome, &score, style));
        scores.push((planned.name.clone(), cell.title.clone(), score));
    }
    if scores.is_empty() {
        return Err(Failure::Nothing(format!("{} holds no trial", loaded.path.display())));
    }
    say::out(&report::summary(&scores, planned_cells, style));
    say::out(&format!("\nresults    {}\nrepeat     {}\n", loaded.path.display(), loaded.text("command")));
    Ok(())
}
