//! Redirects: what is followed, with what, and what is left behind.

use gather_client::Url;
use gather_client::redirect::{
    Action, BODY_HEADERS, Body, CREDENTIAL_HEADERS, Downgrade, Follow, Hop, RedirectError, RedirectPolicy, Redirects,
};
use gather_core::addresses::{AddressPolicy, Discovered};
use gather_core::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, SET_COOKIE,
};
use gather_core::http::{Method, StatusCode};
use gather_core::{Bytes, FetchError, FetchErrorKind, Phase, Request};

fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

fn location(bytes: impl AsRef<[u8]>) -> HeaderMap {
    HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(bytes.as_ref()).expect("a header value"))])
}

fn chain(method: Method, start: &str) -> Redirects {
    Redirects::new(RedirectPolicy::default(), method, url(start))
}

fn step(chain: &mut Redirects, status: u16, headers: &HeaderMap) -> Result<Action, FetchError> {
    chain.next(StatusCode::from_u16(status).expect("a status"), headers)
}

#[track_caller]
fn hop(chain: &mut Redirects, status: u16, to: &str) -> Hop {
    match step(chain, status, &location(to)) {
        Ok(Action::Follow(hop)) => hop,
        other => panic!("{to}: {other:?}"),
    }
}

#[track_caller]
fn refusal(chain: &mut Redirects, status: u16, headers: &HeaderMap) -> (FetchErrorKind, RedirectError) {
    let error = step(chain, status, headers).expect_err("refused");
    assert_eq!(error.phase(), Phase::Head);
    assert!(error.url().is_some(), "it names the address");
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<RedirectError>());
    (error.kind(), source.expect("typed").clone())
}

#[test]
fn methods_and_bodies_follow_the_status() {
    use Body::{Dropped, Kept};
    for (status, method, next, body) in [
        (301, "GET", "GET", Kept),
        (301, "HEAD", "HEAD", Kept),
        (301, "POST", "GET", Dropped),
        (301, "PUT", "PUT", Kept),
        (302, "GET", "GET", Kept),
        (302, "HEAD", "HEAD", Kept),
        (302, "POST", "GET", Dropped),
        (302, "DELETE", "DELETE", Kept),
        (303, "GET", "GET", Kept),
        (303, "HEAD", "HEAD", Kept),
        (303, "POST", "GET", Dropped),
        (303, "PUT", "GET", Dropped),
        (307, "POST", "POST", Kept),
        (307, "GET", "GET", Kept),
        (308, "POST", "POST", Kept),
        (308, "PATCH", "PATCH", Kept),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let hop = hop(&mut chain(method.clone(), "http://a.test/"), status, "/next");
        assert_eq!((hop.method().as_str(), hop.body()), (next, body), "{status} {method}");
    }
}

#[test]
fn other_statuses_are_returned_although_they_name_a_location() {
    for status in (100..600).filter(|status| ![301, 302, 303, 307, 308].contains(status)) {
        assert_eq!(step(&mut chain(Method::GET, "http://a.test/"), status, &location("/b")).unwrap(), Action::Return);
    }
}

#[test]
fn locations_are_resolved_as_browsers_do() {
    for (base, given, expected) in [
        ("http://a.test/x/y?q#f", "z", "http://a.test/x/z#f"),
        ("http://a.test/x/y?q#f", "../z#g", "http://a.test/z#g"),
        ("http://a.test/x", "//b.test/y", "http://b.test/y"),
        ("http://a.test/x#f", "https://B.test", "https://b.test/#f"),
        ("http://a.test/x#f", "?q", "http://a.test/x?q#f"),
        ("http://a.test/x#f", "/y#", "http://a.test/y#"),
        ("http://a.test/x", "  /y\t", "http://a.test/y"),
        ("http://a.test/x", "/a b", "http://a.test/a%20b"),
        ("http://a.test/x", "\\\\b.test\\y", "http://b.test/y"),
        ("http://a.test/x", "http://user:secret@b.test/", "http://b.test/"),
        ("http://user:secret@a.test/x", "/y", "http://a.test/y"),
        ("http://a.test/x", "http://2130706433/", "http://127.0.0.1/"),
    ] {
        assert_eq!(hop(&mut chain(Method::GET, base), 302, given).url().as_str(), expected, "{base} {given}");
    }
    for (bytes, expected) in
        [("/caf\u{e9}".as_bytes(), "http://a.test/caf%C3%A9"), (b"/caf\xe9".as_slice(), "http://a.test/caf%E9")]
    {
        let action = step(&mut chain(Method::GET, "http://a.test/"), 302, &location(bytes)).unwrap();
        assert!(matches!(action, Action::Follow(hop) if hop.url().as_str() == expected));
    }
}

#[test]
fn no_location_is_no_redirect() {
    for headers in [HeaderMap::new(), location("")] {
        assert_eq!(step(&mut chain(Method::GET, "http://a.test/"), 302, &headers).unwrap(), Action::Return);
    }
}

#[test]
fn several_locations_are_one_when_they_agree_and_an_error_when_not() {
    let mut headers = location("/b");
    headers.append(LOCATION, HeaderValue::from_static("/b"));
    assert!(matches!(step(&mut chain(Method::GET, "http://a.test/"), 302, &headers), Ok(Action::Follow(_))));
    headers.append(LOCATION, HeaderValue::from_static("/c"));
    let refused = refusal(&mut chain(Method::GET, "http://a.test/"), 302, &headers);
    assert_eq!(refused, (FetchErrorKind::Protocol, RedirectError::Ambiguous));
}

#[test]
fn what_is_no_address_or_no_http_is_refused() {
    for given in ["http://", "http://a b/", "http://[::1", "http://user:secret@a.test:99999/"] {
        let (kind, why) = refusal(&mut chain(Method::GET, "http://a.test/"), 302, &location(given));
        assert!(matches!(why, RedirectError::Invalid { .. }), "{given}: {why}");
        assert_eq!(kind, FetchErrorKind::Protocol);
        assert!(!why.to_string().contains("secret"), "{why}");
    }
    for given in
        ["file:///etc/passwd", "data:text/html,x", "javascript:1", "ftp://b.test/", "gopher://b.test/", "about:blank"]
    {
        let (kind, why) = refusal(&mut chain(Method::GET, "http://a.test/"), 302, &location(given));
        assert!(matches!(why, RedirectError::Scheme { .. }), "{given}: {why}");
        assert_eq!(kind, FetchErrorKind::Forbidden);
    }
    let long = format!("/{}", "a".repeat(70_000));
    let (_, why) = refusal(&mut chain(Method::GET, "http://a.test/"), 302, &location(&long));
    assert!(why.to_string().len() < 400, "an error is no place for a long address");
}

#[test]
fn the_cap_counts_hops_and_says_so() {
    for limit in [0, 1, 10] {
        let policy = RedirectPolicy { max_hops: limit, ..RedirectPolicy::default() };
        let mut chain = Redirects::new(policy, Method::GET, url("http://a.test/0"));
        for number in 1..=limit {
            hop(&mut chain, 302, &format!("/{number}"));
        }
        let (kind, why) = refusal(&mut chain, 302, &location("/more"));
        assert_eq!(kind, FetchErrorKind::TooMany(u64::from(limit)));
        assert_eq!(why, RedirectError::TooMany { limit, url: url("http://a.test/more") });
        assert_eq!(chain.history().len(), limit as usize);
        assert_eq!(chain.url().path(), format!("/{limit}"), "the chain stays where it was");
    }
}

#[test]
fn loops_are_found_by_method_and_address() {
    let mut itself = chain(Method::GET, "http://a.test/");
    assert_eq!(refusal(&mut itself, 302, &location("/#elsewhere")).0, FetchErrorKind::TooMany(1));

    let mut pair = chain(Method::GET, "http://a.test/a");
    hop(&mut pair, 301, "/b");
    assert_eq!(refusal(&mut pair, 301, &location("/a")).1, RedirectError::Loop { url: url("http://a.test/a") });

    let mut after_post = chain(Method::POST, "http://a.test/form");
    assert_eq!(hop(&mut after_post, 303, "/form").method(), Method::GET, "the same address with another method");
    assert!(matches!(refusal(&mut after_post, 302, &location("/form")).1, RedirectError::Loop { .. }));
}

#[test]
fn a_cookie_set_on_the_way_makes_it_no_loop() {
    let mut wall = chain(Method::GET, "http://a.test/");
    let mut headers = location("/");
    headers.insert(SET_COOKIE, HeaderValue::from_static("seen=1"));
    assert!(matches!(step(&mut wall, 302, &headers), Ok(Action::Follow(_))));
    assert!(matches!(refusal(&mut wall, 302, &location("/")).1, RedirectError::Loop { .. }), "none was set this time");

    let mut endless = chain(Method::GET, "http://a.test/");
    for _ in 0..10 {
        assert!(matches!(step(&mut endless, 302, &headers), Ok(Action::Follow(_))));
    }
    assert!(matches!(refusal(&mut endless, 302, &headers).1, RedirectError::TooMany { limit: 10, .. }));
}

#[test]
fn downgrades_are_a_choice() {
    hop(&mut chain(Method::GET, "https://a.test/"), 302, "http://a.test/");
    let policy = RedirectPolicy { downgrade: Downgrade::Refuse, ..RedirectPolicy::default() };
    let mut strict = Redirects::new(policy.clone(), Method::GET, url("https://a.test/"));
    let (kind, why) = refusal(&mut strict, 302, &location("http://a.test/"));
    assert_eq!((kind, why), (FetchErrorKind::Forbidden, RedirectError::Downgrade { url: url("http://a.test/") }));
    hop(&mut Redirects::new(policy, Method::GET, url("http://a.test/")), 302, "https://a.test/");
}

#[test]
fn never_means_never() {
    let policy = RedirectPolicy { follow: Follow::Never, ..RedirectPolicy::default() };
    let mut chain = Redirects::new(policy, Method::GET, url("http://a.test/"));
    assert_eq!(step(&mut chain, 302, &location("file:///")).unwrap(), Action::Return);
}

/// A request with every header that may be taken from it, and two that may not.
fn loaded() -> Request {
    let mut request = gather_core::get("http://a.test/start").unwrap();
    *request.method_mut() = Method::POST;
    *request.body_mut() = Bytes::from_static(b"body");
    for name in CREDENTIAL_HEADERS.iter().chain(&BODY_HEADERS) {
        request.headers_mut().insert(name, HeaderValue::from_static("x"));
    }
    let mut secret = HeaderValue::from_static("secret");
    secret.set_sensitive(true);
    request.headers_mut().insert(HeaderName::from_static("x-key"), secret);
    request.headers_mut().insert(HeaderName::from_static("x-own"), HeaderValue::from_static("x"));
    request.headers_mut().insert(HOST, HeaderValue::from_static("a.test"));
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/html"));
    request
}

#[test]
fn credentials_go_to_no_other_origin_and_never_come_back() {
    for elsewhere in ["https://a.test/", "http://b.test/", "http://a.test:8080/", "http://www.a.test/"] {
        let policy =
            RedirectPolicy { credential_headers: vec![HeaderName::from_static("x-own")], ..RedirectPolicy::default() };
        let mut chain = Redirects::new(policy, Method::POST, url("http://a.test/start"));
        let mut request = loaded();
        for to in ["/same-origin", elsewhere, "http://a.test/back"] {
            let hop = hop(&mut chain, 307, to);
            hop.apply(&mut request).unwrap();
            assert_eq!(hop.crosses_origin(), to != "/same-origin");
            let kept = !hop.crosses_origin();
            for name in CREDENTIAL_HEADERS.iter().map(HeaderName::as_str).chain(["x-key", "x-own"]) {
                assert_eq!(request.headers().contains_key(name), kept, "{name} at {to}");
            }
            assert_eq!(request.extensions().get::<Discovered>().is_some(), !kept);
            assert_eq!(request.headers()[ACCEPT], "text/html");
            assert!(!request.headers().contains_key(HOST), "the transport writes it");
            assert_eq!((request.method(), request.body().len()), (&Method::POST, 4), "307 keeps the body");
            assert_eq!(request.headers()[CONTENT_TYPE], "x");
        }
        assert_eq!(AddressPolicy::of(request.extensions()), AddressPolicy::public());
    }
}

#[test]
fn a_dropped_body_takes_its_headers_along() {
    let mut chain = chain(Method::POST, "http://a.test/start");
    let mut request = loaded();
    hop(&mut chain, 303, "/result").apply(&mut request).unwrap();
    assert_eq!((request.method(), request.body().len()), (&Method::GET, 0));
    assert!(BODY_HEADERS.iter().all(|name| !request.headers().contains_key(name)));
    assert!(request.headers().contains_key(AUTHORIZATION) && request.headers().contains_key(COOKIE));
    assert_eq!(request.uri(), "http://a.test/result");
}

#[test]
fn the_history_tells_the_way() {
    let mut chain = chain(Method::POST, "http://user:secret@a.test/1");
    hop(&mut chain, 302, "/2");
    hop(&mut chain, 301, "http://b.test/3#f");
    let history: Vec<_> =
        chain.history().iter().map(|v| (v.method.as_str(), v.url.as_str(), v.status.as_u16())).collect();
    assert_eq!(history, [("POST", "http://a.test/1", 302), ("GET", "http://a.test/2", 301)]);
    assert_eq!(chain.url().as_str(), "http://b.test/3#f");
}

#[test]
fn arbitrary_answers_end_within_the_cap_and_never_leave_http() {
    let pieces =
        ["http://", "https:", "//", "/", "a.test", "b.test", "@", ":", "?", "#", "..", "%", "\\", " ", "é", "[", "x"];
    let mut random = fastrand::Rng::with_seed(4);
    let mut followed = 0;
    for _ in 0..5_000 {
        let mut chain = chain(Method::POST, "http://user:secret@a.test/start#f");
        for round in 0.. {
            assert!(round <= 10, "more hops than the cap");
            let given: String = (0..random.usize(1..6)).map(|_| *random.choice(&pieces).unwrap()).collect();
            let status = *random.choice(&[301, 302, 303, 307, 308, 200]).unwrap();
            match step(&mut chain, status, &location(given.as_bytes())) {
                Ok(Action::Follow(hop)) => {
                    followed += 1;
                    let url = hop.url();
                    assert!(["http", "https"].contains(&url.scheme()) && url.has_host(), "{url}");
                    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
                    hop.apply(&mut loaded()).expect("what is followed can be sent");
                }
                Ok(Action::Return) | Err(_) => break,
            }
        }
    }
    assert!(followed > 3_000, "{followed}: hardly anything was tested");
}
