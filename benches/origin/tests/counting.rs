//! The witness: counters, gauges, periods, and a conversation that does not count itself.

use std::time::Instant;

use super::support::{Running, bodies, number};
use crate::origin::Origin;

#[test]
fn everything_is_counted_once() {
    let origin = Running::start();
    let mut clients: Vec<_> = (0..3).map(|_| origin.connect()).collect();
    for client in &mut clients {
        client.get("/page/0");
        client.get("/fixed/100");
    }
    clients.pop();
    let stats = origin.stats_when(|stats| number(stats, "open") == 2);
    let expected = [("served", 6), ("refused", 0), ("accepted", 3), ("silent", 0), ("in_flight_max", 1)];
    for (key, count) in expected {
        assert_eq!(number(&stats, key), count, "{key} in {stats:?}");
    }
    assert_eq!(number(&stats, "body_bytes"), 3 * (bodies()[0].len() as u64 + 100));
    assert!(number(&stats, "cpu_ns") > 0 && number(&stats, "wall_ns") > 0);
    assert_eq!(
        (number(&stats, "delay_mean_ns"), stats["late_hist"].as_str(), stats["delay_hist"].as_str()),
        (0, "-", "-")
    );
    assert!(number(&stats, "bytes_written") > number(&stats, "body_bytes") + 6 * 50, "there are heads, too");
    assert!(number(&stats, "rss_bytes") > 0);
}

#[test]
fn a_reset_starts_a_period_and_keeps_the_gauges() {
    let origin = Running::start();
    let mut silent = origin.connect();
    silent.ask("GET", "/silent");
    let mut client = origin.connect();
    client.get("/page/0?delay_us=1000");
    let before = origin.stats_when(|stats| number(stats, "silent") == 1);
    assert_eq!((number(&before, "in_flight_max"), number(&before, "delayed")), (2, 1));

    let start = Instant::now();
    assert_eq!(origin.get("/_reset").text(), "ok\n");
    let after = origin.stats();
    assert!(
        u128::from(number(&after, "wall_ns")) <= start.elapsed().as_nanos(),
        "the period is younger than the request for it"
    );
    for key in ["served", "accepted", "silent", "body_bytes", "delayed", "delay_mean_ns", "late_p99_ns", "late_max_ns"]
    {
        assert_eq!(number(&after, key), 0, "{key} in {after:?}");
    }
    assert_eq!((number(&after, "open"), number(&after, "in_flight_max")), (2, 1), "the silent one is still there");

    client.get("/page/0");
    let last = origin.stats();
    assert_eq!((number(&last, "served"), number(&last, "accepted"), number(&last, "in_flight_max")), (1, 0, 2));
}

#[test]
fn in_flight_are_those_that_wait_and_those_that_wait_for_ever() {
    let origin = Running::start();
    let mut clients: Vec<_> = (0..25).map(|_| origin.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.ask("GET", if number % 5 == 0 { "/silent" } else { "/page/0?delay_us=600000000" });
    }
    let stats = origin.stats_when(|stats| number(stats, "in_flight_max") == 25);
    assert_eq!((number(&stats, "served"), number(&stats, "silent"), number(&stats, "open")), (0, 5, 25));
}

#[test]
fn a_client_that_gives_up_on_a_silent_one_takes_it_along() {
    let origin = Running::start();
    let mut silent: Vec<_> = (0..5).map(|_| origin.connect()).collect();
    silent.iter_mut().for_each(|client| client.ask("GET", "/silent"));
    origin.stats_when(|stats| number(stats, "silent") == 5);
    drop(silent);
    origin.stats_when(|stats| number(stats, "open") == 0);
    origin.get("/_reset");
    assert_eq!(number(&origin.stats(), "in_flight_max"), 0);
}

#[test]
fn the_labs_own_connections_do_not_count_until_they_ask_for_a_page() {
    let origin = Running::start();
    let mut lab = origin.connect();
    for _ in 0..3 {
        lab.get("/_reset");
        lab.get("/_stats");
    }
    let stats = origin.stats();
    assert_eq!((number(&stats, "accepted"), number(&stats, "open"), number(&stats, "served")), (0, 0, 0));

    lab.get("/page/0");
    let stats = origin.stats();
    assert_eq!((number(&stats, "accepted"), number(&stats, "open"), number(&stats, "served")), (1, 1, 1));

    // An engine's connection that is also asked for the counters stays an engine's.
    lab.get("/_stats");
    drop(lab);
    origin.stats_when(|stats| number(stats, "open") == 0);
}

#[test]
fn an_idle_connection_takes_little_memory() {
    // With its place in the table; what the kernel keeps for a socket is an order of magnitude more.
    let bytes = Origin::bytes_per_connection();
    assert!(bytes <= 192, "{bytes}");
}
