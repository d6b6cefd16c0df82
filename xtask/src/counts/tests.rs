//! The arithmetic of the counting passes, on trials that were made up.

use std::collections::BTreeMap;

use super::{Counted, Counts, Pass, measure};
use crate::failure::Failure;
use crate::words::Words;

fn said(line: &str) -> Result<Counted, Failure> {
    Ok(Counted::Words(Words::parse(line)))
}

/// An engine with costs that repeat: some for each request and some for each trial.
fn steady(pass: Pass, requests: u64) -> Result<Counted, Failure> {
    match pass {
        Pass::Plain => said(&format!("trial nvcsw={} nivcsw=3 origin_accepted=0", requests / 10 + 4)),
        Pass::Syscalls => said(&format!("trial syscalls={} wakeups={}", 2 * requests + 77, requests / 2)),
        Pass::Allocations => {
            said(&format!("trial allocations={} reallocations=1 allocated_bytes={}", 8 * requests + 5, 900 * requests))
        }
        Pass::Instructions => said(&format!("trial instructions={} instructions_source=callgrind", 4000 * requests)),
    }
}

#[test]
fn what_does_not_grow_with_the_requests_falls_out() {
    let counts = measure(100, 3, steady).unwrap();
    let median = |count: Option<super::Count>| count.map(|count| (count.median, count.exact, count.repetitions));
    assert_eq!(median(counts.syscalls), Some((2.0, true, 3)));
    assert_eq!(median(counts.wakeups), Some((0.5, true, 3)));
    assert_eq!(median(counts.allocations), Some((8.0, true, 3)));
    assert_eq!(median(counts.reallocations), Some((0.0, true, 3)));
    assert_eq!(median(counts.allocated_bytes), Some((900.0, true, 3)));
    assert_eq!(median(counts.instructions), Some((4000.0, true, 3)));
    assert_eq!(median(counts.voluntary_switches), Some((0.1, true, 3)));
    assert_eq!(median(counts.involuntary_switches), Some((0.0, true, 3)));
    assert_eq!(median(counts.connections), Some((0.0, true, 3)));
    assert_eq!(counts.source.as_deref(), Some("callgrind"));
}

#[test]
fn each_pass_warms_up_once_and_counts_in_pairs() {
    let mut trials: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let counted = measure(10, 2, |pass, requests| {
        trials.entry(format!("{pass:?}")).or_default().push(requests);
        steady(pass, requests)
    });
    counted.unwrap();
    for pass in ["Plain", "Syscalls", "Allocations"] {
        assert_eq!(trials[pass], [10, 10, 20, 10, 20], "{pass}");
    }
    assert_eq!(trials["Instructions"], [10, 10], "each is already a difference");
}

#[test]
fn the_proxy_counts_in_two_of_the_passes() {
    let options = Pass::ALL.map(Pass::option);
    assert_eq!(options, [None, Some("--syscalls"), None, Some("--instructions")]);
}

#[test]
fn repetitions_that_differ_are_a_spread_and_not_exact() {
    let mut longer = [200, 204, 210].into_iter();
    let counts = measure(100, 3, |pass, requests| match pass {
        Pass::Syscalls => said(&format!("trial syscalls={}", if requests == 200 { longer.next().unwrap() } else { 0 })),
        _ => Ok(Counted::Unsupported),
    });
    let syscalls = counts.unwrap().syscalls.unwrap();
    assert_eq!((syscalls.lowest, syscalls.median, syscalls.highest), (2.0, 2.04, 2.1));
    assert!(!syscalls.exact);
    assert!((syscalls.spread().unwrap() - 0.1 / 2.04).abs() < 1e-9);
}

#[test]
fn one_repetition_proves_nothing() {
    let syscalls = measure(100, 1, steady).unwrap().syscalls.unwrap();
    assert!(!syscalls.exact);
    assert_eq!(syscalls.spread(), Some(0.0));
}

#[test]
fn a_count_about_zero_has_no_relative_spread() {
    // The warm-up, then three pairs.
    let mut noise = [0, 0, 3, 0, 0, 3, 0].into_iter();
    let counts = measure(100, 3, |pass, _| match pass {
        Pass::Plain => said(&format!("trial nivcsw={}", noise.next().unwrap())),
        _ => Ok(Counted::Unsupported),
    });
    let switches = counts.unwrap().involuntary_switches.unwrap();
    assert_eq!(switches.median, 0.0);
    assert!(switches.lowest < switches.highest);
    assert_eq!(switches.spread(), None);
}

#[test]
fn what_nobody_counted_is_not_zero() {
    let counts = measure(100, 3, |_, _| Ok(Counted::Unsupported)).unwrap();
    assert_eq!(counts, Counts::default());
    // An engine that says something, but not this.
    let counts = measure(100, 3, |_, _| said("trial pages=1")).unwrap();
    assert_eq!(counts, Counts::default());
}

#[test]
fn a_word_that_is_no_count_is_an_error() {
    let failure = measure(100, 1, |_, _| said("trial nvcsw=many")).unwrap_err();
    assert!(failure.to_string().contains("nvcsw=many"), "{failure}");
}

#[test]
fn a_trial_that_fails_ends_the_passes() {
    let failure = measure(100, 1, |pass, requests| match pass {
        Pass::Syscalls => Err(Failure::Died("the runner ended unasked".into())),
        _ => steady(pass, requests),
    });
    assert!(failure.unwrap_err().to_string().contains("ended unasked"));
}
