//! The page of a run: one file with everything in it, answers first. `cargo xtask report --html FILE` writes it.

mod answer;
mod belief;
mod counts;
mod curves;
mod forest;
mod histogram;
mod history;
mod latency;
mod map;
mod markup;
mod memory;
mod palette;
mod plot;
mod resources;
mod scale;
mod timeline;
mod trials;

use std::collections::BTreeSet;
use std::path::PathBuf;

use self::markup::{Tag, slug, tag};
use self::palette::Palette;
use crate::counting::kept::Belonging;
use crate::numbers;
use crate::outcome::{Outcome, Trial};
use crate::plan::{self, Cell, Planned};
use crate::results::Loaded;
use crate::score::Score;
use crate::selftest::recorded::Recorded;
use crate::verdict::{self, Podium};

/// A page is never larger than this.
const MOST_BYTES: usize = 1_000_000;
/// What head, style and script take, and a margin.
const SPARE_BYTES: usize = 40_000;
/// How much of the room that is left the ratios may take, and of what they leave the resources; the trials are thinned to the rest.
const RATIOS_PERCENT: usize = 65;
const RESOURCES_PERCENT: usize = 50;

/// What is known besides the run itself: other runs to compare with over time, counts, and what the lab found about itself.
#[derive(Debug, Default)]
pub(crate) struct Others {
    pub(crate) counts: Belonging,
    /// The newest self-test of this machine.
    pub(crate) selftest: Option<Recorded>,
    /// Sorted by time.
    pub(crate) runs: Vec<Loaded>,
    /// Runs that could not be read, and why.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
}

/// Everything that the sections draw from.
struct Digest<'r> {
    run: &'r Loaded,
    /// Those with anything in them, in the order of the plan.
    cells: Vec<Scored<'r>>,
    palette: Palette,
}

/// One cell with what it says.
struct Scored<'r> {
    planned: &'r Planned,
    cell: &'r Cell,
    outcome: &'r Outcome,
    score: Score,
    podium: Option<Podium>,
    /// The verdict in full, and in a few words.
    verdict: String,
    short: String,
    /// Its address within the page.
    anchor: String,
}

/// The page of a run; `None` when the run holds nothing.
pub(crate) fn page(run: &Loaded, others: &Others) -> Option<String> {
    let digest = Digest::new(run);
    if digest.cells.is_empty() {
        return None;
    }
    let whole = BTreeSet::new();
    let answers = answer::section(&digest, &whole);
    let first =
        [Some(belief::section(&digest, others.selftest.as_ref())), curves::section(&digest), map::section(&digest)];
    let latency = latency::section(&digest);
    // Those that grow with every engine and trial get the room that is left, the most important first.
    let taken: usize = first.iter().chain([&latency]).flatten().map(|section| section.body.bytes()).sum();
    let room = (MOST_BYTES - SPARE_BYTES).saturating_sub(taken + answers.body.bytes());
    // A run of everything does not fit: then each of them leaves something to those behind it.
    let share = |room: usize, percent: usize| room / 100 * percent;
    let (ratios, without_ratios) = forest::section(&digest, share(room, RATIOS_PERCENT));
    // The address of a cell is its table of ratios, and where there is none its answer.
    let answers = if without_ratios.is_empty() { answers } else { answer::section(&digest, &without_ratios) };
    let room = room.saturating_sub(ratios.body.bytes());
    let resources = resources::section(&digest, share(room, RESOURCES_PERCENT));
    let room = room.saturating_sub(resources.body.bytes());
    let counts = counts::section(&digest, &others.counts, room);
    let room = room.saturating_sub(counts.body.bytes());
    let history = history::section(&digest, others, room);
    let room = room.saturating_sub(history.as_ref().map_or(0, |section| section.body.bytes()));
    let trials = trials::section(&digest, room);
    let sections = [answers]
        .into_iter()
        .chain(first.into_iter().flatten())
        .chain([ratios])
        .chain(latency)
        .chain([resources, counts, trials])
        .chain(history);
    Some(document(&digest, sections.collect()))
}

/// A part of the page with a heading.
struct Section {
    id: &'static str,
    /// In the list of sections.
    name: &'static str,
    heading: &'static str,
    body: Tag,
}

impl<'r> Digest<'r> {
    fn new(run: &'r Loaded) -> Digest<'r> {
        let mut cells: Vec<Scored<'r>> = Vec::new();
        for (planned, cell, outcome) in run.cells().filter(|(.., outcome)| !outcome.is_empty()) {
            let mut anchor = format!("{}/{}", slug(&planned.name), slug(&cell.title));
            while cells.iter().any(|other| other.anchor == anchor) {
                anchor.push_str("-again");
            }
            // Each of these draws resamples by the ten thousand: once is enough.
            let score = Score::new(planned, cell, outcome);
            let (podium, verdict) = (verdict::podium(&score), verdict::sentences(&score).join(" "));
            let short = verdict::short(&score);
            cells.push(Scored { planned, cell, outcome, score, podium, verdict, short, anchor });
        }
        Digest { run, cells, palette: Palette::new(&run.plan) }
    }

    /// The cells of each workload.
    fn workloads(&self) -> impl Iterator<Item = &[Scored<'r>]> {
        self.cells.chunk_by(|a, b| a.planned.name == b.planned.name)
    }

    /// What each workload has to show below its name, for as many of them as fit so many bytes; and those that did not.
    fn each_workload(
        &self,
        most_bytes: usize,
        show: &dyn Fn(&[Scored<'r>]) -> Option<Tag>,
    ) -> (Tag, BTreeSet<&'r str>) {
        let mut body = tag("div");
        let mut left_out = BTreeSet::new();
        for cells in self.workloads() {
            let Some(shown) = show(cells) else { continue };
            match body.bytes() + shown.bytes() <= most_bytes {
                true => body = body.with(tag("h3").text(&cells[0].planned.name)).with(shown),
                false => _ = left_out.insert(cells[0].planned.name.as_str()),
            }
        }
        if !left_out.is_empty() {
            let names: Vec<&str> = left_out.iter().copied().collect();
            let note = format!(
                "Left out, since the page would become too large: {}. `cargo xtask report --html FILE --workload NAME` makes a page of it.",
                names.join(", ")
            );
            body.push(tag("p").class("note").text(note));
        }
        (body, left_out)
    }
}

impl Scored<'_> {
    /// The trials of one contestant that count: no warm-up, and not dropped by a gate.
    fn counted(&self, entry: usize) -> impl Iterator<Item = &Trial> {
        let counts = move |(place, trial): &(usize, &Trial)| {
            trial.entry == entry && trial.round > 0 && !self.score.gated.dropped.contains(place)
        };
        self.outcome.trials.iter().enumerate().filter(counts).map(|(_, trial)| trial)
    }

    /// A link to where the cell's ratios are.
    fn link(&self, text: &str) -> Tag {
        tag("a").set("href", format_args!("#{}", self.anchor)).text(text)
    }

    /// What sets the cell apart from the others of its workload; everything about it when it is alone.
    fn caption(&self) -> String {
        let planned = self.planned;
        let differs =
            |key: &str| planned.cells.iter().any(|other| other.param(key) != self.cell.param(key)) || key == "tasks";
        let own: Vec<_> = self.cell.params.iter().filter(|(key, _)| differs(key)).cloned().collect();
        let title = plan::title(&own);
        if title.is_empty() { self.cell.title.clone() } else { title }
    }
}

/// The keys whose values differ among the cells, in the order of the file.
fn axes<'c>(cells: &[&'c Cell]) -> Vec<&'c str> {
    let Some(first) = cells.first() else { return Vec::new() };
    let keys = first.params.iter().map(|(key, _)| key.as_str());
    keys.filter(|key| cells.iter().any(|cell| cell.param(key) != first.param(key))).collect()
}

fn document(digest: &Digest<'_>, sections: Vec<Section>) -> String {
    let heading = "Which runtime, which concurrency, and is async worth it?";
    let links = sections.iter().map(|section| tag("a").set("href", format_args!("#{}", section.id)).text(section.name));
    let nav = tag("nav").set("aria-label", "Sections").with(tag("div").all(links));
    let header =
        tag("header").with(tag("p").class("kicker").text("gather · cargo xtask bench")).with(tag("h1").text(heading));
    let header = header.with(tag("p").class("facts").text(facts(digest)));
    let bodies = sections.into_iter().map(|section| {
        let heading = tag("h2").text(section.heading);
        tag("section").set("id", section.id).with(heading).with(section.body)
    });
    let main = tag("main").with(header).all(bodies);
    let tip = tag("div").set("id", "tip").set("hidden", "").set("role", "status");
    let script = tag("script").verbatim(include_str!("html/page.js"));
    let body = tag("body").with(nav).with(main).with(tip).with(script);
    let html = tag("html").set("lang", "en").with(head(digest)).with(body);
    format!("<!doctype html>\n{html}\n")
}

fn head(digest: &Digest<'_>) -> Tag {
    // The page asks for nothing, and the browser sees to it.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
    let meta = |name: &'static str, content: &str| tag("meta").set("name", name).set("content", content);
    tag("head")
        .with(tag("meta").set("charset", "utf-8"))
        .with(tag("meta").set("http-equiv", "Content-Security-Policy").set("content", policy))
        .with(meta("viewport", "width=device-width, initial-scale=1"))
        .with(meta("color-scheme", "light dark"))
        .with(tag("title").text(format_args!("gather bench, {}", digest.run.text("utc"))))
        .with(tag("style").verbatim(include_str!("html/page.css")))
}

/// One line on what this is.
fn facts(digest: &Digest<'_>) -> String {
    let trials: usize = digest.cells.iter().map(|scored| scored.score.gated.of).sum();
    let (workloads, cells) = (digest.workloads().count(), digest.cells.len());
    let day = digest.run.text("utc").split('T').next().unwrap_or_default();
    let machine = digest.run.header.get("environment").and_then(|all| all.get("cpu_model")?.as_str());
    format!(
        "{workloads} workload{}, {cells} cell{}, {} timed trials, measured on {day} on {}. Every answer was checked; \
         every ratio has its 95 % interval.",
        numbers::plural(workloads),
        numbers::plural(cells),
        numbers::thousands(trials as u64),
        machine.unwrap_or("an unknown machine"),
    )
}

#[cfg(test)]
mod tests;
