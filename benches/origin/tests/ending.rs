//! Who ends a connection, and what is in flight then: each is counted for what it is.

use std::fs;
use std::net::{Shutdown, SocketAddr};

use super::support::{Running, Words, number};

fn ends(stats: &Words) -> [u64; 3] {
    ["closed_by_peer", "reset_by_peer", "abandoned"].map(|key| number(stats, key))
}

#[test]
fn an_idle_connection_that_is_closed_or_reset_abandons_nothing() {
    let origin = Running::start();
    let (mut closing, mut resetting, newly) = (origin.connect(), origin.connect(), origin.connect());
    closing.get("/page/0");
    resetting.get("/page/0");
    drop(closing);
    drop(newly);
    resetting.reset();
    let stats = origin.stats_when(|stats| number(stats, "open") == 0);
    assert_eq!((ends(&stats), number(&stats, "accepted"), number(&stats, "served")), ([2, 1, 0], 3, 2));
}

#[test]
fn a_client_that_closes_while_it_waits_abandons_its_request_at_once() {
    let origin = Running::start();
    let mut clients: Vec<_> = (0..6).map(|_| origin.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.ask("GET", ["/page/0?delay_us=600000000", "/silent"][number % 2]);
    }
    origin.stats_when(|stats| number(stats, "in_flight") == 6);
    clients.pop().expect("one of the silent").reset();
    clients.remove(0).reset();
    drop(clients);
    let stats = origin.stats_when(|stats| number(stats, "in_flight") == 0);
    assert_eq!((ends(&stats), number(&stats, "served")), ([4, 2, 6], 0));
    // The answers for two that were closed in an orderly way are still to be given: a peer may have closed one direction only.
    assert_eq!(number(&stats, "open"), 2);
}

#[test]
fn a_client_that_closes_in_mid_body_abandons_its_request() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.ask("GET", "/page/2");
    client.head();
    // Dropped with bytes unread, its kernel says so with a reset.
    drop(client);
    let stats = origin.stats_when(|stats| number(stats, "open") == 0);
    assert_eq!((ends(&stats), number(&stats, "served"), number(&stats, "in_flight")), ([0, 1, 1], 0, 0));
    assert!(number(&stats, "bytes_written") < 16 << 20, "it was not written whole");
}

#[test]
fn a_delayed_answer_to_a_half_closed_client_is_given_and_does_not_count_as_served() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.ask("GET", "/page/2?delay_us=1000");
    client.socket.shutdown(Shutdown::Write).expect("the client stops talking");
    origin.stats_when(|stats| number(stats, "abandoned") == 1);
    assert_eq!(client.answer().body.len(), 16 << 20);
    assert!(client.is_ended());
    let stats = origin.stats_when(|stats| number(stats, "open") == 0);
    assert_eq!((ends(&stats), number(&stats, "served"), number(&stats, "delayed")), ([1, 0, 1], 0, 0));
}

#[test]
fn an_end_is_counted_in_the_period_in_which_it_comes() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.ask("GET", "/silent");
    origin.stats_when(|stats| number(stats, "silent") == 1);
    origin.get("/_reset");
    assert_eq!(ends(&origin.stats()), [0, 0, 0]);
    drop(client);
    let stats = origin.stats_when(|stats| number(stats, "open") == 0);
    assert_eq!((ends(&stats), number(&stats, "accepted"), number(&stats, "in_flight")), ([1, 0, 1], 0, 0));
    origin.get("/_reset");
    assert_eq!(ends(&origin.stats()), [0, 0, 0]);
}

#[test]
fn the_labs_own_conversation_ends_uncounted() {
    let origin = Running::start();
    for _ in 0..3 {
        let mut lab = origin.connect();
        lab.get("/_stats");
        lab.reset();
        drop(origin.connect().get("/_stats"));
    }
    assert_eq!(ends(&origin.stats()), [0, 0, 0]);
}

#[test]
fn with_close_the_origin_ends_the_connection_and_holds_time_wait() {
    let origin = Running::start();
    for request in [
        "GET /page/0?close=1 HTTP/1.1\r\n\r\n",
        "GET /json/0?close=1&delay_us=100 HTTP/1.1\r\n\r\n",
        "GET /page/0 HTTP/1.1\r\nconnection: close\r\n\r\n",
    ] {
        let mut client = origin.connect();
        client.send(request.as_bytes());
        assert_eq!(client.answer().header("connection"), Some("close"), "{request:?}");
        assert!(client.is_ended());
        let port = client.socket.local_addr().expect("an address").port();
        drop(client);
        let stats = origin.stats_when(|_| is_in_time_wait(origin.address, port));
        assert!(number(&stats, "time_wait") > 0, "{stats:?}");
        assert!(!is_in_time_wait(([127, 0, 0, 1], port).into(), origin.address.port()), "{request:?}");
    }
    let stats = origin.stats_when(|stats| number(stats, "open") == 0);
    assert_eq!((ends(&stats), number(&stats, "accepted"), number(&stats, "served")), ([0, 0, 0], 3, 3));
    assert_eq!(origin.get("/page/0?close=0").header("connection"), None);
}

#[test]
fn a_client_that_just_closes_holds_time_wait_itself() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.get("/page/0");
    let address = client.socket.local_addr().expect("an address");
    drop(client);
    origin.stats_when(|_| is_in_time_wait(address, origin.address.port()));
    assert!(!is_in_time_wait(origin.address, address.port()));
}

/// Whether the kernel keeps the connection from `local` to `port` in TIME_WAIT.
fn is_in_time_wait(local: SocketAddr, port: u16) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").expect("Linux lists its connections");
    let (local, remote) = (format!(":{:04X}", local.port()), format!(":{port:04X}"));
    table.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.len() > 3 && words[1].ends_with(&local) && words[2].ends_with(&remote) && words[3] == "06"
    })
}
