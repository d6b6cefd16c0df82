//! What `gate` prints: one line when nothing changed, and no more than what changed when something did.

use super::{Broken, Compared, Finding, State};
use crate::markdown;
use crate::numbers;
use crate::results::Loaded;
use crate::runs;
use crate::score::Validity;
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Everything that was compared.
pub(super) struct Summary<'r> {
    pub(super) base: &'r Loaded,
    pub(super) heads: &'r [Loaded],
    pub(super) counted: Compared,
    pub(super) timed: Compared,
    pub(super) broken: Vec<Broken>,
    /// The revision that was counted as the base, where that is what was asked for.
    pub(super) against: Option<String>,
}

impl Summary<'_> {
    /// For a terminal or a log.
    pub(super) fn text(&self) -> String {
        let style = Style::detect();
        let mut text = format!("{}\n", style.paint(&self.headline(), Tone::Strong));
        let changed = self.changed();
        if !changed.is_empty() {
            text.push_str(&table(&changed).render(style));
        }
        self.notes().iter().for_each(|note| text.push_str(&format!("  {note}\n")));
        text
    }

    /// For `$GITHUB_STEP_SUMMARY` or a comment.
    pub(super) fn markdown(&self) -> String {
        let changed = self.changed();
        let headline = format!("**{}**", markdown::escape(&self.headline()));
        if changed.is_empty() && self.broken.is_empty() && self.exit_code() == Some(0) {
            return format!("{headline}\n");
        }
        let mut text = format!("{headline}\n\n");
        if !changed.is_empty() {
            text.push_str(&table(&changed).markdown());
            text.push('\n');
        }
        self.notes().iter().for_each(|note| text.push_str(&format!("- {}\n", markdown::escape(note))));
        let all = [&self.counted, &self.timed].into_iter().flat_map(|compared| &compared.findings);
        let rest: Vec<&Finding> = all.filter(|finding| !is_changed(finding)).collect();
        text.push_str(&format!("\n<details><summary>{} that did not change</summary>\n\n", rest.len()));
        text.push_str(&table(&rest).markdown());
        text.push_str("\n</details>\n\n<details><summary>environment, and how to repeat</summary>\n\n");
        for (name, run) in std::iter::once(("base", self.base)).chain(self.heads.iter().map(|head| ("head", head))) {
            text.push_str(&format!("- {name}: {}\n", markdown::environment(run).trim_end()));
            text.push_str(&format!("  `{}`\n", run.text("command").replace('`', "'")));
        }
        text.push_str("\n</details>\n");
        text
    }

    /// Why the exit code says that nothing was compared.
    pub(super) fn nothing(&self) -> String {
        "nothing was compared: the runs have no cell and engine in common, or too few engines in them to hold against each other"
            .into()
    }

    /// The verdict, how much it is about, and for times the noise floor.
    fn headline(&self) -> String {
        let count = |state: State| self.all(state).count();
        let verdict = match () {
            () if !self.broken.is_empty() => {
                format!("broken: {} answer{} no more", self.broken.len(), numbers::plural(self.broken.len()))
            }
            () if count(State::Regression) > 0 => {
                format!(
                    "regression: {} number{} worse",
                    count(State::Regression),
                    numbers::plural(count(State::Regression))
                )
            }
            () if self.exit_code().is_none() => "nothing was compared".into(),
            () if self.exit_code() != Some(0) => "too noisy to say".into(),
            () if count(State::Worse) + count(State::Better) == 0 => "nothing changed".into(),
            () => format!(
                "no regression; {} better, {} worse (for information)",
                count(State::Better),
                count(State::Worse)
            ),
        };
        let mut headline = format!("{verdict}: {} counts ", self.counted.findings.len());
        if !self.timed.findings.is_empty() {
            headline.push_str(&format!("and {} times ", self.timed.findings.len()));
        }
        headline.push_str(&format!("compared, {} of them unclear", count(State::Unclear)));
        if !self.timed.findings.is_empty() {
            headline.push_str(&format!("; {}", self.floor()));
        }
        if self.counted.alone > 0 {
            headline.push_str(&format!("; {} in one of the two alone", self.counted.alone));
        }
        if let Some(revision) = &self.against {
            headline.push_str(&format!("; base {revision}"));
        }
        headline
    }

    /// The widest that a reference was from itself in a cell that counts.
    fn floor(&self) -> String {
        let runs = std::iter::once(self.base).chain(self.heads);
        let floors = runs.filter_map(|run| runs::scored(run, &[]).ok()).flat_map(|scored| {
            let floor = |validity: &Validity| match validity {
                Validity::Valid { floor } => Some(*floor),
                _ => None,
            };
            scored.into_iter().filter_map(|scored| floor(&scored.score.validity)).collect::<Vec<f64>>()
        });
        match floors.max_by(f64::total_cmp) {
            Some(floor) => format!("noise floor {:.1} %", (floor * 100.0).max(0.1)),
            None => "noise floor unknown".into(),
        }
    }

    fn all(&self, state: State) -> impl Iterator<Item = &Finding> {
        self.counted.of(state).chain(self.timed.of(state))
    }

    /// The rows to show, what gates first.
    fn changed(&self) -> Vec<&Finding> {
        [State::Regression, State::Worse, State::Better].into_iter().flat_map(|state| self.all(state)).collect()
    }

    fn notes(&self) -> Vec<String> {
        let broken = self.broken.iter().map(|broken| broken.what.clone());
        let mut notes: Vec<String> = broken.collect();
        notes.extend(self.counted.notes.iter().chain(&self.timed.notes).cloned());
        if self.heads.len() == 1 && self.timed.has(State::Worse) {
            notes.push("times of one run do not gate; a second `--head` of the same revision would".into());
        }
        notes
    }
}

fn is_changed(finding: &Finding) -> bool {
    matches!(finding.state, State::Regression | State::Worse | State::Better)
}

fn table(findings: &[&Finding]) -> Table {
    let columns = [
        ("workload", Align::Left),
        ("cell", Align::Left),
        ("engine", Align::Left),
        ("what", Align::Left),
        ("base", Align::Right),
        ("head", Align::Right),
        ("change", Align::Left),
        ("", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for finding in findings {
        let (word, tone) = match finding.state {
            State::Regression => ("regression", Tone::Bad),
            State::Worse => ("worse", Tone::Bad),
            State::Better => ("better", Tone::Good),
            State::Unclear => ("unclear", Tone::Quiet),
            State::Same => ("same", Tone::Quiet),
        };
        let mut row: Vec<(String, Tone)> = finding.place.iter().map(|part| (part.clone(), Tone::Plain)).collect();
        let numbers = [&finding.what, &finding.base, &finding.head, &finding.change];
        row.extend(numbers.map(|text| (text.clone(), Tone::Plain)));
        row.push((word.into(), tone));
        table.row(row);
    }
    table
}
