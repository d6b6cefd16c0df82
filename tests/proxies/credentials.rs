//! Who learns the proxy's user name and password: the proxy, and nobody else.

use gather_conformance::origin::Origin;
use gather_conformance::proxy::{Asked, Language, Manners, ProxyServer};
use gather_conformance::secure::SecureOrigin;
use gather_core::http::{HeaderValue, header::PROXY_AUTHORIZATION};
use gather_core::{FetchErrorKind, Phase, Request};
use gather_http::{Builder, Connect, Proxies, Proxy};

use super::{chain, client, on_every_runtime, page, proxy, request, text, through};

on_every_runtime!(
    credentials_go_to_the_proxy_alone,
    requests_own_credentials_stay_off_the_origin,
    missing_and_wrong_credentials_are_one_error,
);

/// `ada:s@cret`, encoded.
const BASIC: &str = "Basic YWRhOnNAY3JldA==";

fn guarded(language: Language) -> ProxyServer {
    let password = Some(("ada".to_owned(), "s@cret".to_owned()));
    ProxyServer::start(Manners { language, password, ..Manners::default() })
}

fn with_password(server: &ProxyServer, scheme: &str) -> Proxy {
    format!("{scheme}://ada:s%40cret@{}", server.addr()).parse().expect("a proxy")
}

async fn credentials_go_to_the_proxy_alone<R: Connect>(runtime: R) {
    let (origin, secure) = (Origin::start(), SecureOrigin::start());
    let (http, socks) = (guarded(Language::Http), guarded(Language::Socks5));
    let authority = secure.url("").replace("https://", "");
    for (server, scheme, asked) in [
        (
            &http,
            "http",
            [
                Asked::Request(origin.url("/echo"), Some(BASIC.to_owned())),
                Asked::Connect(authority.clone(), Some(BASIC.to_owned())),
            ],
        ),
        (
            &socks,
            "socks5h",
            [
                Asked::Socks(origin.addr().to_string(), Some("ada".to_owned())),
                Asked::Socks(authority.clone(), Some("ada".to_owned())),
            ],
        ),
    ] {
        let trusting = Builder::new().root_certificates([secure.authority().to_vec().into()]);
        let proxies = Proxies::all(with_password(server, scheme));
        let client = trusting.proxies(proxies).build(runtime.clone()).expect("TLS");
        let echo = text(&runtime, &client, &origin.url("/echo")).await;
        assert!(!echo.contains("authorization") && !echo.contains("YWRhOnNAY3JldA"), "{scheme}: {echo}");
        assert_eq!(text(&runtime, &client, &secure.url("/say/hello")).await, "hello");
        assert_eq!(server.asked(), asked);
        assert!(!format!("{client:?}").contains("cret"));
    }
}

async fn requests_own_credentials_stay_off_the_origin<R: Connect>(runtime: R) {
    let (origin, http, socks) = (Origin::start(), ProxyServer::http(), ProxyServer::socks5());
    let own = || -> Request {
        let mut request = request(&origin.url("/echo"));
        request.headers_mut().insert(PROXY_AUTHORIZATION, HeaderValue::from_static("Basic mine"));
        request
    };
    for proxies in [Proxies::none(), through(&socks, "socks5"), through(&http, "http")] {
        let client = client(&runtime, proxies);
        for _ in 0..2 {
            let echo = page(&runtime, &client, own()).await.expect("an echo");
            assert!(!String::from_utf8_lossy(&echo.body).contains("mine"), "{:?}", echo.body);
        }
    }
    let asked = Asked::Request(origin.url("/echo"), Some("Basic mine".to_owned()));
    assert_eq!(http.asked(), [asked.clone(), asked], "a request that is sent to a proxy may bring its own");
}

async fn missing_and_wrong_credentials_are_one_error<R: Connect>(runtime: R) {
    let (origin, secure) = (Origin::start(), SecureOrigin::start());
    let (http, socks) = (guarded(Language::Http), guarded(Language::Socks5));
    for (server, scheme) in [(&http, "http"), (&socks, "socks5"), (&socks, "socks5h")] {
        let wrong = proxy(server, scheme).with_credentials("ada", "hunter2").expect("credentials");
        for proxies in [through(server, scheme), Proxies::all(wrong)] {
            let client = client(&runtime, proxies);
            for url in [origin.url("/say/x"), secure.url("/say/x")] {
                let error = page(&runtime, &client, request(&url)).await.expect_err("no credentials");
                let was_sent = scheme == "http" && url.starts_with("http://");
                let phase = if was_sent { Phase::Head } else { Phase::Connect };
                let expected = (phase, FetchErrorKind::ProxyAuthentication);
                assert_eq!((error.phase(), error.kind()), expected, "{scheme} {url}: {}", chain(&error));
                let said = format!("{} {error:?}", chain(&error));
                assert!(said.contains(&server.url(scheme)), "the proxy is named: {said}");
                assert!(!said.contains("hunter2") && !said.contains("Basic"), "{said}");
            }
        }
    }
    assert_eq!((origin.counts().accepted, secure.accepted().get()), (0, 0));
}
