//! Which address each request goes to.

use std::collections::BTreeSet;

use super::{MOST_HOSTS, Target, address};
use crate::workload::Workload;

fn target(words: &str, origin: &str) -> Result<Target, String> {
    let mut workload = Workload::default();
    words.split_whitespace().try_for_each(|word| workload.set(word))?;
    workload.check()?;
    Target::new(&workload, origin.parse().unwrap()).map_err(|failure| failure.message)
}

#[test]
fn addresses_say_page_delay_and_what_is_slow() {
    for (words, index, url) in [
        ("", 7, "http://127.0.0.1:80/page/7?delay_us=0"),
        ("delay_us=20 page=fixed:99", 3, "http://127.0.0.1:80/fixed/99?delay_us=20"),
        ("page=drip:20000:20:5000 delay_us=1", 0, "http://127.0.0.1:80/drip/20000?chunks=20&gap_us=5000&delay_us=1"),
        ("page=json:5", 2, "http://127.0.0.1:80/json/2?items=5&delay_us=0"),
        ("silent_percent=50", 2, "http://127.0.0.1:80/silent"),
        ("silent_percent=50", 1, "http://127.0.0.1:80/page/1?delay_us=0"),
        ("slow_percent=10 slow_us=9", 1, "http://127.0.0.1:80/page/1?delay_us=0&slow_percent=10&slow_us=9"),
        ("page=text:99", 3, "http://127.0.0.1:80/text/99?delay_us=0"),
        ("page=gzip:99 delay_us=5", 3, "http://127.0.0.1:80/text/99?encoding=gzip&delay_us=5"),
        (
            "flaky_percent=5 flaky=reset",
            4,
            "http://127.0.0.1:80/page/4?delay_us=0&flaky_percent=5&flaky=reset&request=4",
        ),
        ("hosts=3", 5, "http://127.0.0.3:80/page/5?delay_us=0"),
        ("hosts=251", 250, "http://127.0.1.1:80/page/250?delay_us=0"),
    ] {
        // One host is the origin's own address; port 80 is written out, as it was given.
        assert_eq!(target(words, "127.0.0.1:80").unwrap().url(index), url, "{words}, request {index}");
    }
}

#[test]
fn every_host_has_an_address_of_its_own() {
    let addresses: BTreeSet<_> = (0..MOST_HOSTS).map(address).collect();
    assert_eq!(addresses.len() as u64, MOST_HOSTS);
    for (host, expected) in [(0, "127.0.0.1"), (249, "127.0.0.250"), (250, "127.0.1.1"), (63_999, "127.0.255.250")] {
        assert_eq!(address(host).to_string(), expected);
    }
}

#[test]
fn many_hosts_need_an_origin_where_they_begin() {
    let error = target("hosts=2", "192.0.2.1:80").unwrap_err();
    assert_eq!(error, "hosts: they begin at 127.0.0.1, and the origin is 192.0.2.1:80");
    assert!(target("hosts=1", "192.0.2.1:80").is_ok());
}

#[test]
fn a_connection_that_is_not_used_again_is_asked_to_close() {
    let close = |words| target(words, "127.0.0.1:80").unwrap().request(0).headers().get("connection").cloned();
    assert_eq!(close("reuse=no"), Some("close".parse().unwrap()));
    assert_eq!(close(""), None);
}
