//! How a ratio changed from one run to another. Rounds of two runs are no pairs; what cancels the machine is the anchor,
//! an engine that both runs measured in the same rounds.

use crate::definitions::Family;
use crate::score::{self, Row, Score};
use crate::stats::{self, Comparison, ENOUGH_ROUNDS, Verdict};

/// The ratio after over the ratio before, where more is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) ratio: f64,
    /// The 95 % interval.
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) verdict: Verdict,
}

impl Change {
    /// From the comparison with the anchor in each run.
    ///
    /// The interval comes from the two intervals by the method of variance estimates recovery (Zou and Donner 2008,
    /// "Construction of confidence limits about effect measures"): it is right where they are, for lopsided ones too, and so
    /// inherits what was shown about the interval of one run. Resamples of both runs would have to show it again.
    pub(crate) fn between(before: &Comparison, after: &Comparison, delta: f64) -> Change {
        let logs = |compared: &Comparison| (compared.ratio.ln(), compared.low.ln(), compared.high.ln());
        let ((centre_a, low_a, high_a), (centre_b, low_b, high_b)) = (logs(before), logs(after));
        let difference = centre_b - centre_a;
        let low = difference - (centre_b - low_b).hypot(high_a - centre_a);
        let high = difference + (high_b - centre_b).hypot(centre_a - low_a);
        let (ratio, low, high) = (difference.exp(), low.exp(), high.exp());
        let verdict = match () {
            () if [before, after].iter().any(|compared| compared.verdict == Verdict::Invalid) => Verdict::Invalid,
            () if before.rounds.min(after.rounds) < ENOUGH_ROUNDS => Verdict::Inconclusive,
            () => stats::verdict(low, high, delta),
        };
        Change { ratio, low, high, verdict }
    }

    /// `+2.7 % [+1.0, +4.4]`, or `~` where nothing can be said.
    pub(crate) fn show(&self) -> String {
        match self.verdict {
            Verdict::Invalid | Verdict::Inconclusive => "~".into(),
            Verdict::Equivalent => "=".into(),
            Verdict::Faster | Verdict::Slower => {
                let [ratio, low, high] = [self.ratio, self.low, self.high].map(percent);
                format!("{ratio} % [{low}, {high}]")
            }
        }
    }

    /// Whether the two differ by more than noise and by more than matters.
    pub(crate) fn is_decided(&self) -> bool {
        matches!(self.verdict, Verdict::Faster | Verdict::Slower)
    }
}

/// A ratio as a change: `+2.7`, `-11`.
pub(crate) fn percent(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    if percent.abs() < 9.95 { format!("{percent:+.1}") } else { format!("{percent:+.0}") }
}

/// Which engine of a cell is what the others are held against.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Anchor {
    label: String,
}

/// The anchor of a row in two runs of its cell: the reference; for the reference itself what was written by hand without our
/// layers, since that does not change with them. `None` where the runs share no such engine.
pub(crate) fn anchor(label: &str, before: &Score, after: &Score) -> Option<Anchor> {
    let in_both = |row: &&Row| after.real_rows().any(|other| other.label == row.label);
    let by_hand = |row: &&Row| matches!(row.family, Family::Floor | Family::Control) && row.label != label;
    let reference = before.reference.as_deref().filter(|_| before.reference == after.reference);
    let found = match reference {
        Some(reference) if reference != label => Some(reference.to_owned()),
        _ => before.real_rows().filter(in_both).find(by_hand).map(|row| row.label.clone()),
    };
    found.map(|label| Anchor { label })
}

impl Anchor {
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// The metric of a row to that of the anchor, in its own run.
    pub(crate) fn metric(&self, row: &Row, score: &Score) -> Option<Comparison> {
        if score.reference.as_deref() == Some(self.label()) {
            return row.ratio;
        }
        self.compare(row, score, score::compare)
    }

    /// The CPU time of a row to that of the anchor, turned so that more is better.
    pub(crate) fn cpu(&self, row: &Row, score: &Score) -> Option<Comparison> {
        self.compare(row, score, |row, anchor, delta| score::compare_cpu(anchor, row, delta))
    }

    fn compare(
        &self,
        row: &Row,
        score: &Score,
        compare: impl Fn(&Row, &Row, f64) -> Option<Comparison>,
    ) -> Option<Comparison> {
        let anchor = score.rows.iter().find(|anchor| anchor.label == self.label)?;
        let mut compared = compare(row, anchor, score.delta)?;
        if score.is_invalid() {
            compared.verdict = Verdict::Invalid;
        }
        Some(compared)
    }
}

#[cfg(test)]
mod tests;
