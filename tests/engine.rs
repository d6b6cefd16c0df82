//! What the HTTP engine promises beyond the laws of `Fetch`: its connections are counted, kept, and not kept for ever.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use gather_client::ClientBuilder;
use gather_conformance::fetch;
use gather_conformance::frames::{Frame, FrameServer, PAGE, page};
use gather_conformance::origin::Origin;
use gather_conformance::proxy::ProxyServer;
use gather_conformance::transports;
use gather_conformance::watchdog::watched;
use gather_core::http::Method;
use gather_core::{Bytes, Fetch, FetchErrorKind, Host, Limits, Phase, fetch_page, get};
use gather_smol::Smol;
use gather_tokio::{Connect, HyperBuilder, Tokio};

/// A request that waits because the server takes one at a time is not lost when the server leaves: it has not been sent.
#[test]
fn requests_that_wait_for_a_stream_outlive_a_farewell() {
    watched("requests_that_wait_for_a_stream_outlive_a_farewell", || {
        // One thread: all of them are with the connection before the first is on its way.
        Tokio::current_thread().expect("a runtime").run(async |runtime| {
            let leaving = [vec![Frame::GoAway { before: 0, code: 0x0 }], page()].concat();
            let server = FrameServer::limited(1, [page(), leaving, page()]);
            let engine = HyperBuilder::new().http2_prior_knowledge().build(runtime.clone()).expect("TLS");
            let ask = || {
                let request = get(format!("http://{}/", server.addr())).expect("an address");
                fetch_page(&engine, &runtime, request, Limits::default())
            };
            assert_eq!(ask().await.expect("a page").body, PAGE);
            let outcomes = join_all([ask(), ask(), ask()]).await;
            let lost: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
            assert!(lost.len() == 1 && lost[0].is_unprocessed(), "{lost:?}");
            assert_eq!(server.requests(), 3, "it was sent");
        });
    });
}

/// A connection is one connection as the client counts it, is closed when it has been idle for long enough, and is then
/// replaced by another.
async fn idle_connections_are_closed<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let client = HyperBuilder::new().idle_timeout(Duration::from_millis(20)).build(runtime.clone()).expect("TLS");
    for round in 1..=3 {
        let request = get(origin.url("/say/hello")).expect("an address");
        let page = fetch_page(&client, &runtime, request, Limits::default()).await.expect("a page");
        assert_eq!(page.body, "hello");
        assert!(client.connections() <= 1, "round {round}: {} connections for one exchange", client.connections());
        origin.until(|counts| counts.open == 0).await;
        assert_eq!(origin.counts().accepted, round);
    }
    client.close().await;
    assert_eq!(client.connections(), 0);
}

/// A server that ends every connection as soon as it is there is asked once for each request, by either version of HTTP.
async fn connection_that_ends_at_once_is_an_error<R: Connect>(runtime: R) {
    const REQUESTS: usize = 20;
    for builder in [HyperBuilder::new(), HyperBuilder::new().http2_prior_knowledge()] {
        let server = ProxyServer::scripted([]);
        let client = builder.build(runtime.clone()).expect("TLS");
        for _ in 0..REQUESTS {
            let request = get(server.url("http")).expect("an address");
            let error = fetch_page(&client, &runtime, request, Limits::default()).await.expect_err("no answer");
            assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::Interrupted), "{error:?}");
        }
        // There may be fewer: over HTTP/2 the next request may find the connection before its end was noticed.
        let accepted = server.accepted();
        assert!(accepted <= REQUESTS, "{accepted} connections for {REQUESTS} requests");
    }
}

#[test]
fn connection_that_ends_at_once_is_an_error_on_tokio() {
    watched("connection_that_ends_at_once_is_an_error_on_tokio", || {
        let host = Tokio::with_threads(2).expect("a runtime");
        host.run(async |runtime| connection_that_ends_at_once_is_an_error(runtime).await);
    });
}

#[test]
fn connection_that_ends_at_once_is_an_error_on_smol() {
    watched("connection_that_ends_at_once_is_an_error_on_smol", || {
        let host = Smol::with_threads(2).expect("an executor");
        host.run(async |runtime| connection_that_ends_at_once_is_an_error(runtime).await);
    });
}

/// Of what a server of HTTP/2 has not taken on when it leaves, the engine says that it was not processed, so that the client
/// sends it again also where once is the rule; what it has taken on is sent once.
async fn requests_beyond_a_farewell_are_sent_again<R: Connect>(runtime: R) {
    const TOGETHER: usize = 4;
    for code in [0x0, 0xb] {
        let farewell = vec![Frame::GoAway { before: 2, code }, Frame::Page { before: 3 }, Frame::Page { before: 2 }];
        let server = FrameServer::start([page(), vec![], vec![], vec![], farewell, page()]);
        let engine = HyperBuilder::new().http2_prior_knowledge().build(runtime.clone()).expect("TLS");
        let client = ClientBuilder::new(SystemTime::now).build(engine, runtime.clone());
        let post = || {
            let mut request = get(format!("http://{}/", server.addr())).expect("an address");
            *request.method_mut() = Method::POST;
            *request.body_mut() = Bytes::from_static(b"once");
            request
        };
        let send = || fetch_page(&client, &runtime, post(), Limits::default());
        assert_eq!(send().await.expect("a page").body, PAGE);
        for outcome in join_all((0..TOGETHER).map(|_| send())).await {
            assert_eq!(outcome.expect("a page").body, PAGE);
        }
        assert_eq!((server.accepted(), server.requests()), (2, 1 + TOGETHER + 2));
    }
}

#[test]
fn requests_beyond_a_farewell_are_sent_again_on_tokio() {
    watched("requests_beyond_a_farewell_are_sent_again_on_tokio", || {
        let host = Tokio::with_threads(2).expect("a runtime");
        host.run(async |runtime| requests_beyond_a_farewell_are_sent_again(runtime).await);
    });
}

#[test]
fn requests_beyond_a_farewell_are_sent_again_on_smol() {
    watched("requests_beyond_a_farewell_are_sent_again_on_smol", || {
        let host = Smol::with_threads(2).expect("an executor");
        host.run(async |runtime| requests_beyond_a_farewell_are_sent_again(runtime).await);
    });
}

#[test]
fn idle_connections_are_closed_on_tokio() {
    watched("idle_connections_are_closed_on_tokio", || {
        Tokio::with_threads(2).expect("a runtime").run(async |runtime| idle_connections_are_closed(runtime).await);
    });
}

#[test]
fn idle_connections_are_closed_on_smol() {
    watched("idle_connections_are_closed_on_smol", || {
        Smol::with_threads(2).expect("an executor").run(async |runtime| idle_connections_are_closed(runtime).await);
    });
}

/// How long connecting may take is said of itself, and is so.
#[test]
fn the_default_connect_deadline_is_kept() {
    watched("the_default_connect_deadline_is_kept", || {
        fetch::connect_default_is_kept(Tokio::current_thread().expect("a runtime"), |runtime| {
            HyperBuilder::new().connect_deadline(Duration::from_millis(60)).build(runtime).expect("TLS")
        });
    });
}

/// The README's table of transports says of the engine what the engine says of itself.
#[test]
fn the_row_of_the_engine_tells_what_it_promises() {
    let table = include_str!("../crates/README.md");
    Tokio::current_thread().expect("a runtime").run(async |runtime| {
        let client = HyperBuilder::new().build(runtime).expect("TLS");
        transports::assert_row(table, "HyperFetch (gather-http)", client.capabilities());
    });
}
