//! What a piece of work costs in things that are counted and not timed: a table and bars for each cell.

use super::markup::{Tag, tag};
use super::{Digest, Scored, Section};
use crate::counting::kept::{Belonging, Counted, Kept};
use crate::counts::Count;
use crate::numbers;

/// The columns: the name in the file, the heading, and what counts it. The style sheet repeats the headings, since a telephone
/// shows them at each number.
const COLUMNS: [(&str, &str, &str); 7] = [
    ("syscalls", "system calls", "ptrace"),
    ("wakeups", "wake-ups", "ptrace"),
    ("allocations", "allocations", "allocator"),
    ("allocated_bytes", "bytes allocated", "allocator"),
    (INSTRUCTIONS, "instructions", ""),
    ("voluntary_switches", "switches", "kernel"),
    ("connections", "connections", "origin"),
];
const INSTRUCTIONS: &str = "instructions";

pub(super) fn section(digest: &Digest<'_>, counts: &Belonging, most_bytes: usize) -> Section {
    let body = match counts {
        Belonging::Counts(kept) => counted(digest, kept, most_bytes),
        Belonging::OtherRevision { path, revision } => missing(&format!(
            "The newest counts of this machine ({}) are of revision {revision} and not of the programs that were timed here, so \
             they are not shown.",
            path.display()
        )),
        Belonging::Unreadable { path, why } => missing(&format!("{} cannot be read: {why}", path.display())),
        Belonging::Nothing => missing("Not counted on this machine."),
    };
    Section { id: "counts", name: "Counts", heading: "What does it take, counted?", body }
}

fn missing(why: &str) -> Tag {
    let how = tag("p").class("note").text("To count: ").with(tag("code").text("cargo xtask bench --counts"));
    tag("div").with(tag("p").class("lead").text(why)).with(how)
}

fn counted(digest: &Digest<'_>, kept: &Kept, most_bytes: usize) -> Tag {
    let lead = "Counts, each in a pass of its own in which nothing is timed: system calls and wake-ups by ptrace, allocations by \
                an allocator that counts, instructions by perf or callgrind, as each table says, voluntary switches by the \
                kernel, connections by the origin. A bar is a share of the largest in its column; ~ is not the same in every repetition, \
                and n/a could not be counted.";
    let mut body = tag("div").with(tag("p").class("lead").text(lead)).with(origin(kept));
    let (tables, _) = digest.each_workload(most_bytes.saturating_sub(body.bytes()), &|cells| {
        let tables: Vec<Tag> = cells.iter().filter_map(|scored| table(digest, scored, kept)).collect();
        (!tables.is_empty()).then(|| tag("div").class("stack").all(tables))
    });
    body.push(if tables.is_empty() { tag("p").text("No cell of this run was counted.") } else { tables });
    body
}

/// Where the counts come from: never silently from elsewhere than the times.
fn origin(kept: &Kept) -> Tag {
    let text = tag("p").class("note");
    if kept.beside {
        return text.text("Counted in the same run as the times.");
    }
    let day = kept.utc.split('T').next().unwrap_or_default();
    let with = |name: &str, text: &str| tag("span").text(name).with(tag("code").text(text));
    text.text(format_args!("Counted in another run of the same code (revision {}), on {day}: ", kept.revision))
        .with(tag("code").text(kept.path.display()))
        .with(with(", by ", &kept.command))
}

fn table(digest: &Digest<'_>, scored: &Scored<'_>, kept: &Kept) -> Option<Tag> {
    let here = |line: &&Counted| line.place[0] == scored.planned.name && line.place[1] == scored.cell.title;
    let lines: Vec<&Counted> = kept.lines.iter().filter(here).collect();
    if lines.is_empty() {
        return None;
    }
    let mut sources: Vec<&str> =
        lines.iter().filter(|line| count(line, INSTRUCTIONS).is_some()).filter_map(|line| line.source()).collect();
    sources.sort_unstable();
    sources.dedup();
    let columns: Vec<Column> = COLUMNS.iter().map(|(name, ..)| Column::of(name, &lines, sources.len() > 1)).collect();
    let item = scored.score.metric.item(scored.cell.model()).name();
    let source = match sources[..] {
        [] => "nothing could count instructions here".to_owned(),
        [source] => format!("instructions counted by {source}"),
        _ => format!("instructions counted by {}, which must not be compared", sources.join(" and by ")),
    };
    let anchor = format!("counts/{}", scored.anchor);
    let link = tag("a").set("href", format_args!("#{anchor}")).text(scored.caption());
    let caption =
        tag("caption").with(tag("b").with(link)).with(tag("span").text(format_args!("for each {item}; {source}")));
    let mut table = tag("table").class("counts").set("id", &anchor);
    if columns.iter().any(|column| column.largest > 0.0) {
        table = table.set("data-chart", "counts");
    }
    let rows = lines.iter().map(|line| row(digest, line, &columns));
    let table = table.with(caption).with(tag("thead").with(head(&sources))).with(tag("tbody").all(rows));
    Some(tag("div").class("tablebox").with(table))
}

/// What a column needs to know of all its numbers.
struct Column {
    name: &'static str,
    /// 0 where no bar can be drawn.
    largest: f64,
    mixed: bool,
}

impl Column {
    fn of(name: &'static str, lines: &[&Counted], mixed: bool) -> Column {
        let mixed = mixed && name == INSTRUCTIONS;
        let medians = lines.iter().filter_map(|line| count(line, name)).map(|count| count.median);
        Column { name, largest: if mixed { 0.0 } else { medians.fold(0.0, f64::max) }, mixed }
    }
}

/// A count that is broken is none: the rest of the page is still true.
fn count(line: &Counted, name: &str) -> Option<Count> {
    line.count(name).ok().flatten().filter(|count| count.median.is_finite())
}

fn head(sources: &[&str]) -> Tag {
    let column = |(name, title, instrument): &(&str, &str, &str)| {
        let instrument = if *name == INSTRUCTIONS { sources.join(", ") } else { (*instrument).to_owned() };
        tag("th").set("scope", "col").class("n").text(title).with(tag("small").text(instrument))
    };
    tag("tr").with(tag("th").set("scope", "col").text("engine")).all(COLUMNS.iter().map(column))
}

fn row(digest: &Digest<'_>, line: &Counted, columns: &[Column]) -> Tag {
    let engine = &line.place[2];
    let name = tag("th").set("scope", "row").with(digest.palette.chip(engine));
    let numbers = columns.iter().map(|column| number(line, column));
    digest.palette.dress(tag("tr"), engine).with(name).all(numbers)
}

fn number(line: &Counted, column: &Column) -> Tag {
    let cell = tag("td").class("n bar");
    let Some(count) = count(line, column.name) else { return cell.text("n/a") };
    let mut text = format!("{}{}", if count.exact { "" } else { "~" }, signed(count.median));
    if let Some(source) = line.source().filter(|_| column.mixed) {
        text.push_str(&format!(" ({source})"));
    }
    let range = format!("{} to {} in {} repetitions", signed(count.lowest), signed(count.highest), count.repetitions);
    let cell = if count.spread() == Some(0.0) { cell } else { cell.set("title", range) };
    let share = count.median / column.largest;
    let cell = cell.text(text);
    if !(column.largest > 0.0 && share > 0.0) {
        return cell;
    }
    // So short a bar could not be seen.
    let bar = tag("rect").percent("width", share.max(0.01)).set("height", 4);
    cell.with(tag("svg").set("aria-hidden", "true").with(bar))
}

/// A count that comes and goes may be smaller in the longer of two trials.
fn signed(number: f64) -> String {
    format!("{}{}", if number < 0.0 { "-" } else { "" }, numbers::significant(number.abs()))
}
