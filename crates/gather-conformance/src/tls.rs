//! Laws of a [`Fetch`] over TLS and HTTP/2: once for each adapter, since the engine is the same.
//!
//! Each takes a host and a closure that makes, from the host's handle and the certificate of an authority (DER), a client
//! that trusts this authority and no other.

mod farewells;
mod resets;
mod server;

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener};
use std::thread;

use futures_util::future::{join, join_all};
use gather_core::{Fetch, FetchErrorKind, Host, Phase, fetch_page};
use http::Version;

use crate::exchange::{EMPTY_CONTENT, chain, generous, next, request, rest};
use crate::origin::{Origin, pattern};
use crate::secure::SecureOrigin;
pub use farewells::{
    http2_farewell_ends_the_connection, http2_farewell_finishes_what_was_taken_on,
    http2_lost_request_is_not_unprocessed,
};
pub use resets::{http2_body_needs_its_end, http2_reset_is_named};

/// A page comes over TLS, whole, and by HTTP/2 where that is offered.
pub fn http2_is_agreed_on<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let origin = SecureOrigin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        for (path, body) in [("/say/hello", b"hello".to_vec()), ("/bytes/2000000", pattern(2_000_000))] {
            let page = fetch_page(&fetch, &clock, request(&origin.url(path)), generous()).await;
            let page = page.unwrap_or_else(|error| panic!("{}", chain(&error)));
            assert_eq!(page.head.version, Version::HTTP_2);
            assert!(page.body == body, "{path}: another body, of {} bytes", page.body.len());
        }
    });
    assert_eq!(origin.accepted().get(), 1);
}

/// Where it is not offered, HTTP/1.1 does.
pub fn http1_over_tls_does<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let origin = SecureOrigin::http1_only();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        let page = fetch_page(&fetch, &clock, request(&origin.url("/bytes/100000")), generous()).await;
        let page = page.unwrap_or_else(|error| panic!("{}", chain(&error)));
        assert_eq!(page.head.version, Version::HTTP_11);
        assert!(page.body == pattern(100_000));
    });
}

/// A certificate of an authority that is not trusted is refused, before anything is asked.
pub fn untrusted_certificate_is_refused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let (origin, other) = (SecureOrigin::start(), SecureOrigin::start());
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), other.authority());
        let error = fetch_page(&fetch, &clock, request(&origin.url("/say/x")), generous()).await.expect_err("no trust");
        assert_eq!((error.phase(), error.kind()), (Phase::Tls, FetchErrorKind::Refused), "{}", chain(&error));
    });
    assert_eq!(origin.requests().get(), 0);
}

/// So is one for another host.
pub fn certificate_of_another_host_is_refused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let origin = SecureOrigin::misnamed();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        let error = fetch_page(&fetch, &clock, request(&origin.url("/say/x")), generous()).await.expect_err("a name");
        assert_eq!((error.phase(), error.kind()), (Phase::Tls, FetchErrorKind::Refused), "{}", chain(&error));
    });
    assert_eq!(origin.requests().get(), 0);
}

/// So is one whose time is over.
pub fn expired_certificate_is_refused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let origin = SecureOrigin::expired();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        let error = fetch_page(&fetch, &clock, request(&origin.url("/say/x")), generous()).await.expect_err("too late");
        assert_eq!((error.phase(), error.kind()), (Phase::Tls, FetchErrorKind::Refused), "{}", chain(&error));
    });
    assert_eq!(origin.requests().get(), 0);
}

/// A server that does not speak TLS is an error of that phase.
pub fn plain_server_is_no_tls<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let (plain, secure) = (Origin::start(), SecureOrigin::start());
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), secure.authority());
        let url = plain.url("/say/x").replace("http://", "https://");
        let error = fetch_page(&fetch, &clock, request(&url), generous()).await.expect_err("no TLS");
        assert_eq!(error.phase(), Phase::Tls, "{}", chain(&error));
    });
}

/// A server that hangs up while TLS is agreed on has ended the connection, in that phase.
pub fn hangup_in_the_handshake_is_named<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let secure = SecureOrigin::start();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("https://{}/", listener.local_addr().expect("an address"));
    let hanging_up = thread::spawn(move || -> io::Result<()> {
        let (mut socket, _) = listener.accept()?;
        socket.shutdown(Shutdown::Write)?;
        // Until the client leaves: with bytes unread this would be a reset.
        io::copy(&mut socket, &mut io::sink()).map(drop)
    });
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), secure.authority());
        let error = fetch_page(&fetch, &clock, request(&url), generous()).await.expect_err("nobody there");
        assert_eq!((error.phase(), error.kind()), (Phase::Tls, FetchErrorKind::Interrupted), "{}", chain(&error));
    });
    // How the client left is its own affair.
    let _ = hanging_up.join().expect("no panic");
}

/// A request without content says so where content would mean something, by either version (RFC 9110, section 8.6).
pub fn empty_content_is_announced_over_tls<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let (second, first) = (SecureOrigin::start(), SecureOrigin::http1_only());
    host.run(async |clock: H::Handle| {
        for (origin, version) in [(&second, Version::HTTP_2), (&first, Version::HTTP_11)] {
            let fetch = make(clock.clone(), origin.authority());
            for (method, announced) in EMPTY_CONTENT {
                let mut request = request(&origin.url("/content-length"));
                *request.method_mut() = method.parse().expect("a method");
                let page = fetch_page(&fetch, &clock, request, generous()).await;
                let page = page.unwrap_or_else(|error| panic!("{method}: {}", chain(&error)));
                assert_eq!((page.head.version, &page.body[..]), (version, announced.as_bytes()), "{method}");
            }
        }
    });
}

/// Many exchanges share one HTTP/2 connection, at the same time.
pub fn http2_exchanges_share_a_connection<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    const MANY: usize = 50;
    let origin = SecureOrigin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        // Until one connection is there a client cannot know that it will do for all.
        fetch_page(&fetch, &clock, request(&origin.url("/say/first")), generous()).await.expect("a page");
        let all = join_all((0..MANY).map(|number| {
            let request = request(&origin.url(&format!("/gate/all/{number}")));
            let (fetch, clock) = (&fetch, &clock);
            async move { fetch_page(fetch, clock, request, generous()).await }
        }));
        let open = async {
            origin.requests().until(MANY + 1).await;
            origin.open("all");
        };
        for (number, page) in join(all, open).await.0.into_iter().enumerate() {
            assert_eq!(page.unwrap_or_else(|error| panic!("{}", chain(&error))).body, number.to_string());
        }
    });
    assert_eq!(origin.accepted().get(), 1);
}

/// Over HTTP/2 too the head is there before the body, and the beginning of the body before its end.
pub fn http2_head_comes_before_the_body<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let origin = SecureOrigin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        let mut body = fetch.fetch(request(&origin.url("/body-gate/rest"))).await.expect("the head").into_body();
        assert_eq!(next(&mut body).await.expect("not the end").expect("the first part"), "first");
        origin.open("rest");
        assert_eq!(rest(&mut body).await.expect("the second part"), b"second");
    });
}

/// Dropping an HTTP/2 exchange ends it at the origin and leaves the connection to the others.
pub fn http2_dropped_exchange_ends_alone<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let origin = SecureOrigin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        let mut other = fetch.fetch(request(&origin.url("/body-gate/other"))).await.expect("the head").into_body();
        let dropped = fetch.fetch(request(&origin.url("/body-gate/never"))).await.expect("the head");
        assert_eq!(origin.ended().get(), 0);
        drop(dropped);
        // Otherwise it may live on for a while, which must not show to the other one.
        if fetch.capabilities().cancellation {
            origin.ended().until(1).await;
        }
        origin.open("other");
        assert_eq!(rest(&mut other).await.expect("the whole of it"), b"firstsecond");
    });
    assert_eq!(origin.accepted().get(), 1);
}

/// A body that the server breaks off is an error in the body, of that exchange alone.
pub fn http2_broken_body_is_an_error<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let origin = SecureOrigin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        let mut body = fetch.fetch(request(&origin.url("/cut/here"))).await.expect("the head").into_body();
        assert_eq!(next(&mut body).await.expect("not the end").expect("the first part"), "first");
        origin.open("here");
        let error = rest(&mut body).await.expect_err("a body that was broken off");
        assert_eq!(error.phase(), Phase::Body, "{}", chain(&error));
        let kind = error.kind();
        assert!(matches!(kind, FetchErrorKind::Interrupted | FetchErrorKind::Protocol), "{kind:?}: {}", chain(&error));
        fetch_page(&fetch, &clock, request(&origin.url("/say/x")), generous()).await.expect("a page afterwards");
    });
    assert_eq!(origin.accepted().get(), 1);
}

/// A head of more fields or bytes than anybody needs is an error over HTTP/2 too, and of that exchange alone.
///
/// A transport that does not promise limits in its [`capabilities`](Fetch::capabilities) is only held to stay usable.
pub fn http2_head_limits_hold<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let origin = SecureOrigin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), origin.authority());
        for fields in [10, 1000, 5000] {
            let request_for = |path: &str| request(&origin.url(path));
            let outcome = fetch_page(&fetch, &clock, request_for(&format!("/fields/{fields}")), generous()).await;
            match outcome {
                Ok(page) if fields == 10 || !fetch.capabilities().head_limits => assert_eq!(page.body, "fields"),
                Ok(page) => panic!("a head of {} fields was taken", page.head.headers.len()),
                Err(error) => assert!(fields > 10 && error.phase() == Phase::Head, "{fields}: {}", chain(&error)),
            }
            let page = fetch_page(&fetch, &clock, request_for("/say/x"), generous()).await;
            assert_eq!(page.unwrap_or_else(|error| panic!("after {fields}: {}", chain(&error))).body, "x");
        }
    });
}
