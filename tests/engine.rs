//! What the HTTP engine promises beyond the laws of `Fetch`: its connections are counted, kept, and not kept for ever.

use std::time::Duration;

use gather_conformance::origin::Origin;
use gather_conformance::watchdog::watched;
use gather_core::{Host, Limits, fetch_page, get};
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
