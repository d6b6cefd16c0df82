//! Addresses: a request that was found in a page reaches what is public, and nothing else.

use gather_core::addresses::{AddressPolicy, Discovered};
use gather_core::{Clock, Fetch, FetchError, FetchErrorKind, Host, Page, Phase, Request, fetch_page, get};

use crate::exchange::{ask, generous};
use crate::origin::Origin;

/// A request that is held to public addresses does not reach this machine: neither by address nor by a name that resolves
/// to it, and not over a connection that another request has opened either. What is allowed by name is reached.
///
/// A transport that does not promise this in its [`capabilities`](Fetch::capabilities) refuses such a request, whatever its
/// address, before it opens anything.
pub fn forbidden_addresses_are_not_reached<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let promised = fetch.capabilities().address_policy;
        let phase = if promised { Phase::Connect } else { Phase::Request };
        for host in LOOPBACK {
            let request = get(format!("http://{host}:{}/say/x", origin.addr().port())).expect("an address");
            refused(&fetch, &clock, discovered(request), phase).await;
        }
        assert_eq!(origin.counts().accepted, 0, "no connection was opened");

        let page = under(&fetch, &clock, ask(&origin, "/say/typed"), AddressPolicy::Any).await.expect("a page");
        assert_eq!(&page.body[..], b"typed");
        refused(&fetch, &clock, discovered(ask(&origin, "/say/number")), phase).await;
        assert_eq!(origin.counts().requests, 1, "nor was somebody else's connection used");

        let allowed = AddressPolicy::public().allowing("127.0.0.0/8".parse().expect("a network"));
        let page = under(&fetch, &clock, discovered(ask(&origin, "/say/allowed")), allowed).await;
        match page {
            Ok(page) if promised => assert_eq!(&page.body[..], b"allowed"),
            Ok(_) => panic!("a policy was taken for enforced by a transport that does not promise it"),
            Err(error) => assert!(!promised && error.kind() == FetchErrorKind::Forbidden, "{error:?}"),
        }
    });
}

/// This machine by a name, and in every way of writing its number that some resolver or some parser of addresses takes.
const LOOPBACK: [&str; 7] =
    ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"];

fn discovered(mut request: Request) -> Request {
    request.extensions_mut().insert(Discovered);
    request
}

async fn refused<F: Fetch, C: Clock>(fetch: &F, clock: &C, request: Request, phase: Phase) {
    let url = request.uri().clone();
    let error = fetch_page(fetch, clock, request, generous()).await.expect_err("not public");
    assert_eq!((error.phase(), error.kind()), (phase, FetchErrorKind::Forbidden), "{url}: {error:?}");
}

async fn under<F: Fetch, C: Clock>(
    fetch: &F,
    clock: &C,
    mut request: Request,
    policy: AddressPolicy,
) -> Result<Page, FetchError> {
    request.extensions_mut().insert(policy);
    fetch_page(fetch, clock, request, generous()).await
}
