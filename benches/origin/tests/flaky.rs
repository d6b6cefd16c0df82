//! Requests that fail when they come first, and pages that are compressed.

use std::io::Read;

use flate2::read::GzDecoder;

use super::support::{Client, Running, number};
use crate::service::documentation;

/// The status of each of the first hundred requests.
fn hundred(client: &mut Client, percent: u64) -> Vec<String> {
    let target = |request| format!("/fixed/10?flaky_percent={percent}&request={request}");
    (0..100).map(|request| client.get(&target(request)).status().to_owned()).collect()
}

#[test]
fn so_many_of_a_hundred_fail_once_in_a_period() {
    let origin = Running::start();
    let mut client = origin.connect();
    for percent in [0, 7, 100] {
        origin.get("/_reset");
        let failed = |statuses: &[String]| statuses.iter().filter(|status| *status == "503").count() as u64;
        let first = hundred(&mut client, percent);
        assert_eq!(failed(&first), percent);
        assert_eq!(failed(&hundred(&mut client, percent)), 0, "the second attempt succeeds");
        let stats = origin.stats();
        let [served, failed, refused, in_flight] =
            ["served", "failed", "refused", "in_flight"].map(|key| number(&stats, key));
        assert_eq!((served, failed, refused, in_flight), (200 - percent, percent, 0, 0));
        origin.get("/_reset");
        assert_eq!(hundred(&mut client, percent), first, "a new period is the same again");
    }
}

#[test]
fn a_reset_is_one() {
    let origin = Running::start();
    let target = "/text/3000?delay_us=1000&flaky_percent=100&flaky=reset&request=5";
    let mut client = origin.connect();
    client.ask("GET", target);
    let error = client.socket.read(&mut [0]).expect_err("not an answer, nor an orderly end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(origin.get(target).status(), "200");
    let stats = origin.stats_when(|stats| number(stats, "open") == 0);
    assert_eq!(["failed", "served", "reset_by_peer", "in_flight"].map(|key| number(&stats, key)), [1, 1, 0, 0]);
}

#[test]
fn whoever_leaves_before_a_failure_is_counted_once() {
    let origin = Running::start();
    let mut client = origin.connect();
    client.ask("GET", "/fixed/9?delay_us=60000000&flaky_percent=100&request=1");
    origin.stats_when(|stats| number(stats, "in_flight") == 1);
    client.reset();
    let stats = origin.stats_when(|stats| number(stats, "in_flight") == 0);
    assert_eq!(["abandoned", "failed", "open"].map(|key| number(&stats, key)), [1, 0, 0]);
}

#[test]
fn a_compressed_page_is_the_plain_one() {
    let origin = Running::start();
    for bytes in [0, 1000, 20_000, 300_000] {
        let plain = origin.get(&format!("/text/{bytes}?encoding=identity"));
        assert_eq!(plain.header("content-encoding"), None);
        assert!(plain.body == documentation(bytes), "{bytes} bytes");
        let packed = origin.get(&format!("/text/{bytes}?encoding=gzip"));
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert_eq!(packed.header("content-type"), plain.header("content-type"));
        let mut unpacked = Vec::new();
        GzDecoder::new(&*packed.body).read_to_end(&mut unpacked).expect("gzip");
        assert!(unpacked == plain.body, "{bytes} bytes");
        if bytes >= 20_000 {
            assert!(plain.body.len().abs_diff(bytes) < 2000, "{} for {bytes}", plain.body.len());
            let ratio = plain.body.len() / packed.body.len();
            assert!((3..12).contains(&ratio), "documentation shrinks to a fifth or so: {ratio}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let origin = Running::start();
    let mut client = origin.connect();
    for (target, reason) in [
        ("/page/0?flaky_percent=101&request=1", "flaky_percent is a number from 0 to 100"),
        ("/page/0?flaky_percent=5", "flaky_percent needs request, a number that a request keeps when it comes again"),
        ("/page/0?flaky_percent=5&request=first", "request is a number"),
        ("/page/0?flaky=sometimes", "flaky is status or reset"),
        ("/text/9?encoding=br", "encoding is identity or gzip"),
        ("/text/many", "/text/N takes a number of bytes, at most 67108864"),
    ] {
        let answer = client.get(target);
        assert_eq!((answer.status(), answer.text().trim_end()), ("400", reason), "{target}");
    }
}
