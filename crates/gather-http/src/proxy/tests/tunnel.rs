//! CONNECT: what is asked, and what comes of every answer.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use super::super::error::ProxyFault;
use super::super::tunnel::{Answer, request};
use super::cuts;
use crate::connection::HeadLimits;

const LIMITS: HeadLimits = HeadLimits { bytes: 200, fields: 4 };

/// What comes of an answer in these pieces, and how many of them were needed.
fn read(pieces: &[&[u8]]) -> (Result<Option<Bytes>, ProxyFault>, usize) {
    let mut answer = Answer::new(LIMITS);
    for (number, piece) in pieces.iter().enumerate() {
        match answer.read(piece) {
            Ok(None) => {}
            done => return (done, number + 1),
        }
    }
    (Ok(None), pieces.len())
}

#[test]
fn request_has_the_authority_twice_and_credentials_once() {
    let authorization = HeaderValue::from_static("Basic QTpi");
    assert_eq!(
        String::from_utf8(request("example.com:443", Some(&authorization))).expect("text"),
        "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\nproxy-authorization: Basic QTpi\r\n\r\n"
    );
    assert_eq!(request("[::1]:80", None), b"CONNECT [::1]:80 HTTP/1.1\r\nhost: [::1]:80\r\n\r\n");
}

#[test]
fn every_success_is_a_tunnel_however_it_is_cut() {
    for (answer, early) in [
        ("HTTP/1.1 200 Connection established\r\n\r\n", ""),
        ("HTTP/1.0 200 OK\r\nvia: x\r\n\r\n", ""),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\n\n", ""),
        ("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\n\r\n", "what the server says first\r\n\r\n"),
    ] {
        let whole = [answer, early].concat();
        for pieces in cuts(whole.as_bytes()) {
            let (done, used) = read(&pieces);
            let mut said = done.expect("a tunnel").expect("whole").to_vec();
            pieces[used..].iter().for_each(|piece| said.extend_from_slice(piece));
            assert_eq!(said, early.as_bytes(), "{answer:?} in {} pieces", pieces.len());
        }
    }
}

#[test]
fn refusals_say_which() {
    for status in [400, 403, 405, 429, 500, 502, 503, 301] {
        let answer = format!("HTTP/1.1 {status} No\r\ncontent-length: 3\r\n\r\nno!");
        for pieces in cuts(answer.as_bytes()) {
            match read(&pieces).0 {
                Err(ProxyFault::Status(refused)) => assert_eq!(refused.as_u16(), status),
                other => panic!("{status}: {other:?}"),
            }
        }
    }
    let answer = b"HTTP/1.1 407 Who?\r\nproxy-authenticate: Basic realm=x\r\n\r\n";
    for pieces in cuts(answer) {
        assert!(matches!(read(&pieces).0, Err(ProxyFault::Authentication)));
    }
}

#[test]
fn only_gateway_statuses_are_about_the_destination() {
    let about = |code| ProxyFault::Status(StatusCode::from_u16(code).expect("a status")).is_about_the_destination();
    assert!([502, 503, 504].into_iter().all(about));
    assert!(![400, 403, 404, 500, 501, 505].into_iter().any(about));
}

#[test]
fn what_is_not_http_is_refused() {
    for answer in [
        "SSH-2.0-OpenSSH\r\n\r\n",
        "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "\u{5}\0\n\n",
    ] {
        for pieces in cuts(answer.as_bytes()) {
            let done = read(&pieces).0;
            assert!(matches!(done, Err(ProxyFault::Protocol(_))), "{answer:?}: {done:?}");
        }
    }
}

#[test]
fn heads_are_bounded_one_by_one_and_together() {
    let endless_line = vec![b'x'; 300];
    let endless_fields = b"HTTP/1.1 200 OK\r\n".iter().chain(b"a: b\r\n".iter().cycle()).copied().take(300).collect();
    let flood = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(12);
    for answer in [endless_line, endless_fields, flood] {
        for size in [1, 7, 300] {
            let done = read(&answer.chunks(size).collect::<Vec<_>>()).0;
            assert!(matches!(done, Err(ProxyFault::HeadTooLarge(200))), "{done:?}");
        }
    }
    let fields = b"HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\ne: 5\r\n\r\n";
    for pieces in cuts(fields) {
        assert!(matches!(read(&pieces).0, Err(ProxyFault::TooManyFields(4))));
    }
    // What follows the head is no part of it.
    let long = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &[b'y'; 1000]].concat();
    assert_eq!(read(&[&long]).0.expect("a tunnel").expect("whole").len(), 1000);
}

#[test]
fn half_an_answer_is_none() {
    let whole = b"HTTP/1.1 200 OK\r\nvia: x\r\n\r\n";
    for length in 0..whole.len() {
        assert!(matches!(read(&[&whole[..length]]).0, Ok(None)), "after {length} bytes");
    }
}
