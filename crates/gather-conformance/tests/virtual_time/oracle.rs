//! Random cases, and what is right for them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;
use gather_conformance::simulated::{Script, Scripted};
use gather_core::{Clock, FetchErrorKind, Limits, Request, ScrapeResult, get};
use http::StatusCode;

pub(crate) const MS: Duration = Duration::from_millis(1);

/// A scrape: scripts for its requests, and how it is to be run.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) scripts: Vec<Script>,
    pub(crate) concurrency: usize,
    pub(crate) deadline: Duration,
}

/// What one request became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Page(u64),
    Timeout,
    Failed(FetchErrorKind),
}

impl Case {
    pub(crate) fn random(random: &mut Rng) -> Case {
        let deadline = random.u32(5..300) * MS;
        let scripts = (0..random.usize(0..40)).map(|_| script(random, deadline)).collect();
        Case { scripts, concurrency: random.usize(1..12), deadline }
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits::default().deadline(self.deadline)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        (0..self.scripts.len()).map(|number| get(format!("http://script/{number}")).expect("an address")).collect()
    }

    pub(crate) fn fetch<C: Clock>(&self, clock: &C) -> Scripted<C> {
        let scripts = self.scripts.clone();
        Scripted::new(clock.clone(), move |request| scripts[number_of(request)].clone())
    }

    /// How long request `number` occupies its place when it is polled all the time.
    pub(crate) fn takes(&self, number: usize) -> Duration {
        self.scripts[number].duration().map_or(self.deadline, |duration| duration.min(self.deadline))
    }

    /// What becomes of request `number` when it is polled all the time. What is there at the last moment has come in time.
    pub(crate) fn outcome(&self, number: usize) -> Outcome {
        let script = &self.scripts[number];
        match script.duration() {
            Some(duration) if duration <= self.deadline && script.is_page() => Outcome::Page(script.size()),
            Some(duration) if duration <= self.deadline => Outcome::Failed(FAULT),
            _ => Outcome::Timeout,
        }
    }

    /// When each request is done, since the start, if nobody ever waits for the consumer: a place that is free is taken at
    /// once by the next request.
    pub(crate) fn finish_times(&self) -> Vec<Duration> {
        let mut places: BinaryHeap<Reverse<Duration>> =
            (0..self.concurrency).map(|_| Reverse(Duration::ZERO)).collect();
        let finish = |number| {
            let Reverse(free) = places.pop().expect("a place");
            let done = free + self.takes(number);
            places.push(Reverse(done));
            done
        };
        (0..self.scripts.len()).map(finish).collect()
    }
}

/// Of all faults of these scripts.
const FAULT: FetchErrorKind = FetchErrorKind::Interrupted;

fn script(random: &mut Rng, deadline: Duration) -> Script {
    // Often less than the deadline in all, sometimes more, sometimes exactly it.
    let wait = |random: &mut Rng| deadline.mul_f64(f64::from(random.u32(0..5)) / 8.0);
    if random.u32(0..12) == 0 {
        return Script::silent();
    }
    if random.u32(0..12) == 0 {
        return Script::fails_in_head(wait(random), FAULT);
    }
    let mut script =
        Script::new().head_after(wait(random)).status(StatusCode::from_u16(random.u16(200..600)).expect("one"));
    for _ in 0..random.usize(0..4) {
        script = script.chunk(wait(random), vec![b'x'; random.usize(0..100)]);
    }
    match random.u32(0..10) {
        0 => script.fails_in_body(wait(random), FAULT),
        1 => script.hangs(),
        2 => script.repeats(3 * MS, "on and on"),
        3 => script.chunk(deadline, "late"),
        _ => script,
    }
}

pub(crate) fn number_of(request: &Request) -> usize {
    request.uri().path()[1..].parse().expect("a number")
}

pub(crate) fn summary<T>(result: &ScrapeResult<T>) -> (usize, Outcome) {
    match result {
        Ok(page) => (page.index as usize, Outcome::Page(page.bytes)),
        Err(error) => {
            let kind = error.as_fetch().unwrap_or_else(|| panic!("{error}")).kind();
            let outcome = if error.is_timeout() { Outcome::Timeout } else { Outcome::Failed(kind) };
            (error.index() as usize, outcome)
        }
    }
}
