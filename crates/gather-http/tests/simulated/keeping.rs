//! What was found is kept for a while, and only so much of it.

use std::time::Duration;

use gather_core::{FetchErrorKind, Phase};
use gather_http::ResolveLimits;

use crate::network::{Lookup, found, on_network};

#[test]
fn answer_is_kept_for_thirty_seconds() {
    on_network(async |network| {
        network.at("one.test", 0, &["192.0.2.1"]);
        network.at("one.test", 0, &["192.0.2.2"]);
        let client = network.client();
        for (at, address, lookups) in [(0, "192.0.2.1", 1), (29_999, "192.0.2.1", 1), (30_000, "192.0.2.2", 2)] {
            network.pass(at - network.elapsed()).await;
            assert_eq!(network.page(&client, "http://one.test/").await.expect("a page"), address, "at {at} ms");
            assert_eq!(network.seen().lookups.len(), lookups, "at {at} ms");
        }
    });
}

#[test]
fn answer_that_says_for_how_long_is_kept_for_so_long() {
    on_network(async |network| {
        let short = found(&["192.0.2.1"]).time_to_live(Duration::from_secs(5));
        network.name("one.test", Lookup::Found(Duration::ZERO, short));
        let client = network.client();
        for (at, lookups) in [(0, 1), (4_999, 1), (5_000, 2)] {
            network.pass(at - network.elapsed()).await;
            network.page(&client, "http://one.test/").await.expect("a page");
            assert_eq!(network.seen().lookups.len(), lookups, "at {at} ms");
        }
    });
}

#[test]
fn answer_that_holds_for_ever_is_kept_for_a_day() {
    on_network(async |network| {
        let long = found(&["192.0.2.1"]).time_to_live(Duration::MAX);
        network.name("one.test", Lookup::Found(Duration::ZERO, long));
        let client = network.client();
        for (at, lookups) in [(0, 1), (86_399_999, 1), (86_400_000, 2)] {
            network.pass(at - network.elapsed()).await;
            network.page(&client, "http://one.test/").await.expect("a page");
            assert_eq!(network.seen().lookups.len(), lookups, "at {at} ms");
        }
    });
}

#[test]
fn answer_that_holds_for_no_time_is_not_kept() {
    on_network(async |network| {
        network.at("one.test", 0, &["192.0.2.1"]);
        let limits = ResolveLimits::default().time_to_live(Duration::ZERO);
        let client = network.build(network.settings().resolve_limits(limits));
        for _ in 0..3 {
            network.page(&client, "http://one.test/").await.expect("a page");
        }
        assert_eq!(network.seen().lookups.len(), 3);
    });
}

#[test]
fn failure_is_kept_for_a_second() {
    on_network(async |network| {
        network.name("late.test", Lookup::Failed(Duration::ZERO));
        network.at("late.test", 0, &["192.0.2.1"]);
        let client = network.client();
        for at in [0, 500, 999] {
            network.pass(at - network.elapsed()).await;
            network.page(&client, "http://late.test/").await.expect_err("no such name yet");
        }
        assert_eq!(network.seen().lookups.len(), 1);
        network.pass(1).await;
        assert_eq!(network.page(&client, "http://late.test/").await.expect("a page"), "192.0.2.1");
    });
}

#[test]
fn name_that_would_go_first_makes_room() {
    on_network(async |network| {
        for (name, seconds) in [("long.test", 90), ("short.test", 10), ("middle.test", 30)] {
            let answer = found(&["192.0.2.1"]).time_to_live(Duration::from_secs(seconds));
            network.name(name, Lookup::Found(Duration::ZERO, answer));
        }
        let limits = ResolveLimits::default().max_names(2);
        let client = network.build(network.settings().resolve_limits(limits));
        for name in ["long", "short", "middle", "long", "middle", "short"] {
            network.page(&client, &format!("http://{name}.test/")).await.expect("a page");
        }
        assert_eq!(network.seen().lookups, ["long.test", "short.test", "middle.test", "short.test"]);
    });
}

#[test]
fn name_whose_time_is_over_makes_room_before_any_other() {
    on_network(async |network| {
        for (name, seconds) in [("over.test", 1), ("long.test", 90), ("longer.test", 95)] {
            let answer = found(&["192.0.2.1"]).time_to_live(Duration::from_secs(seconds));
            network.name(name, Lookup::Found(Duration::ZERO, answer));
        }
        let limits = ResolveLimits::default().max_names(2);
        let client = network.build(network.settings().resolve_limits(limits));
        network.page(&client, "http://over.test/").await.expect("a page");
        network.page(&client, "http://long.test/").await.expect("a page");
        network.pass(2_000).await;
        network.page(&client, "http://longer.test/").await.expect("a page");
        network.page(&client, "http://long.test/").await.expect("a page");
        assert_eq!(network.seen().lookups, ["over.test", "long.test", "longer.test"]);
    });
}

#[test]
fn no_name_at_all_may_be_kept() {
    on_network(async |network| {
        network.at("one.test", 0, &["192.0.2.1"]);
        let limits = ResolveLimits::default().max_names(0);
        let client = network.build(network.settings().resolve_limits(limits));
        for _ in 0..2 {
            network.page(&client, "http://one.test/").await.expect("a page");
        }
        assert_eq!(network.seen().lookups.len(), 2);
    });
}

#[test]
fn answer_without_an_address_is_an_error() {
    on_network(async |network| {
        network.at("empty.test", 0, &[]);
        let client = network.client();
        let error = network.page(&client, "http://empty.test/").await.expect_err("no address");
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Refused), "{error:?}");
    });
}

#[test]
fn name_that_dns_cannot_have_is_not_asked_for() {
    on_network(async |network| {
        let client = network.client();
        let url = format!("http://{}.test/", "a".repeat(250));
        let error = network.page(&client, &url).await.expect_err("too long");
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Invalid), "{error:?}");
        assert!(network.seen().lookups.is_empty());
    });
}

#[test]
fn numeric_address_is_not_asked_for() {
    on_network(async |network| {
        let client = network.client();
        assert_eq!(network.page(&client, "http://192.0.2.9:81/").await.expect("a page"), "192.0.2.9");
        assert_eq!(network.page(&client, "http://[2001:db8::9]/").await.expect("a page"), "2001:db8::9");
        assert!(network.seen().lookups.is_empty());
        assert_eq!(network.seen().attempts, [("192.0.2.9:81".into(), 0), ("[2001:db8::9]:80".into(), 0)]);
    });
}
