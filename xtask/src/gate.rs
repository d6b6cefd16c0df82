//! `cargo xtask gate --base REV`, or `--base RUN --head RUN`: for a CI. Counts gate, time informs: a count that rose is a
//! regression; a time is one only when it is much worse in two runs.

mod allowance;
mod counts;
mod elsewhere;
mod measure;
mod summary;
mod times;

use std::fs;

use crate::failure::{FAILED, Failure, REGRESSION, TOO_NOISY, WRONG_ANSWER};
use crate::flags::Gate;
use crate::results::Loaded;
use crate::runs;
use crate::say;

use self::allowance::Allowance;
use self::summary::Summary;

/// Compares, prints, and says by the exit code whether the head may pass.
pub(crate) fn run(flags: &Gate) -> Result<u8, Failure> {
    let allowance = Allowance::parse(&flags.allowed).map_err(Failure::Setup)?;
    // Without a head there is nothing yet to compare: then the base is a revision.
    let (base, heads, against) = match flags.heads.is_empty() {
        true => measure::both(flags).map(|both| (both.base, vec![both.head], Some(both.revision)))?,
        false => (flags.base.clone(), flags.heads.clone(), None),
    };
    let base = runs::open(Some(&base), flags.results.as_deref())?;
    let heads = heads.iter().map(|head| runs::open(Some(head), flags.results.as_deref()));
    let heads: Vec<Loaded> = heads.collect::<Result<_, _>>()?;
    all_different(&base, &heads)?;
    let counted = counts::compare(&base, &heads, &allowance)?;
    let timed = times::compare(&base, &heads)?;
    let mut broken: Vec<Broken> = heads.iter().flat_map(|head| broken(&base, head)).collect();
    for head in &heads {
        broken.extend(counts::broken(&base, head)?);
    }
    let summary = Summary { base: &base, heads: &heads, counted, timed, broken, against };
    let code = summary.exit_code();
    say::out(&if flags.markdown { summary.markdown() } else { summary.text() });
    match code {
        Some(code) => Ok(code),
        None => Err(Failure::Nothing(summary.nothing())),
    }
}

/// A run never differs from itself, and one that is given twice is not two that agree: such a gate could not close.
fn all_different(base: &Loaded, heads: &[Loaded]) -> Result<(), Failure> {
    let named: Vec<_> = std::iter::once(("--base", base)).chain(heads.iter().map(|head| ("--head", head))).collect();
    let place = |run: &Loaded| fs::canonicalize(&run.path).unwrap_or_else(|_| run.path.clone());
    for (index, (flag, run)) in named.iter().enumerate() {
        if let Some((other, _)) = named[..index].iter().find(|(_, other)| place(other) == place(run)) {
            let folder = runs::folder(run);
            return Err(Failure::Setup(format!("`{other}` and `{flag}` are the same run, {}", folder.display())));
        }
    }
    Ok(())
}

/// One number of one engine in one cell, before and after.
#[derive(Debug, Clone, PartialEq)]
struct Finding {
    /// Workload, cell and engine.
    place: [String; 3],
    /// What was counted or timed.
    what: String,
    base: String,
    head: String,
    change: String,
    state: State,
}

/// What to make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Worse, and it gates.
    Regression,
    /// Worse, for information.
    Worse,
    Better,
    /// It may be worse or not.
    Unclear,
    Same,
}

/// The numbers of one kind.
#[derive(Debug, Default, PartialEq)]
struct Compared {
    findings: Vec<Finding>,
    /// What could not be compared, and why; for a person.
    notes: Vec<String>,
    /// How many engines of cells are in one of the runs alone.
    alone: usize,
}

impl Compared {
    fn of(&self, state: State) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.state == state)
    }

    fn has(&self, state: State) -> bool {
        self.of(state).next().is_some()
    }
}

/// An engine that answered in the base and is wrong or fails in the head.
#[derive(Debug, PartialEq)]
struct Broken {
    wrong: bool,
    what: String,
}

fn broken(base: &Loaded, head: &Loaded) -> Vec<Broken> {
    let was_right = |workload: &str, cell: &str, label: &str| {
        base.cells().any(|(planned, known, outcome)| {
            let entry = known.entries.iter().position(|entry| entry.label == label);
            planned.name == workload && known.title == cell && entry.is_some_and(|entry| outcome.is_right(entry))
        })
    };
    let cells = head.cells().flat_map(|(planned, cell, outcome)| {
        let wrong = outcome.wrong.iter().map(|(entry, differences)| (true, *entry, differences.join(", ")));
        let failed = outcome.failed.iter().map(|(entry, reason)| (false, *entry, reason.clone()));
        wrong.chain(failed).map(move |(wrong, entry, why)| (planned, cell, wrong, &cell.entries[entry].label, why))
    });
    cells
        .filter(|(planned, cell, _, label, _)| was_right(&planned.name, &cell.title, label))
        .map(|(planned, cell, wrong, label, why)| {
            let how = if wrong { "answers wrongly" } else { "fails" };
            Broken { wrong, what: format!("{label} {how} in {} ({}): {why}", planned.name, cell.title) }
        })
        .collect()
}

impl Summary<'_> {
    /// `None` when nothing was compared.
    fn exit_code(&self) -> Option<u8> {
        let all = [&self.counted, &self.timed];
        let has = |state| all.iter().any(|compared| compared.has(state));
        match () {
            () if self.broken.iter().any(|broken| broken.wrong) => Some(WRONG_ANSWER),
            () if !self.broken.is_empty() => Some(FAILED),
            () if has(State::Regression) => Some(REGRESSION),
            () if all.iter().all(|compared| compared.findings.is_empty()) => None,
            () if all.iter().all(|compared| compared.findings.iter().all(|f| f.state == State::Unclear)) => {
                Some(TOO_NOISY)
            }
            () => Some(0),
        }
    }
}

#[cfg(test)]
mod tests;
