//! A transport whose pool is careless is refused, unless somebody knows.

use std::error::Error as _;

use gather_client::{CarelessPools, CarelessTransport, ClientBuilder};
use gather_conformance::simulated::{Scripted, Simulated, SimulatedHandle};
use gather_core::{Capabilities, Deviation, FetchError, FetchErrorKind, Host, Page, Phase};

use crate::{builder, say};

fn fetch(settings: ClientBuilder, said: Capabilities) -> (Result<Page, FetchError>, usize) {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let transport = Scripted::new(clock.clone(), |_| say("here")).promising(said);
        let client = settings.build(transport.clone(), clock);
        (client.page("http://one.test/").await, transport.traffic().started)
    })
}

const CARELESS: Capabilities = Capabilities::none().but(Deviation::CarelessPool);

#[test]
fn a_careless_pool_is_refused_before_anything_is_sent() {
    let (page, sent) = fetch(builder(), CARELESS);
    let error = page.expect_err("a refusal");
    assert_eq!((error.phase(), error.kind(), sent), (Phase::Request, FetchErrorKind::Forbidden, 0));
    assert!(error.source().expect("a reason").is::<CarelessTransport>(), "{error:?}");
}

#[test]
fn who_knows_may_use_it_and_others_are_not_refused() {
    let knowing = builder().careless_pools(CarelessPools::Accept);
    for (settings, said) in [(knowing, CARELESS), (builder(), Capabilities::none().but(Deviation::NoReuse))] {
        let (page, sent) = fetch(settings, said);
        assert_eq!((&page.expect("a page").body[..], sent), (&b"here"[..], 1));
    }
}
