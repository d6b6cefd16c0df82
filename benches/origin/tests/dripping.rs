//! Pages in pieces: as many as asked for, when they were asked for, and what becomes of them when the client does not play along.

use std::net::Shutdown;
use std::time::{Duration, Instant};

use super::support::{Running, number};
use crate::args::Settings;
use crate::page::Page;

#[test]
fn a_drip_is_the_fixed_page_in_chunks_of_equal_size() {
    let origin = Running::start();
    let mut client = origin.connect();
    for (bytes, chunks, sizes) in [
        (1000, 3, vec![334, 333, 333]),
        (5, 5, vec![1; 5]),
        (9, 1, vec![9]),
        (0, 1, vec![]),
        (100_003, 4, vec![25_001, 25_001, 25_001, 25_000]),
    ] {
        client.ask("GET", &format!("/drip/{bytes}?chunks={chunks}&gap_us=0"));
        let head = client.head();
        assert_eq!((head.status(), head.header("transfer-encoding")), ("200", Some("chunked")));
        assert_eq!(head.header("content-length"), None);
        let received = client.chunks();
        assert_eq!(received.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
        assert!(received.concat() == client.get(&format!("/fixed/{bytes}")).body);
    }
    let stats = origin.stats();
    assert_eq!(number(&stats, "body_bytes"), 2 * (1000 + 5 + 9 + 100_003), "without the framing of the chunks");
    assert_eq!(number(&stats, "delayed"), 0, "without gaps nothing is late");
}

#[test]
fn a_page_has_one_write_for_each_chunk() {
    // Nothing lies between the last chunk and the end of the body, so that the number of writes is the number of chunks.
    let page = Page::chunked(&[b'x'; 50], 20);
    let mut ends = vec![page.piece_end(0)];
    while ends[ends.len() - 1] < page.body().len() {
        ends.push(page.piece_end(ends[ends.len() - 1]));
    }
    assert_eq!(ends.len(), 20);
    assert!(page.body().ends_with(b"\r\n0\r\n\r\n") && page.body()[ends[18]..].starts_with(b"2\r\n"));
}

#[test]
fn the_gaps_are_part_of_the_delay() {
    let origin = Running::with(Settings { jitter_percent: 0, ..Settings::default() });
    let mut client = origin.connect();
    let start = Instant::now();
    client.ask("GET", "/drip/2000?chunks=4&gap_us=3000&delay_us=2000");
    client.head();
    assert!(start.elapsed() >= Duration::from_micros(2000));
    assert_eq!(client.chunks().len(), 4);
    assert!(start.elapsed() >= Duration::from_micros(2000 + 3 * 3000), "never early");
    let stats = origin.stats();
    let (mean_ns, late_ns) = (number(&stats, "delay_mean_ns"), number(&stats, "late_max_ns"));
    assert_eq!((number(&stats, "delayed"), mean_ns - late_ns), (1, 11_000_000), "of the last piece");
    assert_eq!(number(&stats, "in_flight_max"), 1);
}

#[test]
fn the_rest_of_a_drip_does_not_wait_for_the_next_request() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.ask("GET", "/drip/40?chunks=4&gap_us=2000");
    client.ask("GET", "/fixed/7");
    assert_eq!(client.answer().body.len(), 40);
    assert_eq!(client.answer().body.len(), 7);
    client.ask("HEAD", "/drip/40?chunks=4&gap_us=600000");
    assert_eq!(client.head().header("transfer-encoding"), Some("chunked"));
    assert_eq!(client.get("/fixed/3").body.len(), 3, "the answer to HEAD has no body");
    assert_eq!(client.get("/drip/40?chunks=2&gap_us=10&close=1").header("connection"), Some("close"));
    assert!(client.is_ended());
}

#[test]
fn a_client_that_resets_in_mid_drip_is_noticed_at_once() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.ask("GET", "/drip/100?chunks=10&gap_us=60000000");
    client.head();
    origin.stats_when(|stats| number(stats, "in_flight") == 1);
    client.reset();
    let stats = origin.stats_when(|stats| number(stats, "open") == 0);
    assert_eq!((number(&stats, "abandoned"), number(&stats, "served"), number(&stats, "in_flight")), (1, 0, 0));
    assert_eq!((number(&stats, "reset_by_peer"), number(&stats, "closed_by_peer")), (1, 0));
    let written = number(&stats, "bytes_written");
    assert!((100..300).contains(&written), "the head and the first of ten pieces: {written}");
}

#[test]
fn a_half_closed_client_gets_its_drip_and_counts_as_gone() {
    let origin = Running::start();
    let mut client = origin.connect();
    // More than the buffers between the two hold, so that it cannot be written before the client reads.
    client.ask("GET", "/drip/67108864?chunks=2&gap_us=0");
    client.socket.shutdown(Shutdown::Write).expect("the client stops talking");
    let stats = origin.stats_when(|stats| number(stats, "abandoned") == 1);
    assert_eq!((number(&stats, "in_flight"), number(&stats, "open")), (0, 1));
    assert_eq!(client.answer().body.len(), 64 << 20);
    assert!(client.is_ended());
    let stats = origin.stats_when(|stats| number(stats, "open") == 0);
    assert_eq!((number(&stats, "abandoned"), number(&stats, "served")), (1, 0));
    assert_eq!((number(&stats, "closed_by_peer"), number(&stats, "reset_by_peer")), (1, 0));
    assert!(number(&stats, "bytes_written") > 64 << 20);
}

#[test]
fn a_reader_that_is_too_slow_does_not_make_the_origin_late() {
    let origin = Running::start();
    let mut client = origin.connect();
    // No piece fits into the buffers between the two, so each waits for this client, which is in no hurry.
    client.ask("GET", "/drip/67108864?chunks=4&gap_us=1");
    client.head();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(200) {
        assert_eq!(origin.get("/fixed/1").body.len(), 1);
    }
    assert_eq!(client.chunks().concat().len(), 64 << 20);
    let stats = origin.stats();
    assert_eq!(number(&stats, "delayed"), 1);
    assert!(number(&stats, "delay_mean_ns") > 200_000_000, "but it took as long as it took");
    assert!(number(&stats, "late_max_ns") < number(&stats, "delay_mean_ns") / 2, "{stats:?}");
}
