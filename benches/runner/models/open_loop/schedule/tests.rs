//! The arithmetic of schedules.

use std::time::Duration;

use super::{Arrivals, Schedule};

fn schedule(rate: u64, arrivals: Arrivals, seed: u64) -> Schedule {
    Schedule { rate, arrivals, seed }
}

#[test]
fn constant_arrivals_are_equally_far_apart_and_no_error_adds_up() {
    for (rate, index, nanoseconds) in [
        (1, 0, 0),
        (1, 1, 1_000_000_000),
        (3, 1, 333_333_333),
        (3, 3, 1_000_000_000),
        (3, 3_000_000, 1_000_000_000_000_000),
        (7_000, 7_000, 1_000_000_000),
        (2_000_000_000, 1, 0),
        (2_000_000_000, 2, 1),
    ] {
        let mut offsets = schedule(rate, Arrivals::Constant, 1).offsets(index + 1);
        assert_eq!(offsets.nth(index as usize), Some(Duration::from_nanos(nanoseconds)), "{rate}/s, request {index}");
    }
}

#[test]
fn poisson_arrivals_keep_the_rate_and_spread_exponentially() {
    let count = 200_000_u32;
    let offsets: Vec<Duration> = schedule(1000, Arrivals::Poisson, 7).offsets(count.into()).collect();
    assert!(offsets.is_sorted());
    let mean = offsets[offsets.len() - 1].as_secs_f64() / f64::from(count);
    assert!((mean / 1e-3 - 1.0).abs() < 0.01, "mean distance {mean}");
    // Of exponential distances exp(-1) = 36.8 % are longer than their mean, and exp(-3) = 5.0 % than three times that.
    for (times, share) in [(1.0, 0.367_9), (3.0, 0.049_8)] {
        let longer = offsets.windows(2).filter(|pair| (pair[1] - pair[0]).as_secs_f64() > times * 1e-3).count();
        let found = longer as f64 / f64::from(count);
        assert!((found / share - 1.0).abs() < 0.05, "{found} are longer than {times} means, not {share}");
    }
}

#[test]
fn the_seed_alone_decides() {
    let of = |seed| schedule(100, Arrivals::Poisson, seed).offsets(50).collect::<Vec<_>>();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn seconds_become_requests_unless_there_are_too_many() {
    let requests = |rate, seconds| schedule(rate, Arrivals::Constant, 1).requests_in(seconds);
    assert_eq!(requests(500, 10.0), Some(5000));
    assert_eq!(requests(21_333, 0.3), Some(6400));
    assert_eq!(requests(1, 0.3), Some(1));
    for (rate, seconds) in [(u64::MAX, 2.0), (500, 0.0), (500, -1.0), (500, f64::NAN), (500, f64::INFINITY)] {
        assert_eq!(requests(rate, seconds), None, "{rate} for {seconds} s");
    }
}
