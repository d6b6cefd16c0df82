//! What is special to isahc: its threads, its own ways that are off, its addresses, its rows in the table of transports.

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::time::Duration;

use gather_conformance::origin::Origin;
use gather_conformance::transports;
use gather_conformance::watchdog::watched;
use gather_core::addresses::{AddressPolicy, Discovered};
use gather_core::{
    Bytes, Fetch, FetchError, FetchErrorKind, Host, Limits, Page, Phase, Request, fetch_page, gather, get, http,
};
use gather_isahc::isahc::HttpClient;
use gather_isahc::{Builder, IsahcFetch};
use gather_smol::{Smol, SmolHandle};

fn on_smol(name: &str, test: impl AsyncFnOnce(SmolHandle) + Send + 'static) {
    watched(name, move || Smol::with_threads(1).expect("an executor").run(test));
}

fn discovered(url: &str) -> Request {
    let mut request = get(url).expect("an address");
    request.extensions_mut().insert(Discovered);
    request
}

async fn page(fetch: &IsahcFetch, clock: &SmolHandle, request: Request) -> Result<Page, FetchError> {
    fetch_page(fetch, clock, request, Limits::default()).await
}

fn text(page: Page) -> String {
    String::from_utf8_lossy(&page.body).into_owned()
}

#[test]
fn its_rows_tell_what_it_promises() {
    let table = include_str!("../../README.md");
    let proxied = Builder::new().proxies_from_environment().build().expect("a thread");
    let given = IsahcFetch::from(HttpClient::new().expect("a thread"));
    for (row, fetch) in [
        ("IsahcFetch", IsahcFetch::new().expect("a thread")),
        ("IsahcFetch, sharded", IsahcFetch::sharded(NonZeroUsize::MIN).expect("a thread")),
        ("IsahcFetch, proxies from the environment", proxied),
        ("IsahcFetch, a client of your own", given),
    ] {
        transports::assert_row(table, row, fetch.capabilities());
    }
}

/// Under a policy, a name all of whose addresses are permitted is reached at the one that answers, and the origin is told
/// the name.
#[test]
fn every_permitted_address_is_tried() {
    on_smol("every_permitted_address", async |clock| {
        let origin = Origin::start();
        let fetch = IsahcFetch::new().expect("a thread");
        // Both of what `localhost` may be; the origin listens on one of them.
        let policy = AddressPolicy::public().allowing("127.0.0.0/8".parse().expect("a network"));
        let policy = policy.allowing("::1/128".parse().expect("a network"));
        let mut request = discovered(&format!("http://localhost:{}/echo", origin.addr().port()));
        request.extensions_mut().insert(policy);
        let echo = text(page(&fetch, &clock, request).await.expect("an address that is allowed"));
        assert!(echo.contains(&format!("\nhost: localhost:{}\n", origin.addr().port())), "{echo}");
    });
}

/// A user name and password in an address are neither sent nor told.
#[test]
fn user_information_stays_here() {
    on_smol("user_information", async |clock| {
        let origin = Origin::start();
        let fetch = IsahcFetch::new().expect("a thread");
        let url = origin.url("/echo").replace("http://", "http://user:secret@");
        let echo = text(page(&fetch, &clock, get(&url).expect("an address")).await.expect("an echo"));
        assert!(!echo.contains("authorization") && !echo.contains("secret"), "{echo}");

        let refused = origin.refused_url().replace("http://", "http://user:secret@");
        let error = page(&fetch, &clock, get(&refused).expect("an address")).await.expect_err("nobody there");
        let mut told = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            told = format!("{told}: {cause}");
            source = cause.source();
        }
        assert!(!told.contains("secret"), "{told}");
    });
}

/// What curl and isahc send of their own accord, so that a new version's additions are noticed.
#[test]
fn the_request_has_no_additions_but_two() {
    on_smol("additions", async |clock| {
        let origin = Origin::start();
        let fetch = IsahcFetch::new().expect("a thread");
        let echo = text(page(&fetch, &clock, get(origin.url("/echo")).expect("an address")).await.expect("an echo"));
        let mut names: Vec<_> = echo.lines().skip(1).take_while(|line| !line.is_empty()).collect();
        names.iter_mut().for_each(|field| *field = field.split(':').next().unwrap_or_default());
        names.sort_unstable();
        assert_eq!(names, ["accept", "host", "user-agent"], "{echo}");
    });
}

/// A large body is sent without `Expect: 100-continue`, for which an origin that does not know it makes curl wait.
#[test]
fn large_bodies_expect_nothing() {
    on_smol("large_bodies", async |clock| {
        let origin = Origin::start();
        let fetch = IsahcFetch::new().expect("a thread");
        let mut request = get(origin.url("/echo")).expect("an address");
        *request.method_mut() = http::Method::POST;
        *request.body_mut() = Bytes::from(vec![b'x'; 2 << 20]);
        let echo = text(page(&fetch, &clock, request).await.expect("an echo"));
        assert!(!echo.contains("\nexpect:"), "it expects something");
        assert!(echo.contains("\ncontent-length: 2097152\n") && echo.len() > 2 << 20, "the body is sent whole");
    });
}

/// A connection that ended while it was kept costs a POST nothing and sends it once: it never goes over a kept one.
#[test]
fn what_must_not_be_sent_twice_has_a_connection_of_its_own() {
    on_smol("not_sent_twice", async |clock| {
        let origin = Origin::start();
        let fetch = IsahcFetch::new().expect("a thread");
        for number in 0..5 {
            let mut request = get(origin.url(&format!("/say/{number}"))).expect("an address");
            *request.method_mut() = http::Method::POST;
            *request.body_mut() = Bytes::from_static(b"once");
            assert_eq!(text(page(&fetch, &clock, request).await.expect("a page")), number.to_string());
        }
        let counts = origin.counts();
        assert_eq!((counts.accepted, counts.requests), (5, 5));
    });
}

/// Each host has one thread, so that its connections are used again, however many threads there are.
#[test]
fn shards_use_connections_again() {
    on_smol("shards", async |clock| {
        let origins: Vec<_> = (0..4).map(|_| Origin::start()).collect();
        let fetch = IsahcFetch::sharded(NonZeroUsize::new(3).expect("three")).expect("threads");
        for round in 0..5 {
            for origin in &origins {
                let request = get(origin.url(&format!("/say/{round}"))).expect("an address");
                assert_eq!(text(page(&fetch, &clock, request).await.expect("a page")), round.to_string());
            }
        }
        for origin in &origins {
            assert_eq!(origin.counts().accepted, 1);
        }
    });
}

/// What is dropped while its server is silent ends when an exchange may take no longer, whatever else goes on, and that is an
/// error to who waits.
#[test]
fn a_limit_ends_what_was_dropped() {
    on_smol("dropped", async |clock| {
        let origin = Origin::start();
        let second = Duration::from_secs(1);
        let fetch = Builder::new().max_exchange(second).build().expect("a thread");
        let ask =
            |path: &str| fetch_page(&fetch, &clock, get(origin.url(path)).expect("an address"), Limits::default());
        let mut all = Box::pin(gather((0..20).map(|number| match number {
            3 => ask("/silent"),
            8 => ask("/body-gate/never"),
            _ => ask("/say/x"),
        })));
        let seen = origin.until(|counts| counts.requests == 20 && counts.in_flight == 2);
        let mut seen = pin!(seen);
        poll_fn(|cx| {
            assert!(all.as_mut().poll(cx).is_pending(), "two have no answer");
            seen.as_mut().poll(cx).map(drop)
        })
        .await;
        drop(all);
        origin.until(|counts| counts.in_flight == 0).await;

        for (path, phase) in [("/silent", Phase::Head), ("/body-gate/never", Phase::Body)] {
            let error = ask(path).await.expect_err("no end");
            assert_eq!((error.phase(), error.kind()), (phase, FetchErrorKind::Timeout(second)), "{path}: {error:?}");
        }
    });
}
