//! `cargo xtask list` and `cargo xtask show WORKLOAD`: what there is to run, and what each question means.

use crate::bench;
use crate::definitions::{Class, Definitions, Family};
use crate::failure::Failure;
use crate::flags::{Bench, List, Show};
use crate::names;
use crate::plan;
use crate::report;
use crate::say;
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Prints every workload with its question, by class, then the engines.
pub(crate) fn list(flags: &List) -> Result<(), Failure> {
    let definitions = Definitions::load(&bench::definitions_folder(flags.definitions.as_ref()))?;
    let style = Style::detect();
    for class in Class::ALL {
        let workloads = definitions.workloads.iter().filter(|workload| workload.class == class);
        let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
        for workload in workloads.clone() {
            let mark = if workload.quick.is_some() { " *" } else { "" };
            table.row(vec![
                (format!("{}{mark}", workload.name), Tone::Strong),
                (workload.question.clone(), Tone::Plain),
            ]);
        }
        if workloads.count() > 0 {
            // The columns speak for themselves: their empty headings are left out.
            let rows = table.render(style);
            let rows = rows.split_once('\n').map_or("", |(_, rows)| rows);
            say::out(&format!("\n{} workloads\n{rows}", class.name()));
        }
    }
    say::out("\n  * also runs under --quick; `cargo xtask show WORKLOAD` explains one; `--all` runs every class\n");
    say::out("\nengines (--engine NAME)\n");
    say::out(&engines(&definitions).render(style));
    Ok(())
}

/// Prints everything about the named workloads.
pub(crate) fn show(flags: &Show) -> Result<(), Failure> {
    let definitions = Definitions::load(&bench::definitions_folder(flags.definitions.as_ref()))?;
    let style = Style::detect();
    let chosen = Bench { workloads: flags.workloads.clone(), ..Bench::default() };
    for planned in plan::plan(&definitions, &chosen)? {
        say::out(&format!("\n{} ({})\n", style.paint(&planned.name, Tone::Strong), planned.class));
        say::out(&report::wrap("question: ", &planned.question));
        say::out(&report::wrap("expected: ", &planned.expectation));
        say::out(&report::wrap("analysis: ", &planned.analysis));
        let labels = |cell: &plan::Cell| {
            let real = cell.entries.iter().filter(|entry| !entry.twin);
            real.map(|entry| entry.label.clone()).collect::<Vec<_>>().join(", ")
        };
        say::out(&report::wrap("engines: ", &planned.cells.first().map(labels).unwrap_or_default()));
        say::out(&report::wrap("reference: ", &planned.reference));
        if !planned.against.is_empty() {
            say::out(&report::wrap("against: ", &planned.against.join(", ")));
        }
        if let Some(server) = planned.server.description() {
            say::out(&report::wrap("server: ", server));
        }
        let limits: Vec<&str> =
            planned.limits.iter().map(|limit| names::name(&crate::definitions::LimitKind::NAMES, *limit)).collect();
        let limits = if limits.is_empty() { "none".into() } else { limits.join(", ") };
        say::out(&report::wrap("limits: ", &limits));
        for published in &planned.published {
            say::out(&report::wrap("published: ", &format!("{}: {}", published.source, published.note)));
        }
        for cell in &planned.cells {
            say::out(&report::wrap("- ", &report::setup(&planned, cell)));
        }
    }
    Ok(())
}

fn engines(definitions: &Definitions) -> Table {
    let columns = ["engine", "family", "client", "runtime", ""].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for engine in &definitions.engines {
        let about = match &engine.notes {
            Some(notes) => format!("{} ({notes})", engine.about),
            None => engine.about.clone(),
        };
        let family = names::name(&Family::NAMES, engine.family).to_owned();
        let words = [engine.name.clone(), family, engine.client.clone(), engine.runtime.clone(), about];
        table.row(words.into_iter().map(|word| (word, Tone::Plain)).collect());
    }
    table
}
