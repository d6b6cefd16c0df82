//! Somebody else's figures for what a workload measures, which stand beside ours.

use super::reader::Table;
use super::workload::Contestant;
use crate::failure::Failure;

/// One publication, and what it says a task weighs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Published {
    /// Who and which year: the heading of a column.
    pub(crate) source: String,
    /// Where and when it was published, and what was different there.
    pub(crate) note: String,
    /// The parameters of the cells that it is about.
    pub(crate) when: Vec<(String, Vec<String>)>,
    /// Bytes for each task, by the label of the contestant that comes closest.
    pub(crate) bytes: Vec<(String, u64)>,
}

impl Published {
    /// What it says of a contestant.
    pub(crate) fn of(&self, label: &str) -> Option<u64> {
        self.bytes.iter().find(|(name, _)| name == label).map(|(_, bytes)| *bytes)
    }
}

/// Reads one `[[published]]`; a figure must belong to somebody who takes part.
pub(super) fn published(table: &Table<'_>, contestants: &[Contestant]) -> Result<Published, Failure> {
    let figure = |(label, words): (String, Vec<String>)| {
        let known: Vec<&str> = contestants.iter().map(|contestant| contestant.label.as_str()).collect();
        if !known.contains(&label.as_str()) {
            let unknown = crate::names::unknown("contestant of this workload", &label, &known);
            return Err(table.wrong_at("bytes", format_args!("`bytes`: {unknown}")));
        }
        match words.as_slice() {
            [word] if word.parse::<u64>().is_ok() => Ok((label, word.parse().unwrap_or_default())),
            _ => Err(table.wrong_at("bytes", format_args!("`bytes.{label}`: expected a whole number"))),
        }
    };
    let published = Published {
        source: table.required_text("source")?,
        note: table.required_text("note")?,
        when: table.axes("when")?,
        bytes: table.axes("bytes")?.into_iter().map(figure).collect::<Result<_, _>>()?,
    };
    if published.bytes.is_empty() {
        return Err(table.wrong("`bytes` is missing or empty; expected a table of figures by contestant"));
    }
    table.finish()?;
    Ok(published)
}
