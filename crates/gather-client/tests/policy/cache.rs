//! The cache: what is kept, when it is used again, how it is asked about.

use std::time::{Duration, SystemTime};

use gather_client::cache::{After, Audience, Before, Cache, CacheOptions, Entry, Key};
use gather_core::Request;
use gather_core::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, response};

const URL: &str = "http://a.test/page";

/// 1994-11-06 08:49:37.
pub(super) fn after(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 + seconds)
}

fn headers(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").expect(line);
        headers.append(HeaderName::try_from(name).expect(line), HeaderValue::from_bytes(value.as_bytes()).expect(line));
    }
    headers
}

fn ask(lines: &[&str]) -> Request {
    let mut request = gather_core::get(URL).unwrap();
    *request.headers_mut() = headers(lines);
    request
}

pub(super) fn head(status: u16, lines: &[&str]) -> response::Parts {
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    *answer.headers_mut() = headers(lines);
    answer.into_parts().0
}

/// The entry that the answer makes, if it makes one.
fn kept(cache: &Cache, request: &Request, status: u16, lines: &[&str]) -> Option<Entry> {
    match cache.after(request, None, &head(status, lines), after(0)) {
        After::Store(mut recording) => {
            recording.push(b"bo");
            recording.push(b"dy");
            recording.finish()
        }
        After::Forget => None,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn entry(lines: &[&str]) -> Entry {
    kept(&Cache::default(), &ask(&[]), 200, lines).unwrap_or_else(|| panic!("{lines:?} is kept"))
}

fn is_fresh(request: &[&str], entry: &Entry, seconds: u64) -> bool {
    matches!(Cache::default().before(&ask(request), Some(entry), after(seconds)), Before::Fresh(_))
}

#[test]
fn freshness_ends_when_the_server_says() {
    for (lines, lasts) in [
        (&["cache-control: max-age=60"][..], 60),
        (&["Cache-Control: Max-Age=60"], 60),
        (&["cache-control: max-age=60", "age: 20"], 40),
        (&["cache-control: max-age=60", "expires: Thu, 01 Jan 1970 00:00:00 GMT"], 60),
        (&["expires: Sun, 06 Nov 1994 08:50:37 GMT", "date: Sun, 06 Nov 1994 08:49:37 GMT"], 60),
        (&["expires: Sunday, 06-Nov-94 08:50:37 GMT", "date: Sun Nov  6 08:49:37 1994"], 60),
        (&["last-modified: Sun, 06 Nov 1994 08:39:37 GMT"], 60),
        (&["cache-control: max-age=60, max-age=60"], 60),
        (&["cache-control: s-maxage=10, max-age=60"], 60),
        (&["cache-control: private, max-age=60"], 60),
        (&["cache-control: max-age=\"60\""], 60),
        (&["cache-control: max-age=99999999999999999999", "etag: \"x\""], 0),
        (&["cache-control: max-age=-5", "etag: \"x\""], 0),
        (&["cache-control: no-cache, max-age=60", "etag: \"x\""], 0),
        (&["cache-control: NO-CACHE, max-age=60", "etag: \"x\""], 0),
        (&["pragma: No-Cache", "expires: Sun, 06 Nov 1994 08:50:37 GMT", "etag: \"x\""], 0),
        (&["expires: 0", "etag: \"x\""], 0),
        (&["cache-control: max-age=60", "age: 99999999999999999999999", "etag: \"x\""], 0),
        (&["cache-control: max-age=60", "age: 18446744073709551615", "etag: \"x\""], 0),
        (&["etag: \"x\""], 0),
    ] {
        let entry = entry(lines);
        if lasts > 0 {
            assert!(is_fresh(&[], &entry, lasts - 1), "{lines:?} before {lasts}");
        }
        assert!(!is_fresh(&[], &entry, lasts), "{lines:?} at {lasts}");
    }
}

#[test]
fn what_must_not_be_kept_is_not() {
    let (own, shared) =
        (Cache::default(), Cache::new(CacheOptions { audience: Audience::Shared, ..CacheOptions::default() }));
    for (request, status, lines, by_own, by_shared) in [
        (&[][..], 200, &["cache-control: max-age=60"][..], true, true),
        (&[], 200, &["cache-control: no-store, max-age=60"], false, false),
        (&[], 200, &["cache-control: No-Store, max-age=60"], false, false),
        (&[], 200, &["cache-control: private, max-age=60"], true, false),
        (&[], 200, &["cache-control: PRIVATE=\"x\", max-age=60"], true, false),
        (&["authorization: x"], 200, &["cache-control: max-age=60"], true, false),
        (&["authorization: x"], 200, &["cache-control: max-age=60, public"], true, true),
        (&[], 200, &["cache-control: max-age=60", "vary: *"], false, false),
        (&[], 200, &["cache-control: max-age=60", "vary: accept, *"], false, false),
        (&[], 206, &["cache-control: max-age=60"], false, false),
        (&[], 404, &["cache-control: max-age=60"], true, true),
        (&[], 301, &["cache-control: max-age=60"], true, true),
        (&[], 302, &[], false, false),
        (&[], 200, &[], false, false), // nothing to be fresh by, nothing to ask by
        (&[], 200, &["etag: \"x\""], true, true),
        (&[], 418, &["cache-control: max-age=60"], false, false),
    ] {
        assert_eq!(kept(&own, &ask(request), status, lines).is_some(), by_own, "{request:?} {status} {lines:?}");
        assert_eq!(
            kept(&shared, &ask(request), status, lines).is_some(),
            by_shared,
            "shared: {request:?} {status} {lines:?}"
        );
    }
    for own_condition in
        ["range: bytes=0-1", "if-none-match: \"x\"", "if-modified-since: x", "if-range: x", "cache-control: NO-STORE"]
    {
        let request = ask(&[own_condition]);
        let fresh = entry(&["cache-control: max-age=60"]);
        assert!(matches!(own.before(&request, Some(&fresh), after(0)), Before::Bypass), "{own_condition}");
        let answer = head(200, &["cache-control: max-age=60"]);
        assert!(matches!(own.after(&request, None, &answer, after(0)), After::Keep), "{own_condition}");
    }
    let secret = gather_core::get("http://user:secret@a.test/").unwrap();
    assert!(matches!(own.before(&secret, None, after(0)), Before::Bypass), "no password in a file");
}

#[test]
fn a_fresh_answer_is_the_stored_one_with_an_age() {
    let entry = entry(&[
        "cache-control: max-age=60",
        "age: 7",
        "link: </a>",
        "link: </b>",
        "connection: x-hop, close",
        "x-hop: 1",
        "keep-alive: 5",
        "set-cookie: a=1",
        "transfer-encoding: chunked",
        "content-type: text/html",
    ]);
    let Before::Fresh(head) = Cache::default().before(&ask(&[]), Some(&entry), after(30)) else { panic!("fresh") };
    assert_eq!((head.status, &head.headers["age"]), (StatusCode::OK, &HeaderValue::from(37)));
    assert_eq!(head.headers.get_all("link").iter().count(), 2, "all values");
    for gone in ["connection", "x-hop", "keep-alive", "set-cookie", "transfer-encoding"] {
        assert!(!head.headers.contains_key(gone), "{gone}");
    }
    assert_eq!(entry.body(), "body");
}

#[test]
fn a_byte_beyond_ascii_hides_nothing_that_stands_beside_it() {
    let cache = Cache::default();
    assert!(kept(&cache, &ask(&[]), 200, &["cache-control: max-age=60, no-store, by=é"]).is_none());
    assert!(kept(&cache, &ask(&[]), 200, &["cache-control: max-age=60", "vary: é, *"]).is_none());

    let private = entry(&["cache-control: max-age=60, private, by=é"]);
    assert!(is_fresh(&[], &private, 59) && !is_fresh(&[], &private, 60));
    assert!(!is_fresh(&["cookie: session=2"], &private, 0), "another session");
    let varies = entry(&["cache-control: max-age=60", "vary: é, accept"]);
    assert!(is_fresh(&[], &varies, 0) && !is_fresh(&["accept: text/html"], &varies, 0));
}

#[test]
fn requests_can_ask_for_more() {
    let entry = entry(&["cache-control: max-age=60", "etag: \"x\""]);
    for (request, seconds, fresh) in [
        ("cache-control: no-cache", 1, false),
        ("cache-control: No-Cache", 1, false),
        ("pragma: no-cache", 1, false),
        ("cache-control: max-age=10", 10, true),
        ("cache-control: max-age=10", 11, false),
        ("cache-control: min-fresh=10", 55, false),
        ("cache-control: max-stale", 500, true),
        ("cache-control: max-stale=10", 69, true),
        ("cache-control: max-stale=10", 71, false),
    ] {
        assert_eq!(is_fresh(&[request], &entry, seconds), fresh, "{request} at {seconds}");
    }
    let only = ask(&["cache-control: only-if-cached"]);
    assert!(matches!(Cache::default().before(&only, Some(&entry), after(1)), Before::Fresh(_)));
    for stored in [None, Some(&entry)] {
        assert!(matches!(Cache::default().before(&only, stored, after(61)), Before::Unavailable));
    }
}

#[test]
fn vary_and_credentials_select() {
    let stored = |request: &[&str], lines: &[&str]| kept(&Cache::default(), &ask(request), 200, lines).expect("kept");
    let max_age = "cache-control: max-age=60";
    let private = "cache-control: private, max-age=60";
    for (first, lines, second, fits) in [
        (&["accept: a"][..], &[max_age, "vary: accept"][..], &["accept: a", "x: y"][..], true),
        (&["accept: a"], &[max_age, "vary: Accept"], &["accept: b"], false),
        (&["accept: a"], &[max_age, "vary: accept"], &[], false),
        (&[], &[max_age, "vary: accept"], &[], true),
        (&["accept: a", "accept: b"], &[max_age, "vary: accept"], &["accept: a", "accept: c"], false),
        (&["accept: ab"], &[max_age, "vary: accept"], &["accept: a", "accept: b"], false),
        (&["accept: a", "x: 1"], &[max_age, "vary: accept", "vary: x"], &["accept: a", "x: 2"], false),
        (&["authorization: me"], &[max_age], &["authorization: you"], false),
        (&["authorization: me"], &[max_age], &["authorization: me"], true),
        (&["authorization: me"], &[max_age], &[], false),
        (&["cookie: me"], &[max_age], &["cookie: you"], true),
        (&["cookie: me"], &[private], &["cookie: you"], false),
        (&["cookie: me"], &[private], &["cookie: me"], true),
    ] {
        assert_eq!(is_fresh(second, &stored(first, lines), 1), fits, "{first:?} {lines:?} {second:?}");
    }
    let mut elsewhere = ask(&[]);
    *elsewhere.uri_mut() = "http://b.test/page".parse().unwrap();
    let entry = stored(&[], &[max_age]);
    assert!(
        matches!(Cache::default().before(&elsewhere, Some(&entry), after(1)), Before::Miss),
        "a store that mixes up"
    );
}

#[test]
fn stale_answers_are_asked_about_by_what_they_have() {
    let modified = "last-modified: Sun, 06 Nov 1994 08:49:37 GMT";
    for (lines, etag, since) in [
        (&["cache-control: no-cache", "etag: \"x\""][..], Some("\"x\""), false),
        (&["cache-control: no-cache", "etag: W/\"x\"", modified], Some("W/\"x\""), true),
        (&["cache-control: no-cache", modified], None, true),
    ] {
        let request = ask(&["accept: a", "accept: b"]);
        let stored = entry(lines);
        let Before::Revalidate(headers) = Cache::default().before(&request, Some(&stored), after(1)) else {
            panic!("{lines:?}")
        };
        assert_eq!(headers.get("if-none-match").map(|value| value.to_str().unwrap()), etag);
        assert_eq!(headers.contains_key("if-modified-since"), since);
        assert_eq!(headers.get_all("accept").iter().count(), 2, "the request's own headers stay");
    }
    let stale = entry(&["cache-control: max-age=5"]);
    assert!(matches!(Cache::default().before(&ask(&[]), Some(&stale), after(6)), Before::Miss));
}

#[test]
fn not_modified_renews_what_was_asked_about() {
    let cache = Cache::default();
    let old = entry(&[
        "cache-control: max-age=5",
        "etag: \"x\"",
        "age: 3",
        "x-old: 1",
        "x-both: 1",
        "content-type: text/html",
    ]);
    let news = head(
        304,
        &[
            "cache-control: max-age=50",
            "etag: \"x\"",
            "x-both: 2",
            "x-both: 3",
            "x-new: 1",
            "content-length: 0",
            "content-type: image/png",
            "set-cookie: a=1",
        ],
    );
    let After::NotModified(renewed) = cache.after(&ask(&[]), Some(&old), &news, after(100)) else { panic!("renewed") };
    let (answer, renewed) = *renewed;
    assert_eq!((answer.status, &answer.headers["age"]), (StatusCode::OK, &HeaderValue::from(0)));
    assert_eq!(answer.headers.get_all("x-both").iter().collect::<Vec<_>>(), ["2", "3"]);
    assert!(answer.headers.contains_key("x-old") && answer.headers.contains_key("x-new"));
    assert_eq!(answer.headers["content-type"], "text/html", "the body is the old one");
    assert!(!answer.headers.contains_key("content-length") && !answer.headers.contains_key("set-cookie"));
    assert_eq!(renewed.body(), "body");
    assert!(is_fresh(&[], &renewed, 149) && !is_fresh(&[], &renewed, 150));

    for etag in ["etag: W/\"x\"", "x-none: 1"] {
        assert!(
            matches!(cache.after(&ask(&[]), Some(&old), &head(304, &[etag]), after(9)), After::NotModified(_)),
            "{etag}"
        );
    }
    assert!(matches!(cache.after(&ask(&[]), Some(&old), &head(304, &["etag: \"y\""]), after(9)), After::Again));
    for gone in ["cache-control: no-store", "vary: *"] {
        let after = cache.after(&ask(&[]), Some(&old), &head(304, &[gone]), after(9));
        assert!(matches!(after, After::NotModifiedForget(head) if head.status == StatusCode::OK), "{gone}");
    }
}

#[test]
fn other_answers_to_a_question_replace_or_leave() {
    let cache = Cache::default();
    let old = entry(&["cache-control: max-age=5", "etag: \"x\""]);
    let of = |status, lines: &[&str]| cache.after(&ask(&[]), Some(&old), &head(status, lines), after(9));
    assert!(matches!(of(200, &["cache-control: max-age=5"]), After::Store(_)));
    assert!(matches!(of(200, &["cache-control: no-store"]), After::Forget));
    assert!(matches!(of(404, &[]), After::Forget));
    for unwell in [500, 502, 503, 504] {
        assert!(matches!(of(unwell, &["cache-control: max-age=5"]), After::Keep), "{unwell}");
    }
    let unasked = cache.after(&ask(&[]), None, &head(304, &[]), after(9));
    assert!(matches!(unasked, After::Keep), "a 304 that nobody asked for is not stored");
}

#[test]
fn what_changes_a_resource_is_not_cached_and_forgets_it() {
    let cache = Cache::default();
    for (method, status, forgets) in [
        (Method::POST, 200, true),
        (Method::PUT, 204, true),
        (Method::DELETE, 303, true),
        (Method::PATCH, 200, true),
        (Method::POST, 404, false),
        (Method::POST, 500, false),
        (Method::HEAD, 200, false),
        (Method::OPTIONS, 200, false),
    ] {
        let mut request = ask(&[]);
        *request.method_mut() = method.clone();
        assert!(matches!(
            cache.before(&request, Some(&entry(&["cache-control: max-age=60"])), after(0)),
            Before::Bypass
        ));
        let after = cache.after(&request, None, &head(status, &["cache-control: max-age=60"]), after(0));
        assert_eq!(matches!(after, After::Forget), forgets, "{method} {status}");
        assert_eq!(Key::of(&request), Key::of(&ask(&[])), "the key is that of the GET");
    }
}

#[test]
fn bodies_that_are_too_long_or_cut_are_not_kept() {
    let cache = Cache::new(CacheOptions { max_body: 10, ..CacheOptions::default() });
    for (announced, chunks, stored) in [
        (None, &[5, 5][..], true),
        (None, &[5, 6], false),
        (None, &[11, 0], false),
        (Some("10"), &[10], true),
        (Some("9"), &[5], false),
        (Some("3"), &[5], false),
        (Some("x"), &[5], false),
        (None, &[], true),
    ] {
        let mut lines = vec!["cache-control: max-age=60".to_owned()];
        lines.extend(announced.map(|length| format!("content-length: {length}")));
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let After::Store(mut recording) = cache.after(&ask(&[]), None, &head(200, &lines), after(0)) else {
            panic!("store")
        };
        chunks.iter().for_each(|&length| recording.push(&vec![b'x'; length]));
        assert_eq!(
            recording.finish().map(|entry| entry.body().len()),
            stored.then(|| chunks.iter().sum()),
            "{announced:?} {chunks:?}"
        );
    }
}

#[test]
fn arbitrary_heads_at_arbitrary_times_never_panic() {
    let names =
        ["cache-control", "age", "date", "expires", "last-modified", "etag", "vary", "pragma", "warning", "connection"];
    let values = [
        "max-age=",
        "18446744073709551615",
        "9",
        "-",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 0000 00:00:00 GMT",
        "no-store",
        "no-cache",
        ",",
        "=",
        "\"",
        "W/",
        "*",
        "accept",
        "\t",
        "é",
        "s-maxage=",
        "immutable",
        "max-stale=",
        "min-fresh=",
        "public",
        "private",
        "1994",
        "113 - x",
    ];
    let mut random = fastrand::Rng::with_seed(9);
    let mut stored = 0;
    for _ in 0..5_000 {
        let mut arbitrary = |count: usize| {
            let mut headers = HeaderMap::new();
            for _ in 0..random.usize(0..=count) {
                let value: String = (0..random.usize(1..4)).map(|_| *random.choice(&values).unwrap()).collect();
                let name = HeaderName::from_static(random.choice(names).unwrap());
                headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            headers
        };
        let mut request = ask(&[]);
        *request.headers_mut() = arbitrary(2);
        let mut answer = head(200, &[]);
        answer.headers = arbitrary(5);
        let mut news = head(304, &[]);
        news.headers = arbitrary(3);
        let mut seconds = || Duration::from_secs(random.u64(..) >> random.u32(2..64));
        let now = SystemTime::UNIX_EPOCH + seconds();
        let later = now.checked_add(seconds()).unwrap_or(now);
        for audience in [Audience::One, Audience::Shared] {
            let cache = Cache::new(CacheOptions { audience, ..CacheOptions::default() });
            let After::Store(recording) = cache.after(&request, None, &answer, now) else { continue };
            let entry = recording.finish().expect("an empty body");
            stored += 1;
            cache.before(&request, Some(&entry), later);
            cache.before(&request, Some(&entry), SystemTime::UNIX_EPOCH - Duration::from_secs(1 << 40));
            cache.after(&request, Some(&entry), &news, later);
        }
    }
    assert!(stored > 300, "{stored}: hardly anything was tested");
}
