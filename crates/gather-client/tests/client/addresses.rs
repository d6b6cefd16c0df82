//! Which addresses a request may reach: those that the user gave, and those that a page or a server named.

use gather_client::ClientBuilder;
use gather_client::cache::{Cache, MemoryStore};
use gather_conformance::simulated::{Scripted, Simulated, SimulatedHandle};
use gather_core::addresses::AddressPolicy;
use gather_core::http::header::CACHE_CONTROL;
use gather_core::{FetchErrorKind, Host, Phase, Request, get};

use crate::support::*;

#[test]
fn a_place_that_a_server_chose_needs_a_transport_that_looks_at_addresses() {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let transport = Scripted::new(clock.clone(), |_| redirect("http://169.254.169.254/"));
        let client = builder().build(transport.clone(), clock);
        let error = client.page("http://one.test/").await.unwrap_err();
        assert_eq!((error.phase(), error.kind()), (Phase::Request, FetchErrorKind::Forbidden), "{error:?}");
        assert_eq!(transport.traffic().started, 1, "the second request was never made");
    });
}

#[test]
fn what_a_page_names_is_held_to_public_addresses_and_what_the_user_names_is_not() {
    let intranet = || AddressPolicy::public().allowing("10.1.0.0/16".parse().unwrap());
    let seen = |settings: ClientBuilder| {
        let answer = |request: &Request| match request.uri().path() {
            "/away" => redirect("http://other.test/"),
            "/near" => redirect("http://one.test/"),
            _ => say("here"),
        };
        let seen = talk(settings, answer, async |client, _| {
            client.get("http://one.test/near").await.unwrap();
            client.get("http://one.test/away").await.unwrap();
            client.get_discovered("http://one.test/near").await.unwrap();
            let mut own = get("http://one.test/away").unwrap();
            own.extensions_mut().insert(AddressPolicy::Any);
            client.whole(own).await.unwrap();
        });
        seen.iter().map(|request| AddressPolicy::of(request.extensions())).collect::<Vec<_>>()
    };
    use AddressPolicy::Any;
    let public = AddressPolicy::public;
    assert_eq!(seen(builder()), [Any, Any, Any, public(), public(), public(), Any, Any]);
    let each = intranet;
    assert_eq!(
        seen(builder().discovered_addresses(intranet())),
        [Any, Any, Any, each(), each(), each(), Any, Any],
        "what is set for what is found leaves what is given alone"
    );
    assert_eq!(
        seen(builder().addresses(intranet())),
        [each(), each(), each(), each(), each(), each(), Any, Any],
        "what is set for all is"
    );
    assert_eq!(
        seen(builder().addresses(public()).discovered_addresses(intranet())),
        [public(), public(), public(), each(), each(), each(), Any, Any]
    );
}

#[test]
fn what_was_stored_without_looking_at_addresses_is_nothing_for_who_has_to() {
    let answer = |_: &Request| field(say("internal"), CACHE_CONTROL, "max-age=60");
    let settings = builder().cache(Cache::default(), MemoryStore::default());
    let seen = talk(settings, answer, async |client, _| {
        let url = "http://intranet.test/";
        client.get(url).await.unwrap();
        client.get(url).await.unwrap();
        client.get_discovered(url).await.unwrap();
        client.get_discovered(url).await.unwrap();
    });
    let restricted: Vec<_> = seen.iter().map(|sent| AddressPolicy::of(sent.extensions()).restricts()).collect();
    assert_eq!(restricted, [false, true], "each has an entry of its own");
}
