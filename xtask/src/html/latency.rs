//! Latency under a load that does not wait: the whole spectrum of percentiles, and how it grows with the load.

use super::histogram::Histogram;
use super::markup::{Tag, tag};
use super::palette::Palette;
use super::plot::{Axis, Plot, Point, figure};
use super::scale::Scale;
use super::{Digest, Scored, Section};
use crate::numbers;

/// The key of the offered load.
const LOAD: &str = "rate";

/// The latencies of one engine in one cell.
struct Latencies<'s> {
    label: &'s str,
    corrected: Histogram,
    uncorrected: Histogram,
}

pub(super) fn section(digest: &Digest<'_>) -> Option<Section> {
    let lead = "Solid: counted from when each request was meant to start, as somebody who waits for it does. Thin: \
                counted from when the engine took it \
                up, which hides the time in the queue and is the usual mistake. A percentile is drawn \
                only where at least ten requests lie beyond it.";
    let mut parts = Vec::new();
    for cells in digest.workloads() {
        let known: Vec<(&Scored<'_>, Vec<Latencies<'_>>)> =
            cells.iter().map(|scored| (scored, latencies(scored))).filter(|(_, all)| !all.is_empty()).collect();
        if known.is_empty() {
            continue;
        }
        let spectra = known.iter().filter_map(|(scored, all)| spectrum(digest, scored, all));
        parts.push(tag("h3").text(&cells[0].planned.name));
        parts.push(tag("div").class("charts").all(spectra.chain(against_load(digest, &known))));
    }
    if parts.is_empty() {
        return None;
    }
    let body = tag("div").with(tag("p").class("lead").text(lead)).all(parts);
    Some(Section { id: "latency", name: "Latency", heading: "How long does one page take?", body })
}

/// Merged over the trials that count.
fn latencies<'s>(scored: &'s Scored<'_>) -> Vec<Latencies<'s>> {
    let entries = scored.cell.entries.iter().enumerate().filter(|(_, entry)| !entry.twin);
    let merged = entries.map(|(index, entry)| {
        let mut latencies =
            Latencies { label: &entry.label, corrected: Histogram::default(), uncorrected: Histogram::default() };
        for trial in scored.counted(index) {
            latencies.corrected.add(trial.words.get("hdr").unwrap_or_default());
            latencies.uncorrected.add(trial.words.get("uncorrected_hdr").unwrap_or_default());
        }
        latencies
    });
    merged.filter(|latencies| latencies.corrected.total() > 0).collect()
}

/// Milliseconds by percentile; the axis is logarithmic in what lies beyond.
fn spectrum(digest: &Digest<'_>, scored: &Scored<'_>, all: &[Latencies<'_>]) -> Option<Tag> {
    let points = |histogram: &Histogram| -> Vec<(f64, f64)> {
        histogram.spectrum().into_iter().map(|(share, ns)| (1.0 / (1.0 - share), ns as f64 / 1e6)).collect()
    };
    let curves: Vec<_> = all.iter().map(|one| (one.label, points(&one.corrected), points(&one.uncorrected))).collect();
    let values = curves.iter().flat_map(|(_, corrected, uncorrected)| corrected.iter().chain(uncorrected));
    let y = Scale::log_around(values.map(|(_, ms)| *ms))?;
    let most = curves.iter().flat_map(|(_, corrected, _)| corrected.iter().map(|(x, _)| *x)).fold(10.0, f64::max);
    let ticks = [(2.0, "50"), (10.0, "90"), (100.0, "99"), (1e3, "99.9"), (1e4, "99.99"), (1e5, "99.999")];
    let ticks = ticks.iter().filter(|(x, _)| *x <= most * 1.01).map(|(x, text)| (*x, format!("{text} %")));
    let x = Axis::ticked(Scale::log(1.0, most), "of all requests", ticks.collect());
    let title = format!("Latency by percentile: {}", scored.cell.title);
    let mut plot = Plot::new(&title, &describe(all), x, Axis::new(y, "ms"));
    for (label, corrected, uncorrected) in &curves {
        plot.mark(digest.palette.group(label).with(plot.line("thin", uncorrected)));
        series(&mut plot, &digest.palette, label, corrected);
    }
    Some(figure(&scored.caption(), plot.render(&digest.palette), &lateness(scored)))
}

fn series(plot: &mut Plot, palette: &Palette, label: &str, points: &[(f64, f64)]) {
    plot.mark(palette.group(label).with(plot.line("l", points)));
    if let Some((x, y)) = points.last() {
        plot.label(*x, *y, label);
    }
}

/// How late the origin's own answers were, over all trials of the cell: no engine can be blamed for that.
fn lateness(scored: &Scored<'_>) -> String {
    let mut late = Histogram::default();
    let words = scored.outcome.trials.iter().filter_map(|trial| trial.words.get("origin_late_hist"));
    words.for_each(|pairs| late.add(pairs));
    let at = |share| late.quantile(share).map(|ns| numbers::significant(ns as f64 / 1e6));
    match (at(0.5), at(0.99)) {
        (Some(half), Some(most)) => {
            format!("The origin itself was late by at most {half} ms half of the time, {most} ms 99 % of it.")
        }
        _ => String::new(),
    }
}

/// The 99th percentile against the offered load, where a workload has more than one load.
fn against_load(digest: &Digest<'_>, cells: &[(&Scored<'_>, Vec<Latencies<'_>>)]) -> Option<Tag> {
    let mut loads: Vec<u64> =
        cells.iter().map(|(scored, _)| scored.cell.number(LOAD)).filter(|load| *load > 0).collect();
    loads.sort_unstable();
    loads.dedup();
    if loads.len() < 2 {
        return None;
    }
    let mut series: Vec<(&str, Vec<Point>)> = Vec::new();
    for load in &loads {
        let here = cells.iter().filter(|(scored, _)| scored.cell.number(LOAD) == *load).flat_map(|(_, all)| all);
        for (label, ns) in here.filter_map(|one| Some((one.label, one.corrected.quantile(0.99)?))) {
            let y = ns as f64 / 1e6;
            let point = Point { x: *load as f64, y, low: y, high: y };
            match series.iter_mut().find(|(known, _)| *known == label) {
                Some((_, points)) => points.push(point),
                None => series.push((label, vec![point])),
            }
        }
    }
    let y = Scale::log_around(series.iter().flat_map(|(_, points)| points.iter().map(|point| point.y)))?;
    let x = Scale::log_around(loads.iter().map(|load| *load as f64))?;
    let ticks = loads.iter().map(|load| (*load as f64, numbers::tick(*load as f64))).collect();
    let title = "The 99th percentile by load";
    let end = |(label, points): &(&str, Vec<Point>)| {
        format!(
            "{label} {} ms at the highest load",
            points.last().map_or_else(String::new, |point| numbers::significant(point.y))
        )
    };
    let description = series.iter().map(end).collect::<Vec<_>>().join("; ");
    let mut plot =
        Plot::new(title, &description, Axis::ticked(x, "requests/s offered", ticks), Axis::new(y, "p99, ms"));
    for (label, points) in &series {
        plot.series(&digest.palette, label, points);
    }
    Some(figure(title, plot.render(&digest.palette), ""))
}

fn describe(all: &[Latencies<'_>]) -> String {
    let one = |one: &Latencies<'_>| {
        let at = |share| {
            one.corrected.quantile(share).map_or_else(|| "?".into(), |ns| numbers::significant(ns as f64 / 1e6))
        };
        format!(
            "{}: median {} ms, 99 % within {} ms of {} requests",
            one.label,
            at(0.5),
            at(0.99),
            numbers::thousands(one.corrected.total())
        )
    };
    all.iter().map(one).collect::<Vec<_>>().join("; ")
}
