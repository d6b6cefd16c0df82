//! Which words are understood, and what is said of those that are not.

use super::Workload;

fn read(words: &str) -> Result<Workload, String> {
    let mut workload = Workload::default();
    words.split_whitespace().try_for_each(|word| workload.set(word))?;
    workload.check().map(|()| workload)
}

#[test]
fn words_that_go_together_are_taken_in_any_order() {
    for words in [
        "",
        "page=fixed:2700 parse=links concurrency=64 delay_us=0",
        "upto=10 jobs=3 model=cpu",
        "model=idle tasks=1",
        "model=open-loop rate=100",
        "rate=100 seconds=3 arrivals=constant seed=9 freeze_ms=1400 freeze_after_ms=3000 model=open-loop",
        "model=open-loop rate=100 seconds=0.3",
        "model=heartbeat parse=heavy:1000 heavy_every=10",
        "page=drip:20000:20:5000 cancel_percent=50 cancel_at=head",
        "delay_us=20000 cancel_percent=10",
        "delay_us=0 cancel_percent=10",
        "spawn=unbounded mutex=shared",
        "results=stream compute=rayon",
        "page=json:10 parse=length",
        "page=json:10 parse=json-value",
        "policy=client backoff_us=1000 flaky=reset flaky_percent=5 page=gzip:3000",
        "page=text:3000 parse=links slow_percent=1 slow_us=9",
        "hosts=1000 reuse=no slow_percent=10 slow_us=500000",
        "inject_cpu_ns=1 inject_allocations=1 inject_wrong=1 inject_cap=1",
    ] {
        assert!(read(words).is_ok(), "{words}: {:?}", read(words).err());
    }
}

#[test]
fn what_is_wrong_is_said_by_name() {
    for (words, said) in [
        ("requests", "`requests` is not key=value"),
        ("requests=many", "requests: `many` is not a number"),
        ("concurrency=0", "concurrency: has to be at least 1"),
        ("hosts=0", "hosts: has to be at least 1"),
        ("hosts=64001", "hosts: there are addresses for 64000"),
        ("silent_percent=101", "silent_percent: more than 100"),
        ("slow_percent=101", "slow_percent: more than 100"),
        ("flaky_percent=101", "flaky_percent: more than 100"),
        ("flaky=never", "flaky: `never` is none of status, reset"),
        ("backoff_us=5", "backoff_us: goes with policy=client"),
        ("slow_percent=5 page=json:3", "slow_percent: goes with page=corpus, fixed, text and gzip only"),
        ("reuse=maybe", "reuse: `maybe` is none of yes, no"),
        (
            "page=fixed",
            "page: `fixed` is none of corpus, fixed:BYTES, text:BYTES, gzip:BYTES, drip:BYTES:CHUNKS:GAP_US",
        ),
        ("page=drip:1:2", "page: `drip:1:2` is none of corpus"),
        ("page=drip:1:2:x", "page: `x` is not a number"),
        ("parse=json", "parse: json and json-value go with page=json"),
        ("page=json:5 parse=links", "parse: json and json-value go with page=json"),
        ("heavy_every=2 page=fixed:1", "heavy_every: goes with page=corpus only"),
        ("model=dance", "model: `dance` is none of fetch, heartbeat, cpu, idle"),
        ("novelty=1", "unknown key `novelty` (model `fetch` has none of that name)"),
        ("upto=5", "unknown key `upto` (model `fetch`"),
        ("model=cpu tasks=5", "unknown key `tasks` (model `cpu`"),
        ("model=cpu jobs=0", "jobs: has to be at least 1"),
        ("model=idle tasks=0", "tasks: has to be at least 1"),
        ("model=open-loop", "rate: has to be at least 1 (requests per second)"),
        ("model=open-loop rate=0", "rate: has to be at least 1"),
        ("model=open-loop rate=fast", "rate: `fast` is not a number"),
        ("model=open-loop rate=5 seconds=0", "seconds: at 5 a second, 0 s are no trial"),
        ("model=open-loop rate=5 seconds=NaN", "seconds: at 5 a second, NaN s are no trial"),
        ("model=open-loop rate=5 seconds=long", "seconds: `long` is not a number"),
        ("model=open-loop rate=18446744073709551615 seconds=2", "seconds: at 18446744073709551615 a second"),
        ("model=open-loop rate=5 arrivals=never", "arrivals: `never` is none of constant, poisson"),
        ("model=open-loop rate=5 spawn=bounded", "unknown key `spawn` (model `open-loop`"),
        ("model=heartbeat spawn=bounded", "results, spawn, mutex and cancel_percent: go with model=fetch"),
        ("mutex=shared", "mutex: goes with spawn=bounded or unbounded"),
        ("spawn=bounded results=stream", "results: goes with spawn=pipeline"),
        ("spawn=bounded compute=rayon", "compute: goes with spawn=pipeline"),
        ("spawn=bounded cancel_percent=5 cancel_at=head", "cancel_percent: goes with spawn=pipeline"),
        ("cancel_percent=101 cancel_at=head", "cancel_percent: more than 100"),
        ("cancel_percent=5 cancel_at=head silent_percent=5", "cancel_percent: does not go with silent_percent"),
        ("cancel_percent=5 delay_us=100 cancel_at=100", "cancel_at: 100 us is not before the answer"),
        ("cancel_percent=5 cancel_at=soon", "cancel_at: `soon` is not a number, nor `head`"),
        ("inject_cpu_ns=-1", "inject_cpu_ns: `-1` is not a number"),
    ] {
        let error = read(words).err().unwrap_or_else(|| panic!("`{words}` was taken"));
        assert!(error.starts_with(said), "`{words}` gives `{error}` instead of `{said}`");
    }
}

#[test]
fn a_time_makes_requests_and_what_is_told_is_the_least() {
    let workload = read("model=open-loop rate=2000 seconds=0.3").unwrap();
    let requests = |told| crate::models::requests(&workload, told).unwrap();
    assert_eq!([requests(1), requests(600), requests(1000)], [600, 600, 1000]);
}

#[test]
fn a_share_is_exact_and_evenly_spread() {
    for percent in [0, 1, 5, 33, 50, 99, 100] {
        let workload = read(&format!("silent_percent={percent}")).unwrap();
        for hundred in 0..5 {
            let silent = (0..100).filter(|index| workload.is_silent(hundred * 100 + index)).count();
            assert_eq!(silent as u64, percent, "{percent} % of the hundred from {hundred}00");
        }
    }
}
