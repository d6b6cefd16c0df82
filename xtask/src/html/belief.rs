//! What a sceptic asks first: does the reference tie with itself, what did the machine do meanwhile, how many false alarms
//! are to be expected, and how is all of it done again.

use std::collections::BTreeMap;

use serde_json::Value;

use super::markup::{Tag, tag};
use super::scale::{Scale, extent};
use super::{Digest, Scored, Section, forest, timeline};
use crate::gates::Gate;
use crate::numbers;
use crate::runs;
use crate::score::{Row, Validity};
use crate::selftest::recorded::{Found, Recorded};
use crate::stats::Comparison;

pub(super) fn section(digest: &Digest<'_>, selftest: Option<&Recorded>) -> Section {
    let body = tag("div")
        .with(tag("p").class("lead").text(chance(digest)))
        .with(tag("h3").text("The reference against itself"))
        .with(controls(digest))
        .with(tag("h3").set("id", "selftest").text("How often the lab is wrong here"))
        .with(error_rates(digest, selftest))
        .with(tag("h3").text("What the machine did meanwhile"))
        .with(tag("p").text(gated(digest)))
        .with(timeline::charts(digest))
        .with(gates(digest))
        .with(tag("h3").text("How it was measured"))
        .with(facts(digest));
    Section { id: "belief", name: "Believe it?", heading: "Can I believe this?", body }
}

/// How often chance alone would speak, and how many controls failed.
fn chance(digest: &Digest<'_>) -> String {
    let rows = digest.cells.iter().flat_map(|scored| scored.score.real_rows());
    let compared = rows.filter(|row| row.ratio.is_some_and(|ratio| ratio.is_known())).count();
    let delta = digest.cells.iter().map(|scored| scored.score.delta).fold(0.0, f64::max);
    let count =
        |wanted: fn(&Validity) -> bool| digest.cells.iter().filter(|scored| wanted(&scored.score.validity)).count();
    let (valid, invalid) =
        (count(|v| matches!(v, Validity::Valid { .. })), count(|v| matches!(v, Validity::Invalid(_))));
    format!(
        "In {valid} of {} cells the reference, run a second time under another name, ties with itself; {invalid} \
         failed and count for nothing. \
         {} comparisons at 95 %: if no engine differed from another, about {:.1} intervals would leave out 1 by \
         chance; a verdict also needs the \
         interval to be up to {} away from it.",
        digest.cells.len(),
        numbers::thousands(compared as u64),
        compared as f64 * 0.05,
        numbers::percent(delta),
    )
}

/// One row for each cell: the interval of the A/A control, which should hold 1.
fn controls(digest: &Digest<'_>) -> Tag {
    let twin = |scored: &Scored<'_>| {
        let twin = scored.score.rows.iter().find(|row| row.twin);
        twin.and_then(|row| row.ratio).filter(Comparison::is_known)
    };
    let ends = digest.cells.iter().filter_map(twin).flat_map(|ratio| [ratio.low, ratio.high]);
    let (low, high) = extent(ends).unwrap_or((1.0, 1.0));
    let delta = digest.cells.iter().map(|scored| scored.score.delta).fold(0.0, f64::max);
    let room = 1.0 + 2.0 * delta;
    let scale = Scale::log((low / 1.01).clamp(0.7, 1.0 / room), (high * 1.01).clamp(room, 1.5)).between(3.0, 97.0);
    let title = "The ratio of each cell's reference to itself";
    let axis = forest::axis(scale, title, "An interval that holds 1 within the band is a control that holds.");
    let head = tag("tr")
        .with(tag("th").set("scope", "col").text("cell"))
        .with(tag("th").set("scope", "col").class("bar").with(axis));
    let head = tag("thead").with(head.with(tag("th").set("scope", "col").class("n").text("A/A ratio")));
    let mut body = tag("tbody");
    for cells in digest.workloads() {
        for scored in cells {
            body.push(control(scored, twin(scored).is_some(), scale));
        }
    }
    let table = tag("table")
        .class("forest wide")
        .set("data-chart", "controls")
        .with(tag("caption").class("quiet").text(title))
        .with(head)
        .with(body);
    tag("div").class("tablebox").with(table)
}

fn control(scored: &Scored<'_>, compared: bool, scale: Scale) -> Tag {
    let row = scored.score.rows.iter().find(|row| row.twin && compared);
    let name = tag("th")
        .set("scope", "row")
        .with(tag("small").text(&scored.planned.name))
        .with(scored.link(&scored.caption()));
    let class = if scored.score.is_invalid() { "e bad" } else { "e cn" };
    let picture = |row: &Row| tag("svg").class(class).set("aria-hidden", "true").all(forest::interval(row, scale));
    let bar = tag("td").class("bar").all(row.map(picture));
    let ratio = row.and_then(|row| row.ratio.as_ref());
    let ratio = ratio.map_or_else(|| tag("td").class("n").text("no control"), forest::bounds);
    let (word, class) = match &scored.score.validity {
        Validity::Valid { floor } => (format!("ties within {}", numbers::percent(floor.max(0.001))), ""),
        Validity::Unknown => ("too few rounds".into(), ""),
        Validity::Invalid(_) => ("invalid".into(), "bad"),
    };
    let band = forest::band(scale, scored.score.delta);
    tag("tr").set("style", band).with(name).with(bar).with(ratio.with(tag("small").class(class).text(word)))
}

/// What the lab found when it measured itself on this machine.
fn error_rates(digest: &Digest<'_>, selftest: Option<&Recorded>) -> Tag {
    let command = |text: &str| tag("code").text(text);
    let Some(recorded) = selftest else {
        let text = tag("p").text("Not measured on this machine: ");
        return text.with(command("cargo xtask selftest"));
    };
    let day = recorded.text("utc").split('T').next().unwrap_or_default();
    let (of_it, of_run) = (recorded.environment("revision"), runs::environment(digest.run, "revision"));
    let of_what = if of_it == of_run { "the revision of this run".into() } else { format!("revision {of_it}") };
    let text = format!(
        "Measured on this machine on {day}, at {of_what}: {} of {} tests held. Bounds are at 95 % (Clopper and Pearson).",
        recorded.held(),
        recorded.findings.len()
    );
    let column = |text: &str| tag("th").set("scope", "col").text(text);
    let head = tag("tr").all(["test", "found", "wanted", ""].map(column));
    let row = |found: &Found| {
        let (word, class) = if found.held { ("held", "good") } else { ("failed", "bad") };
        tag("tr")
            .with(tag("th").set("scope", "row").text(&found.what))
            .all([&found.text, &found.wanted].map(|text| tag("td").text(text)))
            .with(tag("td").class(class).text(word))
    };
    let table = tag("table")
        .class("plain wide")
        .with(tag("thead").with(head))
        .with(tag("tbody").all(recorded.findings.iter().map(row)));
    let source = tag("p").class("note").with(command(recorded.text("command")));
    let source = source.with(tag("span").text(" in ")).with(command(&recorded.path.display().to_string()));
    tag("div").with(tag("p").text(text)).with(tag("div").class("tablebox").with(table)).with(source)
}

fn gated(digest: &Digest<'_>) -> String {
    let sum = |count: fn(&Scored<'_>) -> usize| digest.cells.iter().map(count).sum::<usize>();
    format!(
        "{} of {} trials were flagged by a gate, and {} of them dropped, at most a tenth of a cell's. A gate looks \
         at the machine and \
         never at the result.",
        numbers::thousands(sum(|scored| scored.score.gated.flagged.len()) as u64),
        numbers::thousands(sum(|scored| scored.score.gated.of) as u64),
        numbers::thousands(sum(|scored| scored.score.gated.dropped.len()) as u64),
    )
}

/// How often each gate fired, by cell; nothing when none did.
fn gates(digest: &Digest<'_>) -> Tag {
    const ALL: [Gate; 6] = [Gate::Steal, Gate::Canary, Gate::Pressure, Gate::Switches, Gate::Late, Gate::Split];
    let fired: Vec<&Scored<'_>> = digest.cells.iter().filter(|scored| !scored.score.gated.flagged.is_empty()).collect();
    if fired.is_empty() {
        return tag("p").class("note").text("No gate fired.");
    }
    let column = |text: &str| tag("th").set("scope", "col").class("n").text(text);
    let head =
        tag("tr").with(tag("th").set("scope", "col").text("cell")).all(ALL.iter().map(|gate| column(gate.name())));
    let head = tag("thead").with(head.with(column("dropped")).with(column("of")));
    let mut body = tag("tbody");
    for scored in fired {
        let gated = &scored.score.gated;
        let name = format!("{}: {}", scored.planned.name, scored.caption());
        let number = |count: usize| tag("td").class("n").text(if count == 0 { "·".into() } else { count.to_string() });
        let counts = ALL.iter().map(|gate| number(gated.flagged.iter().filter(|(_, other)| other == gate).count()));
        let row = tag("tr").with(tag("th").set("scope", "row").with(scored.link(&name))).all(counts);
        body.push(row.with(number(gated.dropped.len())).with(number(gated.of)));
    }
    let table = tag("table")
        .class("plain")
        .with(tag("caption").class("quiet").text("Trials flagged by each gate"))
        .with(head)
        .with(body);
    tag("details")
        .with(tag("summary").text("The gates that fired, cell by cell"))
        .with(tag("div").class("scroll").with(table))
}

/// The machine, the programs and the command.
fn facts(digest: &Digest<'_>) -> Tag {
    let run = digest.run;
    let seed = run.header.get("seed").map(text).unwrap_or_default();
    let resumed = match run.parts {
        0 => String::new(),
        parts => format!(", resumed {parts} time{}", numbers::plural(parts)),
    };
    let mut list = tag("dl").class("facts");
    let mut fact =
        |name: &str, value: Tag| list.push(tag("div").with(tag("dt").text(name)).with(tag("dd").with(value)));
    fact("command", tag("code").text(run.text("command")));
    fact("raw data", tag("code").text(run.path.display()));
    fact("measured", tag("span").text(format_args!("{}, seed {seed}{resumed}", run.text("utc"))));
    fact("pages", tag("span").text(run.text("corpus")));
    if let Some(Value::Object(environment)) = run.header.get("environment") {
        for (key, value) in environment {
            fact(&key.replace('_', " "), tag("span").text(text(value)));
        }
    }
    if let Some(Value::Object(binaries)) = run.header.get("binaries") {
        let sums: Vec<String> = binaries.iter().map(|(name, sum)| format!("{name} {}", text(sum))).collect();
        fact("programs", tag("code").text(sums.join(", ")));
    }
    fact("engines", versions(digest));
    list
}

/// What each engine said that it is.
fn versions(digest: &Digest<'_>) -> Tag {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for scored in &digest.cells {
        for trial in &scored.outcome.trials {
            let entry = &scored.cell.entries[trial.entry];
            let known = versions.entry(&entry.engine.name).or_default();
            if let Some(version) = trial.words.get("version").filter(|version| !known.contains(version)) {
                known.push(version);
            }
        }
    }
    let line = |(name, versions): (&str, Vec<&str>)| tag("li").text(format_args!("{name}: {}", versions.join(", ")));
    tag("ul").all(versions.into_iter().map(line))
}

/// A value of the header in words.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
