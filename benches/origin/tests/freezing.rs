//! The freeze: everybody waits, and the origin says for how long.

use std::time::{Duration, Instant};

use super::support::{Running, number};

#[test]
fn a_freeze_answers_first_and_then_holds_everybody_up() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.get("/page/0");
    let mut lab = origin.connect();
    let start = Instant::now();
    assert_eq!(lab.get("/_freeze?ms=300").text(), "ok\n");
    client.get("/page/0");
    assert!(start.elapsed() >= Duration::from_millis(300), "nobody is served in a freeze");
    let stats = origin.stats();
    assert!(number(&stats, "frozen_ns") >= 300_000_000, "{stats:?}");
    assert_eq!((number(&stats, "served"), number(&stats, "accepted")), (2, 1), "a freeze is no page");
}

#[test]
fn a_later_freeze_outlasts_a_reset_and_makes_delays_late() {
    let origin = Running::start();
    let mut client = origin.connect();
    let start = Instant::now();
    assert_eq!(origin.get("/_freeze?ms=400&after_ms=100").text(), "ok\n");
    origin.get("/_reset");
    // Due in the midst of the freeze, or after it where this test was held up itself.
    client.get("/fixed/9?delay_us=150000");
    assert!(start.elapsed() >= Duration::from_millis(500));
    let stats = origin.stats_when(|stats| number(stats, "frozen_ns") > 0);
    assert!(number(&stats, "frozen_ns") >= 400_000_000, "{stats:?}");
}

#[test]
fn a_second_freeze_has_to_wait_until_the_first_has_begun() {
    let origin = Running::start();
    assert_eq!(origin.get("/_freeze?ms=1&after_ms=600000").status(), "200");
    let second = origin.get("/_freeze?ms=1");
    assert_eq!((second.status(), second.text().as_str()), ("409", "a freeze that was asked for has not begun\n"));
    assert_eq!(number(&origin.stats(), "refused"), 0, "the lab's own conversation is not counted");
}

#[test]
fn the_end_does_not_wait_for_a_freeze() {
    let origin = Running::start();
    let start = Instant::now();
    origin.get("/_freeze?ms=60000");
    drop(origin);
    assert!(start.elapsed() < Duration::from_secs(30));
}
