//! Delays: never early, the same for everybody, and reported as they were.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::support::{Running, bodies, histogram, number};
use crate::args::Settings;
use crate::delays::{Delays, Jitter};
use crate::page::Pages;
use crate::request;
use crate::service::{Reply, Service};

#[test]
fn an_answer_is_never_early() {
    let origin = Running::with(Settings { jitter_percent: 0, ..Settings::default() });
    let mut client = origin.connect();
    for delay_us in [0, 1, 500, 3000, 25_000] {
        let start = Instant::now();
        client.get(&format!("/page/1?delay_us={delay_us}"));
        assert!(start.elapsed() >= Duration::from_micros(delay_us), "{delay_us} us");
    }
    let stats = origin.stats();
    assert_eq!(number(&stats, "delayed"), 4, "an answer without a delay is not late");
    assert!(number(&stats, "delay_mean_ns") >= (1 + 500 + 3000 + 25_000) * 1000 / 4);
}

#[test]
fn delays_run_side_by_side() {
    let origin = Running::with(Settings { jitter_percent: 0, ..Settings::default() });
    let start = Instant::now();
    let mut clients: Vec<_> = (0..50).map(|_| origin.connect()).collect();
    for client in &mut clients {
        client.ask("GET", "/fixed/10?delay_us=500000");
    }
    for client in &mut clients {
        client.answer();
    }
    let stats = origin.stats();
    assert_eq!(number(&stats, "in_flight_max"), 50);
    assert!(start.elapsed() < Duration::from_secs(20), "one after the other this takes 25 seconds");
}

#[test]
fn what_is_reported_agrees_with_what_a_client_sees() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.get("/page/0");
    origin.get("/_reset");
    let start = Instant::now();
    for index in 0..20 {
        client.get(&format!("/page/{}?delay_us=2000", index * 3));
    }
    let seen_ns = start.elapsed().as_nanos() as u64;
    let stats = origin.stats();
    let mean_ns = number(&stats, "delay_mean_ns");
    assert!((1_800_000..=seen_ns / 20).contains(&mean_ns), "{mean_ns} of {seen_ns} for all twenty");
    let (p50, p99, max) = (number(&stats, "late_p50_ns"), number(&stats, "late_p99_ns"), number(&stats, "late_max_ns"));
    assert!(0 < p50 && p50 <= p99 && p99 <= max && max < seen_ns, "{stats:?}");
    for (key, largest) in [("late_hist", max), ("delay_hist", seen_ns)] {
        let (uppers, counts) = histogram(&stats[key]);
        assert_eq!(counts.iter().sum::<u64>(), 20, "{key}");
        assert!(uppers.is_sorted(), "{uppers:?}");
        assert!(*uppers.last().expect("twenty were delayed") <= largest + largest / 100, "{key} of {largest}");
    }
    let (uppers, counts) = histogram(&stats["delay_hist"]);
    let sum: u64 = uppers.iter().zip(counts).map(|(upper, count)| upper * count).sum();
    assert!((mean_ns..=mean_ns + mean_ns / 100).contains(&(sum / 20)), "the mean again, to one percent: {uppers:?}");
}

#[test]
fn jitter_depends_on_seed_index_and_delay_alone() {
    let jitter = Jitter::new(7, 10);
    let delays: Vec<u64> = (0..1000).map(|index| jitter.delay_ns(index, 20_000)).collect();
    assert!(delays == (0..1000).map(|index| Jitter::new(7, 10).delay_ns(index, 20_000)).collect::<Vec<_>>());
    assert!(delays.iter().all(|delay_ns| (18_000_000..22_000_000).contains(delay_ns)));
    let mean = delays.iter().sum::<u64>() / 1000;
    assert!((19_900_000..20_100_000).contains(&mean), "even to both sides: {mean}");
    assert!(delays.iter().min() < Some(&18_100_000) && delays.iter().max() > Some(&21_900_000), "and as far as it may");

    assert_ne!(delays[0], Jitter::new(8, 10).delay_ns(0, 20_000), "another seed");
    assert_ne!(delays[0], delays[1], "another index");
    assert_ne!(delays[0] * 2, jitter.delay_ns(0, 40_000), "another delay");
    assert_eq!(Jitter::new(7, 0).delay_ns(3, 20_000), 20_000_000, "no jitter");
    assert_eq!(jitter.delay_ns(3, 0), 0, "no delay");
    // Written down: every engine, on every machine and in every version, is served these.
    assert_eq!([delays[0], delays[1], delays[2]], EXPECTED);
}

const EXPECTED: [u64; 3] = [21_795_759, 19_953_236, 21_611_837];

#[test]
fn fixed_pages_are_delayed_by_their_order_in_the_period() {
    let mut service = Service::new(Settings::default(), Pages::new("generated", bodies()));
    let mut due_ns = |target: &str| {
        let request = request::parse(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes()).expect("a whole request");
        match service.reply(&request, 1000) {
            Reply::Later(answer) => answer.due_ns(),
            _ => 0,
        }
    };
    let jitter = Jitter::new(1, 10);
    let expected = [0, 1, 2].map(|order| 1000 + jitter.delay_ns(order, 3000));
    assert_eq!([(); 3].map(|()| due_ns("/fixed/10?delay_us=3000")), expected);
    due_ns("/_reset");
    assert_eq!([(); 3].map(|()| due_ns("/fixed/10?delay_us=3000")), expected, "the same in the next period");
    assert_eq!([(); 2].map(|()| due_ns("/page/1?delay_us=3000")), [expected[1]; 2], "a page goes by its index");
}

#[test]
fn of_every_hundred_exactly_so_many_are_slow() {
    let jitter = Jitter::new(1, 10);
    for percent in [0, 1, 7, 10, 33, 50, 99, 100] {
        for hundred in 0..50 {
            let slow = (0..100).filter(|index| jitter.is_slow(hundred * 100 + index, percent)).count();
            assert_eq!(slow as u64, percent, "in hundred {hundred}");
        }
    }
    let slow: Vec<u64> = (0..10_000).filter(|index| jitter.is_slow(*index, 10)).collect();
    assert!(slow == (0..10_000).filter(|index| Jitter::new(1, 0).is_slow(*index, 10)).collect::<Vec<_>>());
    assert!(slow != (0..10_000).filter(|index| Jitter::new(2, 10).is_slow(*index, 10)).collect::<Vec<_>>());
    assert!(slow.windows(2).all(|pair| pair[1] - pair[0] <= 20), "spread evenly");
    let places: std::collections::HashSet<u64> = slow.iter().map(|index| index % 10).collect();
    assert_eq!(places.len(), 10, "and out of step with ten connections");
}

#[test]
fn the_slow_share_has_the_other_delay() {
    let settings = Settings { jitter_percent: 0, ..Settings::default() };
    let mut service = Service::new(settings, Pages::new("generated", bodies()));
    let mut due_ns = |target: &str| {
        let request = request::parse(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes()).expect("a whole request");
        match service.reply(&request, 1000) {
            Reply::Later(answer) => answer.due_ns() - 1000,
            _ => 0,
        }
    };
    for route in ["page/I", "json/I", "fixed/9", "drip/9"] {
        let (mut slow, mut fast) = (0, 0);
        for index in 0..200 {
            let target = route.replace('I', &index.to_string());
            match due_ns(&format!("/{target}?delay_us=50&slow_percent=15&slow_us=7000")) {
                7_000_000 => slow += 1,
                50_000 => fast += 1,
                other => panic!("{target} is due after {other} ns"),
            }
        }
        assert_eq!((slow, fast), (30, 170), "{route}");
    }
    assert_eq!(due_ns("/page/1?delay_us=5&slow_percent=100&slow_us=0"), 0, "the slow ones may be the fast ones");
}

#[test]
fn pages_can_cost_cpu_time() {
    let cpu_ns = |burn_us, target: &str| {
        let mut service = Service::new(Settings { burn_us, ..Settings::default() }, Pages::new("generated", bodies()));
        let request = request::parse(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes()).expect("a whole request");
        let now_ns = || {
            let time = clock_gettime(ClockId::ThreadCPUTime);
            time.tv_sec * 1_000_000_000 + time.tv_nsec
        };
        let start_ns = now_ns();
        service.reply(&request, 1000);
        now_ns() - start_ns
    };
    let burnt_ns = cpu_ns(100_000, "/page/0");
    assert!(burnt_ns > 20_000_000, "a tenth of a second was asked for, as of a machine of today: {burnt_ns}");
    assert!(cpu_ns(0, "/page/0") < burnt_ns / 2 && cpu_ns(100_000, "/_reset") < burnt_ns / 2);
}

#[test]
fn the_earliest_is_due_first_and_nothing_is_due_early() {
    let mut delays = Delays::default();
    for (due_ns, token) in [(30, 3), (10, 1), (20, 2), (10, 4)] {
        delays.push(due_ns, token);
    }
    assert_eq!(delays.next_ns(), Some(10));
    assert_eq!(delays.pop_due(9), None);
    assert_eq!(
        [delays.pop_due(20), delays.pop_due(20), delays.pop_due(20), delays.pop_due(20)],
        [Some(1), Some(4), Some(2), None]
    );
    assert_eq!(delays.pop_due(31), Some(3));
    assert_eq!(delays.next_ns(), None);
}
