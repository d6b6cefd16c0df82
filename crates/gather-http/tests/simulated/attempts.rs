//! The addresses of one host are raced: families in turns, one more after each delay or failure, the first connection wins.

use std::time::Duration;

use gather_core::{ConnectDeadline, FetchErrorKind, Phase, get};
use gather_http::ResolveLimits;

use crate::network::{Lookup, on_network};

#[test]
fn families_take_turns_a_quarter_of_a_second_apart() {
    on_network(async |network| {
        let addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"];
        network.at("many.test", 0, &addresses);
        // Only the last one ever answers.
        addresses.iter().for_each(|address| network.accepts(address, 1_000_000));
        network.accepts("2001:db8::3", 10);
        let client = network.client();
        assert_eq!(network.page(&client, "http://many.test/").await.expect("a page"), "2001:db8::3");
        let expected = ["[2001:db8::1]", "192.0.2.1", "[2001:db8::2]", "192.0.2.2", "[2001:db8::3]"];
        let expected: Vec<_> = expected.iter().zip(0..).map(|(at, turn)| (format!("{at}:80"), turn * 250)).collect();
        assert_eq!(network.seen().attempts, expected);
        // The four that lost are gone.
        assert_eq!((network.seen().given_up, network.elapsed()), (4, 1_010));
    });
}

#[test]
fn slow_attempt_may_still_win() {
    on_network(async |network| {
        network.at("two.test", 0, &["2001:db8::1", "192.0.2.1"]);
        network.accepts("2001:db8::1", 300);
        network.accepts("192.0.2.1", 100);
        let client = network.client();
        assert_eq!(network.page(&client, "http://two.test/").await.expect("a page"), "2001:db8::1");
        assert_eq!((network.elapsed(), network.seen().given_up), (300, 1));
    });
}

#[test]
fn quick_first_attempt_is_the_only_one() {
    on_network(async |network| {
        network.at("two.test", 0, &["192.0.2.1", "2001:db8::1"]);
        network.accepts("192.0.2.1", 249);
        let client = network.client();
        assert_eq!(network.page(&client, "http://two.test/").await.expect("a page"), "192.0.2.1");
        assert_eq!(network.seen().attempts, [("192.0.2.1:80".into(), 0)]);
    });
}

#[test]
fn failed_attempt_starts_the_next_at_once() {
    on_network(async |network| {
        network.at("three.test", 0, &["2001:db8::1", "2001:db8::2", "192.0.2.1"]);
        network.refuses("2001:db8::1", 20);
        network.refuses("192.0.2.1", 30);
        let client = network.client();
        assert_eq!(network.page(&client, "http://three.test/").await.expect("a page"), "2001:db8::2");
        let expected = [("[2001:db8::1]:80".into(), 0), ("192.0.2.1:80".into(), 20), ("[2001:db8::2]:80".into(), 50)];
        assert_eq!(network.seen().attempts, expected);
    });
}

#[test]
fn host_is_refused_when_every_address_is() {
    on_network(async |network| {
        network.at("two.test", 0, &["2001:db8::1", "192.0.2.1"]);
        network.refuses("2001:db8::1", 400);
        network.refuses("192.0.2.1", 10);
        let client = network.client();
        let error = network.page(&client, "http://two.test/").await.expect_err("nobody listens");
        assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Refused), "{error:?}");
        // It waited for the first one, although the second had failed.
        assert_eq!((network.seen().attempts.len(), network.elapsed()), (2, 400));
    });
}

#[test]
fn delay_is_kept_within_its_bounds() {
    for (asked, kept) in [(0, 10), (50, 50), (60_000, 2_000)] {
        on_network(async |network| {
            network.at("two.test", 0, &["192.0.2.1", "2001:db8::1"]);
            network.accepts("192.0.2.1", 1_000_000);
            let delay = Duration::from_millis(asked);
            let client = network.build(network.settings().connection_attempt_delay(delay));
            assert_eq!(network.page(&client, "http://two.test/").await.expect("a page"), "2001:db8::1");
            assert_eq!(network.seen().attempts[1].1, kept);
        });
    }
}

#[test]
fn address_that_is_named_twice_is_tried_once() {
    on_network(async |network| {
        network.at("twice.test", 0, &["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1"]);
        network.refuses("192.0.2.1", 0);
        network.refuses("192.0.2.2", 0);
        let client = network.client();
        network.page(&client, "http://twice.test/").await.expect_err("nobody listens");
        assert_eq!(network.seen().attempts.len(), 2);
    });
}

#[test]
fn only_so_many_addresses_are_tried() {
    on_network(async |network| {
        let addresses: Vec<String> = (0..200).map(|number| format!("192.0.2.{number}")).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        network.at("many.test", 0, &addresses);
        addresses.iter().for_each(|address| network.refuses(address, 0));
        let limits = ResolveLimits::default().max_addresses(5);
        for (client, tried) in [(network.client(), 32), (network.build(network.settings().resolve_limits(limits)), 5)] {
            let before = network.seen().attempts.len();
            network.page(&client, "http://many.test/").await.expect_err("nobody listens");
            assert_eq!(network.seen().attempts.len() - before, tried);
        }
    });
}

#[test]
fn deadline_for_connecting_covers_the_lookup_and_says_so() {
    on_network(async |network| {
        network.name("mute.test", Lookup::Never);
        let client = network.client();
        let deadline = Duration::from_secs(3);
        let mut request = get("http://mute.test/").expect("an address");
        request.extensions_mut().insert(ConnectDeadline(deadline));
        let error = network.send(&client, request).await.expect_err("nobody knows");
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Timeout(deadline)), "{error:?}");
        assert_eq!((network.elapsed(), network.seen().attempts.len()), (3_000, 0));
    });
}

#[test]
fn deadline_for_connecting_ends_the_race() {
    on_network(async |network| {
        network.at("deaf.test", 100, &["192.0.2.1", "2001:db8::1"]);
        network.accepts("192.0.2.1", 1_000_000);
        network.accepts("2001:db8::1", 1_000_000);
        let client = network.client();
        let deadline = Duration::from_secs(3);
        let mut request = get("http://deaf.test/").expect("an address");
        request.extensions_mut().insert(ConnectDeadline(deadline));
        let error = network.send(&client, request).await.expect_err("nobody answers");
        assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Timeout(deadline)), "{error:?}");
        assert_eq!((network.elapsed(), network.seen().given_up), (3_000, 2));
    });
}
