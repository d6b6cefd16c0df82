//! What holds for every case.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use futures_util::StreamExt;
use gather_conformance::simulated::{Scripted, Simulated, SimulatedHandle};
use gather_core::{Blocking, Clock, Host, Scraper};

use crate::oracle::{Case, MS, Outcome, number_of, summary};

const SEEDS: u64 = 500;

/// One result, and the virtual time at which it was taken.
type Taken = (usize, Outcome, Duration);

fn check_each_once(case: &Case, taken: &[Taken]) {
    let mut numbers: Vec<_> = taken.iter().map(|(number, ..)| *number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..case.scripts.len()).collect::<Vec<_>>(), "each once: {case:?}");
}

/// Books that balance: everything that was started has ended or was cancelled by its timeout, within the concurrency.
fn check_traffic(case: &Case, taken: &[Taken], fetch: &Scripted<SimulatedHandle>) {
    let traffic = fetch.traffic();
    let timeouts = taken.iter().filter(|(_, outcome, _)| *outcome == Outcome::Timeout).count();
    assert_eq!((traffic.started, traffic.in_flight), (taken.len(), 0), "{case:?}");
    assert_eq!((traffic.ended, traffic.cancelled), (taken.len() - timeouts, timeouts), "{case:?}");
    assert!(traffic.in_flight_max <= case.concurrency, "bounded: {case:?}");
}

/// Collects a scrape without ever pausing.
fn scrape(seed: u64, case: &Case) -> Vec<Taken> {
    Simulated::seeded(seed).run(async |clock| {
        let (fetch, start) = (case.fetch(&clock), clock.now());
        let scraper = Scraper::over(clock.clone(), fetch.clone()).limits(case.limits()).concurrency(case.concurrency);
        let mut results = scraper.scrape(case.requests());
        let mut taken = Vec::new();
        while let Some(result) = results.next().await {
            let (number, outcome) = summary(&result);
            taken.push((number, outcome, clock.now() - start));
        }
        check_each_once(case, &taken);
        check_traffic(case, &taken, &fetch);
        // All places are filled before any exchange is polled.
        assert_eq!(fetch.traffic().in_flight_max, case.concurrency.min(case.scripts.len()), "reached: {case:?}");
        taken
    })
}

/// Lossless, bounded, and every request done when it should be: timeouts strike exactly those whose answers take longer than
/// the deadline, at the deadline, and a free place is filled at once.
#[test]
fn every_result_comes_when_it_should() {
    for seed in 0..SEEDS {
        let case = Case::random(&mut Rng::with_seed(seed));
        let taken = scrape(seed, &case);
        // Two requests that start at the same moment may swap places, so the moments are compared as a whole and each
        // outcome by itself.
        let mut finished = case.finish_times();
        finished.sort_unstable();
        let moments: Vec<_> = taken.iter().map(|(.., moment)| *moment).collect();
        assert_eq!(moments, finished, "seed {seed}: {case:?}");
        for (number, outcome, _) in taken {
            assert_eq!(outcome, case.outcome(number), "seed {seed}, request {number}: {case:?}");
        }
    }
}

/// The same case gives the same results in the same order.
#[test]
fn runs_are_repeated_exactly() {
    for seed in 0..50 {
        let case = Case::random(&mut Rng::with_seed(seed));
        assert_eq!(scrape(seed, &case), scrape(seed, &case), "seed {seed}");
    }
}

/// A consumer that pauses between results: no request whose answer needs no more than the deadline times out, and one that
/// does has been polled for the deadline: exactly that, or at most twice as long if its time was over at the very moment at
/// which a pause began.
#[test]
fn pauses_cost_no_page() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let case = Case::random(&mut random);
        Simulated::seeded(seed).run(async |clock| {
            // The time during which the stream was polled, and the moment of the present poll's beginning.
            let polled = Arc::new(Mutex::new((Duration::ZERO, clock.now())));
            let polled_now = {
                let (polled, clock) = (polled.clone(), clock.clone());
                move || {
                    let (before, since) = *polled.lock().expect("no panic");
                    before + (clock.now() - since)
                }
            };
            let started = Arc::new(Mutex::new(vec![Duration::ZERO; case.scripts.len()]));
            let fetch = {
                let (started, polled_now, scripts) = (started.clone(), polled_now.clone(), case.scripts.clone());
                Scripted::new(clock.clone(), move |request| {
                    started.lock().expect("no panic")[number_of(request)] = polled_now();
                    scripts[number_of(request)].clone()
                })
            };
            let scraper = Scraper::over(clock.clone(), fetch.clone()).limits(case.limits());
            let mut results = scraper.concurrency(case.concurrency).scrape(case.requests());
            let mut taken: Vec<Taken> = Vec::new();
            loop {
                polled.lock().expect("no panic").1 = clock.now();
                let Some(result) = results.next().await else { break };
                let moment = polled_now();
                polled.lock().expect("no panic").0 = moment;
                let (number, outcome) = summary(&result);
                if outcome == Outcome::Timeout {
                    let polled = moment - started.lock().expect("no panic")[number];
                    let at_a_pause = taken.iter().any(|(.., pause)| moment - polled + case.deadline == *pause);
                    let most = if at_a_pause { 2 * case.deadline } else { case.deadline };
                    assert!((case.deadline..=most).contains(&polled), "seed {seed}, request {number}: {case:?}");
                } else if case.outcome(number) != Outcome::Timeout {
                    assert_eq!(outcome, case.outcome(number), "seed {seed}, request {number}: {case:?}");
                }
                assert!(
                    outcome != Outcome::Timeout || case.outcome(number) == Outcome::Timeout,
                    "seed {seed}: request {number} timed out because of a pause: {case:?}"
                );
                taken.push((number, outcome, moment));
                if random.bool() {
                    clock.sleep(case.deadline.mul_f64(3.0 * random.f64())).await;
                }
            }
            check_each_once(&case, &taken);
            check_traffic(&case, &taken, &fetch);
        });
    }
}

/// `for_each` polls the exchanges while its handler is at work, so that nothing but the script decides what becomes of them.
#[test]
fn handlers_cost_no_page() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let case = Case::random(&mut random);
        Simulated::seeded(seed).run(async |clock| {
            let fetch = case.fetch(&clock);
            let scraper = Scraper::over(clock.clone(), fetch.clone()).limits(case.limits());
            let mut taken = Vec::new();
            let scrape = scraper.concurrency(case.concurrency).scrape(case.requests());
            let handling = scrape.for_each(async |result| {
                let (number, outcome) = summary(&result);
                assert_eq!(outcome, case.outcome(number), "seed {seed}, request {number}: {case:?}");
                taken.push((number, outcome, Duration::ZERO));
                if random.bool() {
                    clock.sleep(case.deadline.mul_f64(3.0 * random.f64())).await;
                }
            });
            handling.await;
            check_each_once(&case, &taken);
            check_traffic(&case, &taken, &fetch);
        });
    }
}

/// Parsing elsewhere changes nothing but where.
#[test]
fn parsing_elsewhere_is_the_same() {
    for seed in 0..SEEDS {
        let mut case = Case::random(&mut Rng::with_seed(seed));
        // At the last moment there is no time left for going elsewhere.
        case.deadline += MS / 2;
        Simulated::seeded(seed).run(async |clock| {
            let fetch = case.fetch(&clock);
            let scraper = Scraper::over(clock.clone(), fetch.clone()).limits(case.limits());
            let scraper = scraper.compute(Blocking(clock.clone())).concurrency(case.concurrency);
            let results = scraper.scrape(case.requests()).collect::<Vec<_>>().await;
            let taken: Vec<Taken> =
                results.iter().map(summary).map(|(number, is)| (number, is, Duration::ZERO)).collect();
            for (number, outcome, _) in &taken {
                assert_eq!(*outcome, case.outcome(*number), "seed {seed}, request {number}: {case:?}");
            }
            check_each_once(&case, &taken);
            check_traffic(&case, &taken, &fetch);
        });
    }
}

/// Over several workers, whatever the order in which their tasks run: the same outcomes, in the same time, and no more in
/// flight.
#[test]
fn workers_change_nothing_but_who_does_it() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let case = Case::random(&mut random);
        let workers = NonZeroUsize::new(random.usize(1..5)).expect("one at least");
        Simulated::seeded(seed).workers(workers).run(async |clock| {
            let (fetch, start) = (case.fetch(&clock), clock.now());
            let scraper = Scraper::over(clock.clone(), fetch.clone()).limits(case.limits());
            let mut results = scraper.concurrency(case.concurrency).drive(case.requests());
            let mut taken = Vec::new();
            while let Some(result) = results.next().await {
                let (number, outcome) = summary(&result);
                assert_eq!(outcome, case.outcome(number), "seed {seed}, request {number}: {case:?}");
                taken.push((number, outcome, clock.now() - start));
            }
            check_each_once(&case, &taken);
            check_traffic(&case, &taken, &fetch);
            let last = case.finish_times().into_iter().max().unwrap_or_default();
            assert_eq!(clock.now() - start, last, "seed {seed}: {case:?}");
        });
    }
}

/// A consumer of several workers that pauses: lossless, bounded, and no page is lost to a pause.
#[test]
fn pauses_cost_no_page_over_workers() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let mut case = Case::random(&mut random);
        // So many that the batches under way fill up and the workers have to stop.
        let scripts = case.scripts.clone();
        case.scripts.extend(scripts.iter().cycle().take(scripts.len() * 6).cloned());
        let workers = NonZeroUsize::new(random.usize(1..4)).expect("one at least");
        Simulated::seeded(seed).workers(workers).run(async |clock| {
            let fetch = case.fetch(&clock);
            let scraper = Scraper::over(clock.clone(), fetch.clone()).limits(case.limits());
            let mut results = scraper.concurrency(case.concurrency).drive(case.requests());
            let mut taken = Vec::new();
            while let Some(result) = results.next().await {
                let (number, outcome) = summary(&result);
                let expected = case.outcome(number);
                assert!(
                    outcome == expected || expected == Outcome::Timeout,
                    "seed {seed}: request {number} is {outcome:?} instead of {expected:?}: {case:?}"
                );
                taken.push((number, outcome, Duration::ZERO));
                if random.u32(0..10) == 0 {
                    clock.sleep(case.deadline.mul_f64(20.0 * random.f64())).await;
                }
            }
            check_each_once(&case, &taken);
            check_traffic(&case, &taken, &fetch);
        });
    }
}

/// Dropped after any number of results, nothing stays in flight, and no more was asked for than was allowed.
#[test]
fn dropped_at_any_point_nothing_stays() {
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let case = Case::random(&mut random);
        Simulated::seeded(seed).run(async |clock| {
            let fetch = case.fetch(&clock);
            let scraper = Scraper::over(clock.clone(), fetch.clone()).limits(case.limits());
            let mut results = scraper.concurrency(case.concurrency).scrape(case.requests());
            let take = random.usize(0..=case.scripts.len());
            for _ in 0..take {
                let _ = results.next().await.expect("not the end");
                assert!(fetch.traffic().in_flight <= case.concurrency);
            }
            assert!(fetch.traffic().started <= take + case.concurrency, "seed {seed}: {case:?}");
            drop(results);
            let traffic = fetch.traffic();
            assert_eq!((traffic.in_flight, traffic.ended + traffic.cancelled), (0, traffic.started), "seed {seed}");
        });
    }
}
