//! The ratios of this run's cells in earlier runs: what has changed since.

use super::markup::{Tag, coordinate, tag};
use super::scale::{Scale, extent};
use super::{Digest, Others, Scored, Section};
use crate::numbers;
use crate::results::Loaded;
use crate::score::Score;
use crate::stats::history;

/// The newest of them, so that a line stays readable.
const MOST_RUNS: usize = 40;
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 24.0;

/// One run's ratio.
struct Point {
    run: usize,
    ratio: f64,
    low: f64,
    high: f64,
}

/// `None` when there is nothing to compare with.
pub(super) fn section(digest: &Digest<'_>, others: &Others, most_bytes: usize) -> Option<Section> {
    let mut runs: Vec<&Loaded> = others.runs.iter().filter(|run| run.text("utc") != digest.run.text("utc")).collect();
    runs.push(digest.run);
    runs.sort_by_key(|run| run.text("utc"));
    let left_out = runs.len().saturating_sub(MOST_RUNS);
    let runs = runs.split_off(left_out);
    if runs.len() < 2 && others.unreadable.is_empty() {
        return None;
    }
    let lead = format!(
        "Each engine's ratio to the reference of its cell through {} runs, from {} to {}; the bar is this run's \
         interval. Ratios are compared here and never \
         times: two runs were two hours on perhaps two machines. A dashed mark is where the level changed for good; a line \
         shows where to look, and `cargo xtask diff` \
         decides.",
        runs.len(),
        day(runs[0]),
        day(runs[runs.len() - 1]),
    );
    let mut body = tag("div").with(tag("p").class("lead").text(lead));
    if left_out > 0 {
        body.push(tag("p").class("note").text(format_args!("{left_out} older runs are left out.")));
    }
    body = body.all(
        others
            .unreadable
            .iter()
            .map(|(path, why)| tag("p").class("note").text(format_args!("{} cannot be read: {why}", path.display()))),
    );
    let (tables, _) = digest.each_workload(most_bytes, &|cells| {
        let known: Vec<Tag> = cells.iter().filter_map(|scored| table(digest, scored, &runs)).collect();
        (!known.is_empty()).then(|| tag("div").class("tables").all(known))
    });
    body.push(if tables.is_empty() { tag("p").text("No cell of this run is in another one.") } else { tables });
    Some(Section { id: "history", name: "History", heading: "What has changed?", body })
}

fn day(run: &Loaded) -> &str {
    run.text("utc").split('T').next().unwrap_or_default()
}

fn table(digest: &Digest<'_>, scored: &Scored<'_>, runs: &[&Loaded]) -> Option<Tag> {
    let scores: Vec<(usize, Score)> =
        runs.iter().enumerate().filter_map(|(place, run)| Some((place, score(digest, scored, run)?))).collect();
    if scores.len() < 2 {
        return None;
    }
    let names = scored.score.real_rows().filter(|row| row.ratio.is_some()).map(|row| row.label.as_str());
    let lines: Vec<Tag> = names.filter_map(|label| line(digest, label, &points(&scores, label), runs.len())).collect();
    let caption = tag("caption").with(tag("b").with(scored.link(&scored.caption())));
    let column = |text: &str, class: &str| tag("th").set("scope", "col").class(class).text(text);
    let head = tag("tr")
        .with(column("engine", ""))
        .with(column("ratio by run", "spark"))
        .with(column("first", "n"))
        .with(column("now", "n"));
    let table =
        tag("table").class("forest sparks").with(caption).with(tag("thead").with(head)).with(tag("tbody").all(lines));
    Some(tag("div").class("tablebox plainbox").with(table))
}

/// What another run says of this cell; nothing when it has no such cell, or its control failed.
fn score(digest: &Digest<'_>, scored: &Scored<'_>, run: &Loaded) -> Option<Score> {
    if std::ptr::eq(run, digest.run) {
        return Some(scored.score.clone());
    }
    let same =
        run.cells().find(|(planned, cell, _)| planned.name == scored.planned.name && cell.title == scored.cell.title);
    let (planned, cell, outcome) = same?;
    let score = Score::new(planned, cell, outcome);
    (!score.is_invalid() && score.reference == scored.score.reference).then_some(score)
}

fn points(scores: &[(usize, Score)], label: &str) -> Vec<Point> {
    let point = |(run, score): &(usize, Score)| {
        let ratio = score.rows.iter().find(|row| row.label == label)?.ratio?;
        Some(Point { run: *run, ratio: ratio.ratio, low: ratio.low, high: ratio.high })
    };
    scores.iter().filter_map(point).collect()
}

fn line(digest: &Digest<'_>, label: &str, points: &[Point], runs: usize) -> Option<Tag> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return None };
    let (low, high) = extent(points.iter().map(|point| point.ratio).chain([last.low, last.high]))?;
    let y = Scale::log(low / 1.02, high * 1.02).between(HEIGHT - 2.0, 2.0);
    let x = Scale::linear(0.0, runs.saturating_sub(1) as f64).between(3.0, WIDTH - 5.0);
    let place = |point: &Point| format!("{} {}", coordinate(x.at(point.run as f64)), coordinate(y.at(point.ratio)));
    let path: Vec<String> = points.iter().map(place).collect();
    let title = format!("{label}: the ratio to the reference in {} runs", points.len());
    let svg = tag("svg")
        .set("data-chart", "history")
        .set("role", "img")
        .set("viewBox", format_args!("0 0 {WIDTH} {HEIGHT}"))
        .class("spark");
    let shown = points.iter().map(|point| numbers::ratio(point.ratio)).collect::<Vec<_>>().join(", ");
    let end = coordinate(x.at(last.run as f64));
    let interval = format!("M{end} {}V{}", coordinate(y.at(last.low)), coordinate(y.at(last.high)));
    let svg = svg.with(tag("title").text(title)).with(tag("desc").text(shown));
    let group = digest.palette.group(label).with(tag("path").class("l").set("d", format_args!("M{}", path.join("L"))));
    // Where the level changed for good; its own test keeps single wild runs from counting.
    let ratios: Vec<f64> = points.iter().map(|point| point.ratio.ln()).collect();
    let changes = history::change_points(&ratios).into_iter().map(|index| {
        let at = coordinate(x.at(points[index].run as f64));
        let name =
            tag("title").text(format_args!("the level changed here, to {}", numbers::ratio(points[index].ratio)));
        tag("path").class("change").set("d", format_args!("M{at} 0V{HEIGHT}")).with(name)
    });
    let svg = svg.all(changes).with(
        group
            .with(tag("path").class("ci").set("d", interval))
            .with(tag("path").class("p").set("d", format_args!("M{}h0", place(last)))),
    );
    let number = |point: &Point| tag("td").class("n").text(numbers::ratio(point.ratio));
    let name = tag("th").set("scope", "row").with(digest.palette.chip(label));
    Some(tag("tr").with(name).with(tag("td").class("spark").with(svg)).with(number(first)).with(number(last)))
}
