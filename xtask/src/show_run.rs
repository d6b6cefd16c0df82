//! `cargo xtask report`: a run that was measured, once more, as tables or as a page.

use std::fs;
use std::path::{Path, PathBuf};

use crate::across;
use crate::bench::results_root;
use crate::compile::workspace_root;
use crate::counting::kept;
use crate::failure::Failure;
use crate::flags::Report;
use crate::html::{self, Others};
use crate::markdown;
use crate::numbers;
use crate::report;
use crate::results::{self, Loaded};
use crate::runs;
use crate::say;
use crate::score::Score;
use crate::selftest::recorded::{self, Recorded};
use crate::splice::{self, records_root};
use crate::style::Style;

/// Does with a measured run what the flags say; the number is the exit code.
pub(crate) fn print(flags: &Report) -> Result<u8, Failure> {
    if let Some(file) = &flags.splice {
        return splice::run(file, flags.records.as_deref(), flags.check);
    }
    if let Some(recorded) = kept_selftest(flags)? {
        return findings(&recorded, flags).map(|()| 0);
    }
    if flags.markdown {
        let run = runs::open_only(flags.run.as_deref(), flags.results.as_deref(), &flags.workloads)?;
        say::out(&markdown::report(&run)?);
        say::out(&markdown::error_rates(selftest(&run, flags).as_ref()));
        return Ok(0);
    }
    tables(flags).map(|()| 0)
}

/// A self-test that was kept: of that there are findings and no trials.
fn kept_selftest(flags: &Report) -> Result<Option<Recorded>, Failure> {
    let Some(run) = &flags.run else { return Ok(None) };
    let path = runs::find(Some(run), flags.results.as_deref())?;
    let file = if path.is_dir() { path.join(recorded::FILE) } else { path.clone() };
    let is_meant = file.ends_with(recorded::FILE) && file.is_file() && !path.join(results::FILE).is_file();
    is_meant.then(|| Recorded::read(&file)).transpose()
}

/// Prints what a self-test found.
fn findings(recorded: &Recorded, flags: &Report) -> Result<(), Failure> {
    if flags.html.is_some() {
        let path = recorded.path.display();
        return Err(Failure::Setup(format!(
            "{path} holds findings and no trials: pages of runs on its machine show them"
        )));
    }
    if flags.markdown {
        say::out(&markdown::error_rates(Some(recorded)));
        return Ok(());
    }
    for found in &recorded.findings {
        let held = if found.held { "held  " } else { "FAILED" };
        say::out(&report::wrap(held, &format!(" {}: {} (wanted: {})", found.what, found.text, found.wanted)));
    }
    let (held, of) = (recorded.held(), recorded.findings.len());
    say::out(&format!("  {held} of {of} tests held\n\nresults    {}\n", recorded.path.display()));
    say::out(&format!("repeat     {}\n", recorded.text("command")));
    Ok(())
}

/// Prints the tables and the summary of a run.
fn tables(flags: &Report) -> Result<(), Failure> {
    let loaded = runs::open_only(flags.run.as_deref(), flags.results.as_deref(), &flags.workloads)?;
    if let Some(file) = &flags.html {
        return write_page(&loaded, file, flags);
    }
    let style = Style::detect();
    let mut scores = Vec::new();
    let planned_cells = loaded.outcomes.len();
    let cells: Vec<_> = loaded.cells().filter(|(.., outcome)| !outcome.is_empty()).collect();
    for workload in cells.chunk_by(|a, b| a.0.name == b.0.name) {
        let planned = workload[0].0;
        say::out(&report::heading(planned, loaded.text("corpus"), style));
        for (_, cell, outcome) in workload {
            let score = Score::new(planned, cell, outcome);
            say::out(&report::cell(planned, cell, outcome, &score, style));
            scores.push((planned.name.clone(), cell.shown(), score));
        }
        let together: Vec<_> = workload.iter().map(|(_, cell, outcome)| (*cell, *outcome)).collect();
        say::out(&across::tables(planned, &together, style));
    }
    if scores.is_empty() {
        return Err(Failure::Nothing(format!("{} holds no trial", loaded.path.display())));
    }
    say::out(&report::summary(&scores, planned_cells, style));
    say::out(&format!("\nresults    {}\nrepeat     {}\n", loaded.path.display(), loaded.text("command")));
    Ok(())
}

fn write_page(loaded: &Loaded, file: &Path, flags: &Report) -> Result<(), Failure> {
    let mut others = others(flags.history.as_deref())?;
    others.selftest = selftest(loaded, flags);
    others.counts = kept::belonging(loaded, &roots(flags));
    let page = html::page(loaded, &others)
        .ok_or_else(|| Failure::Nothing(format!("{} holds no trial", loaded.path.display())))?;
    let unwritable = |error| Failure::io(format_args!("cannot write {}", file.display()), &error);
    fs::write(file, &page).map_err(unwritable)?;
    say::out(&format!("page       {} ({} KB)\n", file.display(), numbers::thousands(page.len() as u64 / 1000)));
    Ok(())
}

/// Where other runs lie: the results and the records.
fn roots(flags: &Report) -> [PathBuf; 2] {
    [results_root(flags.results.as_deref()), records_root(flags.records.as_deref())]
}

/// The newest self-test of the machine that the run was measured on.
fn selftest(run: &Loaded, flags: &Report) -> Option<Recorded> {
    let of = |key| runs::environment(run, key);
    recorded::newest(&roots(flags), &of("cpu_model"), &of("kernel"))
}

/// The runs of a folder, sorted by time; a folder that somebody named must be there. One that cannot be read is named in the
/// page and does not keep the rest from being shown.
fn others(history: Option<&Path>) -> Result<Others, Failure> {
    let folder = history.map_or_else(|| workspace_root().join("benches/record"), Path::to_path_buf);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>(),
        Err(_) if history.is_none() => Vec::new(),
        Err(error) => return Err(Failure::io(format_args!("cannot read {}", folder.display()), &error)),
    };
    let mut runs: Vec<_> = entries.into_iter().filter(|run| run.join(results::FILE).is_file()).collect();
    runs.sort();
    let mut others = Others::default();
    for run in runs {
        match results::load(&run) {
            Ok(loaded) => others.runs.push(loaded),
            Err(failure) => others.unreadable.push((run, failure.to_string())),
        }
    }
    others.runs.sort_by(|a, b| a.text("utc").cmp(b.text("utc")));
    Ok(others)
}
