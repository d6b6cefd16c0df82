//! The answers: for each workload its question, who is best in each cell, how near to the limit, and whether async pays.

use std::collections::BTreeSet;

use super::markup::{Tag, tag};
use super::{Digest, Scored, Section};
use crate::metric::Metric;
use crate::numbers;
use crate::score::{Row, Sample, Score};
use crate::stats::{self, Verdict};
use crate::verdict::{self, Podium};

/// The cells of the workloads that have no table of ratios are addressed here.
pub(super) fn section(digest: &Digest<'_>, without_ratios: &BTreeSet<&str>) -> Section {
    let cards =
        digest.workloads().map(|cells| card(digest, cells, without_ratios.contains(cells[0].planned.name.as_str())));
    let body = tag("div").with(tally(digest)).with(tag("div").class("cards").all(cards));
    Section { id: "answer", name: "Answer", heading: "The answer", body }
}

/// Is async worth it, in how many cells.
fn tally(digest: &Digest<'_>) -> Tag {
    let mut counts = [0_usize; 4];
    for scored in &digest.cells {
        let contest = scored.podium.as_ref().and_then(|podium| podium.worth);
        let both = verdict::has_both_kinds(&scored.score);
        match contest.map(|compared| compared.verdict) {
            Some(Verdict::Faster) => counts[0] += 1,
            Some(Verdict::Equivalent) => counts[1] += 1,
            Some(Verdict::Slower) => counts[2] += 1,
            _ if both => counts[3] += 1,
            _ => {}
        }
    }
    let total: usize = counts.iter().sum();
    if total == 0 {
        return tag("p").class("lead").text(
            "No cell of this run has both an async engine and a blocking one, so that \
                    it says nothing on whether async is worth it.",
        );
    }
    let words = ["async wins", "a tie", "blocking wins", "not decided"];
    let numbers = words.iter().zip(counts).map(|(word, count)| {
        tag("div")
            .with(tag("dt").text(word))
            .with(tag("dd").text(count).with(tag("small").text(format_args!(" of {total}"))))
    });
    let lead = "The best async engine against the best blocking one, cell by cell:";
    tag("div").with(tag("p").class("lead").text(lead)).with(tag("dl").class("tally").all(numbers))
}

fn card(digest: &Digest<'_>, cells: &[Scored<'_>], addressed: bool) -> Tag {
    let planned = cells[0].planned;
    let head = tag("h3").text(&planned.name);
    let question = tag("p").class("question").text(&planned.question);
    let rows = cells.iter().map(|scored| match addressed {
        true => row(digest, scored).set("id", &scored.anchor),
        false => row(digest, scored),
    });
    let expected = tag("details").with(tag("summary").text("What was expected, and how to read it"));
    let expected = expected.with(tag("p").text(&planned.expectation)).with(tag("p").text(&planned.analysis));
    tag("article")
        .class("card")
        .set("id", super::slug(&planned.name))
        .with(head)
        .with(question)
        .all(rows)
        .with(expected)
}

fn row(digest: &Digest<'_>, scored: &Scored<'_>) -> Tag {
    let score = &scored.score;
    let title = tag("h4").with(scored.link(&scored.caption()));
    let mut row = tag("div").class("result").with(title);
    row.push(match &scored.podium {
        Some(podium) => winners(digest, score, podium),
        None => tag("p").class("who").with(tag("b").class("tag bad").text(&scored.short)),
    });
    row.with(tag("p").class("say").text(&scored.verdict))
}

/// Those who lead, all of them where they cannot be told apart, with the leader's number beside the limit.
fn winners(digest: &Digest<'_>, score: &Score, podium: &Podium) -> Tag {
    let word = match (podium.best.len(), podium.tied) {
        (1, _) => score.metric.superlative().to_owned(),
        (_, true) => format!("{}, tied", score.metric.superlative()),
        (_, false) => "not told apart".to_owned(),
    };
    let class = if podium.best.len() == 1 || podium.tied { "tag good" } else { "tag" };
    let mut who = tag("div").class("who").with(tag("b").class(class).text(word));
    who = who.all(podium.best.iter().map(|label| digest.palette.chip(label)));
    let leader = podium.best.first().and_then(|label| score.rows.iter().find(|row| row.label == *label));
    if let Some(row) = leader {
        who.push(tag("p").class("value").text(value(&score.metric, row)));
    }
    if let (Some(limit), Some(row)) = (&score.limit, leader) {
        let share = row.value / limit.rate;
        let bar = tag("rect").percent("width", share.min(1.0)).set("height", 6).set("rx", 2);
        let meter = tag("svg").class("meter").set("height", 6).set("aria-hidden", "true").with(bar);
        let text = format!(
            "{} of {} {} ({})",
            numbers::percent(share),
            score.metric.show(limit.rate),
            score.metric.column(),
            limit.why
        );
        who.push(tag("p").class("limit").with(meter).text(text));
    }
    who
}

/// `12,345 [12,100, 12,600] pages/s`.
fn value(metric: &Metric, row: &Row) -> String {
    let interval = interval(metric, &row.rounds);
    let interval =
        interval.map_or_else(String::new, |(low, high)| format!(" [{}, {}]", metric.show(low), metric.show(high)));
    // `latency p99 ms` has its unit at the end, where a sentence has it after the number.
    let column = metric.column();
    let unit = match column.rsplit_once(' ') {
        Some((name, unit @ ("ms" | "MB"))) => format!("{unit}, {name}"),
        _ => column,
    };
    format!("{}{interval} {unit}", metric.show(row.value))
}

/// The interval of a number itself, by the same bootstrap as that of a ratio; the range with few rounds.
pub(super) fn interval(metric: &Metric, rounds: &[Sample]) -> Option<(f64, f64)> {
    let mut samples = rounds.to_vec();
    samples.sort_by_key(|sample| (sample.process, sample.round));
    let processes = samples.chunk_by(|a, b| a.process == b.process);
    let processes: Vec<Vec<f64>> = processes.map(|run| run.iter().map(|sample| sample.value).collect()).collect();
    let compared = stats::compare(&processes, 0.0)?;
    // A goodness is turned so that more is better, and with it the interval.
    Some(match metric.more_is_better() {
        true => (compared.low, compared.high),
        false => (1.0 / compared.high, 1.0 / compared.low),
    })
}
