//! Times of two runs. They inform; only a change far beyond noise, seen in two runs of the head, is a regression.

use super::{Compared, Finding, State};
use crate::change::{self, Anchor, Change};
use crate::failure::Failure;
use crate::results::Loaded;
use crate::runs::{self, Scored};
use crate::score::{Row, Validity};
use crate::stats::{Comparison, Verdict};

/// A time must be worse by more than this to gate: on a shared machine smaller changes come and go.
const GATED: f64 = 0.10;

/// Compares the metric and the CPU time of every engine that all runs measured.
pub(super) fn compare(base: &Loaded, heads: &[Loaded]) -> Result<Compared, Failure> {
    let mut compared = Compared::default();
    let before = measured(base)?;
    let heads: Vec<Vec<Scored<'_>>> = heads.iter().map(measured).collect::<Result<_, _>>()?;
    for cell in &before {
        let same = heads.iter().map(|head| head.iter().find(|other| is_same(cell, other)));
        let Some(after) = same.collect::<Option<Vec<&Scored<'_>>>>() else { continue };
        if cell.score.is_invalid() || after.iter().any(|after| after.score.is_invalid()) {
            compared.notes.push(format!("too noisy: {}, {}", cell.planned.name, cell.cell.title));
        }
        for row in cell.score.real_rows() {
            for what in [What::Metric, What::Cpu] {
                compared.findings.extend(finding(cell, &after, row, what));
            }
        }
    }
    Ok(compared)
}

/// The cells of a run; one that only counted has none.
fn measured(run: &Loaded) -> Result<Vec<Scored<'_>>, Failure> {
    match runs::scored(run, &[]) {
        Err(Failure::Nothing(_)) => Ok(Vec::new()),
        other => other,
    }
}

fn is_same(cell: &Scored<'_>, other: &Scored<'_>) -> bool {
    cell.planned.name == other.planned.name
        && cell.cell.title == other.cell.title
        && cell.score.metric == other.score.metric
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Metric,
    Cpu,
}

fn finding(before: &Scored<'_>, after: &[&Scored<'_>], row: &Row, what: What) -> Option<Finding> {
    let mut seen = Vec::new();
    for after in after {
        let other = after.score.real_rows().find(|other| other.label == row.label)?;
        let anchor = change::anchor(&row.label, &before.score, &after.score)?;
        let was = compared(&anchor, row, before, what)?;
        let is = compared(&anchor, other, after, what)?;
        let delta = before.score.delta.max(after.score.delta);
        let floor = floor(before).max(floor(after));
        seen.push((Change::between(&was, &is, delta), floor, other));
    }
    let states: Vec<State> = seen.iter().map(|(change, floor, _)| state(change, *floor)).collect();
    let (change, _, other) = seen.first()?;
    let show = |row: &Row| match what {
        What::Metric => before.score.metric.show(row.value),
        What::Cpu => crate::numbers::significant(row.cpu_seconds * 1e6),
    };
    Some(Finding {
        place: [before.planned.name.clone(), before.cell.title.clone(), row.label.clone()],
        what: match what {
            What::Metric => before.score.metric.column(),
            What::Cpu => format!("CPU us/{}", before.score.metric.item(before.cell.model()).name()),
        },
        base: show(row),
        head: show(other),
        change: change.show(),
        state: verdict(&states),
    })
}

fn compared(anchor: &Anchor, row: &Row, scored: &Scored<'_>, what: What) -> Option<Comparison> {
    match what {
        What::Metric => anchor.metric(row, &scored.score),
        What::Cpu => anchor.cpu(row, &scored.score),
    }
}

/// How far the reference was from itself.
fn floor(scored: &Scored<'_>) -> f64 {
    match scored.score.validity {
        Validity::Valid { floor } => floor,
        // Where no control says otherwise, what counts as a difference.
        Validity::Unknown | Validity::Invalid(_) => scored.score.delta,
    }
}

/// What one run of the head says; `Regression` here still needs the other run to say so too.
pub(super) fn state(change: &Change, floor: f64) -> State {
    let much_worse = 1.0 / (1.0 + GATED + floor);
    match change.verdict {
        Verdict::Slower if change.high < much_worse => State::Regression,
        Verdict::Slower => State::Worse,
        Verdict::Faster => State::Better,
        Verdict::Equivalent => State::Same,
        Verdict::Inconclusive | Verdict::Invalid => State::Unclear,
    }
}

/// What all runs of the head say together.
pub(super) fn verdict(states: &[State]) -> State {
    let all = |state: State| states.iter().all(|one| *one == state);
    let worse = |state: &State| matches!(state, State::Regression | State::Worse);
    match () {
        () if states.len() > 1 && all(State::Regression) => State::Regression,
        () if states.iter().all(worse) => State::Worse,
        () if all(State::Better) => State::Better,
        () if all(State::Same) => State::Same,
        () => State::Unclear,
    }
}
