//! The way a request takes: what the proxy is asked for, and how often.

use std::net::{IpAddr, Ipv4Addr};

use gather_conformance::origin::Origin;
use gather_conformance::proxy::{Asked, Language, Manners, ProxyServer};
use gather_conformance::secure::{SecureOrigin, TlsFront};
use gather_http::{Builder, Connect, Overrides, Proxies};

use super::{client, on_every_runtime, proxy, text, through};

on_every_runtime!(
    plain_requests_are_sent_whole,
    secure_requests_go_through_a_tunnel,
    names_are_looked_up_by_the_proxy_or_here,
    proxy_may_be_reached_over_tls,
    bypassed_hosts_are_asked_directly,
    each_scheme_has_its_proxy,
    http2_unasked_goes_through_a_tunnel,
);

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn knowing(language: Language, name: &str) -> ProxyServer {
    ProxyServer::start(Manners { language, names: vec![(name.to_owned(), LOOPBACK)], ..Manners::default() })
}

async fn plain_requests_are_sent_whole<R: Connect>(runtime: R) {
    let (origin, server) = (Origin::start(), knowing(Language::Http, "origin.test"));
    let client = client(&runtime, through(&server, "http"));
    let port = origin.addr().port();
    for round in 0..3 {
        let echo = text(&runtime, &client, &format!("http://user:secret@origin.test:{port}/echo?round={round}")).await;
        assert!(echo.starts_with(&format!("GET /echo?round={round}\n")), "{echo}");
        assert!(echo.contains(&format!("\nhost: origin.test:{port}")), "{echo}");
    }
    let whole = |round| Asked::Request(format!("http://origin.test:{port}/echo?round={round}"), None);
    assert_eq!(server.asked(), [whole(0), whole(1), whole(2)]);
    assert_eq!((server.accepted(), origin.counts().accepted), (1, 1), "connections to proxies are kept, too");
}

async fn secure_requests_go_through_a_tunnel<R: Connect>(runtime: R) {
    // Its certificate is for this name, which nobody but the proxy knows.
    let (origin, server) = (SecureOrigin::misnamed(), knowing(Language::Http, "elsewhere.test"));
    let url = origin.url("/say/hello").replace("127.0.0.1", "elsewhere.test");
    let authority = origin.url("").replace("https://127.0.0.1", "elsewhere.test");
    let trusting = Builder::new().root_certificates([origin.authority().to_vec().into()]);
    let client = trusting.proxies(through(&server, "http")).build(runtime.clone()).expect("TLS");
    for _ in 0..3 {
        assert_eq!(text(&runtime, &client, &url).await, "hello");
    }
    assert_eq!(server.asked(), [Asked::Connect(authority, None)], "one tunnel, which HTTP/2 shares");
    assert_eq!(origin.accepted().get(), 1);
}

async fn names_are_looked_up_by_the_proxy_or_here<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let port = origin.addr().port();
    let server = knowing(Language::Socks5, "origin.test");
    let remote = client(&runtime, through(&server, "socks5h"));
    assert_eq!(text(&runtime, &remote, &format!("http://origin.test:{port}/say/far")).await, "far");
    assert_eq!(text(&runtime, &remote, &origin.url("/say/number")).await, "number");
    // A name that nobody but this client knows.
    let local = Builder::new().resolver(Overrides::new().pin("near.test", [LOOPBACK]));
    let local = local.proxies(through(&server, "socks5")).build(runtime.clone()).expect("TLS");
    assert_eq!(text(&runtime, &local, &format!("http://near.test:{port}/say/near")).await, "near");
    let asked = |host: &str| Asked::Socks(format!("{host}:{port}"), None);
    assert_eq!(server.asked(), [asked("origin.test"), asked("127.0.0.1"), asked("127.0.0.1")]);
}

async fn proxy_may_be_reached_over_tls<R: Connect>(runtime: R) {
    let (plain, secure) = (Origin::start(), SecureOrigin::start());
    let server = ProxyServer::http();
    let front = TlsFront::start(server.addr());
    let proxies = Proxies::all(format!("https://{}", front.addr()).parse().expect("a proxy"));
    let roots = [front.authority().to_vec().into(), secure.authority().to_vec().into()];
    let trusting = Builder::new().root_certificates(roots).proxies(proxies.clone());
    let client = trusting.build(runtime.clone()).expect("TLS");
    assert_eq!(text(&runtime, &client, &plain.url("/say/plain")).await, "plain");
    assert_eq!(text(&runtime, &client, &secure.url("/say/secure")).await, "secure");
    let large = text(&runtime, &client, &secure.url("/bytes/1000000")).await;
    assert!(large.len() >= 1_000_000, "TLS within TLS, many records of it: {} bytes", large.len());
    let authority = secure.url("").replace("https://", "");
    assert_eq!(server.asked(), [Asked::Request(plain.url("/say/plain"), None), Asked::Connect(authority, None)]);

    // Its certificate is looked at like any other.
    let strict = Builder::new().root_certificates([secure.authority().to_vec().into()]).proxies(proxies);
    let strict = strict.build(runtime.clone()).expect("TLS");
    let error = super::page(&runtime, &strict, super::request(&plain.url("/say/x"))).await.expect_err("not trusted");
    let (phase, kind) = (gather_core::Phase::Tls, gather_core::FetchErrorKind::Refused);
    assert_eq!((error.phase(), error.kind()), (phase, kind), "{}", super::chain(&error));
    assert_eq!(server.asked().len(), 2);
}

async fn bypassed_hosts_are_asked_directly<R: Connect>(runtime: R) {
    let (origin, server) = (Origin::start(), ProxyServer::http());
    let client = client(&runtime, through(&server, "http").bypassing("127.0.0.0/8"));
    assert_eq!(text(&runtime, &client, &origin.url("/say/direct")).await, "direct");
    assert_eq!((server.accepted(), origin.counts().requests), (0, 1));
}

async fn each_scheme_has_its_proxy<R: Connect>(runtime: R) {
    let (plain, secure) = (Origin::start(), SecureOrigin::start());
    let (http, socks) = (ProxyServer::http(), ProxyServer::socks5());
    let proxies = Proxies::none().for_http(proxy(&http, "http")).for_https(proxy(&socks, "socks5h"));
    let trusting = Builder::new().root_certificates([secure.authority().to_vec().into()]);
    let client = trusting.proxies(proxies).build(runtime.clone()).expect("TLS");
    assert_eq!(text(&runtime, &client, &plain.url("/say/plain")).await, "plain");
    assert_eq!(text(&runtime, &client, &secure.url("/say/secure")).await, "secure");
    assert_eq!(http.asked(), [Asked::Request(plain.url("/say/plain"), None)]);
    assert_eq!(socks.asked(), [Asked::Socks(secure.url("").replace("https://", ""), None)]);
}

async fn http2_unasked_goes_through_a_tunnel<R: Connect>(runtime: R) {
    let (origin, server) = (SecureOrigin::cleartext(), ProxyServer::http());
    let builder = Builder::new().http2_prior_knowledge().proxies(through(&server, "http"));
    let client = builder.build(runtime.clone()).expect("TLS");
    for _ in 0..2 {
        assert_eq!(text(&runtime, &client, &origin.url("/say/hello")).await, "hello");
    }
    let asked = [Asked::Connect(origin.addr().to_string(), None)];
    assert_eq!(server.asked(), asked, "HTTP/2 cannot be sent to a proxy that speaks HTTP/1.1");
}
