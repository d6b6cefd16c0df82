//! Chains of redirects: they end, and secrets do not leave their origin.

use gather_client::Url;
use gather_client::origin::Origin;
use gather_client::redirect::{Action, BODY_HEADERS, Body, CREDENTIAL_HEADERS, Downgrade, RedirectPolicy, Redirects};
use gather_core::addresses::Discovered;
use gather_core::http::header::{HOST, LOCATION, SET_COOKIE};
use gather_core::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use gather_core::{Bytes, Request, get};

use crate::input::Input;

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::HEAD, Method::DELETE];
const STATUSES: [u16; 8] = [302, 301, 303, 307, 308, 200, 304, 300];
const PLACES: [&str; 10] = [
    "/next",
    "../up?x#y",
    "//two.test/",
    "https://one.test/",
    "http://one.test:80/",
    "http://one.test:8080/",
    "http://two.test/",
    "ftp://one.test/",
    "",
    "http://user:secret@one.test/",
];

const START: &str = "http://one.test/a";
const SECRET: HeaderName = HeaderName::from_static("x-secret");

/// The policy, the method; then for each answer its status, whether it sets a cookie, and where it leads: a place from a
/// list, or what stands on a line.
pub(crate) fn redirects(data: &[u8]) {
    let mut input = Input::new(data);
    let max_hops = u32::from(input.byte() % 12);
    let downgrade = input.pick(&[Downgrade::Follow, Downgrade::Refuse]);
    let method = input.pick(&METHODS);
    let policy = RedirectPolicy { max_hops, downgrade, ..RedirectPolicy::default() };
    let mut request = loaded(method.clone());
    let mut redirects = Redirects::new(policy, method, START.parse().expect("an address"));
    let mut has_left = false;
    for _ in 0..=max_hops {
        let status = StatusCode::from_u16(input.pick(&STATUSES)).expect("a status");
        let headers = answer(&mut input);
        let (before, from) = (request.clone(), redirects.url().clone());
        let Ok(Action::Follow(hop)) = redirects.next(status, &headers) else { return };
        hop.apply(&mut request).expect("a place that was found to be one");
        has_left |= Origin::of(&from).expect("an origin") != Origin::of(hop.url()).expect("an origin");
        assert!(downgrade == Downgrade::Follow || from.scheme() == "http" || hop.url().scheme() == "https");
        assert_eq!((request.method(), redirects.url()), (hop.method(), hop.url()));
        has_no_secrets(&request, has_left);
        has_the_right_body(status, &before, &request, hop.body());
        assert!(redirects.history().len() <= max_hops as usize, "more hops than allowed");
    }
    panic!("more than {max_hops} hops");
}

/// A request with everything that must not go astray.
fn loaded(method: Method) -> Request {
    let mut request = get(START).expect("a request");
    *request.method_mut() = method;
    *request.body_mut() = Bytes::from_static(b"the body");
    let value = HeaderValue::from_static("1");
    request
        .headers_mut()
        .extend(CREDENTIAL_HEADERS.iter().chain(&BODY_HEADERS).map(|name| (name.clone(), value.clone())));
    request.headers_mut().insert(HOST, value.clone());
    let mut secret = value;
    secret.set_sensitive(true);
    request.headers_mut().insert(SECRET, secret);
    request
}

fn answer(input: &mut Input<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if input.byte().is_multiple_of(3) {
        headers.insert(SET_COOKIE, HeaderValue::from_static("a=1"));
    }
    let choice = usize::from(input.byte());
    let place = PLACES.get(choice % 16).map_or_else(|| input.line(), |place| place.as_bytes());
    headers.extend(HeaderValue::from_bytes(place).ok().map(|value| (LOCATION, value)));
    headers
}

fn has_no_secrets(request: &Request, has_left: bool) {
    let headers = request.headers();
    assert!(!headers.contains_key(HOST), "the host of before");
    let secrets = CREDENTIAL_HEADERS.into_iter().chain([SECRET]);
    let there = secrets.filter(|name| headers.contains_key(name)).count();
    let all = CREDENTIAL_HEADERS.len() + 1;
    // Once they are gone they do not come back, not even at home.
    assert_eq!(there, if has_left { 0 } else { all }, "{:?}", request.uri());
    assert_eq!(request.extensions().get::<Discovered>().is_some(), has_left, "where it leads was chosen by a server");
    assert!(!request.uri().authority().expect("an authority").as_str().contains('@'));
    assert!(matches!(Url::parse(&request.uri().to_string()).expect("an address").scheme(), "http" | "https"));
}

/// RFC 9110, sections 15.4.2 to 15.4.9.
fn has_the_right_body(status: StatusCode, before: &Request, after: &Request, body: Body) {
    let to_get = match status.as_u16() {
        303 => !matches!(*before.method(), Method::GET | Method::HEAD),
        301 | 302 => *before.method() == Method::POST,
        307 | 308 => false,
        other => panic!("{other} is followed"),
    };
    if to_get {
        assert_eq!((after.method(), body), (&Method::GET, Body::Dropped));
        assert!(after.body().is_empty() && BODY_HEADERS.iter().all(|name| !after.headers().contains_key(name)));
    } else {
        assert_eq!((after.method(), after.body(), body), (before.method(), before.body(), Body::Kept));
    }
}
