//! `cargo xtask rank [RUN]`: how near each engine comes to the best of every cell, over many cells; equals share a rank.

use crate::definitions::Family;
use crate::failure::Failure;
use crate::flags::Read;
use crate::numbers;
use crate::report;
use crate::runs::{self, Scored};
use crate::say;
use crate::score::{self, Row};
use crate::stats::{self, Comparison, ENOUGH_ROUNDS, Verdict};
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Prints a table for each group of engines that may be compared.
pub(crate) fn run(flags: &Read) -> Result<(), Failure> {
    let run = runs::open(flags.run.as_deref(), flags.results.as_deref())?;
    let scored = runs::scored(&run, &flags.workloads)?;
    let (counted, left_out): (Vec<Scored<'_>>, Vec<Scored<'_>>) = scored.into_iter().partition(counts);
    if counted.is_empty() {
        return Err(Failure::Nothing(format!(
            "no cell of {} can be ranked: {}",
            runs::folder(&run).display(),
            describe(&left_out)
        )));
    }
    let style = Style::detect();
    say::out(&format!(
        "{} of {} tables of {}\n",
        counted.len(),
        counted.len() + left_out.len(),
        runs::folder(&run).display()
    ));
    for group in Group::ALL {
        let ranking = Ranking::of(&counted, group);
        if ranking.of > 0 {
            say::out(&format!("\n{}\n{}", style.paint(group.heading(), Tone::Strong), ranking.table().render(style)));
            say::out(&ranking.notes());
        }
    }
    say::out(&format!("\n{}", report::wrap("how to read: ", READING)));
    if !left_out.is_empty() {
        say::out(&report::wrap("left out: ", &format!("{}.", describe(&left_out))));
    }
    Ok(())
}

const READING: &str = "in each cell an engine has a share of the best engine's result there; the figure is the geometric mean over the cells, with \
     its 95 % interval. 1 would be the best everywhere. Engines that cannot be told apart have the same ranks. A mean over other \
     cells is another question: choose them with --workload.";

/// Engines that may stand in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Async,
    Blocking,
    Clients,
    ByHand,
    /// Programs from outside bring their own client and their own parser: a table with ours would compare those.
    Outside,
}

impl Group {
    const ALL: [Group; 5] = [Group::Async, Group::Blocking, Group::Clients, Group::ByHand, Group::Outside];

    fn heading(self) -> &'static str {
        match self {
            Group::Async => "async runtimes, with the same client",
            Group::Blocking => "blocking threads",
            Group::Clients => {
                "HTTP clients, under the same pipeline (shares of the best of them; no runtime is compared here)"
            }
            Group::ByHand => "written by hand (what is possible; nobody would choose one)",
            Group::Outside => "programs from outside, with their own clients (shares of the best of them)",
        }
    }

    fn of(scored: &Scored<'_>, row: &Row) -> Group {
        let entry = scored.cell.entries.iter().find(|entry| entry.label == row.label);
        match row.family {
            _ if entry.is_some_and(|entry| entry.engine.is_outside()) => Group::Outside,
            Family::Async => Group::Async,
            Family::Blocking => Group::Blocking,
            Family::Client => Group::Clients,
            Family::Control | Family::Floor => Group::ByHand,
        }
    }

    /// Whose best result the shares of this group are of.
    fn rivals(self) -> &'static [Group] {
        match self {
            Group::Outside => &[Group::Outside],
            Group::Clients => &[Group::Clients],
            Group::Async | Group::Blocking | Group::ByHand => &[Group::Async, Group::Blocking],
        }
    }
}

/// Whether a cell can be believed, and compares anything.
fn counts(scored: &Scored<'_>) -> bool {
    !scored.score.is_invalid() && ranked(scored).count() >= 2
}

/// Why these were not counted.
fn describe(left_out: &[Scored<'_>]) -> String {
    let reason = |scored: &Scored<'_>| match scored.score.is_invalid() {
        true => "invalid",
        false => "too few rounds or engines",
    };
    let cell = |scored: &Scored<'_>| format!("{}, {} ({})", scored.planned.name, scored.cell.title, reason(scored));
    left_out.iter().map(cell).collect::<Vec<_>>().join("; ")
}

/// The engines of one group, the best first, over the cells that all of them took part in.
struct Ranking {
    engines: Vec<Ranked>,
    cells: usize,
    /// Of how many in which any of the group took part.
    of: usize,
    /// Engines that took part in too few to be ranked, with how many.
    absent: Vec<(String, usize)>,
}

struct Ranked {
    label: String,
    /// The logarithm of its share of the best.
    mean: Mean,
    /// Its best and its worst possible place.
    places: (usize, usize),
}

impl Ranking {
    fn of(counted: &[Scored<'_>], group: Group) -> Ranking {
        // The same engine with other parameters is another contestant: the label tells them apart.
        let members = |scored: &Scored<'_>| members(scored, &[group]).map(|row| row.label.clone()).collect::<Vec<_>>();
        let cells: Vec<(&Scored<'_>, Vec<String>)> = counted.iter().map(|scored| (scored, members(scored))).collect();
        let cells: Vec<_> = cells.into_iter().filter(|(_, members)| !members.is_empty()).collect();
        let mut labels: Vec<String> = cells.iter().flat_map(|(_, members)| members.clone()).collect();
        labels.sort_unstable();
        labels.dedup();
        let part = |label: &String| cells.iter().filter(|(_, members)| members.contains(label)).count();
        // A mean over other cells is of another question. Who is seldom there must not take the cells of the others away.
        let (present, absent): (Vec<String>, Vec<String>) =
            labels.into_iter().partition(|label| 2 * part(label) > cells.len());
        let shared = cells.iter().filter(|(_, members)| present.iter().all(|label| members.contains(label)));
        let shared: Vec<&Scored<'_>> = shared.map(|(scored, _)| *scored).collect();
        let ranked = |label: String| {
            let shares = shared.iter().filter_map(|scored| share_of_best(scored, &label, group.rivals()));
            let mean = Mean::of(&shares.collect::<Vec<Comparison>>())?;
            Some(Ranked { label, mean, places: (1, 1) })
        };
        let mut engines: Vec<Ranked> = present.into_iter().filter_map(ranked).collect();
        engines.sort_by(|a, b| b.mean.centre.total_cmp(&a.mean.centre));
        let places = places(engines.len(), |upper, lower| leads(&shared, &engines[upper].label, &engines[lower].label));
        engines.iter_mut().zip(places).for_each(|(engine, places)| engine.places = places);
        let absent = absent.into_iter().map(|label| (part(&label), label)).map(|(part, label)| (label, part));
        Ranking { cells: shared.len(), of: cells.len(), absent: absent.collect(), engines }
    }

    fn table(&self) -> Table {
        let columns = [("rank", Align::Right), ("engine", Align::Left), ("share of the best", Align::Left)];
        let mut table = Table::new(&columns);
        for engine in &self.engines {
            let rank = match engine.places {
                (first, last) if first == last => format!("{first}"),
                (first, last) => format!("{first}-{last} tie"),
            };
            let [centre, low, high] = [engine.mean.centre, engine.mean.low, engine.mean.high].map(f64::exp);
            let share = format!("{} [{}, {}]", numbers::ratio(centre), numbers::ratio(low), numbers::ratio(high));
            let plain = [rank, engine.label.clone(), share];
            table.row(plain.into_iter().map(|text| (text, Tone::Plain)).collect());
        }
        table
    }

    fn notes(&self) -> String {
        let mut text =
            report::wrap("cells: ", &format!("{} of {}, the ones that all of them took part in.", self.cells, self.of));
        if !self.absent.is_empty() {
            let seldom = self.absent.iter().map(|(label, part)| format!("{label} ({part})"));
            let seldom = seldom.collect::<Vec<_>>().join(", ");
            text.push_str(&report::wrap(
                "in too few: ",
                &format!("{seldom}; --workload chooses cells that they were in."),
            ));
        }
        text
    }
}

/// The rows of a cell that have enough rounds and did the same work.
fn ranked<'s>(scored: &'s Scored<'_>) -> impl Iterator<Item = &'s Row> {
    scored.score.real_rows().filter(|row| row.trials >= ENOUGH_ROUNDS && row.same_work)
}

/// Those of them that belong to these groups.
fn members<'s>(scored: &'s Scored<'_>, groups: &[Group]) -> impl Iterator<Item = &'s Row> {
    ranked(scored).filter(move |row| groups.contains(&Group::of(scored, row)))
}

/// How an engine compares to the best of its rivals in one cell.
fn share_of_best(scored: &Scored<'_>, label: &str, rivals: &[Group]) -> Option<Comparison> {
    let row = ranked(scored).find(|row| row.label == label)?;
    let goodness = |row: &Row| scored.score.metric.goodness(row.value);
    let best = members(scored, rivals).max_by(|a, b| goodness(a).total_cmp(&goodness(b)))?;
    if best.label == row.label {
        let certain = stats::compare(&[vec![0.0; ENOUGH_ROUNDS]], scored.score.delta)?;
        return Some(certain);
    }
    score::compare(row, best, scored.score.delta).filter(Comparison::is_known)
}

/// Whether one engine is ahead of another by more than noise, over cells that both took part in.
fn leads(cells: &[&Scored<'_>], upper: &str, lower: &str) -> bool {
    let find = |scored: &Scored<'_>, label: &str| ranked(scored).find(|row| row.label == label).cloned();
    let compared = cells
        .iter()
        .filter_map(|scored| score::compare(&find(scored, upper)?, &find(scored, lower)?, scored.score.delta))
        .filter(Comparison::is_known);
    let delta = cells.iter().map(|scored| scored.score.delta).fold(0.0, f64::max);
    Mean::of(&compared.collect::<Vec<_>>())
        .is_some_and(|mean| stats::verdict(mean.low.exp(), mean.high.exp(), delta) == Verdict::Faster)
}

/// The best and the worst place of each of so many engines in their order, where `leads(upper, lower)` says who is ahead.
fn places(count: usize, leads: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    // From an engine on, the first that it leads; it is taken to lead all after that one too.
    let beaten: Vec<usize> =
        (0..count).map(|upper| (upper + 1..count).find(|lower| leads(upper, *lower)).unwrap_or(count)).collect();
    let place = |engine: usize| {
        let ahead = (0..engine).filter(|upper| beaten[*upper] <= engine).count();
        (ahead + 1, beaten[engine])
    };
    (0..count).map(place).collect()
}

/// The mean of logarithms with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mean {
    centre: f64,
    low: f64,
    high: f64,
}

impl Mean {
    /// The cells are the question and not a sample of questions, so that the doubt is that of each cell: the intervals add
    /// like sides of a right angle (Zou and Donner 2008), each side by itself.
    fn of(compared: &[Comparison]) -> Option<Mean> {
        let count = compared.len() as f64;
        let centre = compared.iter().map(|one| one.ratio.ln()).sum::<f64>() / count;
        let side = |bound: fn(&Comparison) -> f64| {
            let squares = compared.iter().map(|one| (bound(one).ln() - one.ratio.ln()).powi(2));
            squares.sum::<f64>().sqrt() / count
        };
        let mean = Mean { centre, low: centre - side(|one| one.low), high: centre + side(|one| one.high) };
        (!compared.is_empty()).then_some(mean)
    }
}

#[cfg(test)]
mod tests;
