//! Connecting: it has a deadline of its own, which ends with it.

use std::net::{Ipv4Addr, TcpListener};
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use gather_core::{Clock, ConnectDeadline, Fetch, FetchErrorKind, Host, Request, fetch_page};

use crate::exchange::{ask, assert_usable, chain, generous, request};
use crate::origin::Origin;

/// A request's [`ConnectDeadline`] strikes while there is no connection, agreeing on TLS included, and whatever other
/// requests to the same place are waiting for; and it never strikes later: a server that takes its time to answer is not its
/// affair.
///
/// The other side is a port that listens and that nobody accepts from: the kernel opens the connection, and the client's
/// first words of TLS are never answered. A transport that does not promise this in its
/// [`capabilities`](Fetch::capabilities), or that knows no TLS, has to be excepted, with the reason.
pub fn connect_deadline_is_kept<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let mute = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let mute = (mute.local_addr().expect("an address"), mute);
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        assert!(fetch.capabilities().connect_deadline, "the transport does not say that it heeds connect deadlines");
        let limit = Duration::from_millis(60);
        let begin = clock.now();
        let request = within(limit, request(&format!("https://{}/", mute.0)));
        let error = fetch_page(&fetch, &clock, request, generous()).await.expect_err("nobody answers");
        assert_eq!(error.kind(), FetchErrorKind::Timeout(limit), "{}", chain(&error));
        assert!(error.is_connect(), "it strikes in a phase of connecting: {}", chain(&error));
        assert!(clock.now() - begin >= limit, "it struck early");
        others_do_not_delay_it(&fetch, &clock, &format!("https://{}/", mute.0)).await;
        answers_may_take_longer(&fetch, &clock, &origin).await;
        assert_usable(&fetch, &clock, &origin, "a connection that was not made in time").await;
    });
}

/// A transport that says how long connecting may take where a request does not say it
/// ([`connect_default`](gather_core::Capabilities::connect_default)) keeps to it. To be made with one of a second or less: the
/// law waits for its end.
pub fn connect_default_is_kept<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let mute = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("https://{}/", mute.local_addr().expect("an address"));
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let limit = fetch.capabilities().connect_default.expect("the transport names a default");
        assert!(limit <= Duration::from_secs(1), "{limit:?} is more than this law waits for");
        let begin = clock.now();
        let error = fetch_page(&fetch, &clock, request(&url), generous()).await.expect_err("nobody answers");
        assert_eq!(error.kind(), FetchErrorKind::Timeout(limit), "{}", chain(&error));
        assert!(error.is_connect(), "it strikes in a phase of connecting: {}", chain(&error));
        assert!(clock.now() - begin >= limit, "it struck early");
        // And it is a default: who gives himself more time has it.
        let (longer, begin) = (2 * limit, clock.now());
        let error = fetch_page(&fetch, &clock, within(longer, request(&url)), generous()).await.expect_err("nobody");
        assert_eq!(error.kind(), FetchErrorKind::Timeout(longer), "{}", chain(&error));
        assert!(clock.now() - begin >= longer, "it struck early");
    });
}

/// The one that has more time has begun before, and is still at it when the other's time is over.
async fn others_do_not_delay_it<F: Fetch, C: Clock>(fetch: &F, clock: &C, url: &str) {
    let ask = |limit| fetch_page(fetch, clock, within(limit, request(url)), generous());
    let limit = Duration::from_millis(60);
    match select(pin!(ask(2 * generous().deadline)), pin!(ask(limit))).await {
        Either::Right((outcome, _)) => {
            let error = outcome.expect_err("nobody answers");
            assert_eq!(error.kind(), FetchErrorKind::Timeout(limit), "{}", chain(&error));
        }
        Either::Left(_) => panic!("a connect deadline of {limit:?} waited for the request before it"),
    }
}

/// On a machine so busy that connecting takes longer, a longer deadline shows what is to be shown.
async fn answers_may_take_longer<F: Fetch, C: Clock>(fetch: &F, clock: &C, origin: &Origin) {
    for millis in [60, 600, 6000] {
        let request = within(Duration::from_millis(millis), ask(origin, &format!("/late/{}/late", 2 * millis)));
        match fetch_page(fetch, clock, request, generous()).await {
            Ok(page) => return assert_eq!(page.body, "late"),
            Err(error) => assert!(error.is_connect() && error.is_timeout(), "{}", chain(&error)),
        }
    }
    panic!("no connection was made within six seconds");
}

fn within(limit: Duration, mut request: Request) -> Request {
    request.extensions_mut().insert(ConnectDeadline(limit));
    request
}
