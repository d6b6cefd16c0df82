//! Connections are kept, are replaced when they have gone stale, and are never more than there are threads.

use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use gather_blocking::{BlockingFetch, BlockingScraper, Raw, Receive, Strategy, Ureq, fetch_page};
use gather_core::{FetchErrorKind, Head, Limits};
use http::Method;

use crate::origin::Origin;

fn check_reuse(strategy: Strategy, concurrency: usize, client: impl BlockingFetch + 'static, at_most: usize) {
    let origin = Origin::start();
    let paths = ["/length/100", "/chunked/2500", "/empty", "/status/500"];
    let requests: Vec<_> = paths.iter().cycle().take(60).map(|path| origin.get(path)).collect();
    let scraper = BlockingScraper::new(client).strategy(strategy).concurrency(concurrency);
    scraper.for_each(requests, |result| drop(result.unwrap())).unwrap();
    assert_eq!(origin.requests(), 60);
    assert!(origin.accepted() <= at_most, "{strategy}: {} connections for {at_most} threads", origin.accepted());
}

#[test]
fn connections_are_reused() {
    for (strategy, concurrency, at_most) in [
        (Strategy::Sequential, 4, 1),
        (Strategy::ThreadPerRequest, 1, 1),
        (Strategy::ThreadPerRequest, 4, 4),
        (Strategy::Pool, 4, 4),
        (Strategy::Rayon, 4, 4),
    ] {
        check_reuse(strategy, concurrency, Raw::new(), at_most);
        check_reuse(strategy, concurrency, Ureq::new(), at_most);
    }
}

#[test]
fn no_idle_connection_is_kept_when_none_may_be() {
    let origin = Origin::start();
    let client = Raw::new().max_idle(0);
    for _ in 0..3 {
        fetch_page(&client, &origin.get("/length/1"), Limits::default()).unwrap();
    }
    assert_eq!(origin.accepted(), 3);
}

#[test]
fn a_stale_connection_is_replaced() {
    let origin = Origin::start();
    let (raw, ureq) = (Raw::new(), Ureq::new());
    let clients: [&dyn BlockingFetch; 2] = [&raw, &ureq];
    for (place, client) in clients.into_iter().enumerate() {
        for round in 0..3 {
            let page = fetch_page(client, &origin.get("/bye"), Limits::default()).unwrap();
            assert_eq!(page.body, "bye");
            // From here on the connection, which was announced to stay, is closed.
            origin.wait_closed(3 * place + round + 1);
        }
    }
    assert_eq!(origin.accepted(), 6);
}

#[test]
fn a_request_that_must_not_be_repeated_takes_a_fresh_connection() {
    let origin = Origin::start();
    let client = Raw::new();
    fetch_page(&client, &origin.get("/length/1"), Limits::default()).unwrap();
    let mut post = origin.get("/cut");
    *post.method_mut() = Method::POST;
    let error = fetch_page(&client, &post, Limits::default()).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Interrupted);
    assert_eq!((origin.accepted(), origin.requests()), (2, 2), "sent once, and not over the idle connection");
}

#[test]
fn a_connection_that_closes_again_and_again_is_an_error_after_one_retry() {
    let origin = Origin::start();
    let client = Raw::new();
    fetch_page(&client, &origin.get("/length/1"), Limits::default()).unwrap();
    let error = fetch_page(&client, &origin.get("/cut"), Limits::default()).unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Interrupted);
    assert_eq!((origin.accepted(), origin.requests()), (2, 3));
}

#[test]
fn a_request_that_asks_for_it_closes_its_connection() {
    let origin = Origin::start();
    let client = Raw::new();
    let mut request = origin.get("/length/1");
    request.headers_mut().insert("connection", http::HeaderValue::from_static("close"));
    for _ in 0..2 {
        fetch_page(&client, &request, Limits::default()).unwrap();
    }
    assert_eq!(origin.accepted(), 2);
}

#[test]
fn an_exchange_on_a_warm_connection_allocates_nothing() {
    struct Forget(u64);
    impl Receive for Forget {
        fn head(&mut self, head: &Head) -> ControlFlow<()> {
            assert_eq!(head.status, 200);
            ControlFlow::Continue(())
        }
        fn chunk(&mut self, chunk: Bytes) -> ControlFlow<()> {
            self.0 += chunk.len() as u64;
            ControlFlow::Continue(())
        }
    }

    let origin = Origin::start();
    let client = Raw::new();
    for path in ["/length/2700", "/length/300000", "/chunked/20000"] {
        let request = origin.get(path);
        let mut receiver = Forget(0);
        let mut exchange = || client.fetch(&request, Duration::from_secs(30), &mut receiver).unwrap();
        // The buffers grow to what this page needs.
        (0..10).for_each(|_| exchange());
        let counted = allocation_counter::measure(|| (0..10).for_each(|_| exchange()));
        assert_eq!(counted.count_total, 0, "{path}");
        assert_eq!(receiver.0, 20 * path.rsplit('/').next().unwrap().parse::<u64>().unwrap());
    }
    assert_eq!(origin.accepted(), 1);
}
