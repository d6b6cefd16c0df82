//! Connections: shared out, used again, and gone when the client is closed.

use std::future::poll_fn;
use std::time::Duration;

use futures_util::future::{join, join_all};
use gather_core::{Clock, Deviation, Fetch, Host, timeout};

use crate::exchange::{ask, assert_usable, chain, deviates, page, rest};
use crate::origin::Origin;

/// As many exchanges as are asked for are in flight at the same time, as the origin counts them: it answers none before it
/// has them all. Ends where the transport declares that it [blocks](Deviation::Blocks).
pub fn exchanges_run_at_the_same_time<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    const MANY: usize = 50;
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::Blocks) {
            return;
        }
        let all = join_all((0..MANY).map(|number| {
            let (fetch, clock, origin) = (&fetch, &clock, &origin);
            async move {
                let path = format!("/gate/all/{number}");
                let page = page(fetch, clock, origin, &path).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
                assert_eq!(page.body, number.to_string(), "every answer goes to whoever asked");
            }
        }));
        let open = async {
            origin.until(|counts| counts.in_flight == MANY).await;
            origin.open("all");
        };
        join(all, open).await;
        assert_eq!(origin.counts().in_flight_max, MANY);
    });
}

/// A connection whose answer has been read is used again.
///
/// Not always the same one at once: clients park a connection from a task of its own, and may open another meanwhile. Where
/// the transport declares [`NoReuse`](Deviation::NoReuse), every exchange has a connection of its own.
pub fn connections_are_reused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    const REQUESTS: usize = 40;
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        for number in 0..REQUESTS {
            page(&fetch, &clock, &origin, &format!("/say/{number}")).await.expect("a page");
        }
        let accepted = origin.counts().accepted;
        if deviates(&fetch, Deviation::NoReuse) {
            assert_eq!(accepted, REQUESTS, "it uses connections again, and says that it does not");
            return;
        }
        assert!(accepted <= REQUESTS / 4, "{accepted} connections for {REQUESTS} requests, one after the other");
    });
}

/// After `connection: close` the next request goes over another connection, without an error; unless the
/// [pool is careless](Deviation::CarelessPool), which looks at what has arrived and not at what was announced.
pub fn announced_close_is_heeded<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        for number in 0..20 {
            let page = page(&fetch, &clock, &origin, &format!("/close/{number}")).await;
            let page = page.unwrap_or_else(|error| panic!("request {number}: {}", chain(&error)));
            assert_eq!(page.body, number.to_string());
        }
        assert_eq!(origin.counts().accepted, 20);
    });
}

/// A connection that closes between two requests, unannounced, may cost the one request that was sent into it, which is not
/// the client's fault, and no other; unless the [pool is careless](Deviation::CarelessPool).
pub fn silent_close_costs_at_most_one_error<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        for round in 0..10 {
            page(&fetch, &clock, &origin, "/last/one")
                .await
                .unwrap_or_else(|error| panic!("{round}: {}", chain(&error)));
            let _ = page(&fetch, &clock, &origin, "/say/at-risk").await.map(|page| assert_eq!(page.body, "at-risk"));
            assert_usable(&fetch, &clock, &origin, "a connection that closed in silence").await;
        }
    });
}

/// The same for one of which only the origin's sending side is closed.
pub fn half_closed_connection_is_not_reused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        for round in 0..5 {
            let outcome = page(&fetch, &clock, &origin, "/half-closed/half").await;
            outcome.unwrap_or_else(|error| panic!("{round}: {}", chain(&error)));
            let _ = page(&fetch, &clock, &origin, "/say/at-risk").await.map(|page| assert_eq!(page.body, "at-risk"));
            assert_usable(&fetch, &clock, &origin, "a connection that was half closed").await;
        }
    });
}

/// A client that is closed holds no connection, as the origin counts them, and what is asked of it then fails at once.
pub fn close_ends_all_connections<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    const MANY: usize = 8;
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::Blocks) {
            // One after the other, then: there is one connection to close.
            origin.open("all");
            page(&fetch, &clock, &origin, "/gate/all/x").await.expect("a page");
        } else {
            let all = join_all((0..MANY).map(|_| page(&fetch, &clock, &origin, "/gate/all/x")));
            let open = async {
                origin.until(|counts| counts.in_flight == MANY).await;
                origin.open("all");
            };
            for page in join(all, open).await.0 {
                page.expect("a page");
            }
        }
        assert!(origin.counts().accepted >= 1);
        close(&fetch, &clock).await;
        origin.until(|counts| counts.open == 0).await;
        // Closing again is as good.
        close(&fetch, &clock).await;
    });
}

/// Closing ends the exchanges in flight: with an error, and at the origin. A transport that [blocks](Deviation::Blocks) has
/// no more than a body in flight.
pub fn close_ends_exchanges_in_flight<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let mut body = fetch.fetch(ask(&origin, "/body-gate/never")).await.expect("the head").into_body();
        if deviates(&fetch, Deviation::Blocks) {
            close(&fetch, &clock).await;
        } else {
            let silent = fetch.fetch(ask(&origin, "/silent"));
            let closing = async {
                origin.until(|counts| counts.in_flight == 2).await;
                close(&fetch, &clock).await;
            };
            let both = timeout(&clock, Duration::from_secs(20), join(silent, closing)).await;
            assert!(both.expect("no hanging").0.is_err(), "an exchange was answered by a client that is closed");
        }
        assert!(rest(&mut body).await.is_err(), "a body ended well that was cut by closing the client");
        origin.until(|counts| counts.open == 0).await;
    });
}

async fn close<F: Fetch, C: Clock>(fetch: &F, clock: &C) {
    let closed = timeout(clock, Duration::from_secs(20), poll_fn(|cx| fetch.poll_close(cx)));
    closed.await.expect("closing takes no time when nobody is in its way");
}
