//! Cookies: to no other site, not to plain connections, within limits, and the same from a file.

use std::time::Duration;

use gather_client::Url;
use gather_client::cookies::{CookieLimits, Jar, Rejected, registrable_domain};
use gather_core::http::header::SET_COOKIE;
use gather_core::http::{HeaderMap, HeaderValue};

use crate::input::{Input, now};

const URLS: [&str; 12] = [
    "http://example.com/",
    "https://example.com/a/b",
    "https://www.example.com/a",
    "http://shop.example.com/a/b/c",
    "https://example.org/",
    "https://co.uk/",
    "https://one.co.uk/",
    "https://two.co.uk/",
    "https://me.github.io/",
    "http://127.0.0.1/",
    "http://127.0.0.2/",
    "http://localhost/",
];

/// Whether it is a file or an answer, the place it is from, the limits; then lines.
pub(crate) fn cookies(data: &[u8]) {
    let mut input = Input::new(data);
    let is_file = input.byte().is_multiple_of(8);
    let from = url(input.pick(&URLS));
    let small = CookieLimits { per_site: 3, total: 4, bytes: 60, per_response: 5, header_bytes: 100 };
    let limits = input.pick(&[CookieLimits::default(), small]);
    if is_file {
        return file(input.rest(), limits);
    }
    let lines: Vec<_> = input.lines().filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();

    let jar = Jar::new(limits);
    let answer: HeaderMap = lines.iter().map(|line| (SET_COOKIE, line.clone())).collect();
    let stored = jar.store(&from, &answer, now());
    assert!(stored.accepted <= limits.per_response && stored.rejected.len() <= limits.per_response + 1);
    let too_many = stored.rejected.contains(&Rejected::TooMany(limits.per_response));
    assert_eq!(too_many, lines.len() > limits.per_response, "{stored:?}");
    assert!(jar.len() <= limits.total.min(limits.per_site), "{jar:?} beyond its limits");
    goes_only_where_it_may(&jar, &from, limits);
    survives_a_file(&jar, limits);

    lines.iter().for_each(|line| alone(line, &from, limits));
}

fn goes_only_where_it_may(jar: &Jar, from: &Url, limits: CookieLimits) {
    for to in URLS.map(url) {
        let Some(header) = jar.header(&to, now()) else { continue };
        assert_eq!(site(from), site(&to), "a cookie from {from} goes to {to}");
        assert!(header.is_sensitive(), "{to}");
        assert!(!header.is_empty() && header.len() <= limits.header_bytes, "{} bytes to {to}", header.len());
        // A tab is the one control character that a header can have, and cookies may.
        assert!(
            header.as_bytes().iter().all(|byte| !byte.is_ascii_control() || *byte == b'\t'),
            "{:?}",
            header.as_bytes()
        );
    }
}

/// A single cookie: what its own attributes promise.
fn alone(line: &HeaderValue, from: &Url, limits: CookieLimits) {
    let jar = Jar::new(limits);
    let answer = HeaderMap::from_iter([(SET_COOKIE, line.clone())]);
    let stored = jar.store(from, &answer, now());
    assert_eq!(stored.accepted + stored.rejected.len(), 1, "{stored:?}");
    let to = |place| jar.header(&url(place), now());
    let first = URLS.map(to);
    assert!(stored.accepted == 1 || jar.is_empty(), "rejected, and there");

    let (secure, domain) = (has(line, "secure"), has(line, "domain"));
    let is_host = line.as_bytes().trim_ascii().to_ascii_lowercase().starts_with(b"__host-");
    for (place, header) in URLS.iter().zip(&first) {
        let place = url(place);
        let is_plain =
            place.scheme() == "http" && !matches!(place.host_str(), Some("localhost" | "127.0.0.1" | "127.0.0.2"));
        assert!(header.is_none() || !secure || !is_plain, "a secure cookie goes to {place}");
        assert!(
            header.is_none() || domain || place.host_str() == from.host_str(),
            "a host's own cookie goes to {place}"
        );
        assert!(header.is_none() || !is_host || place.host_str() == from.host_str(), "`__Host-` goes to {place}");
    }

    jar.store(from, &answer, now());
    assert_eq!(URLS.map(to), first, "a second time changes something");
    let mut old = Vec::new();
    jar.save(&mut old, now() + Duration::from_secs(400 * 24 * 60 * 60 + 1)).expect("memory can be written");
    assert!(old.is_empty(), "it lives for more than 400 days");
}

/// What is written can be read, and is the same.
fn survives_a_file(jar: &Jar, limits: CookieLimits) {
    let saved = save(jar);
    let again = Jar::new(limits);
    let report = again.load(saved.as_slice(), now()).expect("memory can be read");
    assert!(report.refused.is_empty(), "a cookie that was kept is refused from a file: {report:?}");
    let lines = saved.iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!((report.loaded, report.expired), (lines, 0));
    assert_eq!(save(&again), saved, "another file");
}

/// Any file: what is taken of it keeps every promise that does not depend on where it came from.
fn file(bytes: &[u8], limits: CookieLimits) {
    let jar = Jar::new(limits);
    let report = jar.load(bytes, now()).expect("memory can be read");
    assert!(jar.len() <= limits.total && jar.len() <= report.loaded, "{jar:?}: {report:?}");
    for to in URLS.map(url) {
        let header = jar.header(&to, now());
        let is_fine = |header: &HeaderValue| header.is_sensitive() && header.len() <= limits.header_bytes;
        assert!(header.as_ref().is_none_or(is_fine), "{to}: {header:?}");
    }
    survives_a_file(&jar, limits);
}

fn save(jar: &Jar) -> Vec<u8> {
    let mut saved = Vec::new();
    jar.save(&mut saved, now()).expect("memory can be written");
    saved
}

/// Whether there is an attribute of that name.
fn has(line: &HeaderValue, name: &str) -> bool {
    let attributes = line.as_bytes().split(|&byte| byte == b';').skip(1);
    let names = attributes.map(|attribute| attribute.split(|&byte| byte == b'=').next().unwrap_or_default());
    names.into_iter().any(|given| given.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
}

fn site(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    registrable_domain(host).unwrap_or_else(|| host.to_owned())
}

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}
