//! A cell in plain words: who leads, who ties, whether async is worth it here. "Inconclusive" is an answer.

use crate::definitions::Family;
use crate::numbers;
use crate::score::{self, Row, Score, Validity};
use crate::stats::{Comparison, ENOUGH_ROUNDS, Verdict};

/// The verdict of one cell: never empty.
pub(crate) fn sentences(score: &Score) -> Vec<String> {
    let contestants = contestants(score);
    let Some(leader) = leader(score, &contestants) else {
        return vec!["Inconclusive: nothing was measured.".into()];
    };
    if leader.trials < ENOUGH_ROUNDS {
        let rounds = leader.trials;
        return vec![format!(
            "Inconclusive: {rounds} round{} of {ENOUGH_ROUNDS} that a verdict needs; the ranges are what was seen.",
            if rounds == 1 { "" } else { "s" }
        )];
    }
    if let Validity::Invalid(why) = &score.validity {
        return vec![format!("Invalid: {why}. No ratio of this table means anything.")];
    }
    let mut sentences = vec![standing(score, leader, &contestants)];
    sentences.extend(worth(score, &contestants));
    sentences.extend(layers(score));
    sentences.extend(zeros(&contestants));
    if contestants.iter().any(|row| row.origin_bound) {
        sentences.push("The origin was the limit for some: the fast ones may differ by more than this shows.".into());
    }
    sentences
}

/// The same in a few words, for the summary.
pub(crate) fn short(score: &Score) -> String {
    let contestants = contestants(score);
    let Some(leader) = leader(score, &contestants).filter(|leader| leader.trials >= ENOUGH_ROUNDS) else {
        return "inconclusive".into();
    };
    if score.is_invalid() {
        return "invalid: the A/A control failed".into();
    }
    let rivals = rivals(score, leader, &contestants);
    let names: Vec<&str> =
        std::iter::once(leader).chain(rivals.open.iter().copied()).map(|row| row.label.as_str()).collect();
    let word = score.metric.superlative();
    let who = match (names.len(), rivals.tied.len() + 1 == names.len()) {
        (1, _) if contestants.len() == 1 => format!("no rival: {}", names[0]),
        (1, _) => format!("{word}: {}", names[0]),
        (_, true) => format!("{word}, tied: {}", list(&names)),
        (_, false) => format!("{word}, not told apart: {}", list(&names)),
    };
    let versus = best_pair(score, &contestants).map_or_else(String::new, |(_, _, compared)| {
        let ratio = numbers::ratio(compared.ratio);
        match compared.verdict {
            Verdict::Inconclusive | Verdict::Invalid => format!("; async against blocking: inconclusive ({ratio})"),
            Verdict::Equivalent => "; async against blocking: a tie".into(),
            Verdict::Faster | Verdict::Slower => format!("; async against blocking: {ratio} times"),
        }
    });
    format!("{who}{versus}")
}

/// Who leads a cell, for charts and cards; the words are [`sentences`].
#[derive(Debug, Clone)]
pub(crate) struct Podium {
    /// The label of the best, and after it of those that cannot be told from it.
    pub(crate) best: Vec<String>,
    /// All of them tie, and none is merely undecided.
    pub(crate) tied: bool,
    /// By how much the leader is ahead of the best of those that are decidedly behind.
    pub(crate) next: Option<Comparison>,
    /// The best async engine to the best blocking control.
    pub(crate) worth: Option<Comparison>,
}

/// `None` where nothing can be said: too few rounds, or a control that failed.
pub(crate) fn podium(score: &Score) -> Option<Podium> {
    let contestants = contestants(score);
    let leader = leader(score, &contestants).filter(|leader| leader.trials >= ENOUGH_ROUNDS && !score.is_invalid())?;
    let rivals = rivals(score, leader, &contestants);
    Some(Podium {
        tied: rivals.tied.len() == rivals.open.len(),
        next: rivals.behind.first().map(|(_, lead)| *lead),
        worth: best_pair(score, &contestants).map(|(.., compared)| compared),
        best: std::iter::once(leader).chain(rivals.open).map(|row| row.label.clone()).collect(),
    })
}

/// Floors and controls show what is possible, nobody would choose one; who does something else with a page shows what the
/// asked-for work costs.
fn contestants(score: &Score) -> Vec<&Row> {
    let chosen = |row: &&Row| row.same_work && matches!(row.family, Family::Async | Family::Blocking | Family::Client);
    let contestants: Vec<&Row> = score.real_rows().filter(chosen).collect();
    if contestants.is_empty() { score.real_rows().collect() } else { contestants }
}

fn leader<'s>(score: &Score, rows: &[&'s Row]) -> Option<&'s Row> {
    let better = |a: &&&Row, b: &&&Row| {
        let order = a.value.total_cmp(&b.value);
        if score.metric.more_is_better() { order } else { order.reverse() }
    };
    rows.iter().max_by(better).copied()
}

/// The others, seen from the leader.
struct Rivals<'s> {
    /// Decidedly worse, the best of them first.
    behind: Vec<(&'s Row, Comparison)>,
    /// Not decidedly worse: tied or undecided.
    open: Vec<&'s Row>,
    /// Those of `open` that tie.
    tied: Vec<&'s Row>,
}

fn rivals<'s>(score: &Score, leader: &Row, rows: &[&'s Row]) -> Rivals<'s> {
    let mut rivals = Rivals { behind: Vec::new(), open: Vec::new(), tied: Vec::new() };
    for row in rows.iter().copied().filter(|row| row.label != leader.label) {
        let lead = score::compare(leader, row, score.delta).unwrap_or(Comparison::UNKNOWN);
        match lead.verdict {
            Verdict::Faster => rivals.behind.push((row, lead)),
            Verdict::Equivalent => {
                rivals.open.push(row);
                rivals.tied.push(row);
            }
            Verdict::Slower | Verdict::Inconclusive | Verdict::Invalid => rivals.open.push(row),
        }
    }
    rivals.behind.sort_by(|(_, a), (_, b)| a.ratio.total_cmp(&b.ratio));
    rivals
}

/// Who leads, who ties with it, who is next.
fn standing(score: &Score, leader: &Row, rows: &[&Row]) -> String {
    let rivals = rivals(score, leader, rows);
    let labels = |rows: &[&Row]| list(&rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>());
    let undecided: Vec<&Row> =
        rivals.open.iter().copied().filter(|row| !rivals.tied.iter().any(|tied| tied.label == row.label)).collect();
    let delta = score.delta * 100.0;
    let mut text = match rivals.tied.as_slice() {
        [] if rows.len() == 1 => format!("{} has no rival here", leader.label),
        [] if undecided.is_empty() => format!("{} is {}", leader.label, score.metric.superlative()),
        [] => format!("{} leads", leader.label),
        tied => {
            let all: Vec<&Row> = std::iter::once(leader).chain(tied.iter().copied()).collect();
            format!("{} tie for {} (within {delta:.0} %)", labels(&all), score.metric.superlative())
        }
    };
    if let Some((next, lead)) = rivals.behind.first() {
        text.push_str(&format!(", {} {} {}", times(lead), score.metric.comparative(), next.label));
    }
    if !undecided.is_empty() {
        let rounds = leader.trials;
        text.push_str(&format!("; inconclusive against {} after {rounds} rounds", labels(&undecided)));
    }
    text.push('.');
    text
}

/// Whether a cell can say anything about async against blocking at all.
pub(crate) fn has_both_kinds(score: &Score) -> bool {
    let contestants = contestants(score);
    !of_family(&contestants, Family::Async).is_empty() && !of_family(&contestants, Family::Blocking).is_empty()
}

/// Those of one family that are this workspace's own. What a program in another language gains or loses is not what async does.
fn of_family<'s>(rows: &[&'s Row], family: Family) -> Vec<&'s Row> {
    rows.iter().copied().filter(|row| row.family == family && !row.outside).collect()
}

/// The best async engine against the best blocking control, when the cell has both.
fn best_pair<'s>(score: &Score, rows: &[&'s Row]) -> Option<(&'s Row, &'s Row, Comparison)> {
    let best = |family| leader(score, &of_family(rows, family));
    let (best_async, best_blocking) = (best(Family::Async)?, best(Family::Blocking)?);
    let compared = score::compare(best_async, best_blocking, score.delta).filter(Comparison::is_known)?;
    Some((best_async, best_blocking, compared))
}

/// Is async worth it here?
fn worth(score: &Score, rows: &[&Row]) -> Option<String> {
    let (best_async, best_blocking, compared) = best_pair(score, rows)?;
    let (name, control) = (&best_async.label, &best_blocking.label);
    let cost = cost(score, best_async, best_blocking);
    Some(match compared.verdict {
        Verdict::Faster => format!(
            "Async is worth it here: {name} is {} {} {control}, the best blocking control{cost}.",
            times(&compared),
            score.metric.comparative()
        ),
        Verdict::Slower => format!(
            "Async is not worth it here: the best blocking control, {control}, is {} {} {name}{cost}.",
            times(&inverse(compared)),
            score.metric.comparative()
        ),
        Verdict::Equivalent => {
            format!("Async gains nothing here: {name} ties with {control}, the best blocking control{cost}.")
        }
        Verdict::Inconclusive | Verdict::Invalid => format!(
            "Whether async is worth it here is inconclusive: {name} to {control} is {} [{}, {}]{cost}.",
            numbers::ratio(compared.ratio),
            numbers::ratio(compared.low),
            numbers::ratio(compared.high)
        ),
    })
}

/// What a tie or a win costs in other coin.
fn cost(score: &Score, best_async: &Row, best_blocking: &Row) -> String {
    let Some(cpu) = score::compare_cpu(best_async, best_blocking, score.delta) else { return String::new() };
    let memory = match (best_async.peak_bytes, best_blocking.peak_bytes) {
        (ours, theirs) if ours > 0.0 && theirs > 0.0 => {
            format!(" and {} times its memory", numbers::ratio(ours / theirs))
        }
        _ => String::new(),
    };
    format!("; {} takes {} its CPU time{memory}", best_async.label, times(&cpu))
}

/// What our layers cost over a loop written by hand, when the cell has one.
fn layers(score: &Score) -> Option<String> {
    let controls = score.rows.iter().filter(|row| row.family == Family::Control && row.cpu_seconds > 0.0);
    let control = controls.min_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds))?;
    let ours =
        score.rows.iter().find(|row| Some(&row.label) == score.reference.as_ref() && row.family == Family::Async)?;
    let cpu = score::compare_cpu(ours, control, score.delta)?;
    Some(format!(
        "{} takes {} the CPU time of {}, which has none of our layers.",
        ours.label,
        times(&cpu),
        control.label
    ))
}

/// Why some have no ratio.
fn zeros(rows: &[&Row]) -> Option<String> {
    let zeros: Vec<&str> = rows.iter().filter(|row| row.has_zero).map(|row| row.label.as_str()).collect();
    (!zeros.is_empty()).then(|| format!("Of a zero there is no ratio, and {} had one in some round.", list(&zeros)))
}

fn times(lead: &Comparison) -> String {
    format!("{} [{}, {}] times", numbers::ratio(lead.ratio), numbers::ratio(lead.low), numbers::ratio(lead.high))
}

fn inverse(compared: Comparison) -> Comparison {
    Comparison { ratio: 1.0 / compared.ratio, low: 1.0 / compared.high, high: 1.0 / compared.low, ..compared }
}

/// `a`, `a and b`, `a, b and c`.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
