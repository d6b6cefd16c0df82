//! What is read of answers that nobody wants: a little, and not for long.

use std::time::Duration;

use gather_client::{ClientBuilder, DrainLimits};
use gather_conformance::simulated::{Script, Scripted, Simulated, SimulatedHandle, Traffic};
use gather_core::http::StatusCode;
use gather_core::{Bytes, Capabilities, Clock, Host, Request};

use crate::{SECOND, builder, redirect, say};

/// What the transport has seen when a page was fetched whose first answer is this one, and how long that took.
fn fetch(settings: ClientBuilder, first: impl Fn() -> Script + Send + Sync + 'static) -> (Traffic, Duration) {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let answer = move |request: &Request| if request.uri().path() == "/a" { first() } else { say("here") };
        let transport = Scripted::new(clock.clone(), answer).promising(Capabilities::none().address_policy(true));
        let client = settings.build(transport.clone(), clock.clone());
        let begin = clock.now();
        client.page("http://one.test/a").await.expect("a page");
        (transport.traffic(), clock.now() - begin)
    })
}

fn long(length: usize) -> Script {
    redirect("/b").chunk(Duration::ZERO, Bytes::from(vec![b'x'; length]))
}

#[test]
fn a_small_body_of_a_redirect_is_read_to_its_end() {
    let (traffic, took) = fetch(builder(), || long(16 << 10));
    assert_eq!((traffic.ended, traffic.cancelled, took), (2, 0, Duration::ZERO));
}

#[test]
fn a_large_one_is_not() {
    let (traffic, _) = fetch(builder(), || long((16 << 10) + 1));
    assert_eq!((traffic.ended, traffic.cancelled), (1, 1));
    let (traffic, _) = fetch(builder(), || long(1 << 20).announces(1 << 20));
    assert_eq!((traffic.cancelled, traffic.chunks), (1, 1), "what announces itself too large is not touched");
    let (traffic, _) = fetch(builder().drain(DrainLimits::default().bytes(0)), || long(1));
    assert_eq!(traffic.cancelled, 1, "and nothing is where nothing shall be");
}

#[test]
fn a_slow_one_is_waited_for_no_longer_than_allowed() {
    for limit in [Duration::from_millis(100), Duration::from_millis(7)] {
        let settings = builder().drain(DrainLimits::default().time(limit));
        let (traffic, took) = fetch(settings, || redirect("/b").chunk(SECOND, "late"));
        assert_eq!((traffic.cancelled, took), (1, limit));
    }
}

#[test]
fn what_is_sent_again_is_read_while_it_waits_anyway() {
    let busy = || Script::new().status(StatusCode::SERVICE_UNAVAILABLE);
    let wait = |first: fn() -> Script| {
        Simulated::new().run(async |clock: SimulatedHandle| {
            let asked = std::sync::atomic::AtomicUsize::new(0);
            let answer = move |_: &Request| match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => first(),
                _ => say("here"),
            };
            let transport = Scripted::new(clock.clone(), answer);
            let client = builder().build(transport.clone(), clock.clone());
            let begin = clock.now();
            assert_eq!(client.page("http://one.test/").await.expect("a page").body, "here");
            (transport.traffic().cancelled, clock.now() - begin)
        })
    };
    let (cancelled, without) = wait(busy);
    let slowly = || Script::new().status(StatusCode::SERVICE_UNAVAILABLE).chunk(Duration::from_millis(3), "busy");
    assert_eq!((cancelled, wait(slowly)), (0, (0, without)));
    assert!(without > Duration::from_millis(3), "{without:?}");
}
