//! What is served: exact bytes, over connections that last as long as they should.

use super::support::{Running, bodies};

#[test]
fn a_page_has_exactly_its_bytes_and_the_index_wraps() {
    let origin = Running::start();
    let mut client = origin.connect();
    for (index, body) in [(0, 0), (1, 1), (2, 2), (3, 0), (7, 1), (u64::MAX, 0)] {
        let answer = client.get(&format!("/page/{index}"));
        assert_eq!(answer.status(), "200");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(answer.body == bodies()[body], "page {index} is not body {body}");
    }
    assert_eq!(origin.stats()["accepted"], "1", "all of it over one connection");
}

#[test]
fn a_fixed_page_has_exactly_the_size_asked_for() {
    let origin = Running::start();
    let mut client = origin.connect();
    for bytes in [0, 1, 2, 55, 56, 57, 100, 500, 501, 2700, 65536, 1_000_003] {
        let first = client.get(&format!("/fixed/{bytes}"));
        assert_eq!((first.status(), first.body.len()), ("200", bytes));
        assert_eq!(client.get(&format!("/fixed/{bytes}")).body, first.body, "the same every time");
    }
    let text = client.get("/fixed/2700").text();
    assert!(text.starts_with("<!doctype html>") && text.matches("<a href=").count() > 10, "{text}");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let origin = Running::start();
    let mut client = origin.connect();
    let request = |target: &str| format!("GET {target} HTTP/1.1\r\nhost: origin\r\n\r\n");
    // The first two are delayed, so the third is there long before its turn; the last head arrives in two pieces.
    let all = ["/fixed/10?delay_us=2000", "/fixed/20?delay_us=1000", "/fixed/30", "/nothing", "/fixed/40"]
        .map(request)
        .concat();
    let (start, end) = all.split_at(all.len() - 9);
    client.send(start.as_bytes());
    let statuses: Vec<_> = (0..3).map(|_| client.answer().body.len()).collect();
    assert_eq!(statuses, [10, 20, 30]);
    assert_eq!(client.answer().status(), "404");
    client.send(end.as_bytes());
    assert_eq!(client.answer().body.len(), 40);
}

#[test]
fn thousands_of_pipelined_requests_are_all_answered() {
    let origin = Running::start();
    let mut client = origin.connect();
    let count = 5000;
    // More than the origin keeps for one connection: it must come back for the rest.
    client.send("GET /fixed/7 HTTP/1.1\r\n\r\n".repeat(count).as_bytes());
    for _ in 0..count {
        assert_eq!(client.answer().body.len(), 7);
    }
    assert_eq!(origin.stats()["served"], count.to_string());
}

#[test]
fn a_connection_closes_when_the_client_asks_for_it_or_speaks_http_1_0() {
    let origin = Running::start();
    for request in [
        "GET /page/0 HTTP/1.1\r\nConnection: keep-alive, Close\r\n\r\n",
        "GET /page/0 HTTP/1.0\r\n\r\n",
        "GET /page/0 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    ] {
        let mut client = origin.connect();
        client.send(request.as_bytes());
        let answer = client.answer();
        assert_eq!((answer.status(), answer.header("connection")), ("200", Some("close")), "{request:?}");
        assert!(client.is_ended(), "{request:?}");
    }
}

#[test]
fn head_answers_with_the_length_and_without_the_body() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.ask("HEAD", "/page/1");
    assert_eq!(client.head().header("content-length"), Some("5000"));
    assert!(client.get("/page/0").body == bodies()[0], "nothing stands between the two answers");
    assert_eq!(origin.stats()["body_bytes"], bodies()[0].len().to_string());
}

#[test]
fn a_request_may_name_the_origin_in_full() {
    let origin = Running::start();
    assert_eq!(origin.get(&format!("http://{}/fixed/12?delay_us=0", origin.address)).body.len(), 12);
    assert_eq!(origin.get(&format!("http://{}", origin.address)).status(), "404");
}
