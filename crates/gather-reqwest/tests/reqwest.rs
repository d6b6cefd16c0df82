//! What is special to reqwest: its runtime, its own ways that are off, its addresses, its row in the table of transports.

use std::task::Context;
use std::time::Duration;

use gather_conformance::origin::Origin;
use gather_conformance::transports;
use gather_conformance::watchdog::watched;
use gather_core::addresses::{AddressPolicy, Discovered};
use gather_core::{Fetch, FetchError, FetchErrorKind, Host, Limits, Page, Phase, Request, fetch_page, get};
use gather_reqwest::{Builder, OffTokio, ReqwestFetch};
use gather_smol::Smol;
use gather_tokio::Tokio;

fn on_tokio<T: Send + 'static>(name: &str, test: impl AsyncFnOnce(gather_tokio::TokioHandle) -> T + Send + 'static) {
    watched(name, move || {
        Tokio::current_thread().expect("a runtime").run(test);
    });
}

fn discovered(url: &str) -> Request {
    let mut request = get(url).expect("an address");
    request.extensions_mut().insert(Discovered);
    request
}

async fn page(fetch: &ReqwestFetch, clock: &gather_tokio::TokioHandle, request: Request) -> Result<Page, FetchError> {
    fetch_page(fetch, clock, request, Limits::default()).await
}

#[test]
fn its_row_tells_what_it_promises() {
    let table = include_str!("../../README.md");
    transports::assert_row(table, "ReqwestFetch", ReqwestFetch::new().expect("TLS").capabilities());
    let proxied = Builder::new().proxies_from_environment().build().expect("TLS");
    transports::assert_row(table, "ReqwestFetch, proxies from the environment", proxied.capabilities());
    let given = gather_reqwest::reqwest::Client::builder().no_proxy();
    let given = given.tls_backend_preconfigured(config()).build().expect("a client");
    transports::assert_row(table, "ReqwestFetch, a client of your own", ReqwestFetch::from(given).capabilities());
}

fn config() -> gather_reqwest::rustls::ClientConfig {
    use gather_reqwest::rustls::{ClientConfig, RootCertStore, crypto::ring};
    let config = ClientConfig::builder_with_provider(ring::default_provider().into());
    let config = config.with_safe_default_protocol_versions().expect("ring does TLS 1.3");
    config.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

#[test]
fn off_tokio_is_an_error_at_once() {
    watched("off_tokio", || {
        let origin = Origin::start();
        let error = Smol::with_threads(1).expect("an executor").run(async |clock| {
            let fetch = ReqwestFetch::new().expect("TLS");
            let request = get(origin.url("/say/hello")).expect("an address");
            fetch_page(&fetch, &clock, request, Limits::default()).await.expect_err("no tokio here")
        });
        assert_eq!((error.phase(), error.kind()), (Phase::Request, FetchErrorKind::Other));
        let source = std::error::Error::source(&error).expect("a source");
        assert_eq!(source.downcast_ref::<OffTokio>(), Some(&OffTokio), "{source}");
        assert_eq!(origin.counts().accepted, 0);
    });
}

/// Everything of it is dropped outside of its runtime, head and body, at every stage.
#[test]
fn dropping_outside_of_tokio_does_not_panic() {
    watched("dropping_outside_of_tokio", || {
        let origin = Origin::start();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let fetch = Builder::new().on(runtime.handle().clone()).build().expect("TLS");
        Smol::with_threads(1).expect("an executor").run(async |_| {
            let ask = |path: &str| fetch.fetch(get(origin.url(path)).expect("an address"));
            drop(ask("/say/unpolled"));
            let mut silent = ask("/silent");
            let polled = std::pin::Pin::new(&mut silent);
            let _ = Future::poll(polled, &mut Context::from_waker(std::task::Waker::noop()));
            drop(silent);
            drop(ask("/say/unread").await.expect("a head"));
            drop(ask("/bytes/3000000").await.expect("a head"));
        });
        drop(fetch);
    });
}

/// More policies than there are pools: all are enforced, and none is mixed up with another.
#[test]
fn policies_come_and_go() {
    on_tokio("policies_come_and_go", async |clock| {
        let origin = Origin::start();
        let fetch = Builder::new().max_policies(2).build().expect("TLS");
        let under = |network: &str| {
            let mut request = discovered(&origin.url("/say/allowed"));
            let network = network.parse().expect("a network");
            request.extensions_mut().insert(AddressPolicy::public().allowing(network));
            request
        };
        for _ in 0..3 {
            for network in ["127.0.0.0/8", "127.0.0.1/32", "127.0.0.0/31", "127.0.0.0/24"] {
                let page = page(&fetch, &clock, under(network)).await.expect("an address that is allowed");
                assert_eq!(page.body, "allowed");
                let error = page_of_another(&fetch, &clock, under("10.0.0.0/8")).await;
                assert_eq!(error.kind(), FetchErrorKind::Forbidden);
            }
        }
    });
}

async fn page_of_another(fetch: &ReqwestFetch, clock: &gather_tokio::TokioHandle, request: Request) -> FetchError {
    page(fetch, clock, request).await.map(|page| page.body).expect_err("not allowed")
}

/// A user name and password in an address are neither sent nor told.
#[test]
fn user_information_stays_here() {
    on_tokio("user_information", async |clock| {
        let origin = Origin::start();
        let fetch = ReqwestFetch::new().expect("TLS");
        let url = origin.url("/echo").replace("http://", "http://user:secret@");
        let echo = page(&fetch, &clock, get(&url).expect("an address")).await.expect("an echo").body;
        let echo = String::from_utf8_lossy(&echo).into_owned();
        assert!(!echo.contains("authorization") && !echo.contains("user"), "{echo}");

        let refused = origin.refused_url().replace("http://", "http://user:secret@");
        let error = page(&fetch, &clock, get(&refused).expect("an address")).await.expect_err("nobody there");
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        assert!(!text.contains("secret"), "{text}");
    });
}

/// What reqwest sends of its own accord, so that a new version's additions are noticed.
#[test]
fn the_request_has_no_additions_but_accept() {
    on_tokio("additions", async |clock| {
        let origin = Origin::start();
        let fetch = ReqwestFetch::new().expect("TLS");
        let echo = page(&fetch, &clock, get(origin.url("/echo")).expect("an address")).await.expect("an echo").body;
        let echo = String::from_utf8_lossy(&echo).into_owned();
        let mut fields: Vec<_> = echo.lines().skip(1).take_while(|line| !line.is_empty()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["accept: */*".to_owned(), format!("host: {}", origin.addr())]);
    });
}

/// A client's own time limit is a timeout.
#[test]
fn a_given_client_keeps_its_own_limits() {
    on_tokio("given_limits", async |clock| {
        let origin = Origin::start();
        let client = gather_reqwest::reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(50));
        let client = client.tls_backend_preconfigured(config()).build().expect("a client");
        let fetch = ReqwestFetch::from(client);
        for path in ["/silent", "/body-gate/never"] {
            let error = page(&fetch, &clock, get(origin.url(path)).expect("an address")).await.expect_err("a timeout");
            assert!(error.is_timeout(), "{path}: {error:?}");
        }
    });
}

/// [`gather_core::Deviation::EndlessFraming`] is no hang: such an answer occupies its thread, and leaves it now and then.
#[test]
fn what_is_read_without_a_bound_is_ended_by_a_deadline() {
    on_tokio("ended_by_a_deadline", async |clock| {
        let origin = Origin::start();
        let fetch = ReqwestFetch::new().expect("TLS");
        let limits = Limits::default().deadline(Duration::from_millis(100));
        for (name, phase) in [("continue-without-end", Phase::Head), ("chunk-padding-without-end", Phase::Body)] {
            let request = get(origin.url(&format!("/hostile/{name}"))).expect("an address");
            let error = fetch_page(&fetch, &clock, request, limits).await.expect_err("without an end");
            assert_eq!((error.phase(), error.kind()), (phase, FetchErrorKind::Timeout(limits.deadline)), "{name}");
        }
        let after = page(&fetch, &clock, get(origin.url("/say/hello")).expect("an address")).await;
        assert_eq!(after.expect("a page").body, "hello");
    });
}
