//! A run as Markdown: for a record, a pull request, a README.

use crate::across;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::plan::{Cell, Planned};
use crate::report;
use crate::results::Loaded;
use crate::runs::{self, Scored};
use crate::score::Score;
use crate::selftest::recorded::{Found, Recorded};
use crate::verdict;

/// The whole run.
pub(crate) fn report(run: &Loaded) -> Result<String, Failure> {
    let scored = runs::scored(run, &[])?;
    let mut text = format!("# {}\n\n{}\n{}\n", run.text("utc"), command(run), environment(run));
    for workload in scored.chunk_by(|a, b| a.planned.name == b.planned.name) {
        let planned = workload[0].planned;
        text.push_str(&format!("\n## {}\n\n{}\n\n", planned.name, planned.question));
        text.push_str(&format!("Expected: {}\n\n{}", planned.expectation, cells(run, workload)));
    }
    Ok(text)
}

/// What the lab found when it measured itself on this machine, folded.
pub(crate) fn error_rates(selftest: Option<&Recorded>) -> String {
    let Some(recorded) = selftest else {
        return "\nError rates of the lab: not measured on this machine (`cargo xtask selftest`).\n".into();
    };
    let found = |found: &Found| {
        let failed = if found.held { "" } else { ", which FAILED" };
        line(&format!("{}: {} (wanted: {}){failed}", found.what, found.text, found.wanted))
    };
    let findings: Vec<String> = recorded.findings.iter().map(found).collect();
    format!(
        "\n<details><summary>Error rates of the lab on this machine, {}: {} of {} tests held</summary>{}. <code>{}</code></details>\n",
        escape(recorded.text("utc").split('T').next().unwrap_or_default()),
        recorded.held(),
        recorded.findings.len(),
        findings.join("; "),
        escape(recorded.text("command"))
    )
}

/// The tables of one workload below the command that made them.
pub(crate) fn workload(run: &Loaded, name: &str) -> Result<String, Failure> {
    let scored = runs::scored(run, &[name.to_owned()])?;
    Ok(format!("{}\n{}", source(run), cells(run, &scored)))
}

/// The command that measured, and on what.
pub(crate) fn source(run: &Loaded) -> String {
    format!("{}\n{}", command(run), environment(run))
}

fn cells(run: &Loaded, scored: &[Scored<'_>]) -> String {
    let corpus = scored.iter().any(|scored| scored.cell.param("page") == Some("corpus"));
    let pages = if corpus { format!("Pages: {}\n", escape(run.text("corpus"))) } else { String::new() };
    let tables = scored.iter().map(|Scored { planned, cell, outcome, score }| table(planned, cell, outcome, score));
    let parts: Vec<String> = Some(pages).filter(|pages| !pages.is_empty()).into_iter().chain(tables).collect();
    let together: Vec<_> = scored.iter().map(|scored| (scored.cell, scored.outcome)).collect();
    let across = scored.first().map(|first| across::markdown(first.planned, &together)).unwrap_or_default();
    parts.join("\n") + &across
}

/// One cell: heading, table, what was refused, whether to believe it, the verdict.
fn table(planned: &Planned, cell: &Cell, outcome: &Outcome, score: &Score) -> String {
    let mut text = format!("**{}**", escape(&report::setup(planned, cell)));
    if let Some(limit) = &score.limit {
        text.push_str(&format!(
            "  \nlimit {} {} ({})",
            score.metric.show(limit.rate),
            score.metric.column(),
            escape(&limit.why)
        ));
    }
    text.push_str("\n\n");
    if !score.rows.is_empty() {
        text.push_str(&report::table(planned, cell, score).markdown());
        text.push('\n');
    }
    for (index, differences) in &outcome.wrong {
        let label = &cell.entries[*index].label;
        text.push_str(&format!("- **wrong** {}: {}; its times are refused\n", escape(label), differences.join(", ")));
    }
    for (index, reason) in &outcome.failed {
        text.push_str(&format!("- **failed** {}: {}\n", escape(&cell.entries[*index].label), line(reason)));
    }
    for (index, reason) in outcome.unsupported.iter().filter(|(index, _)| !cell.entries[*index].twin) {
        text.push_str(&format!("- without {}: {}\n", escape(&cell.entries[*index].label), line(reason)));
    }
    let noise = report::belief(score);
    if !noise.is_empty() {
        text.push_str(&format!("- noise: {}\n", escape(&noise)));
    }
    if let Some(memory) = report::memory(cell, score) {
        text.push_str(&format!("- memory: {memory}\n"));
    }
    for sentence in report::against::sentences(planned, score) {
        text.push_str(&format!("- against: {}\n", escape(&sentence)));
    }
    for sentence in report::published::sentences(planned, cell, score) {
        text.push_str(&format!("- published: {}\n", escape(&sentence)));
    }
    text.push_str(&format!("- verdict: {}\n", escape(&verdict::sentences(score).join(" "))));
    text
}

fn command(run: &Loaded) -> String {
    format!("```sh\n{}\n```\n", run.text("command"))
}

/// On what it was measured, in one line.
pub(crate) fn environment(run: &Loaded) -> String {
    let of = |key: &str| escape(&runs::environment(run, key));
    let date = run.text("utc").split('T').next().unwrap_or_default();
    format!("{date}, {}, Linux {}, {}, revision {}\n", of("cpu_model"), of("kernel"), of("rustc"), of("revision"))
}

/// A reason may hold the last words of a process, which are lines.
fn line(text: &str) -> String {
    escape(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What an engine's name or a folder's must not do to the text around it.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('*', "\\*").replace('`', "\\`")
}
