//! The advice in plain words, the answer first.

use super::evidence::Evidence;
use super::model::{Model, Prediction};
use super::question::{Question, show_seconds};
use crate::definitions::{Family, InFlight};
use crate::numbers;
use crate::report;
use crate::results::Loaded;
use crate::runs;
use crate::stats::regression::Range;
use crate::style::{Style, Tone};
use crate::table::{Align, Table};

/// Longer than this, parsing inline makes every other page wait: handing a page over costs a few microseconds.
const HAND_OVER_S: f64 = 1e-3;
/// Rates closer than this are the same to whoever asks.
const CLOSE: f64 = 0.05;

/// Everything that is known about one question.
pub(super) struct Answer<'e> {
    question: &'e Question,
    evidence: &'e Evidence,
    /// Async, blocking with as many threads, one page at a time; the best of each kind first.
    runtimes: Vec<Choice<'e>>,
    blocking: Vec<Choice<'e>>,
    sequential: Vec<Choice<'e>>,
}

/// An engine and what the question would cost it.
#[derive(Clone, Copy)]
struct Choice<'e> {
    model: &'e Model<'e>,
    costs: Prediction,
}

impl<'e> Answer<'e> {
    /// The message says what was not measured.
    pub(super) fn new(
        question: &'e Question,
        evidence: &'e Evidence,
        models: &'e [Model<'e>],
    ) -> Result<Answer<'e>, String> {
        let choices = |wanted: &dyn Fn(&Model<'_>) -> bool| {
            let choices = models.iter().filter(|model| wanted(model));
            let mut choices: Vec<Choice<'_>> =
                choices.map(|model| Choice { model, costs: model.predict(question) }).collect();
            // Where waiting decides, rates tie and the cheaper one is better.
            choices.sort_by(|a, b| {
                let rates = a.costs.rate.value.total_cmp(&b.costs.rate.value).reverse();
                let close = (a.costs.rate.value / b.costs.rate.value).ln().abs() < 1e-2;
                if close { a.costs.cpu_s.value.total_cmp(&b.costs.cpu_s.value) } else { rates }
            });
            choices
        };
        let one = |model: &Model<'_>| model.engine.in_flight == InFlight::One;
        let answer = Answer {
            question,
            evidence,
            runtimes: choices(&|model| model.engine.family == Family::Async),
            blocking: choices(&|model| model.engine.family == Family::Blocking && !one(model)),
            sequential: choices(&one),
        };
        match (answer.runtimes.is_empty(), answer.blocking.is_empty()) {
            (true, _) => {
                Err("no async engine was measured in this run without a parser, so there is nothing to advise; \
                           `cargo xtask bench --workload latency-sweep` does it"
                    .into())
            }
            (_, true) => Err("no pool and no threads were measured in this run: whether async is worth it needs one; \
                              `cargo xtask bench --workload concurrency-sweep` measures both"
                .into()),
            _ => Ok(answer),
        }
    }

    pub(super) fn show(&self, run: &Loaded, style: Style) -> String {
        let mut text = format!("{}\n\n", self.question.show());
        text.push_str(&style.paint(&report::wrap("", &self.runtime()), Tone::Strong));
        text.push_str(&report::wrap("", &self.concurrency()));
        text.push_str(&report::wrap("", &self.worth()));
        text.extend(self.parsing().map(|advice| report::wrap("", &advice)));
        text.push('\n');
        text.push_str(&self.table().render(style));
        text.push('\n');
        self.doubts(run).iter().for_each(|doubt| text.push_str(&report::wrap("- ", doubt)));
        text
    }

    /// Which runtime.
    fn runtime(&self) -> String {
        let best = &self.runtimes[0];
        let tied: Vec<&str> =
            self.runtimes[1..].iter().filter(|other| not_apart(other, best)).map(|other| other.label()).collect();
        let (rate, name) = (pages(best.costs.rate), best.label());
        match tied.as_slice() {
            [] => format!("Take {name}: about {rate}."),
            tied => format!("Take {name}, or {}, which cannot be told from it here: about {rate}.", tied.join(" or ")),
        }
    }

    /// Which concurrency.
    fn concurrency(&self) -> String {
        let best = &self.runtimes[0].costs;
        let asked = self.question.concurrency;
        let knee = best.knee.value;
        let shown = around(best.knee, |knee| numbers::thousands(knee.round().max(1.0) as u64));
        if asked > knee * (1.0 + CLOSE) {
            format!(
                "{shown} in flight are enough: from there on the CPU is the limit, and {} only cost memory. A second CPU, or less \
                 parsing, brings more.",
                numbers::thousands(asked as u64)
            )
        } else {
            format!(
                "{} in flight are not too many: waiting is the limit (Little's law: in flight / latency), and up to {shown} each \
                 page more in flight brings as much again.",
                numbers::thousands(asked as u64)
            )
        }
    }

    /// Whether async is worth it.
    fn worth(&self) -> String {
        let (ours, theirs) = (&self.runtimes[0].costs, &self.blocking[0].costs);
        let (name, control) = (self.runtimes[0].label(), self.blocking[0].label());
        let threads = numbers::thousands(theirs.in_flight as u64);
        let rate = quotient(ours.rate, theirs.rate);
        let cpu = quotient(ours.cpu_s, theirs.cpu_s);
        let memory = quotient(ours.memory, theirs.memory);
        let bill =
            format!("For that {name} takes {} the CPU time and {} the memory of {control}.", times(cpu), times(memory));
        match () {
            () if rate.low > 1.0 + CLOSE => {
                format!("Async is worth it: {} the pages of {control} with {threads} threads. {bill}", times(rate))
            }
            () if rate.high < 1.0 - CLOSE => format!(
                "Async is not worth it: {name} makes {} the pages of {control} with {threads} threads. {bill}",
                times(rate)
            ),
            () if (rate.value - 1.0).abs() <= CLOSE => format!(
                "Async is not worth it for speed: {control} with {threads} threads makes as many pages ({}). {bill}",
                times(rate)
            ),
            () => format!(
                "Whether async is worth it cannot be said from these cells: {name} makes {} the pages of {control} with \
                 {threads} threads. {bill}",
                times(rate)
            ),
        }
    }

    /// Where to parse.
    fn parsing(&self) -> Option<String> {
        let parse = self.question.parse_s;
        (parse > HAND_OVER_S).then(|| {
            let waits = show_seconds(parse);
            let seen = self.evidence.blocked.as_ref().map_or_else(String::new, |seen| format!("; {seen}"));
            format!(
                "Hand the parsing over (`compute` on rayon, or the runtime's blocking pool): inline, each page stops the loop for \
                 {waits}, and every other page and timer waits as long{seen}. Blocking threads do not have this problem. It \
                 makes nothing cheaper: on {} cpu{} the parser's {waits} remain the larger part of the bill.",
                self.question.cpus,
                numbers::plural(self.question.cpus as usize)
            )
        })
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[
            ("", Align::Left),
            ("in flight", Align::Right),
            ("pages/s", Align::Left),
            ("CPU a page", Align::Left),
            ("peak MB", Align::Left),
            ("limit", Align::Left),
        ]);
        let best = self.sequential.first();
        for choice in self.runtimes.iter().chain(&self.blocking).chain(best) {
            let costs = &choice.costs;
            let row = [
                choice.label().to_owned(),
                numbers::thousands(costs.in_flight as u64),
                around(costs.rate, numbers::significant),
                around(costs.cpu_s, show_seconds),
                around(costs.memory, |bytes| numbers::significant(bytes / 1e6)),
                if costs.waits { "waiting" } else { "CPU" }.to_owned(),
            ];
            table.row(row.into_iter().map(|text| (text, Tone::Plain)).collect());
        }
        table
    }

    /// How far the question is from what was measured.
    fn doubts(&self, run: &Loaded) -> Vec<String> {
        let mut doubts = vec![format!(
            "from {} ({}): each interval is 95 %, from how far the cells are off the fit; `?` is a figure of a single cell",
            runs::folder(run).display(),
            runs::environment(run, "cpu_model")
        )];
        doubts.extend([self.runtimes[0], self.blocking[0]].map(|choice| {
            let nearest = choice.model.nearest(self.question);
            let off = choice.model.off(nearest).map_or_else(
                || "and there are too few others like it for a fit".to_owned(),
                |off| format!("where the fit is off by {:.0} %", off.abs() * 100.0),
            );
            format!(
                "the nearest cell of {}: {} ({} KB a page, {} of CPU), {off}",
                choice.label(),
                nearest.name,
                numbers::significant(nearest.body_kb),
                show_seconds(nearest.cpu_s)
            )
        }));
        doubts.extend(self.extrapolated());
        let unknown: Vec<&str> = self.runtimes[0].model.unknown_parts().iter().map(|part| part.what()).collect();
        if !unknown.is_empty() {
            doubts.push(format!(
                "UNKNOWN: no two cells of {} tell {} apart, so that part of the cost is taken as in its other cells",
                self.runtimes[0].label(),
                unknown.join(" and ")
            ));
        }
        if !self.evidence.missing.is_empty() {
            doubts.push(format!("this run lacks {}", self.evidence.missing.join("; ")));
        }
        let only_parsed = self.evidence.only_parsed();
        if !only_parsed.is_empty() {
            doubts.push(format!(
                "left out: {}, measured with a parser alone, so that nobody knows what of the CPU time is the engine's",
                only_parsed.join(", ")
            ));
        }
        if self.evidence.invalid > 0 {
            doubts.push(format!("{} invalid tables were left out", self.evidence.invalid));
        }
        doubts.push(
            "the origin was one hop away, without TLS, and never the limit; where the other end allows fewer at once, that is the limit"
                .into(),
        );
        doubts
    }

    fn extrapolated(&self) -> Option<String> {
        let asked = [
            ("latency", self.question.latency_s, self.evidence.range(|point| point.latency_s)),
            ("body", self.question.body_kb, self.evidence.range(|point| point.body_kb)),
            ("concurrency", self.question.concurrency, self.evidence.range(|point| point.concurrency)),
        ];
        let outside = asked.into_iter().filter(|(_, asked, (low, high))| *asked < low * 0.9 || *asked > high * 1.1);
        let show = |what: &str, value: f64| match what {
            "latency" => show_seconds(value),
            "body" => format!("{} KB", numbers::significant(value)),
            _ => numbers::thousands(value as u64),
        };
        let outside: Vec<String> = outside
            .map(|(what, asked, (low, high))| {
                format!("{what} {} (measured: {} to {})", show(what, asked), show(what, low), show(what, high))
            })
            .collect();
        (!outside.is_empty()).then(|| format!("EXTRAPOLATED, beyond everything measured: {}", outside.join(", ")))
    }
}

impl Choice<'_> {
    fn label(&self) -> &str {
        &self.model.engine.label
    }
}

/// Whether neither is better by more than is known, in pages and, where those tie, in CPU time.
fn not_apart(other: &Choice<'_>, best: &Choice<'_>) -> bool {
    let overlap = |a: Range, b: Range| !(a.high < b.low || b.high < a.low);
    overlap(other.costs.rate, best.costs.rate) && overlap(other.costs.cpu_s, best.costs.cpu_s)
}

/// One over another, each with its doubt; the halves of the intervals add like sides of a right angle, in logarithms.
fn quotient(over: Range, under: Range) -> Range {
    let centre = (over.value / under.value).ln();
    let side = |a: f64, b: f64| a.ln().hypot(b.ln());
    Range {
        value: centre.exp(),
        low: (centre - side(over.value / over.low, under.high / under.value)).exp(),
        high: (centre + side(over.high / over.value, under.value / under.low)).exp(),
    }
}

fn times(range: Range) -> String {
    format!("{} times", around(range, numbers::ratio))
}

fn pages(rate: Range) -> String {
    format!("{} pages/s", around(rate, numbers::significant))
}

/// `12.3 [11.9, 12.8]`, or `12.3 [?]` where nobody knows how far off it is.
fn around(range: Range, show: impl Fn(f64) -> String) -> String {
    match range.low.is_finite() && range.high.is_finite() {
        true => format!("{} [{}, {}]", show(range.value), show(range.low), show(range.high)),
        false => format!("{} [?]", show(range.value)),
    }
}
