//! Requests that may reach public addresses only, with a proxy in the way: whoever looks the name up, what is not public is
//! not reached.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gather_conformance::origin::Origin;
use gather_conformance::proxy::{Asked, Language, Manners, ProxyServer};
use gather_core::addresses::{AddressPolicy, Discovered};
use gather_core::{BoxFuture, Fetch, FetchErrorKind, Phase, Request};
use gather_http::{Builder, Connect, JudgedBy, Overrides, ProxyError, ProxyFault, Resolve, ResolveError, Resolved};

use super::{chain, client, on_every_runtime, page, request, through};

on_every_runtime!(
    what_is_not_public_is_not_asked_for,
    name_is_looked_up_here_and_the_address_handed_on,
    name_that_changes_is_judged_by_what_is_connected_to,
    name_that_only_the_proxy_looks_up_is_refused,
    trusted_proxy_is_given_names,
    connections_of_other_policies_are_not_used,
);

const SCHEMES: [&str; 3] = ["http", "socks5", "socks5h"];

fn server(scheme: &str) -> ProxyServer {
    let language = if scheme == "http" { Language::Http } else { Language::Socks5 };
    let names = vec![("origin.test".to_owned(), IpAddr::V4(Ipv4Addr::LOCALHOST))];
    ProxyServer::start(Manners { language, names, ..Manners::default() })
}

fn discovered(url: &str) -> Request {
    let mut request = request(url);
    request.extensions_mut().insert(Discovered);
    request
}

fn allowing_loopback(url: &str) -> Request {
    let mut request = request(url);
    let policy = AddressPolicy::public().allowing("127.0.0.0/8".parse().expect("a network"));
    request.extensions_mut().insert(policy);
    request
}

async fn refused<R: Connect, F: Fetch>(runtime: &R, client: &F, url: &str) -> gather_core::FetchError {
    let error = page(runtime, client, discovered(url)).await.expect_err("not public");
    let expected = (Phase::Connect, FetchErrorKind::Forbidden);
    assert_eq!((error.phase(), error.kind()), expected, "{url}: {}", chain(&error));
    error
}

async fn what_is_not_public_is_not_asked_for<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let port = origin.addr().port();
    for scheme in SCHEMES {
        for judge in [JudgedBy::Client, JudgedBy::Proxy] {
            let server = server(scheme);
            let client = client(&runtime, through(&server, scheme).judged_by(judge));
            assert!(client.capabilities().address_policy, "it is enforced");
            for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]"] {
                for kind in ["http", "https"] {
                    refused(&runtime, &client, &format!("{kind}://{host}:{port}/say/x")).await;
                }
            }
            // Addresses in older forms; no certificate can be for one.
            for host in ["2130706433", "0x7f.1", "127.1"] {
                refused(&runtime, &client, &format!("http://{host}:{port}/say/x")).await;
            }
            assert_eq!((server.accepted(), origin.counts().accepted), (0, 0), "{scheme} {judge:?}");
        }
    }
}

async fn name_is_looked_up_here_and_the_address_handed_on<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let port = origin.addr().port();
    // The policy has the last word on every address of the name.
    let mixed = [IpAddr::from([10, 0, 0, 1]), IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::from([192, 168, 0, 1])];
    let names = Overrides::new().pin("mixed.test", mixed);
    for scheme in ["http", "socks5"] {
        let server = server(scheme);
        let builder = Builder::new().resolver(names.clone()).proxies(through(&server, scheme));
        let client = builder.build(runtime.clone()).expect("TLS");
        let request = allowing_loopback(&format!("http://mixed.test:{port}/say/allowed"));
        let answer = page(&runtime, &client, request).await;
        assert_eq!(&answer.unwrap_or_else(|error| panic!("{}", chain(&error))).body[..], b"allowed");
        let asked = if scheme == "http" { Asked::Connect } else { Asked::Socks };
        assert_eq!(server.asked(), [asked(format!("127.0.0.1:{port}"), None)]);
    }
}

/// A name server's answers: loopback and a private address, in turns, each for no time at all.
#[derive(Default)]
struct Rebinding(AtomicUsize);

impl Resolve for Rebinding {
    fn resolve(&self, _: &str) -> BoxFuture<Result<Resolved, ResolveError>> {
        let turn = self.0.fetch_add(1, Ordering::SeqCst) % 2;
        let address = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::from([10, 0, 0, 1])][turn];
        Box::pin(async move { Ok(Resolved::new([address]).time_to_live(Duration::ZERO)) })
    }
}

async fn name_that_changes_is_judged_by_what_is_connected_to<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let port = origin.addr().port();
    let url = format!("http://rebinding.test:{port}/say/allowed");
    for (scheme, asked) in [("http", Asked::Connect as fn(_, _) -> _), ("socks5", Asked::Socks)] {
        let server = server(scheme);
        let builder = Builder::new().max_idle_per_host(0).resolver(Rebinding::default());
        let client = builder.proxies(through(&server, scheme)).build(runtime.clone()).expect("TLS");
        for _ in 0..3 {
            let allowed = page(&runtime, &client, allowing_loopback(&url)).await;
            assert_eq!(&allowed.unwrap_or_else(|error| panic!("{}", chain(&error))).body[..], b"allowed");
            let error = page(&runtime, &client, allowing_loopback(&url)).await.expect_err("another address now");
            assert_eq!(error.kind(), FetchErrorKind::Forbidden, "{}", chain(&error));
        }
        let allowed = asked(format!("127.0.0.1:{port}"), None);
        assert_eq!(server.asked(), [allowed.clone(), allowed.clone(), allowed], "and nothing else");
    }
}

async fn name_that_only_the_proxy_looks_up_is_refused<R: Connect>(runtime: R) {
    let (origin, server) = (Origin::start(), server("socks5h"));
    let client = client(&runtime, through(&server, "socks5h"));
    let port = origin.addr().port();
    let error = refused(&runtime, &client, &format!("http://origin.test:{port}/say/x")).await;
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<ProxyError>());
    assert!(matches!(source.map(ProxyError::fault), Some(ProxyFault::NotJudged)), "{}", chain(&error));
    assert_eq!(server.accepted(), 0);
}

async fn trusted_proxy_is_given_names<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let port = origin.addr().port();
    for (scheme, asked) in [
        ("http", Asked::Request(format!("http://origin.test:{port}/say/trusted"), None)),
        ("socks5h", Asked::Socks(format!("origin.test:{port}"), None)),
    ] {
        let server = server(scheme);
        let client = client(&runtime, through(&server, scheme).judged_by(JudgedBy::Proxy));
        let url = format!("http://origin.test:{port}/say/trusted");
        assert_eq!(&page(&runtime, &client, discovered(&url)).await.expect("a page").body[..], b"trusted");
        assert_eq!(server.asked(), [asked]);
    }
}

async fn connections_of_other_policies_are_not_used<R: Connect>(runtime: R) {
    let origin = Origin::start();
    for scheme in SCHEMES {
        let server = server(scheme);
        let client = client(&runtime, through(&server, scheme));
        let before = origin.counts().requests;
        assert_eq!(
            &page(&runtime, &client, request(&origin.url("/say/typed"))).await.expect("a page").body[..],
            b"typed"
        );
        refused(&runtime, &client, &origin.url("/say/found")).await;
        assert_eq!((server.accepted(), origin.counts().requests), (1, before + 1), "{scheme}");
        let allowed = page(&runtime, &client, allowing_loopback(&origin.url("/say/allowed"))).await.expect("a page");
        assert_eq!((&allowed.body[..], server.accepted()), (&b"allowed"[..], 2), "{scheme}: a connection of its own");
    }
}
