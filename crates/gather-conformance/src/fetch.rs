//! Laws of a [`Fetch`]: what every client does with the same origin.
//!
//! Each takes a host and a closure that makes the client from the host's handle. Neither has to be `Send`.

mod addresses;
mod broken;
mod cancelled;
mod connecting;
mod hostile;
mod pooled;

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use gather_core::{Clock, Deviation, Fetch, FetchErrorKind, Host, Phase, fetch_page, timeout};
use http::{Method, StatusCode};

pub use addresses::*;
pub use broken::*;
pub use cancelled::*;
pub use connecting::*;
pub use hostile::*;
pub use pooled::*;

use crate::exchange::{EMPTY_CONTENT, ask, assert_usable, deviates, generous, next, page, request, rest};
use crate::origin::{Counts, Origin, pattern};

/// A page comes with its status, its header fields and its body.
pub fn get_brings_a_page<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let page = page(&fetch, &clock, &origin, "/say/hello").await.expect("a page");
        assert_eq!((page.head.status, &page.body[..]), (StatusCode::OK, &b"hello"[..]));
        assert_eq!(page.head.content_length(), Some(5), "the header fields come along");
    });
    assert_eq!(origin.counts().requests, 1, "one call is one exchange");
}

/// Whatever its status, an answer is an answer; no redirect is followed.
pub fn status_is_not_an_error<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        for status in [201, 301, 400, 404, 429, 500, 503] {
            let page = page(&fetch, &clock, &origin, &format!("/status/{status}")).await.expect("an answer");
            assert_eq!(page.head.status, status);
            assert_eq!(page.body, format!("status {status}"));
        }
    });
    assert_eq!(origin.counts().requests, 7, "one call is one exchange");
}

/// Method, path and query, header fields and body reach the origin as they were given.
pub fn request_is_sent_whole<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let mut request = ask(&origin, "/echo?a=1&b=%20");
        *request.method_mut() = Method::POST;
        *request.body_mut() = Bytes::from_static(b"the request's own body");
        request.headers_mut().insert("x-law", http::HeaderValue::from_static("kept"));
        let page = fetch_page(&fetch, &clock, request, generous()).await.expect("an echo");
        let echo = String::from_utf8_lossy(&page.body).into_owned();
        let (head, body) = echo.split_once("\n\n").expect("head, empty line, body");
        assert!(head.starts_with("POST /echo?a=1&b=%20\n"), "{head}");
        assert!(head.contains("\nx-law: kept"), "{head}");
        assert!(head.contains(&format!("\nhost: {}", origin.addr())), "{head}");
        assert_eq!(body, "the request's own body");
    });
}

/// A request without content says so where content would mean something (RFC 9110, section 8.6): some servers answer 411 to a
/// POST that says nothing of its length, and others wait for content that never comes. Where it would mean nothing, nothing
/// need be said, and the truth is no harm.
pub fn empty_content_is_announced<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        for (method, announced) in EMPTY_CONTENT {
            let mut request = ask(&origin, "/echo");
            *request.method_mut() = method.parse().expect("a method");
            let page = fetch_page(&fetch, &clock, request, generous()).await.expect("an echo");
            let echo = String::from_utf8_lossy(&page.body).into_owned();
            let seen = echo.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("none");
            assert!(seen == announced || (seen, announced) == ("0", "none"), "{echo}");
            assert!(!echo.contains("\ntransfer-encoding: "), "{echo}");
        }
    });
}

/// A body arrives whole however it is framed: by length, in chunks, by the end of the connection; large, small, empty.
///
/// Where the transport declares [`NoBodiesUntilClose`](Deviation::NoBodiesUntilClose) the last is an error in the body, and
/// not an empty page.
pub fn bodies_of_every_framing<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        for (path, length) in [
            ("/bytes/0", 0),
            ("/bytes/1", 1),
            ("/bytes/3000000", 3_000_000),
            ("/chunked/0/1", 0),
            ("/chunked/300/7", 2100),
            ("/chunked/3/100000", 300_000),
            ("/until-close/50000", 50_000),
        ] {
            let outcome = page(&fetch, &clock, &origin, path).await;
            if path.starts_with("/until-close") && deviates(&fetch, Deviation::NoBodiesUntilClose) {
                let error = outcome.map(|page| page.body.len()).expect_err("a body that it says it does not read");
                assert_eq!(error.phase(), Phase::Body, "{error:?}");
                continue;
            }
            let page = outcome.unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(page.body == pattern(length), "{path}: another body, of {} bytes", page.body.len());
        }
    });
}

/// An answer of the 100 class is not the answer. Where the transport declares
/// [`NoInterimResponses`](Deviation::NoInterimResponses) it is an error in the head, and not the answer either.
pub fn early_answers_are_skipped<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let outcome = page(&fetch, &clock, &origin, "/early/final").await;
        if deviates(&fetch, Deviation::NoInterimResponses) {
            let error = outcome.map(|page| page.head.status).expect_err("what it says it does not skip");
            assert_eq!(error.phase(), Phase::Head, "{error:?}");
            return;
        }
        let page = outcome.expect("a page");
        assert_eq!((page.head.status, &page.body[..]), (StatusCode::OK, &b"final"[..]));
    });
}

/// The head is there before the body is, and each part of the body before the next: the origin holds the rest back until it
/// has been seen.
pub fn head_comes_before_the_body<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let response = fetch.fetch(ask(&origin, "/body-gate/rest")).await.expect("the head");
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = response.into_body();
        let mut seen = Vec::new();
        while seen.len() < 5 {
            seen.extend_from_slice(&next(&mut body).await.expect("not the end").expect("the first half"));
        }
        assert_eq!(seen, b"first");
        origin.open("rest");
        assert_eq!(rest(&mut body).await.expect("the second half"), b"second");
    });
}

/// The answer to HEAD announces a length and brings no body; the connection is in order afterwards.
pub fn head_request_has_no_body<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        for _ in 0..3 {
            let mut request = ask(&origin, "/bytes/1000");
            *request.method_mut() = Method::HEAD;
            let response = fetch.fetch(request).await.expect("a head");
            assert_eq!(response.headers().get("content-length").map(|value| value.as_bytes()), Some(&b"1000"[..]));
            assert_eq!(rest(&mut response.into_body()).await.expect("the end"), b"");
        }
        assert_usable(&fetch, &clock, &origin, "HEAD").await;
    });
}

/// 204 and 304 have no body, whatever length a 304 announces.
pub fn bodiless_status_has_no_body<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        for status in [204, 304, 204] {
            let response = fetch.fetch(ask(&origin, &format!("/status/{status}"))).await.expect("a head");
            assert_eq!(response.status(), status);
            assert_eq!(rest(&mut response.into_body()).await.expect("the end"), b"");
        }
        assert_usable(&fetch, &clock, &origin, "answers without a body").await;
    });
}

/// A port with nobody behind it refuses the connection, and the error says so.
pub fn refused_is_an_error<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let error = fetch_page(&fetch, &clock, request(&origin.refused_url()), generous()).await.expect_err("nobody");
        assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Refused), "{error:?}");
        assert!(error.is_connect());
        assert_eq!(error.url().map(ToString::to_string), Some(origin.refused_url()), "the error names the address");
    });
}

/// A request that names no host cannot be sent: an error, not a panic.
pub fn request_without_a_host_is_invalid<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let mut request = request("http://localhost/");
        *request.uri_mut() = http::Uri::from_static("/no-host");
        let error = fetch.fetch(request).await.map(|_| ()).expect_err("no host");
        assert_eq!((error.phase(), error.kind()), (Phase::Request, FetchErrorKind::Invalid), "{error:?}");
    });
}

/// A head that does not come is a timeout in the head, at once when the time is over, and the client is in order.
///
/// A transport that [blocks](Deviation::Blocks) has deadlines of its own, which are for its own tests.
pub fn deadline_in_the_head<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::Blocks) {
            return;
        }
        let limits = generous().deadline(Duration::from_millis(60));
        let error = fetch_page(&fetch, &clock, ask(&origin, "/silent"), limits).await.expect_err("nothing comes");
        assert!(error.is_timeout(), "{error:?}");
        assert_eq!(error.kind(), FetchErrorKind::Timeout(limits.deadline));
        assert_eq!(error.phase(), Phase::Head);
        assert_usable(&fetch, &clock, &origin, "a timeout in the head").await;
    });
}

/// A body that does not go on is a timeout in the body; but see [`deadline_in_the_head`].
pub fn deadline_in_the_body<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::Blocks) {
            return;
        }
        // On a machine so busy that even the head takes longer, a longer deadline shows what is to be shown.
        for deadline in [60, 600, 6000] {
            let limits = generous().deadline(Duration::from_millis(deadline));
            let error = fetch_page(&fetch, &clock, ask(&origin, "/body-gate/never"), limits).await.expect_err("half");
            assert!(error.is_timeout(), "{error:?}");
            if error.phase() == Phase::Body {
                return assert_usable(&fetch, &clock, &origin, "a timeout in the body").await;
            }
        }
        panic!("no deadline struck in the body");
    });
}

/// A length that is announced above the limit is refused before the body is read: the origin is still holding it back.
pub fn announced_size_is_capped<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let limits = generous().max_body(10);
        let error = fetch_page(&fetch, &clock, ask(&origin, "/body-gate/never"), limits).await.expect_err("11 bytes");
        assert_eq!((error.phase(), error.kind()), (Phase::Body, FetchErrorKind::TooLarge(10)), "{error:?}");
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        let page =
            fetch_page(&fetch, &clock, ask(&origin, "/say/ten-bytes."), limits).await.expect("just small enough");
        assert_eq!(page.body.len(), 10);
        assert_usable(&fetch, &clock, &origin, "a body that was announced too large").await;
    });
}

/// A body of which nobody announced the length is refused as soon as it has become too large, endless as it may be.
pub fn streamed_size_is_capped<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let limits = generous().max_body(100_000);
        let error = fetch_page(&fetch, &clock, ask(&origin, "/endless"), limits).await.expect_err("endless");
        assert_eq!((error.phase(), error.kind()), (Phase::Body, FetchErrorKind::TooLarge(100_000)), "{error:?}");
        assert_usable(&fetch, &clock, &origin, "an endless body").await;
    });
}

/// Polls `exchange` until `seen` has happened at the origin, then drops it.
pub(crate) async fn drop_when<C: Clock>(clock: &C, exchange: impl Future, seen: impl Future<Output = Counts>) {
    let (exchange, seen) = (pin!(exchange), pin!(seen));
    match timeout(clock, Duration::from_secs(20), select(exchange, seen)).await {
        Ok(Either::Right(_)) => {}
        Ok(Either::Left(_)) => panic!("the exchange was over before the origin had been asked"),
        Err(late) => panic!("the origin was not asked: {late}"),
    }
}
