//! Rates that are a share of what the engines can do: the capacity is found in a cell of its own, before the others, by a closed
//! loop over the same pages.

use super::title::{CAPACITY, title};
use super::{Cell, Planned};
use crate::numbers;

/// The parameter that says how many percent of the capacity are offered. No runner sees it: what it is given is `rate`.
pub(crate) const RATE_PERCENT: &str = "rate_percent";

/// What belongs to a schedule, which a closed loop has not.
const SCHEDULE: [&str; 8] =
    [RATE_PERCENT, "rate", "arrivals", "seed", "seconds", "lead", "freeze_ms", "freeze_after_ms"];

/// So many pages a second are taken for the capacity where only answers are checked: few enough for a debug build.
const ASSUMED: u64 = 2000;

/// A cell's rate as a share of a capacity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) percent: u64,
    /// The title of the cell that finds the capacity.
    pub(crate) measured_in: String,
    /// Known once that cell has run. It is no part of the cell's own title, by which a resumed run and other runs find it.
    pub(crate) capacity: Option<Capacity>,
}

/// What the slowest engine can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Capacity {
    pub(crate) engine: String,
    /// Pages a second.
    pub(crate) rate: u64,
}

impl Share {
    /// The share that these parameters ask for, if any.
    pub(super) fn of(params: &[(String, String)]) -> Option<Share> {
        let percent = super::find(params, RATE_PERCENT)?.parse().ok()?;
        Some(Share { percent, measured_in: closed_loop_title(params), capacity: None })
    }

    fn rate(&self, capacity: &Capacity) -> u64 {
        (u128::from(capacity.rate) * u128::from(self.percent) / 100).max(1).try_into().unwrap_or(u64::MAX)
    }
}

impl Capacity {
    /// What stands in for a capacity where none is measured.
    pub(crate) fn assumed() -> Capacity {
        Capacity { engine: "assumed".into(), rate: ASSUMED }
    }

    /// `21,300 pages/s (threads-raw)`.
    pub(crate) fn describe(&self) -> String {
        format!("{} pages/s ({})", numbers::thousands(self.rate), self.engine)
    }
}

impl Cell {
    /// Its title for people: with the capacity in the place of the word, where it is known.
    pub(crate) fn shown(&self) -> String {
        match self.share.as_ref().and_then(|share| share.capacity.as_ref()) {
            Some(capacity) => self.title.replacen(CAPACITY, &capacity.describe(), 1),
            None => self.title.clone(),
        }
    }
}

impl Planned {
    /// Whether a cell is there to find the capacity for others.
    pub(crate) fn finds_capacity(&self, cell: &Cell) -> bool {
        self.cells.iter().any(|other| other.share.as_ref().is_some_and(|share| share.measured_in == cell.title))
    }

    /// Gives every cell whose capacity is measured in that one its rate, the same for each engine.
    pub(crate) fn settle(&mut self, measured_in: &str, capacity: &Capacity) {
        for cell in &mut self.cells {
            let Some(share) = cell.share.as_mut().filter(|share| share.measured_in == measured_in) else { continue };
            let rate = share.rate(capacity).to_string();
            share.capacity = Some(capacity.clone());
            let params = cell.entries.iter_mut().map(|entry| &mut entry.params).chain([&mut cell.params]);
            for params in params {
                params.retain(|(key, _)| key != "rate");
                params.push(("rate".into(), rate.clone()));
            }
        }
    }
}

/// The same parameters for a loop that asks again when it has an answer.
pub(super) fn closed_loop(params: &[(String, String)]) -> Vec<(String, String)> {
    let kept = params.iter().filter(|(key, _)| !SCHEDULE.contains(&key.as_str()));
    let closed = |(key, value): &(String, String)| match key.as_str() {
        "model" => (key.clone(), "fetch".into()),
        _ => (key.clone(), value.clone()),
    };
    kept.map(closed).collect()
}

/// What the cell of a closed loop is called.
pub(super) fn closed_loop_title(params: &[(String, String)]) -> String {
    format!("capacity of a closed loop, {}", title(&closed_loop(params)))
}
