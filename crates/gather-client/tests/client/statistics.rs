//! Statistics: what is counted where, and that nothing is lost.

use std::sync::atomic::{AtomicU64, Ordering};

use gather_client::statistics::{Histogram, HostStatistics};
use gather_core::http::header::CONTENT_LENGTH;
use gather_core::{RuntimeExt as _, timeout};

use super::*;

fn agrees(host: &HostStatistics) {
    let HostStatistics { requests, finished, failed, cancelled, in_flight, .. } = *host;
    assert_eq!(requests, finished + failed + cancelled + in_flight, "{host:?}");
}

/// One arbitrary answer: late, broken, silent, endless, redirecting, busy, or a page.
fn arbitrary(random: &mut fastrand::Rng) -> Script {
    let mut time = |most: u64| Duration::from_millis(random.u64(0..most));
    let (head, chunk) = (time(3_000), time(3_000));
    match random.u32(0..8) {
        0 => Script::fails_in_head(head, FetchErrorKind::Interrupted),
        1 => Script::silent(),
        2 => Script::new().head_after(head).chunk(chunk, "half").fails_in_body(chunk, FetchErrorKind::Interrupted),
        3 => Script::new().head_after(head).chunk(chunk, "half").hangs(),
        4 => Script::new().head_after(head).status(StatusCode::SERVICE_UNAVAILABLE),
        5 => redirect(["/elsewhere", "http://one.test/", "http://two.test/"][random.usize(0..3)]).head_after(head),
        _ => Script::new().head_after(head).chunk(chunk, "page"),
    }
}

/// How many of each, as those who made the requests saw it.
#[derive(Default)]
struct Seen([AtomicU64; 3]);

impl Seen {
    fn count(&self, place: usize) {
        self.0[place].fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> [u64; 3] {
        [0, 1, 2].map(|place| self.0[place].load(Ordering::Relaxed))
    }
}

#[test]
fn at_any_moment_every_request_is_finished_failed_cancelled_or_in_flight() {
    const REQUESTS: u64 = 300;
    for seed in 0..4 {
        let random = Mutex::new(fastrand::Rng::with_seed(seed));
        let answer = move |_: &Request| arbitrary(&mut random.lock().unwrap());
        let limits = Deadlines::default().head(4 * SECOND).idle(2 * SECOND).total(15 * SECOND);
        talk(builder().deadlines(limits).statistics_hosts(2), answer, async |client, clock| {
            let seen = Arc::new(Seen::default());
            let mut random = fastrand::Rng::with_seed(seed);
            let tasks: Vec<_> = (0..REQUESTS)
                .map(|number| {
                    let host = ["one", "two", "three"][random.usize(0..3)];
                    let request = get(format!("http://{host}.test/{number}")).unwrap();
                    let (start, patience) = (random.u64(0..20_000), random.u64(0..20_000));
                    let (client, clock, seen) = (client.clone(), clock.clone(), seen.clone());
                    let work = clock.clone();
                    work.task(async move {
                        clock.sleep(Duration::from_millis(start)).await;
                        let exchange = async {
                            let mut body = client.send(request).await?.into_body();
                            while let Some(chunk) = next(&mut body).await {
                                chunk?;
                            }
                            Ok::<(), FetchError>(())
                        };
                        match timeout(&clock, Duration::from_millis(patience), exchange).await {
                            Ok(Ok(())) => seen.count(0),
                            Ok(Err(_)) => seen.count(1),
                            Err(_) => seen.count(2),
                        }
                    })
                })
                .collect();
            let mut in_flight_most = 0;
            while client.statistics().total().requests < REQUESTS || client.statistics().total().in_flight > 0 {
                clock.sleep(Duration::from_millis(41)).await;
                let statistics = client.statistics();
                statistics.hosts().for_each(|(_, host)| agrees(host));
                agrees(statistics.other());
                agrees(&statistics.total());
                in_flight_most = in_flight_most.max(statistics.total().in_flight);
            }
            for task in tasks {
                task.await.expect("no task panics");
            }
            let total = client.statistics().total();
            assert_eq!([total.finished, total.failed, total.cancelled], seen.get(), "seed {seed}");
            assert!(seen.get().iter().all(|count| *count > 10), "each of them happened: {:?}", seen.get());
            assert_eq!((total.requests, total.whole.count()), (REQUESTS, total.finished));
            assert!(in_flight_most > 20, "{in_flight_most} at the same time");
            assert_eq!(client.transport().traffic().started as u64, total.attempts);
            assert_eq!((client.statistics().hosts().len(), client.statistics().other().requests > 0), (2, true));
        });
    }
}

#[test]
fn each_thing_is_counted_where_it_happened() {
    let calls = Arc::new(Mutex::new(0));
    let answer = move |request: &Request| match request.uri().path() {
        "/start" => redirect("http://two.test/busy").head_after(SECOND),
        "/busy" => {
            *calls.lock().unwrap() += 1;
            match *calls.lock().unwrap() {
                1 => Script::new().status(StatusCode::SERVICE_UNAVAILABLE).head_after(SECOND),
                2 => Script::fails_in_head(SECOND, FetchErrorKind::Interrupted),
                _ => say("hello").head_after(SECOND),
            }
        }
        _ => field(say("kept"), CACHE_CONTROL, "max-age=60"),
    };
    let settings = builder().cache(Cache::default(), MemoryStore::default());
    talk(settings, answer, async |client, _| {
        client.page("http://user:secret@one.test/start").await.unwrap();
        for _ in 0..3 {
            client.page("http://three.test/").await.unwrap();
        }
        let mut nowhere = get("http://three.test/").unwrap();
        *nowhere.uri_mut() = gather_core::http::Uri::from_static("/no-host");
        client.send(nowhere).await.map(|_| ()).unwrap_err();

        let statistics = client.statistics();
        let host = |name| statistics.host(name).unwrap();
        let (one, two, three) = (host("http://one.test"), host("http://two.test"), host("http://three.test"));
        assert_eq!((statistics.hosts().len(), statistics.invalid()), (3, 1));

        assert_eq!((one.requests, one.finished, one.attempts, one.redirects, one.retries), (1, 1, 1, 1, 0));
        assert_eq!((one.statuses.redirection, one.statuses.total(), one.wire_bytes), (1, 1, 0));
        assert_eq!((one.head.count(), one.head.max(), one.whole.count()), (1, SECOND, 1));
        assert!(one.whole.max() >= 4 * SECOND, "redirects, retries and waits are in it: {:?}", one.whole);

        assert_eq!((two.requests, two.finished, two.attempts, two.retries), (0, 0, 3, 2));
        assert_eq!((two.statuses.success, two.statuses.server_error, two.statuses.total()), (1, 1, 2));
        assert_eq!((two.wire_bytes, two.decoded_bytes), (5, 5));
        assert_eq!((two.errors.of(Phase::Head, FetchErrorKind::Interrupted), two.errors.total()), (1, 1));
        assert_eq!((two.head.count(), two.whole.count()), (2, 0));

        assert_eq!((three.requests, three.finished, three.attempts, three.cache_hits), (3, 3, 1, 2));
        assert_eq!((three.wire_bytes, three.errors.total()), (4, 0));
        assert_eq!(statistics.total().requests, 4);
    });
}

#[test]
fn errors_are_counted_by_phase_and_kind_and_end_a_request_once() {
    let answer = |request: &Request| match request.uri().path() {
        "/loop" => redirect("/loop"),
        "/cut" => say("half").fails_in_body(SECOND, FetchErrorKind::Interrupted),
        "/inside" => redirect("http://10.0.0.1/"),
        _ => Script::silent(),
    };
    let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let settings = builder().retry(once).deadlines(Deadlines::default().head(SECOND));
    Simulated::new().run(async |clock: SimulatedHandle| {
        // It does not look at addresses, and so is not asked for what a server chose.
        let client = settings.build(Scripted::new(clock.clone(), answer), clock);
        for path in ["loop", "cut", "inside", "silent"] {
            client.page(format!("http://one.test/{path}")).await.unwrap_err();
        }
        let statistics = client.statistics();
        let one = statistics.host("http://one.test").unwrap();
        assert_eq!((one.requests, one.failed, one.attempts), (4, 4, 4));
        let errors: Vec<_> = one.errors.iter().collect();
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert_eq!(one.errors.of(Phase::Head, FetchErrorKind::Timeout(SECOND)), 1);
        assert_eq!(one.errors.of(Phase::Body, FetchErrorKind::Interrupted), 1);
        assert_eq!((one.wire_bytes, one.whole.count()), (4, 0));
        let inside = statistics.host("http://10.0.0.1").unwrap();
        assert_eq!((inside.attempts, inside.errors.of(Phase::Request, FetchErrorKind::Forbidden)), (0, 1));
    });
}

#[test]
fn what_is_dropped_is_cancelled_unless_nothing_was_to_come() {
    let answer = |request: &Request| match request.uri().path() {
        "/empty" => field(Script::new(), CONTENT_LENGTH, "0"),
        "/none" => Script::new().status(StatusCode::NO_CONTENT),
        _ => say("one").chunk(SECOND, "two"),
    };
    talk(builder(), answer, async |client, _| {
        let ask = async |method: Method, path: &str| {
            let mut request = get(format!("http://one.test{path}")).unwrap();
            *request.method_mut() = method;
            client.send(request).await.unwrap().into_body()
        };
        for (method, path) in [(Method::HEAD, "/"), (Method::GET, "/empty"), (Method::GET, "/none")] {
            drop(ask(method, path).await);
        }
        let mut body = ask(Method::GET, "/").await;
        assert_eq!(next(&mut body).await.unwrap().unwrap(), "one");
        assert_eq!(client.statistics().total().in_flight, 1);
        drop(body);
        drop(client.send(get("http://one.test/").unwrap()));
        let total = client.statistics().total();
        assert_eq!((total.finished, total.cancelled, total.failed), (3, 1, 0), "what was never polled was never begun");
        assert_eq!((total.wire_bytes, total.requests), (3, 4));
    });
}

#[test]
fn hosts_beyond_the_number_are_added_up() {
    let settings = || builder().statistics_hosts(2);
    talk(
        settings(),
        |_| say("x"),
        async |client, _| {
            for number in [1, 2, 3, 4, 1, 3] {
                client.page(format!("http://host{number}.test/")).await.unwrap();
            }
            let statistics = client.statistics();
            let names: Vec<_> = statistics.hosts().map(|(name, host)| (name, host.requests)).collect();
            assert_eq!(names, [("http://host1.test", 2), ("http://host2.test", 1)]);
            assert_eq!((statistics.other().requests, statistics.other().wire_bytes), (3, 3));
            assert_eq!(statistics.total().requests, 6);
            assert!(size_of::<HostStatistics>() <= 4 << 10, "the size that the documentation gives");
        },
    );
    talk(
        settings().statistics_hosts(0),
        |_| say("x"),
        async |client, _| {
            client.page("http://one.test/").await.unwrap();
            assert_eq!((client.statistics().hosts().len(), client.statistics().other().finished), (0, 1));
        },
    );
}

#[test]
fn a_table_has_the_busiest_hosts_and_the_sum() {
    talk(
        builder(),
        |_| say("hello").head_after(SECOND),
        async |client, _| {
            assert_eq!(client.statistics().to_string().lines().count(), 2, "{}", client.statistics());
            for number in 0..30 {
                for _ in 0..=number / 10 {
                    client.page(format!("http://host{number}.test/")).await.unwrap();
                }
            }
            let table = client.statistics().to_string();
            let lines: Vec<&str> = table.lines().collect();
            assert_eq!(lines.len(), 1 + 20 + 1 + 1, "{table}");
            let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(cells(lines[1])[..4], ["http://host20.test", "3", "3", "0"], "{table}");
            assert_eq!(cells(lines[21])[..3], ["(others)", "10", "10"], "{table}");
            let total = "(total) 60 60 0 0 0 60 0 0 0 300 1.00s/1.00s 1.00s/1.00s";
            assert_eq!(cells(lines[22]), cells(total), "{table}");
            assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{table}");
        },
    );
}

#[test]
fn statistics_are_data_for_others() {
    let answer = |_: &Request| say("half").fails_in_body(SECOND, FetchErrorKind::Interrupted).head_after(SECOND);
    talk(builder(), answer, async |client, _| {
        client.page("http://one.test/").await.unwrap_err();
        let json = serde_json::to_value(client.statistics()).unwrap();
        let one = &json["hosts"]["http://one.test"];
        assert_eq!((&one["requests"], &one["errors"]), (&1.into(), &serde_json::json!({"body.interrupted": 1})));
        assert_eq!(one["head"], serde_json::json!({"count": 1, "sum": 1.0, "max": 1.0, "buckets": [[1.0, 1]]}));
        assert_eq!(one["statuses"]["success"], 1);
    });
}

#[test]
fn a_histogram_is_never_below_and_at_most_an_eighth_above() {
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..50 {
        let mut times = Histogram::default();
        let mut exact: Vec<Duration> =
            (0..random.usize(1..500)).map(|_| Duration::from_nanos(random.u64(..) >> random.u32(22..64))).collect();
        exact.iter().for_each(|time| times.record(*time));
        exact.sort();
        for quantile in [0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let rank = (quantile * exact.len() as f64).ceil().max(1.0) as usize;
            let (real, read) = (exact[rank - 1], times.quantile(quantile).unwrap());
            assert!(read >= real, "round {round}, {quantile}: {read:?} for {real:?}");
            assert!(read <= real + real / 8 + Duration::from_micros(1), "round {round}: {read:?} for {real:?}");
        }
        assert_eq!(times.max(), *exact.last().unwrap());
        assert_eq!(times.buckets().map(|(_, count)| count).sum::<u64>(), exact.len() as u64);
        assert!(times.buckets().zip(times.buckets().skip(1)).all(|(one, next)| one.0 < next.0));
        assert_eq!(times.mean().unwrap(), exact.iter().sum::<Duration>() / exact.len() as u32);
    }
}

#[test]
fn a_histogram_takes_every_duration() {
    let mut times = Histogram::default();
    assert_eq!((times.quantile(0.5), times.mean(), times.buckets().count()), (None, None, 0));
    for time in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(1 << 40), Duration::MAX, Duration::MAX] {
        times.record(time);
    }
    assert_eq!((times.count(), times.max()), (5, Duration::MAX));
    assert_eq!(times.quantile(1.0), Some(Duration::MAX));
    assert!(times.quantile(0.0).unwrap() < Duration::from_micros(1));
    assert!(times.quantile(f64::NAN).is_some() && times.quantile(-1.0) == times.quantile(0.0));
    assert_eq!(times.quantile(7.0), times.quantile(1.0));
}
