//! Columns that line up: text to the left, numbers to the right.

use crate::style::{Style, Tone};

/// A table under construction.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<(String, Tone)>>,
}

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

impl Table {
    pub(crate) fn new(columns: &[(&str, Align)]) -> Table {
        let columns = columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
        Table { columns, rows: Vec::new() }
    }

    /// Adds a column to the right, before the first row.
    pub(crate) fn column(&mut self, name: &str, align: Align) {
        self.columns.push((name.to_owned(), align));
    }

    /// Adds a row; missing cells at its end are empty.
    pub(crate) fn row(&mut self, cells: Vec<(String, Tone)>) {
        self.rows.push(cells);
    }

    /// The table, each line indented by two spaces and without spaces at its end.
    pub(crate) fn render(&self, style: Style) -> String {
        let header: Vec<(String, Tone)> = self.columns.iter().map(|(name, _)| (name.clone(), Tone::Quiet)).collect();
        let mut text = String::new();
        for row in std::iter::once(&header).chain(&self.rows) {
            let last = row.iter().rposition(|(cell, _)| !cell.is_empty()).unwrap_or(0);
            text.push(' ');
            for (column, (cell, tone)) in row.iter().enumerate().take(last + 1) {
                let padding = " ".repeat(self.width(column).saturating_sub(cell.chars().count()));
                let painted = style.paint(cell, *tone);
                let gap = if column == 0 { " " } else { "  " };
                match self.columns[column].1 {
                    Align::Right => text.push_str(&format!("{gap}{padding}{painted}")),
                    Align::Left if column == last => text.push_str(&format!("{gap}{painted}")),
                    Align::Left => text.push_str(&format!("{gap}{painted}{padding}")),
                }
            }
            text.push('\n');
        }
        text
    }

    /// The same as a table of Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let escape = |cell: &str| cell.replace('|', "\\|").replace('<', "&lt;");
        let mut text = line(self.columns.iter().map(|(name, _)| escape(name)).collect());
        let dashes = |align: &Align| if *align == Align::Right { "--:" } else { "---" }.to_owned();
        text.push_str(&line(self.columns.iter().map(|(_, align)| dashes(align)).collect()));
        for row in &self.rows {
            let cell = |column: usize| row.get(column).map_or_else(String::new, |(cell, _)| escape(cell));
            text.push_str(&line((0..self.columns.len()).map(cell).collect()));
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|(cell, _)| cell.chars().count());
        cells.max().unwrap_or(0).max(self.columns[column].0.chars().count())
    }
}

#[cfg(test)]
mod tests;
