//! Every trial as a dot, in the order in which they ran: drift and the effect of the order show at a glance.

use super::markup::{Tag, tag};
use super::plot::{Axis, Plot, figure};
use super::scale::{Scale, extent};
use super::{Digest, Scored, Section};
use crate::numbers;
use crate::outcome::Trial;
use crate::stats;

/// Words longer than this are histograms: nobody reads them in a hint.
const LONG: usize = 60;
/// What lies further off than this is drawn at the edge.
const EDGE: f64 = 0.25;

/// How much of each trial the page can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Detail {
    /// Every word of the trial.
    Words,
    /// Who, when and how much.
    Line,
    /// The same, of every so many rounds.
    Every(usize),
}

/// The charts in at most so many bytes.
pub(super) fn section(digest: &Digest<'_>, most_bytes: usize) -> Section {
    let details = [Detail::Words, Detail::Line].into_iter().chain([2, 4, 8, 16, 32, 64, 128].map(Detail::Every));
    for detail in details {
        let charts = charts(digest, detail);
        if charts.bytes() <= most_bytes {
            return whole(charts, detail);
        }
    }
    // Not even so: the frames of so many charts are too much, so only the first workloads have theirs.
    let detail = Detail::Every(8);
    let (charts, _) = digest.each_workload(most_bytes, &|cells| {
        let charts: Vec<Tag> = cells.iter().filter_map(|scored| chart(digest, scored, detail)).collect();
        (!charts.is_empty()).then(|| tag("div").class("charts").all(charts))
    });
    whole(charts, detail)
}

fn whole(charts: Tag, detail: Detail) -> Section {
    let thinned = match detail {
        Detail::Words => String::new(),
        Detail::Line => " The page would become too large with every word of each; the raw data have them.".into(),
        Detail::Every(rounds) => format!(
            " The page would become too large with all of them: one round of {rounds} is drawn, and every trial that \
             was flagged."
        ),
    };
    let lead = format!(
        "Each dot is a trial, in the order in which they ran; how far it is above the middle line is how much better \
         than its engine's own median it was. \
         A slope is drift, a step is a change of the machine; a pale dot was dropped by a gate. Point at one to see \
         what it said.{thinned}"
    );
    let body = tag("div").with(tag("p").class("lead").text(lead)).with(charts);
    Section { id: "trials", name: "Trials", heading: "Every trial", body }
}

fn charts(digest: &Digest<'_>, detail: Detail) -> Tag {
    let mut body = tag("div");
    for cells in digest.workloads() {
        let charts: Vec<Tag> = cells.iter().filter_map(|scored| chart(digest, scored, detail)).collect();
        if !charts.is_empty() {
            body.push(tag("h3").text(&cells[0].planned.name));
            body.push(tag("div").class("charts").all(charts));
        }
    }
    body
}

/// One trial on the chart.
struct Dot<'s> {
    trial: &'s Trial,
    place: usize,
    x: f64,
    /// The logarithm of how much better than the median of its engine.
    y: f64,
    value: f64,
}

fn chart(digest: &Digest<'_>, scored: &Scored<'_>, detail: Detail) -> Option<Tag> {
    let dots = dots(scored);
    let (low, high) = extent(dots.iter().map(|dot| dot.y))?;
    let (_, last) = extent(dots.iter().map(|dot| dot.x))?;
    let edge = low.abs().max(high).clamp(0.01, EDGE) * 1.1;
    let ticks = Scale::linear(-edge, edge)
        .ticks(4)
        .into_iter()
        .map(|tick| (tick, format!("{} %", numbers::tick(100.0 * tick))))
        .collect();
    let y = Axis::ticked(Scale::linear(-edge, edge), "better than its own median", ticks);
    let rounds: Vec<(f64, String)> = Scale::linear(1.0, last)
        .ticks(6)
        .into_iter()
        .filter(|tick| tick.fract() == 0.0)
        .map(|tick| (tick + 0.5, numbers::tick(tick)))
        .collect();
    let x = Axis::ticked(Scale::linear(0.9, last + 0.1), "round", rounds);
    let title = format!("Every trial of {}: {}", scored.planned.name, scored.cell.title);
    let description = format!(
        "{} trials, from {} to {} of their engine's median.",
        dots.len(),
        numbers::ratio(low.exp()),
        numbers::ratio(high.exp())
    );
    let mut plot = Plot::new(&title, &description, x, y).strip(160.0);
    for (index, entry) in scored.cell.entries.iter().enumerate() {
        let mut group = digest.palette.group(&entry.label);
        for dot in dots.iter().filter(|dot| dot.trial.entry == index && drawn(scored, dot, detail)) {
            let dropped = scored.score.gated.dropped.contains(&dot.place);
            let shape = tag("path").class(if dropped { "dropped" } else { "p" }).set("d", plot.dots(&[(dot.x, dot.y)]));
            group.push(shape.with(tag("title").text(hint(scored, dot, detail))));
        }
        plot.mark(group);
    }
    Some(figure(&scored.caption(), plot.render(&digest.palette), ""))
}

fn dots<'s>(scored: &'s Scored<'_>) -> Vec<Dot<'s>> {
    let metric = &scored.score.metric;
    let engines = scored.cell.entries.len() as f64;
    let mut dots = Vec::new();
    for (index, entry) in scored.cell.entries.iter().enumerate().filter(|(index, _)| !scored.outcome.is_out(*index)) {
        let own = scored.outcome.trials.iter().enumerate().filter(|(_, trial)| trial.entry == index && trial.round > 0);
        let own: Vec<(usize, &Trial, f64)> =
            own.filter_map(|(place, trial)| Some((place, trial, metric.value(&trial.words, entry)?))).collect();
        let Some(median) =
            stats::median(&mut own.iter().map(|(.., value)| metric.goodness(*value)).collect::<Vec<f64>>())
        else {
            continue;
        };
        dots.extend(own.into_iter().map(|(place, trial, value)| {
            let slot = trial.words.number("slot").unwrap_or(0.0);
            Dot {
                trial,
                place,
                x: trial.round as f64 + (slot + 0.5) / engines,
                y: metric.goodness(value) - median,
                value,
            }
        }));
    }
    dots
}

fn drawn(scored: &Scored<'_>, dot: &Dot<'_>, detail: Detail) -> bool {
    match detail {
        Detail::Words | Detail::Line => true,
        Detail::Every(rounds) => {
            dot.trial.round.is_multiple_of(rounds)
                || scored.score.gated.flagged.iter().any(|(place, _)| *place == dot.place)
        }
    }
}

/// What a trial said.
fn hint(scored: &Scored<'_>, dot: &Dot<'_>, detail: Detail) -> String {
    let metric = &scored.score.metric;
    let label = &scored.cell.entries[dot.trial.entry].label;
    let flag = scored.score.gated.flagged.iter().find(|(place, _)| *place == dot.place);
    let flag = flag.map_or_else(String::new, |(_, gate)| format!(", flagged: {}", gate.name()));
    let line = format!("{label}, round {}, {} {}{flag}", dot.trial.round, metric.show(dot.value), metric.column());
    if detail != Detail::Words {
        return line;
    }
    const PLACE: [&str; 4] = ["workload", "cell", "engine", "round"];
    let told = dot.trial.words.pairs.iter().filter(|(key, _)| !PLACE.contains(&key.as_str()));
    let words = told.map(|(key, word)| if word.len() > LONG { format!("{key}=…") } else { format!("{key}={word}") });
    format!("{line}\n{}", words.collect::<Vec<_>>().join(" "))
}
