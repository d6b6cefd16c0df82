//! How the rate rises with what is in flight, against the limit; and the smallest concurrency at which async pays.

use std::collections::BTreeSet;

use super::markup::{Tag, tag};
use super::plot::{Axis, Plot, Point, figure};
use super::scale::Scale;
use super::{Digest, Scored, Section, answer, axes};
use crate::cost::{self, Measured};
use crate::definitions::Family;
use crate::numbers;
use crate::plan;
use crate::score::{Row, Score};

const AXIS: &str = "concurrency";

pub(super) fn section(digest: &Digest<'_>) -> Option<Section> {
    let mut parts = Vec::new();
    for cells in digest.workloads() {
        let panels: Vec<Tag> = panels(cells).iter().map(|panel| chart(digest, panel)).collect();
        if !panels.is_empty() {
            parts.push(tag("h3").text(&cells[0].planned.name));
            parts.push(tag("div").class("charts").all(panels));
        }
    }
    let lead = "Both axes are logarithmic, so that Little's law is a straight line. The dashes are what is \
                physically possible; bands are 95 % \
                intervals. A diamond marks an engine's COST: the concurrency from which on it beats the better \
                of the blocking controls by \
                more than noise.";
    let body = tag("div").with(tag("p").class("lead").text(lead)).all(parts.iter().cloned());
    (!parts.is_empty()).then_some(Section {
        id: "curves",
        name: "Curves",
        heading: "How many in flight are worth having?",
        body,
    })
}

/// Cells that differ in nothing but the concurrency, by concurrency.
fn panels<'s, 'r>(cells: &'s [Scored<'r>]) -> Vec<Vec<&'s Scored<'r>>> {
    let others = |scored: &Scored<'_>| -> Vec<(String, String)> {
        scored.cell.params.iter().filter(|(key, _)| key != AXIS).cloned().collect()
    };
    let mut panels: Vec<Vec<&Scored<'_>>> = Vec::new();
    for scored in cells.iter().filter(|scored| scored.score.metric.is_rate() && scored.cell.number(AXIS) > 0) {
        match panels.iter_mut().find(|panel| others(panel[0]) == others(scored)) {
            Some(panel) => panel.push(scored),
            None => panels.push(vec![scored]),
        }
    }
    panels.retain(|panel| panel.iter().map(|scored| scored.cell.number(AXIS)).collect::<BTreeSet<_>>().len() > 1);
    panels.iter_mut().for_each(|panel| panel.sort_by_key(|scored| scored.cell.number(AXIS)));
    panels
}

/// What sets this panel apart from the others of its workload.
fn caption(panel: &[&Scored<'_>]) -> String {
    let planned = panel[0].planned;
    let axes = axes(&planned.cells.iter().collect::<Vec<_>>());
    let own = panel[0].cell.params.iter().filter(|(key, _)| key != AXIS && axes.contains(&key.as_str()));
    let title = plan::title(&own.cloned().collect::<Vec<_>>());
    if title.is_empty() {
        plan::title(&panel[0].cell.params.iter().filter(|(key, _)| key != AXIS).cloned().collect::<Vec<_>>())
    } else {
        title
    }
}

fn chart(digest: &Digest<'_>, panel: &[&Scored<'_>]) -> Tag {
    let labels = labels(panel);
    let series: Vec<(&str, Vec<Point>)> = labels.iter().map(|label| (*label, points(panel, label))).collect();
    let limit: Vec<(f64, f64)> = panel
        .iter()
        .filter_map(|scored| Some((scored.cell.number(AXIS) as f64, scored.score.limit.as_ref()?.rate)))
        .collect();
    let numbers = series
        .iter()
        .flat_map(|(_, points)| points.iter().map(|point| point.y))
        .chain(limit.iter().map(|(_, rate)| *rate));
    let caption = caption(panel);
    let metric = &panel[0].score.metric;
    let (Some(y), Some(x)) =
        (Scale::log_around(numbers), Scale::log_around(panel.iter().map(|scored| scored.cell.number(AXIS) as f64)))
    else {
        return tag("p").class("note").text(format_args!("{caption}: nothing was measured."));
    };
    let ticks =
        panel.iter().map(|scored| scored.cell.number(AXIS) as f64).map(|tick| (tick, numbers::tick(tick))).collect();
    let costs = costs(panel);
    let title = format!("{} by pages in flight, {caption}", metric.column());
    let mut plot = Plot::new(
        &title,
        &describe(&series, metric.column().as_str()),
        Axis::ticked(x, "in flight", ticks),
        Axis::new(y, &metric.column()),
    );
    plot.mark(plot.line("limit", &limit));
    if let Some((x, rate)) = limit.last() {
        plot.label(*x, *rate, "limit");
    }
    for (label, points) in &series {
        plot.series(&digest.palette, label, points);
    }
    for (label, cost) in &costs {
        let points =
            series.iter().find(|(other, _)| other == label).map(|(_, points)| points.as_slice()).unwrap_or_default();
        if let Some(point) = points.iter().find(|point| Some(point.x) == cost.map(|cost| cost as f64)) {
            let (x, y) = (plot.x(point.x), plot.y(point.y));
            let diamond = format!("M{x:.1} {:.1}l6 6l-6 6l-6 -6z", y - 6.0);
            plot.mark(digest.palette.group(label).with(tag("path").class("cost").set("d", diamond)));
        }
    }
    figure(&caption, plot.render(&digest.palette), &note(&costs))
}

fn labels<'s>(panel: &[&'s Scored<'_>]) -> Vec<&'s str> {
    let mut labels: Vec<&str> = Vec::new();
    for row in panel.iter().flat_map(|scored| scored.score.real_rows()) {
        if !labels.contains(&row.label.as_str()) {
            labels.push(&row.label);
        }
    }
    labels
}

fn row<'s>(score: &'s Score, label: &str) -> Option<&'s Row> {
    score.rows.iter().find(|row| row.label == label)
}

fn points(panel: &[&Scored<'_>], label: &str) -> Vec<Point> {
    let point = |scored: &&Scored<'_>| {
        let row = row(&scored.score, label)?;
        let (low, high) = answer::interval(&scored.score.metric, &row.rounds)?;
        Some(Point { x: scored.cell.number(AXIS) as f64, y: row.value, low, high })
    };
    panel.iter().filter_map(point).collect()
}

/// For each async engine the concurrency from which on it is decidedly faster than the better blocking control, or
/// nothing when it never is. Engines that have no such control are left out.
fn costs<'s>(panel: &[&'s Scored<'_>]) -> Vec<(&'s str, Option<u64>)> {
    let mut cells: Vec<Measured<'_>> =
        panel.iter().map(|scored| Measured { cell: scored.cell, score: &scored.score }).collect();
    cells.sort_by_key(|measured| measured.cell.number(AXIS));
    let is_async = |label: &&str| {
        panel.iter().any(|scored| row(&scored.score, label).is_some_and(|row| row.family == Family::Async))
    };
    let labels = labels(panel).into_iter().filter(is_async);
    labels.filter_map(|label| Some((label, cost::smallest(&cells, label)?))).collect()
}

/// `COST: 256 for smol; never for tokio.`
fn note(costs: &[(&str, Option<u64>)]) -> String {
    let mut values: Vec<Option<u64>> = costs.iter().map(|(_, cost)| *cost).collect();
    // Never comes last.
    values.sort_by_key(|cost| cost.unwrap_or(u64::MAX));
    values.dedup();
    let group = |value: &Option<u64>| {
        let names: Vec<&str> = costs.iter().filter(|(_, cost)| cost == value).map(|(label, _)| *label).collect();
        let number = value.map_or_else(|| "never".into(), numbers::thousands);
        format!("{number} for {}", names.join(", "))
    };
    let groups: Vec<String> = values.iter().map(group).collect();
    if groups.is_empty() { String::new() } else { format!("COST: {}.", groups.join("; ")) }
}

fn describe(series: &[(&str, Vec<Point>)], unit: &str) -> String {
    let end = |(label, points): &(&str, Vec<Point>)| {
        let last = points.last()?;
        Some(format!(
            "{label} {} {unit} with {} in flight",
            numbers::significant(last.y),
            numbers::thousands(last.x as u64)
        ))
    };
    format!("At the right end: {}.", series.iter().filter_map(end).collect::<Vec<_>>().join("; "))
}
