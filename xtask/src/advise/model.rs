//! What a page costs an engine: CPU time as a sum of a fixed part and parts for the body, the parser and the concurrency;
//! memory as a fixed part and so much for each page in flight. Fitted to its cells, or the nearest cell where they are too few.

use super::evidence::{Engine, Point};
use super::question::Question;
use crate::definitions::InFlight;
use crate::stats::regression::{Fit, Range};

/// A part of the cost, which only cells that differ in it can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    Concurrency,
    /// What grows with each page in flight: a crowd of threads is dearer than its logarithm.
    Crowd,
    Body,
    Parsing,
    Latency,
}

impl Cost {
    pub(super) fn what(self) -> &'static str {
        match self {
            Cost::Concurrency | Cost::Crowd => "different concurrencies",
            Cost::Body => "different body sizes without a parser",
            Cost::Parsing => "real pages with a parser",
            Cost::Latency => "different latencies",
        }
    }

    /// By what it grows.
    fn regressor(self, point: &Point) -> f64 {
        match self {
            Cost::Concurrency => point.concurrency.log10(),
            Cost::Crowd => point.concurrency,
            Cost::Body => point.body_kb,
            Cost::Parsing => point.parsed_kb,
            // A page that is waited for costs a wake-up that one which is there at once may not.
            Cost::Latency => f64::from(u8::from(point.latency_s > 0.0)),
        }
    }
}

/// What an engine costs.
#[derive(Debug)]
pub(super) struct Model<'e> {
    pub(super) engine: &'e Engine,
    /// The parts of the CPU time that could be told apart.
    parts: Vec<Cost>,
    cpu: Option<Fit>,
    memory: Option<Fit>,
}

/// What a question would cost it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prediction {
    /// In flight, of what was asked.
    pub(super) in_flight: f64,
    /// CPU seconds a page, the parser included.
    pub(super) cpu_s: Range,
    pub(super) rate: Range,
    /// Whether waiting or the CPU decides.
    pub(super) waits: bool,
    pub(super) memory: Range,
    /// The concurrency from which on the CPU is the limit.
    pub(super) knee: Range,
}

impl<'e> Model<'e> {
    /// `None` when there is no cell that one could start from: where every cell parses, nobody knows what of its CPU time is the
    /// engine's.
    pub(super) fn new(engine: &'e Engine) -> Option<Model<'e>> {
        engine.points.iter().find(|point| !point.parses())?;
        let (parts, cpu) = fit_cpu(&engine.points);
        let rows: Vec<Vec<f64>> = engine.points.iter().map(|point| vec![1.0, point.concurrency]).collect();
        let bytes: Vec<f64> = engine.points.iter().map(|point| point.peak_bytes).collect();
        Some(Model { engine, parts, cpu, memory: Fit::new(&rows, &bytes) })
    }

    /// The cell that resembles the question most, by the ratios of latency, body and concurrency. One without a parser: what the
    /// question's parser takes is added to it.
    pub(super) fn nearest(&self, question: &Question) -> &'e Point {
        let asked = self.in_flight(question);
        let distance = |point: &Point| {
            let apart = |a: f64, b: f64, least: f64| (a.max(least) / b.max(least)).ln().powi(2);
            apart(point.concurrency, asked, 1.0)
                + apart(point.body_kb, question.body_kb, 0.1)
                + apart(point.latency_s, question.latency_s, 1e-4)
        };
        let unparsed = self.engine.points.iter().filter(|point| !point.parses());
        let nearest = unparsed.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.unwrap_or(&self.engine.points[0])
    }

    pub(super) fn predict(&self, question: &Question) -> Prediction {
        let in_flight = self.in_flight(question);
        let nearest = self.nearest(question);
        let point = Point {
            latency_s: question.latency_s,
            body_kb: question.body_kb,
            concurrency: in_flight,
            parsed_kb: 0.0,
            ..nearest.clone()
        };
        let fetch = match &self.cpu {
            Some(fit) => positive(fit.predict(&regressors(&self.parts, &point)), nearest.cpu_s),
            // One cell says what it cost itself, and nothing about how far off it is elsewhere.
            None => unknown(nearest.cpu_s),
        };
        let cpu_s = map(fetch, |seconds| seconds + question.parse_s);
        let memory = match &self.memory {
            Some(fit) => positive(fit.predict(&[1.0, in_flight]), nearest.peak_bytes),
            None => unknown(nearest.peak_bytes),
        };
        // Little's law, with the page's own CPU time in its way; and no more than the CPUs can do.
        let cpus = if self.engine.in_flight == InFlight::One { 1.0 } else { question.cpus };
        let waiting = |cpu: f64| in_flight / (question.latency_s + cpu);
        let rate = |cpu: f64| waiting(cpu).min(cpus / cpu);
        let knee = |cpu: f64| cpus * (question.latency_s + cpu) / cpu;
        Prediction {
            in_flight,
            rate: falling(cpu_s, rate),
            waits: waiting(cpu_s.value) < cpus / cpu_s.value,
            memory,
            knee: falling(cpu_s, knee),
            cpu_s,
        }
    }

    /// How far the fit is off at one of its cells without a parser, as a share of what was measured there; `None` where there are
    /// too few cells for a fit.
    pub(super) fn off(&self, point: &Point) -> Option<f64> {
        let fit = self.cpu.as_ref()?;
        Some(fit.predict(&regressors(&self.parts, point)).value / point.cpu_s - 1.0)
    }

    /// Which parts of the cost the cells of this engine cannot tell.
    pub(super) fn unknown_parts(&self) -> Vec<Cost> {
        [Cost::Concurrency, Cost::Body].into_iter().filter(|cost| !self.parts.contains(cost)).collect()
    }

    fn in_flight(&self, question: &Question) -> f64 {
        match self.engine.in_flight {
            InFlight::Asked => question.concurrency,
            InFlight::One => 1.0,
            // As many as the origin saw, whatever was asked.
            InFlight::Own => {
                let seen = self.engine.points.iter().map(|point| point.in_flight).fold(1.0, f64::max);
                seen.min(question.concurrency)
            }
        }
    }
}

/// As many parts as the cells can tell apart, the ones that matter most first.
///
/// Without cells of another body size and without a parser, the body's share cannot be told from the parser's: those with a
/// parser then stay out.
fn fit_cpu(points: &[Point]) -> (Vec<Cost>, Option<Fit>) {
    let candidates = [
        vec![Cost::Body, Cost::Concurrency, Cost::Crowd, Cost::Parsing, Cost::Latency],
        vec![Cost::Body, Cost::Concurrency, Cost::Crowd, Cost::Latency],
        vec![Cost::Body, Cost::Concurrency, Cost::Crowd],
        vec![Cost::Body, Cost::Concurrency, Cost::Parsing, Cost::Latency],
        vec![Cost::Body, Cost::Concurrency, Cost::Parsing],
        vec![Cost::Body, Cost::Parsing],
        vec![Cost::Body, Cost::Concurrency],
        vec![Cost::Concurrency, Cost::Crowd, Cost::Latency],
        vec![Cost::Concurrency, Cost::Crowd],
        vec![Cost::Concurrency, Cost::Latency],
        vec![Cost::Body],
        vec![Cost::Concurrency],
        vec![],
    ];
    for parts in candidates {
        let usable = points.iter().filter(|point| !point.parses() || parts.contains(&Cost::Parsing));
        let usable: Vec<&Point> = usable.collect();
        let rows: Vec<Vec<f64>> = usable.iter().map(|point| regressors(&parts, point)).collect();
        let seconds: Vec<f64> = usable.iter().map(|point| point.cpu_s).collect();
        if let Some(fit) = Fit::new(&rows, &seconds) {
            return (parts, Some(fit));
        }
    }
    (Vec::new(), None)
}

fn regressors(parts: &[Cost], point: &Point) -> Vec<f64> {
    std::iter::once(1.0).chain(parts.iter().map(|part| part.regressor(point))).collect()
}

fn unknown(value: f64) -> Range {
    Range { value, low: f64::NAN, high: f64::NAN }
}

/// A cost is never nothing: the doubt is a share of it, as the residuals are. Where a line through few points falls below
/// nothing, the nearest cell stands in for it.
fn positive(range: Range, nearest: f64) -> Range {
    if range.value <= 0.0 {
        return unknown(nearest);
    }
    let factor = range.high / range.value;
    Range { low: range.value / factor, ..range }
}

fn map(range: Range, by: impl Fn(f64) -> f64) -> Range {
    Range { value: by(range.value), low: by(range.low), high: by(range.high) }
}

/// What becomes smaller where the range becomes larger.
fn falling(range: Range, by: impl Fn(f64) -> f64) -> Range {
    Range { value: by(range.value), low: by(range.high), high: by(range.low) }
}
