//! Which quantiles are told, and what the histograms hold.

use std::time::{Duration, Instant};

use super::{Latencies, Times};

/// Request I of `count` is done I milliseconds after it was due and I microseconds after it was taken up.
fn latencies(count: u64) -> Latencies {
    let mut latencies = Latencies::new().unwrap();
    let now = Instant::now();
    let due = now + Duration::from_secs(1000);
    for index in 1..=count {
        let done = due + Duration::from_millis(index);
        latencies.record(Times { due, taken: done - Duration::from_micros(index), timed: true }, done);
    }
    latencies
}

fn word(words: &str, key: &str) -> Option<String> {
    words.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('=').map(str::to_owned))
}

fn number(words: &str, key: &str) -> f64 {
    word(words, key).unwrap_or_else(|| panic!("no {key} in {words}")).parse().unwrap()
}

#[test]
fn a_quantile_needs_ten_requests_beyond_it() {
    for (count, told) in [
        (19, ""),
        (20, "p50"),
        (99, "p50"),
        (100, "p50 p90"),
        (999, "p50 p90"),
        (1000, "p50 p90 p99"),
        (9_999, "p50 p90 p99"),
        (10_000, "p50 p90 p99 p999"),
    ] {
        let words = latencies(count).words();
        for name in ["latency", "uncorrected"] {
            let found: Vec<_> = ["p50", "p90", "p99", "p999"]
                .into_iter()
                .filter(|quantile| word(&words, &format!("{name}_{quantile}_ns")).is_some())
                .collect();
            assert_eq!(found.join(" "), told, "{count} requests, {name}");
        }
    }
}

#[test]
fn latency_counts_from_the_intended_start_and_uncorrected_from_the_actual_one() {
    let words = latencies(1000).words();
    for (key, expected) in [
        ("latency_p50_ns", 500e6),
        ("latency_p99_ns", 990e6),
        ("latency_max_ns", 1000e6),
        ("uncorrected_p50_ns", 500e3),
        ("uncorrected_p99_ns", 990e3),
        ("uncorrected_max_ns", 1000e3),
    ] {
        let found = number(&words, key);
        assert!((found / expected - 1.0).abs() < 0.001, "{key} is {found}, not {expected}");
    }
}

#[test]
fn the_pairs_hold_every_request() {
    let words = latencies(5000).words();
    for key in ["hdr", "uncorrected_hdr"] {
        let pairs = word(&words, key).unwrap();
        let counts = pairs.split(',').map(|pair| pair.split_once(':').unwrap().1.parse::<u64>().unwrap());
        assert_eq!(counts.sum::<u64>(), 5000, "{key}");
    }
    assert_eq!(word(&latencies(0).words(), "hdr").as_deref(), Some("-"));
}

#[test]
fn pipelines_merge_and_what_is_longer_than_an_hour_counts_as_one() {
    let mut all = latencies(600);
    all.merge(&latencies(400));
    let due = Instant::now();
    all.record(Times { due, taken: due, timed: true }, due + Duration::from_secs(7200));
    let words = all.words();
    assert!(word(&words, "latency_p99_ns").is_some(), "{words}");
    assert!((number(&words, "latency_max_ns") / 3600e9 - 1.0).abs() < 0.001, "{words}");
}
