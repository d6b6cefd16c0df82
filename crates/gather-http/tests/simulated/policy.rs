//! Every address is judged when it is connected to, wherever it was learnt.

use std::net::Ipv4Addr;
use std::time::Duration;

use gather_core::addresses::{AddressPolicy, Discovered};
use gather_core::{FetchError, FetchErrorKind, Phase, Request, get};
use gather_http::{Builder, Overrides};

use crate::network::{Lookup, found, on_network};

/// A request for what was found in a page.
fn discovered(url: &str) -> Request {
    let mut request = get(url).expect("an address");
    request.extensions_mut().insert(Discovered);
    request
}

fn assert_forbidden(page: Result<String, FetchError>) {
    let error = page.expect_err("not public");
    assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Forbidden), "{error:?}");
}

#[test]
fn rebinding_is_refused() {
    on_network(async |network| {
        let fleeting = |address| Lookup::Found(Duration::ZERO, found(&[address]).time_to_live(Duration::from_secs(1)));
        network.name("rebind.test", fleeting("93.184.215.14"));
        network.name("rebind.test", fleeting("127.0.0.1"));
        let client = network.client();
        let page = network.send(&client, discovered("http://rebind.test/")).await;
        assert_eq!(page.expect("a page"), "93.184.215.14");
        network.pass(1_000).await;
        assert_forbidden(network.send(&client, discovered("http://rebind.test/")).await);
        assert_eq!(network.seen().lookups.len(), 2);
        assert_eq!(network.seen().attempts, [("93.184.215.14:80".into(), 0)]);
    });
}

#[test]
fn answer_that_was_kept_for_another_request_is_judged_again() {
    on_network(async |network| {
        network.at("intranet.test", 0, &["10.0.0.1"]);
        let client = network.client();
        // The user may go there, and the name is known from then on.
        assert_eq!(network.page(&client, "http://intranet.test/").await.expect("a page"), "10.0.0.1");
        assert_forbidden(network.send(&client, discovered("http://intranet.test/")).await);
        assert_eq!((network.seen().lookups.len(), network.seen().attempts.len()), (1, 1));

        let mut allowed = discovered("http://intranet.test/");
        let networks = AddressPolicy::public().allowing("10.0.0.0/8".parse().expect("a network"));
        allowed.extensions_mut().insert(networks);
        assert_eq!(network.send(&client, allowed).await.expect("a page"), "10.0.0.1");
    });
}

#[test]
fn only_the_permitted_ones_of_many_addresses_are_tried() {
    on_network(async |network| {
        network.at("mixed.test", 0, &["127.0.0.1", "::1", "93.184.215.14", "169.254.169.254", "2606:2800:220:1::"]);
        network.refuses("93.184.215.14", 10);
        network.refuses("2606:2800:220:1::", 10);
        let client = network.client();
        let error = network.send(&client, discovered("http://mixed.test/")).await.expect_err("all refuse");
        assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Refused), "{error:?}");
        let tried: Vec<String> = network.seen().attempts.into_iter().map(|(address, _)| address).collect();
        assert_eq!(tried, ["93.184.215.14:80", "[2606:2800:220:1::]:80"]);
    });
}

#[test]
fn pinned_address_is_judged_too() {
    on_network(async |network| {
        let pinned = Overrides::new().pin("pinned.test", [Ipv4Addr::LOCALHOST.into()]);
        let client = network.build(Builder::new().resolver(pinned).max_idle_per_host(0));
        assert_eq!(network.page(&client, "http://pinned.test/").await.expect("a page"), "127.0.0.1");
        assert_forbidden(network.send(&client, discovered("http://pinned.test/")).await);
    });
}

#[test]
fn numeric_address_is_judged_too() {
    on_network(async |network| {
        let client = network.client();
        for url in ["http://127.0.0.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/"] {
            assert_forbidden(network.send(&client, discovered(url)).await);
        }
        assert!(network.seen().attempts.is_empty());
    });
}
