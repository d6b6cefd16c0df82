//! `cargo xtask list`: what there is to run, and the question each workload answers.

use crate::bench;
use crate::definitions::{Definitions, Family};
use crate::failure::Failure;
use crate::flags::Bench;
use crate::plan;
use crate::report;
use crate::say;
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Prints the chosen workloads with their cells, then the engines.
pub(crate) fn print(flags: &Bench) -> Result<(), Failure> {
    let definitions = Definitions::load(&bench::definitions_folder(flags))?;
    let style = Style::detect();
    say::out("workloads (--workload NAME; * also runs under --quick)\n");
    for planned in plan::plan(&definitions, flags)? {
        let workload = &planned.workload;
        let mark = if workload.quick.is_some() { " *" } else { "" };
        say::out(&format!("\n{}{mark}\n", style.paint(&workload.name, Tone::Strong)));
        say::out(&report::wrap("", &workload.question));
        let labels: Vec<&str> = planned
            .cells
            .first()
            .map(|cell| cell.entries.iter().map(|e| e.label.as_str()).collect())
            .unwrap_or_default();
        say::out(&report::wrap("engines: ", &labels.join(", ")));
        for cell in &planned.cells {
            say::out(&report::wrap("- ", &cell.title));
        }
        if !flags.workloads.is_empty() {
            say::out(&report::wrap("expected: ", &workload.expectation));
            say::out(&report::wrap("analysis: ", &workload.analysis));
        }
    }
    say::out("\nengines (--engine NAME)\n");
    let mut table = Table::new(&[
        ("engine", Align::Left),
        ("family", Align::Left),
        ("client", Align::Left),
        ("runtime", Align::Left),
        ("", Align::Left),
    ]);
    for engine in &definitions.engines {
        let family = match engine.family {
            Family::Async => "async",
            Family::Blocking => "blocking",
            Family::Control => "control",
            Family::Floor => "floor",
        };
        let about = match &engine.notes {
            Some(notes) => format!("{} ({notes})", engine.about),
            None => engine.about.clone(),
        };
        let words = [engine.name.clone(), family.into(), engine.client.clone(), engine.runtime.clone(), about];
        table.row(words.into_iter().map(|word| (word, Tone::Plain)).collect());
    }
    say::out(&table.render(style));
    Ok(())
}
