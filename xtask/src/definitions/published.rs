//! Somebody else's figures for what a workload measures, which stand beside ours.

use super::reader::Table;
use super::workload::Contestant;
use crate::failure::Failure;

/// One publication, and what it says of contestants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Published {
    /// Who and which year: the heading of a column.
    pub(crate) source: String,
    /// Where and when it was published, and what was different there.
    pub(crate) note: String,
    /// The parameters of the cells that it is about.
    pub(crate) when: Vec<(String, Vec<String>)>,
    /// By the label of the contestant that comes closest.
    pub(crate) figures: Figures,
}

/// What a publication gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Figures {
    /// Bytes for each task, which are a slope over several cells.
    Bytes(Vec<(String, u64)>),
    /// What each of the cells compares, in the unit of its column.
    Values(Vec<(String, f64)>),
}

impl Published {
    /// What a task weighs, of a contestant.
    pub(crate) fn bytes(&self, label: &str) -> Option<u64> {
        match &self.figures {
            Figures::Bytes(bytes) => of(bytes, label),
            Figures::Values(_) => None,
        }
    }

    /// What a cell compares, of a contestant.
    pub(crate) fn value(&self, label: &str) -> Option<f64> {
        match &self.figures {
            Figures::Bytes(_) => None,
            Figures::Values(values) => of(values, label),
        }
    }

    /// Whether it speaks of what a task weighs.
    pub(crate) fn is_slope(&self) -> bool {
        matches!(self.figures, Figures::Bytes(_))
    }
}

fn of<T: Copy>(figures: &[(String, T)], label: &str) -> Option<T> {
    figures.iter().find(|(name, _)| name == label).map(|(_, figure)| *figure)
}

/// Reads one `[[published]]`; a figure must belong to somebody who takes part.
pub(super) fn published(table: &Table<'_>, contestants: &[Contestant]) -> Result<Published, Failure> {
    let bytes = figures(table, "bytes", "a whole number", contestants, |word| word.parse().ok())?;
    let positive = |number: &f64| number.is_finite() && *number > 0.0;
    let expected = "a number above 0, as text where it has a fraction";
    let values = figures(table, "value", expected, contestants, |word| word.parse().ok().filter(positive))?;
    let figures = match (bytes.is_empty(), values.is_empty()) {
        (false, true) => Figures::Bytes(bytes),
        (true, false) => Figures::Values(values),
        _ => return Err(table.wrong("expected either `bytes` or `value`, a table of figures by contestant")),
    };
    let published = Published {
        source: table.required_text("source")?,
        note: table.required_text("note")?,
        when: table.axes("when")?,
        figures,
    };
    table.finish()?;
    Ok(published)
}

fn figures<T>(
    table: &Table<'_>,
    key: &'static str,
    expected: &str,
    contestants: &[Contestant],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<(String, T)>, Failure> {
    let known: Vec<&str> = contestants.iter().map(|contestant| contestant.label.as_str()).collect();
    let figure = |(label, words): (String, Vec<String>)| {
        if !known.contains(&label.as_str()) {
            let unknown = crate::names::unknown("contestant of this workload", &label, &known);
            return Err(table.wrong_at(key, format_args!("`{key}`: {unknown}")));
        }
        match words.as_slice() {
            [word] => read(word).map(|figure| (label.clone(), figure)),
            _ => None,
        }
        .ok_or_else(|| table.wrong_at(key, format_args!("`{key}.{label}`: expected {expected}")))
    };
    table.axes(key)?.into_iter().map(figure).collect()
}
