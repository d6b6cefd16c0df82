//! What the HTTP engine promises beyond the laws of `Fetch`: its connections are counted, kept, and not kept for ever.

use std::time::Duration;

use gather_conformance::origin::Origin;
use gather_conformance::proxy::ProxyServer;
use gather_conformance::transports;
use gather_conformance::watchdog::watched;
use gather_core::{Fetch, FetchErrorKind, Host, Limits, Phase, fetch_page, get};
use gather_smol::Smol;
use gather_tokio::{Connect, HyperBuilder, Tokio};

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

/// The README's table of transports says of the engine what the engine says of itself.
#[test]
fn the_row_of_the_engine_tells_what_it_promises() {
    let table = include_str!("../crates/README.md");
    Tokio::current_thread().expect("a runtime").run(async |runtime| {
        let client = HyperBuilder::new().build(runtime).expect("TLS");
        transports::assert_row(table, "HyperFetch (gather-http)", client.capabilities());
    });
}
