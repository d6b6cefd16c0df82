//! `counts.ndjson` of two runs: what a request costs in countable things must not rise. `benches/FORMAT.md` describes the file.

use super::allowance::Allowance;
use super::{Broken, Compared, Finding, State};
use crate::change;
use crate::counting::FILE;
use crate::counting::kept::{self, Counted};
use crate::counts::Count;
use crate::failure::Failure;
use crate::numbers;
use crate::results::Loaded;
use crate::runs;

/// Compares the counts of all runs.
///
/// # Errors
/// When the base has counts and a head has none: a gate that compares nothing must not be green.
pub(super) fn compare(base: &Loaded, heads: &[Loaded], allowance: &Allowance) -> Result<Compared, Failure> {
    let before = kept::read(&runs::folder(base).join(FILE))?;
    let after = heads.iter().map(|head| kept::read(&runs::folder(head).join(FILE)));
    let after: Vec<Option<Vec<Counted>>> = after.collect::<Result<_, _>>()?;
    let Some(before) = before else {
        let note = format!("no counts: {} has no {FILE}", runs::folder(base).display());
        return Ok(Compared { notes: vec![note], ..Compared::default() });
    };
    let counted: Vec<&Vec<Counted>> = after.iter().flatten().collect();
    if counted.is_empty() {
        return Err(Failure::Nothing(format!(
            "the base has counts and {} has no {FILE}: nothing that gates could be compared",
            runs::folder(&heads[0]).display()
        )));
    }
    let mut compared = Compared::default();
    for line in before.iter().filter(|line| line.out().is_none()) {
        let same: Vec<&Counted> =
            counted.iter().filter_map(|lines| lines.iter().find(|other| other.place == line.place)).collect();
        if same.is_empty() {
            compared.alone(format!("only in the base: {}", line.place.join(", ")));
        }
        for (name, allowed) in allowance.counts().filter(|_| !same.is_empty()) {
            judge(line, &same, name, allowed, &mut compared).map_err(Failure::Setup)?;
        }
    }
    // What is new has nothing to be compared with: that is no regression, and must not look like peace either.
    for line in counted.iter().flat_map(|lines| lines.iter()).filter(|line| line.out().is_none()) {
        let place = line.place.join(", ");
        let note = match before.iter().find(|other| other.place == line.place).map(Counted::out) {
            None => format!("only in the head: {place}"),
            Some(Some((how, why))) => format!("not counted in the base ({how}: {why}): {place}"),
            Some(None) => continue,
        };
        if !compared.notes.contains(&note) {
            compared.alone(note);
        }
    }
    Ok(compared)
}

impl Compared {
    fn alone(&mut self, note: String) {
        self.alone += 1;
        self.notes.push(note);
    }
}

/// The engines that were counted in the base and that a head could not count, because they answer wrongly or not at all.
pub(super) fn broken(base: &Loaded, head: &Loaded) -> Result<Vec<Broken>, Failure> {
    let before = kept::read(&runs::folder(base).join(FILE))?.unwrap_or_default();
    let after = kept::read(&runs::folder(head).join(FILE))?.unwrap_or_default();
    let was_counted =
        |counted: &&Counted| before.iter().any(|line| line.place == counted.place && line.out().is_none());
    let broken = after.iter().filter(was_counted).filter_map(|counted| {
        let (how, why) = counted.out()?;
        let [workload, cell, engine] = &counted.place;
        let words = match how {
            "wrong" => "answers wrongly",
            "unsupported" => "does not take part any more",
            _ => "fails",
        };
        Some(Broken { wrong: how == "wrong", what: format!("{engine} {words} in {workload} ({cell}): {why}") })
    });
    Ok(broken.collect())
}

/// One count of one engine: a regression only when it rose in every head.
fn judge(
    base: &Counted,
    heads: &[&Counted],
    name: &str,
    allowed: Option<f64>,
    compared: &mut Compared,
) -> Result<(), String> {
    let Some(before) = base.count(name)? else { return Ok(()) };
    let place = base.place.join(", ");
    let after = heads.iter().map(|head| head.count(name)).collect::<Result<Vec<_>, _>>()?;
    let Some(after) = after.into_iter().collect::<Option<Vec<Count>>>() else {
        compared.notes.push(format!("{name} only in the base: {place}"));
        return Ok(());
    };
    if name == "instructions" && heads.iter().any(|head| head.source() != base.source()) {
        compared.notes.push(format!("instructions were counted by different tools and say nothing: {place}"));
        return Ok(());
    }
    let states: Vec<State> = after.iter().map(|after| state(&before, after, allowed)).collect();
    // The kindest of them: a count of two heads that rose in one is not known to have risen.
    let kindest = [State::Same, State::Better, State::Unclear, State::Worse, State::Regression];
    let state = kindest.into_iter().find(|state| states.contains(state)).unwrap_or(State::Same);
    let shown = states.iter().position(|one| *one == state).map_or(after[0], |index| after[index]);
    compared.findings.push(Finding {
        place: base.place.clone(),
        what: name.into(),
        base: show(&before),
        head: show(&shown),
        change: difference(before.median, shown.median),
        state,
    });
    Ok(())
}

/// What became of a count that may rise by a share of itself. Where repetitions differ, it must be apart by more than they
/// are: of three and three that differ by chance, all of the one are above all of the other once in twenty times, which is
/// too often for a gate that looks at dozens of counts. Further apart than either is wide they are once in a hundred and
/// fifty, or in sixty where a count has two values and nothing between (a test draws both).
pub(super) fn state(before: &Count, after: &Count, allowed: Option<f64>) -> State {
    let waver = (before.highest - before.lowest).max(after.highest - after.lowest);
    // Counts come from a division by the number of requests: equal ones may differ in the last digit.
    let above = |count: f64, other: f64| count > other * (1.0 + allowed.unwrap_or(0.0)) + 1e-9;
    let worse = if allowed.is_some() { State::Regression } else { State::Worse };
    match () {
        () if above(after.lowest - waver, before.highest) => worse,
        () if above(before.lowest - waver, after.highest) => State::Better,
        () if above(after.median, before.median) => State::Unclear,
        () => State::Same,
    }
}

/// `~` where repetitions differ.
fn show(count: &Count) -> String {
    format!("{}{}", if count.spread() == Some(0.0) { "" } else { "~" }, numbers::significant(count.median))
}

fn difference(before: f64, after: f64) -> String {
    match before {
        before if (before - after).abs() <= 1e-9 => "0".into(),
        before if before > 0.0 => format!("{} %", change::percent(after / before)),
        _ => "from nothing".into(),
    }
}
