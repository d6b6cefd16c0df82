//! Limits with known answers.

use super::*;
use crate::definitions::Family;
use crate::score::Row;

const NO_WAITING: Waiting = Waiting { concurrency: 64.0, delay_ns: 0.0, silent_share: 0.0, deadline_ns: 0.0 };
const RATE: Metric = Metric::Rate(Item::Page);
const BOTH: [LimitKind; 2] = [LimitKind::Little, LimitKind::Cpu];

fn row(label: &str, cpu_seconds: f64) -> Row {
    Row { cpu_seconds, ..Row::new(label, Family::Async, &[(1, 0.0)]) }
}

#[test]
fn littles_law_counts_the_delay_as_served() {
    let waiting = Waiting { delay_ns: 20e6, ..NO_WAITING };
    let limit = limit(&BOTH, &RATE, Item::Page, waiting, &[row("tokio", 20e-6)]).unwrap();
    assert!((limit.rate - 3200.0).abs() < 1e-9);
    assert_eq!(limit.why, "Little's law: 64 in flight / 20.0 ms as served");
}

#[test]
fn silent_pages_stay_until_their_deadline() {
    let waiting = Waiting { concurrency: 256.0, delay_ns: 20e6, silent_share: 0.05, deadline_ns: 250e6 };
    let limit = limit(&[LimitKind::Little], &RATE, Item::Page, waiting, &[]).unwrap();
    assert!((limit.rate - 256.0 / 0.0315).abs() < 1e-6);
}

#[test]
fn without_a_delay_the_cheapest_engine_sets_the_limit() {
    let limit = limit(&BOTH, &RATE, Item::Page, NO_WAITING, &[row("tokio", 20e-6), row("raw-floor", 8e-6)]).unwrap();
    assert!((limit.rate - 125_000.0).abs() < 1e-6);
    assert_eq!(limit.why, "CPU: raw-floor takes 8.00 us a page, 1 cpu");
}

#[test]
fn a_busy_origin_is_a_limit_even_where_the_workload_names_none() {
    let bound = Row { origin_bound: true, origin_capacity: 40_000.0, ..row("tokio", 20e-6) };
    let limit = limit(&[], &RATE, Item::Page, NO_WAITING, &[bound]).unwrap();
    assert_eq!((limit.rate, limit.why.as_str()), (40_000.0, "the origin's own CPU"));
}

#[test]
fn lateness_and_memory_have_no_limit() {
    assert_eq!(
        limit(
            &BOTH,
            &Metric::Word { name: "per_task_bytes".into(), more_is_better: false },
            Item::Task,
            NO_WAITING,
            &[row("tokio", 20e-6)]
        ),
        None
    );
}
