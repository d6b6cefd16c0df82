//! Latency against concurrency as a map: who wins where, and how sure that is.

use std::collections::BTreeSet;

use super::markup::{Tag, tag};
use super::palette::shorten;
use super::plot::{WIDTH, figure, image};
use super::{Digest, Scored, Section, axes};
use crate::numbers;
use crate::plan::{self, Cell};
use crate::verdict::Podium;

/// The left margin, with the row's names.
const LEFT: f64 = 56.0;
/// The top margin, with the columns' names.
const TOP: f64 = 34.0;
/// Room for a name in two lines, and for what is said below it.
const ROW: f64 = 46.0;
/// How wide a letter is at most, in the size of names and in that of what stands below.
const LETTER: f64 = 6.2;
const SMALL_LETTER: f64 = 5.4;
/// A lead of so much is shown in full colour.
const CLEAR: f64 = 1.5;

/// Cells over two axes.
struct Map<'s, 'r> {
    caption: String,
    /// The keys of the columns and of the rows.
    keys: [&'s str; 2],
    cells: Vec<&'s Scored<'r>>,
}

pub(super) fn section(digest: &Digest<'_>) -> Option<Section> {
    let maps = maps(digest);
    let lead = "Each field has the colour of the engine that leads there. The fuller the colour, the further the \
                leader is ahead for certain; pale is a \
                tie, grey is not decided, hatched is a cell whose control failed.";
    let charts: Vec<Tag> = maps.iter().map(|map| chart(digest, map)).collect();
    if charts.is_empty() {
        return None;
    }
    let body = tag("div").with(tag("p").class("lead").text(lead)).with(tag("div").class("charts").all(charts));
    Some(Section { id: "map", name: "Map", heading: "Who wins where?", body })
}

/// Everything that was fetched over latency and concurrency, from whichever workload it comes, and every other workload that
/// has two axes.
fn maps<'s, 'r>(digest: &'s Digest<'r>) -> Vec<Map<'s, 'r>> {
    let mut maps = fetched(digest);
    for cells in digest.workloads() {
        let all: Vec<&Cell> = cells[0].planned.cells.iter().collect();
        let numeric = |key: &&str| {
            cells.iter().all(|scored| scored.cell.param(key).is_some_and(|value| value.parse::<u64>().is_ok()))
        };
        let axes: Vec<&str> = axes(&all).into_iter().filter(numeric).collect();
        let drawn =
            |map: &Map<'_, '_>| cells.iter().all(|scored| map.cells.iter().any(|other| std::ptr::eq(*other, scored)));
        if let ([column, row], false) = (axes.as_slice(), maps.iter().any(drawn)) {
            maps.push(Map {
                caption: cells[0].planned.name.clone(),
                keys: [column, row],
                cells: cells.iter().collect(),
            });
        }
    }
    maps
}

fn fetched<'s, 'r>(digest: &'s Digest<'r>) -> Vec<Map<'s, 'r>> {
    const KEYS: [&str; 2] = ["delay_us", "concurrency"];
    let others = |scored: &Scored<'_>| -> BTreeSet<(String, String)> {
        let apart = |key: &str| KEYS.contains(&key) || ["requests", "compute"].contains(&key);
        scored.cell.params.iter().filter(|(key, value)| !apart(key) && value != "length").cloned().collect()
    };
    let fits = |scored: &&Scored<'_>| {
        scored.cell.model() == "fetch"
            && scored.score.metric.is_rate()
            && KEYS.iter().all(|key| scored.cell.param(key).is_some())
    };
    let mut maps: Vec<Map<'_, '_>> = Vec::new();
    for scored in digest.cells.iter().filter(fits) {
        match maps.iter_mut().find(|map| others(map.cells[0]) == others(scored)) {
            Some(map) => map.cells.push(scored),
            None => maps.push(Map { caption: String::new(), keys: KEYS, cells: vec![scored] }),
        }
    }
    maps.retain(|map| KEYS.iter().all(|key| values(map, key).len() > 1));
    for map in &mut maps {
        let own: Vec<(String, String)> =
            map.cells[0].cell.params.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())).cloned().collect();
        map.caption = plan::title(&own);
    }
    maps
}

fn values(map: &Map<'_, '_>, key: &str) -> BTreeSet<u64> {
    map.cells.iter().map(|scored| scored.cell.number(key)).collect()
}

fn chart(digest: &Digest<'_>, map: &Map<'_, '_>) -> Tag {
    let [columns, rows] = map.keys.map(|key| values(map, key).into_iter().collect::<Vec<u64>>());
    let width = (WIDTH - LEFT) / columns.len() as f64;
    let height = TOP + ROW * rows.len() as f64 + 4.0;
    let title = format!("The winner by {} and {}: {}", name(map.keys[0]), name(map.keys[1]), map.caption);
    let mut svg = image("map", &title, &describe(map), WIDTH, height).with(hatching());
    svg.push(tag("text").class("unit").set("x", 2).set("y", 11).text(format_args!(
        "{} ↓  {} →",
        name(map.keys[1]),
        name(map.keys[0])
    )));
    for (index, value) in columns.iter().enumerate() {
        let x = LEFT + (index as f64 + 0.5) * width;
        svg.push(tag("text").class("mid").at("x", x).set("y", 28).text(shown(map.keys[0], *value)));
    }
    for (index, value) in rows.iter().rev().enumerate() {
        let y = TOP + (index as f64 + 0.5) * ROW + 4.0;
        svg.push(tag("text").class("end").at("x", LEFT - 8.0).at("y", y).text(shown(map.keys[1], *value)));
    }
    for (column, x) in columns.iter().zip(0..) {
        for (row, y) in rows.iter().rev().zip(0..) {
            let corner = (LEFT + f64::from(x) * width, TOP + f64::from(y) * ROW);
            if let Some(scored) = at(map, *column, *row) {
                svg.push(field(digest, scored, corner, width));
            }
        }
    }
    figure(&map.caption, svg, "")
}

/// Where several workloads have this cell: the one with the most engines.
fn at<'s, 'r>(map: &Map<'s, 'r>, column: u64, row: u64) -> Option<&'s Scored<'r>> {
    let here =
        |scored: &&&Scored<'_>| scored.cell.number(map.keys[0]) == column && scored.cell.number(map.keys[1]) == row;
    map.cells.iter().filter(here).max_by_key(|scored| scored.score.rows.len()).copied()
}

fn field(digest: &Digest<'_>, scored: &Scored<'_>, (x, y): (f64, f64), width: f64) -> Tag {
    let square = |class: &str| {
        tag("rect")
            .class(class)
            .at("x", x + 1.0)
            .at("y", y + 1.0)
            .at("width", width - 2.0)
            .at("height", ROW - 2.0)
            .set("rx", 3)
    };
    let text = |line: f64, class: &str, text: &str| {
        let letter = if class.ends_with("small") { SMALL_LETTER } else { LETTER };
        let letters = ((width / letter) as usize).max(3);
        tag("text").class(class).at("x", x + width / 2.0).at("y", y + line).text(shorten(text, letters))
    };
    let link = tag("a").set("href", format_args!("#{}", scored.anchor));
    let group = match &scored.podium {
        None if scored.score.is_invalid() => tag("g").with(square("hatched")).with(text(27.0, "mid field", "invalid")),
        None => tag("g").with(square("open")).with(text(27.0, "mid field small", "few rounds")),
        Some(podium) => {
            let leader = &podium.best[0];
            let (class, opacity, below) = confidence(podium);
            let inside = if opacity > 0.5 { "mid field on" } else { "mid field" };
            let square = if class == "open" {
                square("open")
            } else {
                square("won").set("fill-opacity", format_args!("{opacity:.2}"))
            };
            let names = match in_two(leader, (width / LETTER) as usize) {
                Some((first, second)) => vec![text(14.0, inside, first), text(26.0, inside, second)],
                None => vec![text(20.0, inside, leader)],
            };
            let below = text(38.0, &format!("{inside} small"), &below);
            digest.palette.group(leader).with(square).all(names).with(below)
        }
    };
    let whole = format!("{}: {}", scored.cell.title, scored.verdict);
    link.with(group.with(tag("title").text(whole)))
}

/// A name that is too long for one line, parted behind the hyphen that leaves the shorter longest part.
fn in_two(name: &str, letters: usize) -> Option<(&str, &str)> {
    if name.chars().count() <= letters {
        return None;
    }
    let parts = name.match_indices('-').map(|(place, _)| name.split_at(place + 1));
    parts.min_by_key(|(first, second)| first.len().max(second.len()))
}

/// How a field is painted: its class, how full its colour is, and a few words.
fn confidence(podium: &Podium) -> (&'static str, f64, String) {
    let rivals = podium.best.len() - 1;
    match (rivals, &podium.next) {
        (0, Some(lead)) => {
            let sure = (lead.low.ln() / CLEAR.ln()).clamp(0.0, 1.0);
            ("won", 0.55 + 0.45 * sure, format!("× {}", numbers::ratio(lead.ratio)))
        }
        (0, None) => ("won", 0.55, "alone".into()),
        _ if podium.tied => ("won", 0.28, format!("tie of {}", rivals + 1)),
        _ => ("open", 0.0, "not sure".into()),
    }
}

fn hatching() -> Tag {
    let stroke = tag("path").set("d", "M0 6L6 0").class("hatch");
    let pattern =
        tag("pattern").set("id", "hatching").set("width", 6).set("height", 6).set("patternUnits", "userSpaceOnUse");
    tag("defs").with(pattern.with(stroke))
}

fn name(key: &str) -> &str {
    match key {
        "delay_us" => "latency",
        "concurrency" => "in flight",
        other => other,
    }
}

fn shown(key: &str, value: u64) -> String {
    match key {
        "delay_us" if value == 0 => "0".into(),
        "delay_us" => numbers::micros(value),
        _ => numbers::tick(value as f64),
    }
}

fn describe(map: &Map<'_, '_>) -> String {
    let cell = |scored: &&Scored<'_>| format!("{}: {}", scored.caption(), scored.short);
    map.cells.iter().map(cell).collect::<Vec<_>>().join(". ")
}
