//! A name is looked up once at a time, whoever comes and goes, and only so many names are.

use std::error::Error;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{join, join_all};
use gather_core::{FetchError, FetchErrorKind, Phase, RuntimeExt};
use gather_http::{ResolveError, ResolveErrorKind, ResolveLimits};

use crate::network::{Lookup, on_network};

/// The resolver's own error, which is somewhere behind the exchange's.
fn behind(error: &FetchError) -> &ResolveError {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return found;
        }
        source = error.source();
    }
    panic!("no error of the resolver behind {error:?}");
}

#[test]
fn requests_at_the_same_time_wait_for_one_lookup() {
    on_network(async |network| {
        network.at("one.test", 50, &["192.0.2.1"]);
        let client = network.client();
        let pages = join_all((0..20).map(|_| network.page(&client, "http://one.test/"))).await;
        for page in pages {
            assert_eq!(page.expect("a page"), "192.0.2.1");
        }
        assert_eq!(network.seen().lookups, ["one.test"]);
        assert_eq!(network.seen().attempts.len(), 20);
        assert_eq!(network.elapsed(), 50);
    });
}

#[test]
fn case_and_port_and_scheme_make_no_other_name() {
    on_network(async |network| {
        network.at("one.test", 50, &["192.0.2.1"]);
        let client = network.client();
        let (upper, port) =
            join(network.page(&client, "http://ONE.test/"), network.page(&client, "http://one.test:8080/")).await;
        assert_eq!((upper.expect("a page"), port.expect("a page")), ("192.0.2.1".into(), "192.0.2.1".into()));
        assert_eq!(network.seen().lookups, ["one.test"]);
        assert_eq!(network.seen().attempts, [("192.0.2.1:80".into(), 50), ("192.0.2.1:8080".into(), 50)]);
    });
}

#[test]
fn failed_lookup_fails_all_who_wait_with_the_same_error() {
    on_network(async |network| {
        network.name("gone.test", Lookup::Failed(Duration::from_millis(50)));
        let client = network.client();
        for page in join_all((0..5).map(|_| network.page(&client, "http://gone.test/"))).await {
            let error = page.expect_err("no such name");
            assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Refused), "{error:?}");
            assert_eq!((behind(&error).name(), behind(&error).kind()), ("gone.test", ResolveErrorKind::NotFound));
        }
        assert_eq!(network.seen().lookups, ["gone.test"]);
    });
}

#[test]
fn request_that_is_dropped_leaves_the_lookup_to_the_others() {
    on_network(async |network| {
        network.at("one.test", 50, &["192.0.2.1"]);
        let client = network.client();
        let mut first = network.page(&client, "http://one.test/").boxed_local();
        let mut second = network.page(&client, "http://one.test/").boxed_local();
        // Both have begun, and the one that began the lookup goes.
        assert!((&mut first).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        network.pass(10).await;
        drop(first);
        assert_eq!(second.await.expect("a page"), "192.0.2.1");
        assert_eq!((network.seen().lookups.len(), network.elapsed()), (1, 50));
    });
}

#[test]
fn lookup_that_nobody_waits_for_ends_quietly_and_is_joined_by_the_next() {
    on_network(async |network| {
        network.at("slow.test", 1_000, &["192.0.2.1"]);
        let client = network.client();
        for _ in 0..3 {
            let mut request = network.page(&client, "http://slow.test/").boxed_local();
            assert!((&mut request).now_or_never().is_none());
            network.pass(100).await;
            drop(request);
        }
        assert_eq!(network.page(&client, "http://slow.test/").await.expect("a page"), "192.0.2.1");
        assert_eq!((network.seen().lookups.len(), network.elapsed()), (1, 1_000));
    });
}

#[test]
fn answer_that_nobody_waited_for_serves_the_next() {
    on_network(async |network| {
        network.at("slow.test", 1_000, &["192.0.2.1"]);
        let client = network.client();
        assert!(network.page(&client, "http://slow.test/").boxed_local().now_or_never().is_none());
        network.pass(2_000).await;
        assert_eq!(network.seen().at_once, 0);
        assert_eq!(network.page(&client, "http://slow.test/").await.expect("a page"), "192.0.2.1");
        assert_eq!((network.seen().lookups.len(), network.elapsed()), (1, 2_000));
    });
}

#[test]
fn only_so_many_names_are_looked_up_at_once() {
    on_network(async |network| {
        let names: Vec<String> = (0..10).map(|number| format!("{number}.test")).collect();
        names.iter().for_each(|name| network.at(name, 100, &["192.0.2.1"]));
        let limits = ResolveLimits::default().max_lookups(3);
        let client = network.build(network.settings().resolve_limits(limits));
        let urls: Vec<String> = names.iter().map(|name| format!("http://{name}/")).collect();
        for page in join_all(urls.iter().map(|url| network.page(&client, url))).await {
            page.expect("a page");
        }
        assert_eq!((network.seen().lookups.len(), network.seen().most_at_once), (10, 3));
        // Three at a time, four times.
        assert_eq!(network.elapsed(), 400);
    });
}

#[test]
fn lookup_that_waits_in_line_leaves_it_with_the_last_who_wants_it() {
    on_network(async |network| {
        network.at("first.test", 100, &["192.0.2.1"]);
        network.at("second.test", 100, &["192.0.2.2"]);
        network.at("third.test", 100, &["192.0.2.3"]);
        let limits = ResolveLimits::default().max_lookups(1);
        let client = network.build(network.settings().resolve_limits(limits));
        let mut first = network.page(&client, "http://first.test/").boxed_local();
        assert!((&mut first).now_or_never().is_none());
        for _ in 0..3 {
            assert!(network.page(&client, "http://second.test/").boxed_local().now_or_never().is_none());
        }
        let (first, third) = join(first, network.page(&client, "http://third.test/")).await;
        assert_eq!((first.expect("a page"), third.expect("a page")), ("192.0.2.1".into(), "192.0.2.3".into()));
        assert_eq!(network.seen().lookups, ["first.test", "third.test"]);
        assert_eq!(network.elapsed(), 200);
    });
}

#[test]
fn resolver_that_never_answers_is_late_and_in_nobodys_way() {
    on_network(async |network| {
        network.name("mute.test", Lookup::Never);
        network.at("one.test", 0, &["192.0.2.1"]);
        let limits = ResolveLimits::default().max_lookups(1).deadline(Duration::from_secs(7));
        let client = network.build(network.settings().resolve_limits(limits));
        let (mute, other) =
            join(network.page(&client, "http://mute.test/"), network.page(&client, "http://one.test/")).await;
        let error = mute.expect_err("no answer");
        let limit = Duration::from_secs(7);
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Timeout(limit)), "{error:?}");
        assert_eq!(other.expect("a page"), "192.0.2.1");
        assert_eq!((network.elapsed(), network.seen().at_once), (7_000, 0));
    });
}

#[test]
fn resolver_that_panics_fails_the_lookup_and_nothing_else() {
    on_network(async |network| {
        network.name("bad.test", Lookup::Panics);
        network.at("one.test", 0, &["192.0.2.1"]);
        let client = network.client();
        let error = network.page(&client, "http://bad.test/").await.expect_err("a panic");
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Other), "{error:?}");
        let cause = behind(&error).source().expect("what happened").to_string();
        assert_eq!(cause, "the task panicked: as the script has it");
        assert_eq!(network.page(&client, "http://one.test/").await.expect("a page"), "192.0.2.1");
    });
}

#[test]
fn closed_client_fails_those_who_wait_for_a_name() {
    on_network(async |network| {
        network.name("mute.test", Lookup::Never);
        let client = network.client();
        let waiting = {
            let (network, client) = (network.clone(), client.clone());
            network.host.clone().task(async move { network.page(&client, "http://mute.test/").await })
        };
        network.pass(10).await;
        client.close().await;
        let error = waiting.await.expect("a task").expect_err("closed");
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Closed), "{error:?}");
        assert_eq!((network.elapsed(), network.seen().at_once), (10, 0));
    });
}
