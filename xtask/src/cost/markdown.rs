//! The same for a document: one table of a workload, a line for each engine in each sweep.

use super::{Coin, Sweep, sweeps};
use crate::failure::Failure;
use crate::markdown;
use crate::results::Loaded;
use crate::runs;
use crate::style::Tone;
use crate::table::{Align, Table};

/// From how many in flight on async pays, below the command that measured it.
pub(crate) fn workload(run: &Loaded, name: &str) -> Result<String, Failure> {
    let scored = runs::scored(run, &[name.to_owned()])?;
    let sweeps = sweeps(&scored);
    let Some(first) = sweeps.first() else {
        return Err(Failure::Nothing(format!(
            "`{name}` has no two concurrencies at which an async engine met a pool or threads"
        )));
    };
    let coins = Coin::ALL.map(|coin| coin.name(first.metric));
    let mut columns = vec![("", Align::Left), ("engine", Align::Left)];
    columns.extend(coins.iter().map(|name| (name.as_str(), Align::Left)));
    let mut table = Table::new(&columns);
    sweeps.iter().for_each(|sweep| sweep.rows(&mut table));
    let source = markdown::source(run);
    let how = "`256 (64, 256]`: it pays at 256 and wherever more were measured; at 64 that was not shown.";
    Ok(format!("{source}\n{}\nHeld against {} {how}\n", table.markdown(), first.against()))
}

impl Sweep<'_> {
    fn rows(&self, table: &mut Table) {
        for label in self.engines() {
            let mut row = vec![(self.title.clone(), Tone::Plain), (label.to_owned(), Tone::Plain)];
            row.extend(self.answers(label).iter().map(|answer| (answer.short(), answer.tone())));
            table.row(row);
        }
    }
}
