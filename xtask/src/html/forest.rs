//! The ratios to the reference, one table for each cell with its intervals drawn: the page's key chart.

use std::collections::BTreeSet;

use super::markup::{Tag, tag};
use super::scale::{Scale, extent};
use super::{Digest, Scored, Section};
use crate::metric::Metric;
use crate::numbers;
use crate::report;
use crate::score::{Row, Score};
use crate::stats::{Comparison, Verdict};

/// Further away than this an arrow stands for the interval: the difference that matters is near 1.
const FARTHEST: f64 = 2.0;
/// How much of the column's width the number of a tick needs, in percent.
const GAP: f64 = 20.0;

/// The section, and the workloads that did not fit.
pub(super) fn section<'r>(digest: &Digest<'r>, most_bytes: usize) -> (Section, BTreeSet<&'r str>) {
    let lead = "Each engine to the reference of its cell, paired by round: the dot is the median, the bar its 95 % \
                interval, right of 1 is better. \
                The shaded band is the difference that does not matter. A bar wholly beyond the band is decided, \
                wholly within it a tie, \
                anything else open. An arrow stands for what is further than half or double.";
    let mut body = tag("div").with(tag("p").class("lead").text(lead));
    let (tables, left_out) = digest.each_workload(most_bytes, &|cells| {
        Some(tag("div").class("tables").all(cells.iter().map(|scored| cell(digest, scored))))
    });
    body.push(tables);
    (Section { id: "ratios", name: "Ratios", heading: "How far apart are they?", body }, left_out)
}

fn cell(digest: &Digest<'_>, scored: &Scored<'_>) -> Tag {
    let score = &scored.score;
    let scale = scale(score);
    let name = tag("b").with(scored.link(&scored.caption()));
    let mut caption = tag("caption").with(name).with(tag("span").text(setup(scored)));
    if let Some(limit) = &score.limit {
        caption.push(tag("span").text(format_args!(
            "limit {} {} ({})",
            score.metric.show(limit.rate),
            score.metric.column(),
            limit.why
        )));
    }
    for sentence in report::against::sentences(scored.planned, score) {
        caption.push(tag("span").text(sentence));
    }
    for sentence in report::published::sentences(scored.planned, scored.cell, score) {
        caption.push(tag("span").text(format_args!("published: {sentence}")));
    }
    let mut body = tag("tbody").all(score.rows.iter().map(|row| line(digest, score, row, scale)));
    for (index, word, why) in absent(scored) {
        let entry = &scored.cell.entries[index];
        let why = tag("td")
            .set("colspan", 3)
            .class("absent")
            .with(tag("b").class("tag bad").text(word))
            .text(format_args!(" {why}"));
        body.push(tag("tr").with(tag("th").set("scope", "row").with(digest.palette.chip(&entry.label))).with(why));
    }
    let table = tag("table").class("forest").set("id", &scored.anchor);
    let table = if score.rows.is_empty() { table } else { table.set("data-chart", "forest") };
    let invalid = if score.is_invalid() { " invalid" } else { "" };
    let band = band(scale, score.delta);
    tag("div")
        .class(&format!("tablebox{invalid}"))
        .set("style", band)
        .with(table.with(caption).with(head(score, scale)).with(body))
}

/// The rest of what the cell asked for, where its name has not said it.
fn setup(scored: &Scored<'_>) -> String {
    let setup = report::setup(scored.planned, scored.cell);
    match setup.strip_prefix(&format!("{}, ", scored.caption())) {
        Some(rest) => rest.to_owned(),
        None => setup,
    }
}

/// Who takes no part, and why; the control is not said twice.
fn absent(scored: &Scored<'_>) -> Vec<(usize, &'static str, String)> {
    let outcome = scored.outcome;
    let wrong = outcome.wrong.iter().map(|(index, differences)| (*index, "wrong", differences.join(", ")));
    let failed = outcome.failed.iter().map(|(index, why)| (*index, "failed", why.clone()));
    let unsupported = outcome.unsupported.iter().map(|(index, why)| (*index, "does not do this", why.clone()));
    wrong.chain(failed).chain(unsupported.filter(|(index, ..)| !scored.cell.entries[*index].twin)).collect()
}

/// From the farthest interval to the farthest on the other side, in percent of the width.
fn scale(score: &Score) -> Scale {
    let ends = score
        .rows
        .iter()
        .filter_map(|row| row.ratio.as_ref())
        .filter(|ratio| ratio.is_known())
        .flat_map(|ratio| [ratio.low, ratio.high]);
    let (low, high) = extent(ends).unwrap_or((1.0, 1.0));
    let room = 1.0 + 2.0 * score.delta;
    Scale::log((low / 1.01).clamp(1.0 / FARTHEST / 1.02, 1.0 / room), (high * 1.01).clamp(room, FARTHEST * 1.02))
        .between(3.0, 97.0)
}

fn head(score: &Score, scale: Scale) -> Tag {
    let reference = score.reference.as_deref().unwrap_or("none");
    let description = "The axis of the intervals below; the table's last column has them in numbers.";
    let axis = axis(scale, &format!("Ratios to {reference}"), description);
    let column = |text: &str, class: &str| tag("th").set("scope", "col").class(class).text(text);
    let row = tag("tr").with(column("engine", "")).with(column(&score.metric.column(), "n"));
    let row = row.with(tag("th").set("scope", "col").class("bar").with(axis));
    tag("thead").with(row.with(column(&format!("to {reference}"), "n")))
}

/// The axis that stands above a column of intervals.
pub(super) fn axis(scale: Scale, title: &str, description: &str) -> Tag {
    let axis = tag("svg").class("axis").set("role", "img");
    let axis = axis.with(tag("title").text(title)).with(tag("desc").text(description));
    let tick = |tick: f64| {
        tag("text").class("mid").percent("x", scale.at(tick) / 100.0).set("y", 12).text(numbers::tick(tick))
    };
    // The column is narrow: 1 has its number, and others as far as there is room beside it.
    let mut kept = vec![1.0];
    for other in scale.ticks(5) {
        if kept.iter().all(|known| (scale.at(*known) - scale.at(other)).abs() >= GAP) {
            kept.push(other);
        }
    }
    axis.all(kept.into_iter().map(tick))
}

/// Where the band of no difference and the line at 1 are, for the style sheet.
pub(super) fn band(scale: Scale, delta: f64) -> String {
    let [low, high, one] = [1.0 / (1.0 + delta), 1.0 + delta, 1.0].map(|ratio| scale.at(ratio));
    format!("--lo:{low:.2}%;--hi:{high:.2}%;--at:{one:.2}%")
}

fn line(digest: &Digest<'_>, score: &Score, row: &Row, scale: Scale) -> Tag {
    let mut name = tag("th").set("scope", "row").with(digest.palette.chip(&row.label));
    let flags = report::flags(row);
    if !flags.is_empty() {
        name.push(tag("small").text(flags.join(" ")));
    }
    let mut value = tag("td").class("n").text(score.metric.show(row.value));
    if let Some(limit) = &score.limit {
        value.push(tag("small").text(numbers::percent(row.value / limit.rate)));
    }
    let bar = tag("td")
        .class("bar")
        .with(digest.palette.dress(tag("svg"), &row.label).set("aria-hidden", "true").all(interval(row, scale)));
    tag("tr").class(if row.twin { "twin" } else { "" }).with(name).with(value).with(bar).with(ratio(&score.metric, row))
}

/// The bar and its dot, or an arrow at the edge.
pub(super) fn interval(row: &Row, scale: Scale) -> Vec<Tag> {
    let Some(ratio) = &row.ratio else {
        return vec![
            tag("rect").class("ref").percent("x", scale.at(1.0) / 100.0).set("y", 4).set("width", 8).set("height", 8),
        ];
    };
    if !ratio.is_known() {
        return Vec::new();
    }
    let x = |number: f64| scale.at(number) / 100.0;
    let arrow = |place: f64, text: &str, class: &str| {
        vec![tag("text").class(class).percent("x", place).set("y", 12).text(text)]
    };
    if ratio.high < scale.low() {
        return arrow(0.0, "◂", "arrow");
    }
    if ratio.low > scale.high() {
        return arrow(1.0, "▸", "arrow end");
    }
    let bar =
        tag("line").class("ci").percent("x1", x(ratio.low)).percent("x2", x(ratio.high)).set("y1", 8).set("y2", 8);
    vec![
        bar,
        tag("circle")
            .class(if row.twin { "hollow" } else { "dot" })
            .percent("cx", x(ratio.ratio))
            .set("cy", 8)
            .set("r", 3.5),
    ]
}

fn ratio(metric: &Metric, row: &Row) -> Tag {
    let Some(compared) = &row.ratio else {
        return tag("td").class("n").text("1.00").with(tag("small").text("reference"));
    };
    if !compared.is_known() {
        return tag("td").class("n").text("n/a").with(tag("small").text("no ratio"));
    }
    let (word, class) = word(metric, compared, row.twin);
    bounds(compared).with(tag("small").class(class).text(word))
}

/// `1.04 [1.02, 1.06]`, where it is narrow in two lines.
pub(super) fn bounds(compared: &Comparison) -> Tag {
    let [ratio, low, high] = [compared.ratio, compared.low, compared.high].map(numbers::ratio);
    tag("td").class("n").text(ratio).text(' ').with(tag("span").text(format_args!("[{low}, {high}]")))
}

fn word(metric: &Metric, compared: &Comparison, twin: bool) -> (&'static str, &'static str) {
    match compared.verdict {
        Verdict::Invalid => ("invalid", "bad"),
        Verdict::Equivalent | Verdict::Inconclusive if twin => ("A/A control", ""),
        Verdict::Faster => (if metric.is_rate() { "faster" } else { "better" }, "good"),
        Verdict::Slower => (if metric.is_rate() { "slower" } else { "worse" }, "bad"),
        Verdict::Equivalent => ("equivalent", ""),
        Verdict::Inconclusive => ("inconclusive", ""),
    }
}
