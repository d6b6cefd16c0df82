//! Runs that were measured: finding the one that is meant, and every cell of it with its score.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bench::results_root;
use crate::failure::Failure;
use crate::names;
use crate::outcome::Outcome;
use crate::plan::{Cell, Planned};
use crate::results::{self, Loaded};
use crate::score::Score;

/// One measured cell.
#[derive(Debug)]
pub(crate) struct Scored<'r> {
    pub(crate) planned: &'r Planned,
    pub(crate) cell: &'r Cell,
    pub(crate) outcome: &'r Outcome,
    pub(crate) score: Score,
}

/// Reads the run that is meant.
pub(crate) fn open(run: Option<&Path>, results: Option<&Path>) -> Result<Loaded, Failure> {
    results::load(&find(run, results)?)
}

/// The same without the cells of other workloads than these, unless none is named.
pub(crate) fn open_only(run: Option<&Path>, results: Option<&Path>, workloads: &[String]) -> Result<Loaded, Failure> {
    let mut loaded = open(run, results)?;
    known(&loaded, workloads)?;
    let plan = &loaded.plan;
    loaded.outcomes.retain(|(planned, _), _| workloads.is_empty() || workloads.contains(&plan[*planned].name));
    Ok(loaded)
}

/// Where the run that is meant lies: a folder, a file, a name below the results, or the newest.
pub(crate) fn find(run: Option<&Path>, results: Option<&Path>) -> Result<PathBuf, Failure> {
    let root = results_root(results);
    let Some(run) = run else { return results::newest(&root) };
    let below = root.join(run);
    let found = [run.to_path_buf(), below.clone()].into_iter().find(|path| path.exists());
    let missing = || {
        Failure::Setup(format!(
            "there is no run at {} nor at {}; a run is a folder below {} (`ls` shows them)",
            run.display(),
            below.display(),
            root.display()
        ))
    };
    found.ok_or_else(missing)
}

/// Every measured cell of these workloads, of all when none is named.
pub(crate) fn scored<'r>(run: &'r Loaded, workloads: &[String]) -> Result<Vec<Scored<'r>>, Failure> {
    known(run, workloads)?;
    let wanted = |planned: &Planned| workloads.is_empty() || workloads.contains(&planned.name);
    let cells = run.cells().filter(|(planned, _, outcome)| wanted(planned) && !outcome.is_empty());
    let scored =
        |(planned, cell, outcome)| Scored { planned, cell, outcome, score: Score::new(planned, cell, outcome) };
    let scored: Vec<Scored<'_>> = cells.map(scored).collect();
    match scored.is_empty() {
        true => Err(Failure::Nothing(format!("{} holds no trial of what was asked for", run.path.display()))),
        false => Ok(scored),
    }
}

/// Refuses a workload that is not in the run's plan.
fn known(run: &Loaded, workloads: &[String]) -> Result<(), Failure> {
    let known: Vec<&str> = run.plan.iter().map(|planned| planned.name.as_str()).collect();
    match workloads.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let unknown = names::unknown("workload of this run", name, &known);
            Err(Failure::Setup(format!("{}: {unknown}", run.path.display())))
        }
    }
}

/// The folder of a run, as a person would name it.
pub(crate) fn folder(run: &Loaded) -> PathBuf {
    run.path.parent().map_or_else(|| run.path.clone(), Path::to_path_buf)
}

/// What the environment of a run says under a key: a text, or a number as text.
pub(crate) fn environment(run: &Loaded, key: &str) -> String {
    match run.header.get("environment").and_then(|environment| environment.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "unknown".into(),
    }
}
