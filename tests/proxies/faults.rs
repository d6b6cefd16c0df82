//! Proxies that say no, nothing, too much, or something else: each an error of its own that names the proxy.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use gather_conformance::origin::Origin;
use gather_conformance::proxy::{Asked, Move, ProxyServer};
use gather_core::{ConnectDeadline, FetchError, FetchErrorKind, Phase};
use gather_http::{Builder, Connect, Overrides, Proxies, ProxyError, ProxyFault, SocksReply};

use super::{chain, client, on_every_runtime, page, request, text, through};

on_every_runtime!(
    tunnels_that_are_not_made,
    socks_connections_that_are_not_made,
    requests_that_a_proxy_breaks_off,
    silence_ends_with_the_deadline,
    proxy_that_is_not_there,
    answers_in_single_bytes_do,
    limits_of_a_head_are_those_of_the_client,
    addresses_are_tried_in_turn,
);

/// Nobody is asked for it.
const PLAIN: &str = "http://127.0.0.1:9/x";
const SECURE: &str = "https://127.0.0.1:9/x";

fn say(text: &str) -> Move {
    Move::Say(text.as_bytes().to_vec())
}

/// What the proxy in the error's chain did.
#[track_caller]
fn fault(error: &FetchError) -> &ProxyFault {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<ProxyError>() {
            return found.fault();
        }
        next = error.source();
    }
    panic!("no proxy in {}", chain(error));
}

/// The error of asking for `url` through a proxy with this script, which it has to name.
async fn fails<R: Connect>(runtime: &R, scheme: &str, url: &str, moves: &[Move]) -> FetchError {
    let server = ProxyServer::scripted(moves.to_vec());
    let proxies = Proxies::all(format!("{scheme}://ada:hunter2@{}", server.addr()).parse().expect("a proxy"));
    let client = client(runtime, proxies);
    let error = page(runtime, &client, request(url)).await.expect_err("a fault");
    let said = chain(&error);
    assert!(said.contains(&server.url(scheme)) && !said.contains("hunter2"), "{said}");
    error
}

async fn tunnels_that_are_not_made<R: Connect>(runtime: R) {
    use FetchErrorKind::{Interrupted, Protocol, ProxyAuthentication, Refused, TooLarge};
    let head = 64 << 10;
    for (moves, kind) in [
        (vec![Move::TakeHead, say("HTTP/1.1 403 No\r\n\r\n")], Refused),
        (vec![Move::TakeHead, say("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nno!")], Refused),
        (vec![Move::TakeHead, say("HTTP/1.1 407 Who?\r\n\r\n"), Move::Hold], ProxyAuthentication),
        (vec![Move::TakeHead], Interrupted),
        (vec![Move::TakeHead, say("HTTP/1.1 200 Connec")], Interrupted),
        (vec![Move::TakeHead, say("HTTP/1.1 200 OK\r\nvia: x\r\n")], Interrupted),
        (vec![Move::TakeHead, say("SSH-2.0-OpenSSH_9.6\r\n\r\n"), Move::Hold], Protocol),
        (vec![Move::TakeHead, Move::Say(vec![5, 0xff, 10, 10]), Move::Hold], Protocol),
        (vec![Move::TakeHead, say("HTTP/1.1 200 OK\r\n"), Move::Repeat(b"endless: head\r\n".to_vec())], TooLarge(head)),
        (vec![Move::TakeHead, Move::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())], TooLarge(head)),
        (vec![Move::TakeHead, Move::Repeat(vec![b'x'; 100])], TooLarge(head)),
    ] {
        let error = fails(&runtime, "http", SECURE, &moves).await;
        assert_eq!((error.phase(), error.kind()), (Phase::Connect, kind), "{moves:?}: {}", chain(&error));
        assert!(error.is_connect(), "the request has not been acted upon");
        fault(&error);
    }
    let error = fails(&runtime, "http", SECURE, &[Move::TakeHead, say("HTTP/1.1 451 No\r\n\r\n")]).await;
    assert!(matches!(fault(&error), ProxyFault::Status(status) if status.as_u16() == 451), "{}", chain(&error));
}

async fn socks_connections_that_are_not_made<R: Connect>(runtime: R) {
    use FetchErrorKind::{Interrupted, Protocol, ProxyAuthentication, Refused};
    // Two ways to authenticate are offered, and a request for an IPv4 address has ten bytes.
    let (hello, open, ask) = (Move::Take(4), Move::Say(vec![5, 0]), Move::Take(10));
    let reply = |bytes: &[u8]| vec![hello.clone(), open.clone(), ask.clone(), Move::Say(bytes.to_vec())];
    let held = |mut moves: Vec<Move>| {
        moves.push(Move::Hold);
        moves
    };
    let password = |answer: u8| vec![hello.clone(), Move::Say(vec![5, 2]), Move::Take(13), Move::Say(vec![1, answer])];
    for (moves, kind) in [
        (vec![hello.clone()], Interrupted),
        (vec![hello.clone(), Move::Say(vec![5])], Interrupted),
        (vec![hello.clone(), Move::Say(vec![5, 0xff]), Move::Hold], ProxyAuthentication),
        (held(password(1)), ProxyAuthentication),
        (password(0), Interrupted),
        (vec![hello.clone(), Move::Say(vec![5, 1]), Move::Hold], Protocol),
        (vec![hello.clone(), Move::Say(vec![4, 0]), Move::Hold], Protocol),
        (vec![hello.clone(), say("HTTP/1.1 400 Bad Request\r\n\r\n"), Move::Hold], Protocol),
        (vec![hello.clone(), open.clone(), ask.clone()], Interrupted),
        (reply(&[5, 0, 0]), Interrupted),
        (reply(&[5, 0, 0, 1, 127, 0]), Interrupted),
        // It says that an IPv6 address follows, or a name of 255 bytes, and sends another.
        (reply(&[5, 0, 0, 4, 127, 0, 0, 1, 0, 80]), Interrupted),
        (reply(&[5, 0, 0, 3, 255, b'a', b'.', b't', 0, 80]), Interrupted),
        (held(reply(&[5, 0, 0, 2, 127, 0, 0, 1, 0, 80])), Protocol),
        (held(reply(&[4, 90, 0, 80, 127, 0, 0, 1])), Protocol),
        (held(reply(&[5, 2])), Refused),
        (held(reply(&[5, 99])), Refused),
    ] {
        for scheme in ["socks5", "socks5h"] {
            let error = fails(&runtime, scheme, PLAIN, &moves).await;
            assert_eq!((error.phase(), error.kind()), (Phase::Connect, kind), "{moves:?}: {}", chain(&error));
            fault(&error);
        }
    }
    let error = fails(&runtime, "socks5h", PLAIN, &held(reply(&[5, 5]))).await;
    assert!(matches!(fault(&error), ProxyFault::Socks(SocksReply::ConnectionRefused)), "{}", chain(&error));
    let long = format!("http://{}.test/", "n".repeat(300));
    let error = fails(&runtime, "socks5h", &long, &[Move::Hold]).await;
    assert_eq!(error.kind(), FetchErrorKind::Invalid, "{}", chain(&error));
    assert!(matches!(fault(&error), ProxyFault::NameTooLong(305)), "{}", chain(&error));
}

async fn requests_that_a_proxy_breaks_off<R: Connect>(runtime: R) {
    for (moves, kind) in [
        (vec![Move::TakeHead], FetchErrorKind::Interrupted),
        (vec![Move::TakeHead, say("HTTP/1.1 200 OK\r\nvia")], FetchErrorKind::Interrupted),
        (vec![Move::TakeHead, say("nothing like HTTP\r\n\r\n"), Move::Hold], FetchErrorKind::Protocol),
    ] {
        let error = fails(&runtime, "http", PLAIN, &moves).await;
        assert_eq!((error.phase(), error.kind()), (Phase::Head, kind), "{moves:?}: {}", chain(&error));
        assert!(matches!(fault(&error), ProxyFault::Exchange(_)), "{}", chain(&error));
    }
    let asks = [Move::TakeHead, say("HTTP/1.1 407 Who?\r\ncontent-length: 0\r\n\r\n"), Move::Hold];
    let error = fails(&runtime, "http", PLAIN, &asks).await;
    assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::ProxyAuthentication));
}

async fn silence_ends_with_the_deadline<R: Connect>(runtime: R) {
    let limit = Duration::from_millis(60);
    for (scheme, url, moves) in [
        ("http", SECURE, vec![Move::Hold]),
        ("http", SECURE, vec![Move::TakeHead, say("HTTP/1.1 200 OK\r\n"), Move::Hold]),
        ("https", SECURE, vec![Move::Hold]),
        ("socks5", PLAIN, vec![Move::Hold]),
        ("socks5h", PLAIN, vec![Move::Take(3), Move::Say(vec![5, 0, 5]), Move::Hold]),
    ] {
        let server = ProxyServer::scripted(moves);
        let client = client(&runtime, through(&server, scheme));
        let mut request = request(url);
        request.extensions_mut().insert(ConnectDeadline(limit));
        let error = page(&runtime, &client, request).await.expect_err("silence");
        let expected = (Phase::Connect, FetchErrorKind::Timeout(limit));
        assert_eq!((error.phase(), error.kind()), expected, "{scheme}: {}", chain(&error));
    }
}

async fn proxy_that_is_not_there<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let nobody = origin.refused_url().replace("http://", "").replace('/', "");
    for (address, phase) in [(nobody, Phase::Connect), ("nowhere.invalid:1".to_owned(), Phase::Resolve)] {
        for scheme in ["http", "https", "socks5", "socks5h"] {
            let proxies = Proxies::all(format!("{scheme}://ada:hunter2@{address}").parse().expect("a proxy"));
            let client = client(&runtime, proxies);
            for url in [PLAIN, SECURE] {
                let error = page(&runtime, &client, request(url)).await.expect_err("nobody there");
                let said = chain(&error);
                assert_eq!((error.phase(), error.kind()), (phase, FetchErrorKind::Refused), "{scheme}: {said}");
                assert!(matches!(fault(&error), ProxyFault::Unreached(_)), "{said}");
                assert!(said.contains(&format!("{scheme}://{address}")) && !said.contains("hunter2"), "{said}");
            }
        }
    }
}

async fn answers_in_single_bytes_do<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let port = origin.addr().port();
    let socks = [
        Move::Take(3),
        Move::Spell(vec![5, 0]),
        Move::Take(10),
        Move::Spell(vec![5, 0, 0, 3, 4, b'n', b'a', b'm', b'e', 0, 80]),
        Move::Relay(port),
    ];
    let server = ProxyServer::scripted(socks);
    let socks = client(&runtime, through(&server, "socks5"));
    assert_eq!(text(&runtime, &socks, &origin.url("/say/socks")).await, "socks");
    let server = ProxyServer::scripted([
        Move::TakeHead,
        Move::Spell(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 299 Yes\r\ncontent-length: 7\r\n\r\n".to_vec()),
        Move::Hold,
    ]);
    let tunnel = client(&runtime, through(&server, "http"));
    let mut request = request(SECURE);
    request.extensions_mut().insert(ConnectDeadline(Duration::from_millis(200)));
    // The tunnel is there, and TLS within it waits for a server: the deadline is over there and not before.
    let error = page(&runtime, &tunnel, request).await.expect_err("nobody behind the tunnel");
    assert!(error.is_timeout(), "{}", chain(&error));
    assert_eq!(error.phase(), Phase::Tls, "{}", chain(&error));
}

async fn limits_of_a_head_are_those_of_the_client<R: Connect>(runtime: R) {
    let moves = [Move::TakeHead, Move::Repeat(vec![b'x'; 100])];
    let server = ProxyServer::scripted(moves);
    let builder = Builder::new().max_head_bytes(10_000).proxies(through(&server, "http"));
    let client = builder.build(runtime.clone()).expect("TLS");
    let error = page(&runtime, &client, request(SECURE)).await.expect_err("too large");
    assert_eq!(error.kind(), FetchErrorKind::TooLarge(10_000), "{}", chain(&error));
}

async fn addresses_are_tried_in_turn<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let port = origin.addr().port();
    let loopback = |last| IpAddr::from([127, 0, 0, last]);
    let names = Overrides::new().pin("two.test", [loopback(2), loopback(1)]).pin("many.test", (1..20).map(loopback));
    let build = |server: &ProxyServer| {
        let builder = Builder::new().resolver(names.clone()).proxies(through(server, "socks5"));
        builder.build(runtime.clone()).expect("TLS")
    };
    // Nobody listens at the first address.
    let server = ProxyServer::socks5();
    assert_eq!(text(&runtime, &build(&server), &format!("http://two.test:{port}/say/second")).await, "second");
    let asked = |last| Asked::Socks(format!("127.0.0.{last}:{port}"), None);
    assert_eq!(server.asked(), [asked(2), asked(1)]);
    // Whatever is asked for cannot be reached: each address of the name costs a connection, and there are not many.
    let refuse = vec![Move::Take(3), Move::Say(vec![5, 0]), Move::Take(10), Move::Say(vec![5, 4])];
    let server = ProxyServer::scripted(refuse);
    let error = page(&runtime, &build(&server), request("http://many.test/")).await.expect_err("unreachable");
    assert!(matches!(fault(&error), ProxyFault::Socks(SocksReply::HostUnreachable)), "{}", chain(&error));
    assert_eq!(server.accepted(), 4);
}
