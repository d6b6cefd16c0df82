//! What is physically possible in a cell: the number that every result is held against.

use crate::definitions::{InFlight, LimitKind};
use crate::metric::{Item, Metric};
use crate::numbers;
use crate::plan::{Cell, Entry};
use crate::score::Row;

/// The lowest ceiling that is known for a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit {
    /// In the unit of the metric (pages or jobs a second).
    pub(crate) rate: f64,
    /// Where it comes from, for the table's heading.
    pub(crate) why: String,
}

/// What a cell says about waiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) concurrency: f64,
    /// The delay as the origin served it.
    pub(crate) delay_ns: f64,
    pub(crate) silent_share: f64,
    pub(crate) deadline_ns: f64,
}

/// The lowest of the limits that the workload names; the origin's own capacity counts wherever it was nearly reached.
pub(crate) fn limit(kinds: &[LimitKind], metric: &Metric, item: Item, waiting: Waiting, rows: &[Row]) -> Option<Limit> {
    if !metric.is_rate() {
        return None;
    }
    let candidates = [
        kinds.contains(&LimitKind::Little).then(|| little(waiting)).flatten(),
        kinds.contains(&LimitKind::Cpu).then(|| cpu(rows, item)).flatten(),
        origin(rows),
    ];
    candidates.into_iter().flatten().min_by(|a, b| a.rate.total_cmp(&b.rate))
}

/// Little's law: C in flight, each for L. A silent page stays until its deadline.
fn little(waiting: Waiting) -> Option<Limit> {
    let seconds = ((1.0 - waiting.silent_share) * waiting.delay_ns + waiting.silent_share * waiting.deadline_ns) / 1e9;
    (seconds > 0.0 && waiting.concurrency > 0.0).then(|| Limit {
        rate: waiting.concurrency / seconds,
        why: format!(
            "Little's law: {} in flight / {:.1} ms as served",
            numbers::thousands(waiting.concurrency as u64),
            seconds * 1e3
        ),
    })
}

/// Little's law for a contestant that has fewer places than the cell asks for: a pool of its own size, in pages a second.
/// Of one that never has more than one in flight nobody expects more.
pub(crate) fn pool(kinds: &[LimitKind], cell: &Cell, entry: &Entry, delay_ns: f64) -> Option<f64> {
    let places = entry.number("concurrency");
    let smaller = places < cell.number("concurrency") && entry.engine.in_flight != InFlight::One;
    let waits = cell.number("delay_us") > 0 && delay_ns > 0.0 && cell.number("silent_percent") == 0;
    (kinds.contains(&LimitKind::Little) && smaller && waits).then(|| places as f64 * 1e9 / delay_ns)
}

/// The CPUs of the engine with the most of them, over the least CPU time that any engine needed.
fn cpu(rows: &[Row], item: Item) -> Option<Limit> {
    let cpus = rows.iter().map(|row| row.cpus).max()?;
    let cheapest =
        rows.iter().filter(|row| row.cpu_seconds > 0.0).min_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds))?;
    Some(Limit {
        rate: cpus as f64 / cheapest.cpu_seconds,
        why: format!(
            "CPU: {} takes {} us a {}, {cpus} cpu{}",
            cheapest.label,
            numbers::significant(cheapest.cpu_seconds * 1e6),
            item.name(),
            if cpus == 1 { "" } else { "s" }
        ),
    })
}

/// Only where the origin was nearly busy is its capacity known well enough.
fn origin(rows: &[Row]) -> Option<Limit> {
    let bound = rows.iter().filter(|row| row.origin_bound && row.origin_capacity.is_finite());
    let rate = bound.map(|row| row.origin_capacity).max_by(f64::total_cmp)?;
    Some(Limit { rate, why: "the origin's own CPU".into() })
}

#[cfg(test)]
mod tests;
