//! What the work costs: CPU time, split into the program's own and the kernel's, switches between threads, memory.

use super::markup::{Tag, tag};
use super::{Digest, Scored, Section, memory};
use crate::metric::Item;
use crate::numbers;
use crate::outcome::Trial;
use crate::plan::Entry;
use crate::score::Row;
use crate::stats;

pub(super) fn section(digest: &Digest<'_>, most_bytes: usize) -> Section {
    let lead = "CPU time of the engine's process for each piece of work: full colour is the program's own, pale is \
                the kernel's; an arrow stands for more than there is room for. Switches are those between \
                threads, voluntary and not, for each piece of work. Memory is the peak of the process, and of its control \
                group where it had one of its own.";
    let mut body = tag("div").with(tag("p").class("lead").text(lead));
    let charts: Vec<Tag> = memory::charts(digest);
    if !charts.is_empty() {
        body.push(tag("h3").text("Memory by the number of tasks"));
        body.push(tag("div").class("charts").all(charts));
    }
    let (tables, _) = digest.each_workload(most_bytes, &|cells| {
        let tables: Vec<Tag> = cells.iter().filter_map(|scored| table(digest, scored)).collect();
        (!tables.is_empty()).then(|| tag("div").class("tables").all(tables))
    });
    body.push(tables);
    Section { id: "resources", name: "Resources", heading: "What does it cost?", body }
}

/// A bar of more than so many times the usual is cut off, with an arrow.
const FAR: f64 = 3.0;

/// What one engine takes for a piece of work.
struct Cost<'s> {
    row: &'s Row,
    user: f64,
    system: f64,
    switches: Option<f64>,
}

impl Cost<'_> {
    fn cpu_us(&self) -> f64 {
        (self.user + self.system) / 1e3
    }

    fn peak_mb(&self) -> Option<f64> {
        (self.row.peak_bytes > 0.0).then_some(self.row.peak_bytes / 1e6)
    }
}

/// The largest number of each column.
#[derive(Debug, Clone, Copy)]
struct Largest {
    cpu_us: f64,
    switches: f64,
    peak_mb: f64,
}

impl Largest {
    fn of(costs: &[Cost<'_>]) -> Largest {
        let largest = |value: fn(&Cost<'_>) -> Option<f64>| costs.iter().filter_map(value).fold(0.0, f64::max);
        Largest {
            cpu_us: largest(|cost| Some(cost.cpu_us())),
            switches: largest(|cost| cost.switches),
            peak_mb: largest(|cost| cost.peak_mb()),
        }
    }
}

fn table(digest: &Digest<'_>, scored: &Scored<'_>) -> Option<Tag> {
    let item = scored.score.metric.item(scored.cell.model());
    let costs: Vec<Cost<'_>> = scored.score.real_rows().filter_map(|row| cost(scored, row, item)).collect();
    let most = scale(&costs).filter(|most| *most > 0.0)?;
    let groups = scored.score.cgroup_sources();
    let memory = tag("span").text(format_args!("memory: {}", scored.score.memory()));
    let caption = tag("caption").with(tag("b").with(scored.link(&scored.caption()))).with(memory);
    let column = |text: &str, class: &str| tag("th").set("scope", "col").class(class).text(text);
    let head = tag("tr").with(column("engine", "")).with(column("own and kernel", "bar"));
    let head = head
        .with(column(&format!("CPU us/{}", item.name()), "n"))
        .with(column(&format!("switches/{}", item.name()), "n"))
        .with(column("peak MB", "n"));
    let group = || column("cgroup MB", "n").with(tag("small").text(groups.join(" or ")));
    let head = head.all((!groups.is_empty()).then(group));
    let largest = Largest::of(&costs);
    let body = costs.iter().map(|cost| {
        let group = || cost.row.cgroup.map_or_else(|| "n/a".into(), |peak| numbers::significant(peak.bytes / 1e6));
        let group = (!groups.is_empty()).then(|| tag("td").class("n").text(group()));
        line(digest, cost, most, largest).all(group)
    });
    let table = tag("table").class("forest costs").set("data-chart", "costs");
    let table = table.with(caption).with(tag("thead").with(head)).with(tag("tbody").all(body));
    Some(tag("div").class("tablebox plainbox").with(table))
}

fn cost<'s>(scored: &'s Scored<'_>, row: &'s Row, item: Item) -> Option<Cost<'s>> {
    let index = scored.cell.entries.iter().position(|entry| entry.label == row.label)?;
    let entry = &scored.cell.entries[index];
    let median = |value: &dyn Fn(&Trial, &Entry) -> Option<f64>| {
        stats::median(&mut scored.counted(index).filter_map(|trial| value(trial, entry)).collect::<Vec<f64>>())
    };
    let done = |trial: &Trial| item.done(&trial.words, entry).filter(|done| *done > 0.0);
    let per_item = |key: &'static str| median(&|trial, _| Some(trial.words.number(key)? / done(trial)?));
    let switches = median(&|trial, _| {
        Some((trial.words.number("nvcsw")? + trial.words.number("nivcsw").unwrap_or(0.0)) / done(trial)?)
    });
    Some(Cost { row, user: per_item("cpu_user_ns")?, system: per_item("cpu_sys_ns")?, switches })
}

/// What fills a bar: the most that any engine takes, but not so much that the bars of the usual ones cannot be told apart.
fn scale(costs: &[Cost<'_>]) -> Option<f64> {
    let mut totals: Vec<f64> = costs.iter().map(|cost| cost.user + cost.system).collect();
    let usual = stats::median(&mut totals)?;
    Some(totals.last()?.min(FAR * usual))
}

fn line(digest: &Digest<'_>, cost: &Cost<'_>, most: f64, largest: Largest) -> Tag {
    let bar = |class: &str, from: f64, size: f64| {
        let (from, to) = ((from / most).min(1.0), ((from + size) / most).min(1.0));
        tag("rect").class(class).percent("x", from).percent("width", to - from).set("y", 3).set("height", 10)
    };
    let mut bars = vec![bar("own", 0.0, cost.user), bar("kernel", cost.user, cost.system)];
    if cost.user + cost.system > most {
        bars.push(tag("text").class("arrow").percent("x", 1.0).set("y", 12).text("▸"));
    }
    let svg = digest.palette.dress(tag("svg"), &cost.row.label).set("aria-hidden", "true").all(bars);
    let number = |value: Option<f64>, largest: f64| {
        tag("td").class("n").text(value.map_or_else(|| "–".into(), |value| numbers::aligned(value, largest)))
    };
    let name = tag("th").set("scope", "row").with(digest.palette.chip(&cost.row.label));
    let row = tag("tr").with(name).with(tag("td").class("bar").with(svg));
    let row = row.with(number(Some(cost.cpu_us()), largest.cpu_us)).with(number(cost.switches, largest.switches));
    row.with(number(cost.peak_mb(), largest.peak_mb))
}
