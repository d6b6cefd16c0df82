//! Caching: nothing is stored that must not be, nothing is served to whom it is not for.

use std::time::Duration;

use gather_client::cache::{After, Audience, Before, Cache, CacheOptions, Entry};
use gather_core::http::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, CONNECTION, COOKIE, ETAG, SET_COOKIE, TRANSFER_ENCODING, VARY,
};
use gather_core::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, response};
use gather_core::{Request, get};

use crate::input::{Input, directives, field, now};

const STATUSES: [u16; 8] = [200, 404, 301, 206, 304, 500, 410, 204];
const METHODS: [Method; 4] = [Method::GET, Method::GET, Method::POST, Method::HEAD];
const LATER: [u64; 6] = [0, 1, 59, 60, 86_400, 4_000_000_000];

/// The audience, the method, the status, how much later it is asked for again; then fields, one a line: of the request
/// behind `>`, of a 304 behind `=`, any other of the answer.
pub(crate) fn caching(data: &[u8]) {
    let mut input = Input::new(data);
    let audience = input.pick(&[Audience::One, Audience::Shared]);
    let method = input.pick(&METHODS);
    let status = input.pick(&STATUSES);
    let later = Duration::from_secs(input.pick(&LATER));

    let mut request = get("http://example.com/page?a=1").expect("a request");
    *request.method_mut() = method;
    let (mut answer, mut news) = (HeaderMap::new(), HeaderMap::new());
    for line in input.lines().take(40) {
        let (headers, line) = match line.first() {
            Some(b'>') => (request.headers_mut(), &line[1..]),
            Some(b'=') => (&mut news, &line[1..]),
            _ => (&mut answer, line),
        };
        headers.extend(field(line));
    }
    let cache = Cache::new(CacheOptions { audience, ..CacheOptions::default() });
    let head = head(status, answer);

    assert!(matches!(cache.before(&request, None, now()), Before::Bypass | Before::Miss | Before::Unavailable));
    match cache.after(&request, None, &head, now()) {
        After::Keep | After::Forget => {}
        After::Store(mut recording) => {
            may_be_stored(audience, &request, &head);
            recording.push(b"the stored body");
            if let Some(entry) = recording.finish() {
                Stored { cache, audience, request, entry }.is_used_rightly(later, &news);
            }
        }
        other => panic!("{other:?}, and nothing was asked about"),
    }
}

fn head(status: u16, headers: HeaderMap) -> response::Parts {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    *response.headers_mut() = headers;
    response.into_parts().0
}

/// RFC 9111 section 3.
fn may_be_stored(audience: Audience, request: &Request, head: &response::Parts) {
    assert_eq!(request.method(), Method::GET);
    assert!(!matches!(head.status.as_u16(), 206 | 304 | 500), "{}", head.status);
    assert!(varying(&head.headers).all(|name| name != b"*"), "nobody else could have it");
    let (asked, _) = directives(request.headers(), &CACHE_CONTROL);
    assert!(!asked.iter().any(|name| name == "no-store"), "the request forbids it");
    let (said, quoted) = directives(&head.headers, &CACHE_CONTROL);
    let says = |wanted: &str| said.iter().any(|name| name == wanted);
    if quoted {
        return;
    }
    assert!(!says("no-store"), "the answer forbids it");
    if audience == Audience::Shared {
        assert!(!says("private"), "it is for one user");
        let may = says("public") || says("s-maxage") || says("must-revalidate");
        assert!(may || !request.headers().contains_key(AUTHORIZATION), "it was asked for with a password");
    }
}

struct Stored {
    cache: Cache,
    audience: Audience,
    request: Request,
    entry: Entry,
}

impl Stored {
    fn is_used_rightly(&self, later: Duration, news: &HeaderMap) {
        let Stored { cache, audience, request, entry } = self;
        is_fit_to_be_kept(entry);
        assert_eq!((entry.url(), &entry.body()[..]), (request.uri(), &b"the stored body"[..]));

        let own = cache.before(request, Some(entry), now() + later);
        if let Before::Fresh(head) = &own {
            assert!(head.headers.contains_key(AGE), "an answer from a cache says how old it is");
            assert_eq!(head.status, entry.status());
        }
        let is_of_no_use = |request: &Request, why: &str| {
            let before = cache.before(request, Some(entry), now() + later);
            assert!(!matches!(before, Before::Fresh(_) | Before::Revalidate(_)), "{why}: {before:?}");
        };
        let mut elsewhere = request.clone();
        *elsewhere.uri_mut() = "http://example.com/other".parse().expect("a URI");
        is_of_no_use(&elsewhere, "elsewhere");
        is_of_no_use(&with(request, AUTHORIZATION, "Bearer of-another"), "another user");
        let (said, quoted) = directives(entry.headers(), &CACHE_CONTROL);
        if *audience == Audience::One && !quoted && said.iter().any(|name| name == "private") {
            is_of_no_use(&with(request, COOKIE, "session=of-another"), "another session");
        }
        for name in varying(entry.headers()) {
            if let Ok(name) = HeaderName::from_bytes(name) {
                is_of_no_use(&with(request, name, "something else"), "it varies");
            }
        }
        // A clock may be set back, and far ahead.
        for time in [std::time::SystemTime::UNIX_EPOCH, now() + Duration::from_secs(1 << 40)] {
            let _ = cache.before(request, Some(entry), time);
        }
        self.is_renewed_rightly(later, news);
    }

    fn is_renewed_rightly(&self, later: Duration, news: &HeaderMap) {
        let Stored { cache, request, entry, .. } = self;
        let same_tag = |news: &HeaderMap| news.get(ETAG).is_none_or(|_| entry.headers().contains_key(ETAG));
        match cache.after(request, Some(entry), &head(304, news.clone()), now() + later) {
            After::NotModified(answer) => {
                let (head, renewed) = *answer;
                assert!(same_tag(news), "about something that has no tag");
                assert!(head.headers.contains_key(AGE) && head.status == entry.status());
                assert_eq!((renewed.body(), renewed.url()), (entry.body(), entry.url()));
                assert!(renewed.received() >= entry.received());
                is_fit_to_be_kept(&renewed);
                may_be_stored(self.audience, request, &self::head(200, renewed.headers().clone()));
            }
            After::NotModifiedForget(head) => assert_eq!(head.status, entry.status()),
            After::Again => assert!(news.contains_key(ETAG), "nothing says that it is about something else"),
            other => panic!("{other:?} after a 304"),
        }
    }
}

/// The names in `Vary`, as they came.
fn varying(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(VARY).iter();
    values.flat_map(|value| value.as_bytes().split(|&byte| byte == b',')).map(<[u8]>::trim_ascii)
}

fn is_fit_to_be_kept(entry: &Entry) {
    for name in [SET_COOKIE, CONNECTION, TRANSFER_ENCODING] {
        assert!(!entry.headers().contains_key(&name), "{name} is stored");
    }
}

/// The same request with one field more.
fn with(request: &Request, name: HeaderName, value: &'static str) -> Request {
    let mut other = request.clone();
    other.headers_mut().append(name, HeaderValue::from_static(value));
    other
}
