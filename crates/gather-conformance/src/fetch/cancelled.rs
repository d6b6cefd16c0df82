//! Cancelled exchanges: they end at the origin too, and nothing of them is seen by another one.

use gather_core::{Clock, Deviation, Fetch, Host};

use crate::exchange::{ask, assert_usable, deviates, next, rest};
use crate::fetch::drop_when;
use crate::origin::{Origin, Pattern};

/// Dropping a request that waits for its head leaves the client usable, and the answer, when it comes, reaches nobody.
///
/// Ends where the transport declares that it [blocks](Deviation::Blocks), because nothing can then be dropped half way, or
/// that its [pool is careless](Deviation::CarelessPool).
pub fn dropped_head_leaves_the_client_usable<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::Blocks) || deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        for round in 0..3 {
            let stale = fetch.fetch(ask(&origin, &format!("/gate/{round}/stale")));
            drop_when(&clock, stale, origin.until(move |counts| counts.requests > round * 6)).await;
            // The stale answer is on its way while the next ones are asked for.
            origin.open(&round.to_string());
            assert_usable(&fetch, &clock, &origin, "a request that was dropped").await;
        }
        // Dropped before it is polled: sent or not, nobody hears of it.
        drop(fetch.fetch(ask(&origin, "/say/never-polled")));
        assert_usable(&fetch, &clock, &origin, "a request that was never polled").await;
    });
}

/// Dropping a body, unread or half read, leaves the client usable, and its remains reach nobody; unless its
/// [pool is careless](Deviation::CarelessPool).
pub fn dropped_body_leaves_the_client_usable<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        for path in ["/bytes/100", "/bytes/5000", "/bytes/200000", "/chunked/100/1000", "/endless", "/body-gate/never"]
        {
            drop(fetch.fetch(ask(&origin, path)).await.expect("the head"));
            assert_usable(&fetch, &clock, &origin, &format!("an unread body of {path}")).await;
            let mut body = fetch.fetch(ask(&origin, path)).await.expect("the head").into_body();
            next(&mut body).await.expect("not the end").expect("the first chunk");
            drop(body);
            assert_usable(&fetch, &clock, &origin, &format!("a half-read body of {path}")).await;
        }
    });
}

/// What is dropped ends at the origin: nothing goes on behind the scenes. With the exceptions of
/// [`dropped_head_leaves_the_client_usable`]; of a transport that blocks bodies alone are dropped.
///
/// With a transport that does not promise it in its [`capabilities`](Fetch::capabilities) nobody else notices, at least.
pub fn dropped_exchange_ends_at_the_origin<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        if !deviates(&fetch, Deviation::Blocks) {
            drop_silent_heads(&fetch, &clock, &origin).await;
            if !fetch.capabilities().cancellation {
                return assert_usable(&fetch, &clock, &origin, "exchanges that were dropped and may go on").await;
            }
            origin.until(|counts| counts.in_flight == 0).await;
        }
        let body = fetch.fetch(ask(&origin, "/endless")).await.expect("the head").into_body();
        assert_eq!(origin.counts().in_flight, 1);
        drop(body);
        origin.until(|counts| counts.in_flight == 0).await;
    });
}

async fn drop_silent_heads<F: Fetch, C: Clock>(fetch: &F, clock: &C, origin: &Origin) {
    let silent = (0..5).map(|_| fetch.fetch(ask(origin, "/silent")));
    let silent = futures_util::future::join_all(silent);
    drop_when(clock, silent, origin.until(|counts| counts.in_flight == 5)).await;
}

/// While nobody polls a body its sender is stopped after a bounded number of bytes, and goes on when somebody does.
///
/// The origin's socket says when: it takes no more for half a second. A client that buffers without bound takes it all.
pub fn unread_body_stops_the_sender<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    /// More than the kernel's buffers and a client's own can hold (a receive buffer may grow to 32 MiB, but only under a
    /// reader that is quick).
    const LENGTH: usize = 64 << 20;
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let response = fetch.fetch(ask(&origin, &format!("/pour/all/{LENGTH}"))).await.expect("the head");
        let mut body = response.into_body();
        let mut expected = Pattern::default();
        let first = next(&mut body).await.expect("not the end").expect("the first chunk");
        assert!(expected.accepts(&first));

        let stopped = origin.until(|counts| counts.pour("all").stalled || counts.pour("all").ended).await;
        let pour = stopped.pour("all");
        assert!(!pour.ended, "the origin wrote all {LENGTH} bytes to a client whose user had read {}", first.len());
        // Other exchanges are none the worse.
        assert_usable(&fetch, &clock, &origin, "a body that nobody reads").await;

        let mut length = first.len();
        while let Some(chunk) = next(&mut body).await {
            let chunk = chunk.expect("the rest");
            length += chunk.len();
            assert!(expected.accepts(&chunk), "the bytes are those that were sent");
        }
        assert_eq!(length, LENGTH);
        assert_eq!(rest(&mut body).await.expect("ended"), b"", "a body that has ended stays so");
    });
}
