//! `cargo xtask diff --base REV`: builds another revision and runs both side by side, interleaved in the same rounds. Stored
//! numbers are never compared with: they come from another hour of the machine.

pub(crate) mod base;

use crate::bench::{Run, definitions_folder, prepare};
use crate::compile::Programs;
use crate::definitions::Definitions;
use crate::failure::{Failure, REGRESSION};
use crate::flags::Diff;
use crate::plan::{self, Cell, Entry, Planned, Share};
use crate::say;
use crate::score::Score;
use crate::stats::Verdict;
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Measures both revisions; the number is the exit code when nothing failed on the way.
pub(crate) fn run(flags: &Diff) -> Result<u8, Failure> {
    let definitions = Definitions::load(&definitions_folder(flags.bench.definitions.as_ref()))?;
    // A name that is mistyped is found before another revision is built, which takes many minutes.
    let plan = plan::plan(&definitions, &flags.bench)?;
    let base = base::build(&flags.base, Programs::Timed, &flags.bench)?;
    let plan: Vec<Planned> = plan.into_iter().map(|planned| pair(planned, &base.runner)).collect();
    if plan.iter().all(|planned| planned.cells.is_empty()) {
        return Err(Failure::Nothing(
            "no engine of the plan is built here, so there are no two revisions of it".into(),
        ));
    }
    let mut run = prepare::begin_with(&flags.bench, plan)?;
    let code = run.run()?;
    let regressions = summary(&run, &base.name);
    Ok(if code == 0 && regressions > 0 { REGRESSION } else { code })
}

/// For each engine of each cell a cell of its own: the base, the head, and the base once more.
fn pair(mut planned: Planned, base: &str) -> Planned {
    let ours = |entry: &&Entry| !entry.twin && entry.engine.is_runners_own();
    let cells = planned.cells.iter().flat_map(|cell| cell.entries.iter().filter(ours).map(move |entry| (cell, entry)));
    let cells = cells.map(|(cell, entry)| {
        let head = Entry { label: "head".into(), ..entry.clone() };
        let mut old = Entry { label: "base".into(), ..entry.clone() };
        old.engine.command = vec![base.to_owned()];
        let twin = Entry { label: "base (A/A)".into(), twin: true, ..old.clone() };
        let title = |title: &str| format!("{}: {title}", entry.label);
        let share = cell.share.clone().map(|share| Share { measured_in: title(&share.measured_in), ..share });
        Cell { title: title(&cell.title), entries: vec![old, head, twin], share, ..cell.clone() }
    });
    planned.cells = cells.collect();
    planned.reference = "base".into();
    planned
}

/// What became of each engine in each cell; returns how many became worse.
fn summary(run: &Run, base: &str) -> usize {
    let style = Style::detect();
    let mut table = Table::new(&[
        ("workload", Align::Left),
        ("cell", Align::Left),
        ("head to base", Align::Left),
        ("", Align::Left),
        ("noise", Align::Right),
    ]);
    let (mut worse, mut open, mut compared) = (0, 0, 0);
    for (planned, cell, outcome) in run.measured() {
        let score = Score::new(planned, cell, outcome);
        let head = score.rows.iter().find(|row| row.label == "head").and_then(|row| row.ratio.as_ref());
        let Some(ratio) = head else { continue };
        let (word, tone) = match ratio.verdict {
            Verdict::Faster => ("better", Tone::Good),
            Verdict::Slower => ("WORSE", Tone::Bad),
            Verdict::Equivalent => ("equivalent", Tone::Quiet),
            Verdict::Inconclusive => ("inconclusive", Tone::Quiet),
            Verdict::Invalid => ("invalid", Tone::Bad),
        };
        compared += 1;
        worse += usize::from(ratio.verdict == Verdict::Slower);
        open += usize::from(matches!(ratio.verdict, Verdict::Inconclusive | Verdict::Invalid));
        let interval = [ratio.ratio, ratio.low, ratio.high].map(|ratio| format!("{ratio:.3}"));
        table.row(vec![
            (planned.name.clone(), Tone::Plain),
            (cell.title.clone(), Tone::Plain),
            (format!("{} [{}, {}]", interval[0], interval[1], interval[2]), Tone::Plain),
            (word.into(), tone),
            (score.floor().map_or_else(|| "-".into(), |floor| format!("{:.1} %", floor * 100.0)), Tone::Quiet),
        ]);
    }
    say::out(&format!("\nhead against {base}\n{}", table.render(style)));
    say::out(&format!("  {}\n", conclusion(compared, worse, open)));
    worse
}

/// In words; what nobody can say is not the same as nothing.
fn conclusion(compared: usize, worse: usize, open: usize) -> String {
    let decided = match (worse, compared - open) {
        (0, 0) => return format!("none of {compared} could be decided; more rounds (`--rounds`, `--budget`) may tell"),
        (0, decided) => format!("none of the {decided} that were decided became worse"),
        (worse, decided) => format!("{worse} of the {decided} that were decided became worse"),
    };
    match open {
        0 => decided,
        open => format!("{decided}; {open} stayed open: more rounds (`--rounds`, `--budget`) may tell"),
    }
}

#[cfg(test)]
mod tests {
    use super::conclusion;

    #[test]
    fn what_stayed_open_is_not_called_unchanged() {
        assert_eq!(conclusion(3, 0, 0), "none of the 3 that were decided became worse");
        assert_eq!(conclusion(3, 1, 0), "1 of the 3 that were decided became worse");
        assert!(conclusion(3, 1, 1).starts_with("1 of the 2 that were decided became worse; 1 stayed open"));
        assert!(conclusion(3, 0, 3).starts_with("none of 3 could be decided"));
    }
}
