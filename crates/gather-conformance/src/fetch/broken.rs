//! Answers that break the protocol: each is an error of the right phase and kind, and costs nobody else anything.

use gather_core::{Deviation, Fetch, FetchError, FetchErrorKind, Host, Phase, fetch_page};

use crate::exchange::{ask, assert_usable, chain, deviates, generous};
use crate::origin::Origin;

/// What is not HTTP is a protocol error.
pub fn garbage_is_a_protocol_error<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let error = error_of(host, make, "/garbage");
    assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::Protocol), "{error:?}");
}

/// A head that never ends is refused at some length, long before the deadline.
pub fn endless_head_is_refused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let error = fetch_page(&fetch, &clock, ask(&origin, "/endless-head"), generous()).await.expect_err("no end");
        assert_eq!(error.phase(), Phase::Head, "{error:?}");
        let kind = error.kind();
        // Which of its limits is reached first is the transport's business.
        let limited = matches!(kind, FetchErrorKind::TooLarge(_) | FetchErrorKind::TooMany(_));
        let unnamed = kind == FetchErrorKind::Interrupted && deviates(&fetch, Deviation::UnnamedLimits);
        assert!(limited || unnamed || kind == FetchErrorKind::Protocol, "{error:?}");
    });
}

/// A connection that ends instead of answering is an error in the head.
pub fn cut_before_the_head<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    assert_cut(&error_of(host, make, "/cut/before-head"), Phase::Head);
}

/// So is one that ends in the middle of the head.
pub fn cut_in_the_head<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    assert_cut(&error_of(host, make, "/cut/in-head"), Phase::Head);
}

/// A body that ends before its announced length is an error, never a silent end.
pub fn cut_in_the_body<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    assert_cut(&error_of(host, make, "/cut/in-body"), Phase::Body);
}

/// So is one that ends in the middle of its chunks.
pub fn cut_in_the_chunks<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    assert_cut(&error_of(host, make, "/cut/in-chunks"), Phase::Body);
}

/// A connection that is reset is an error. In which phase depends on what the kernel still delivers.
pub fn reset_in_the_body<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let error = error_of(host, make, "/reset/in-body");
    assert_cut(&error, error.phase().max(Phase::Head));
}

/// A chunk whose size is no number is an error in the body.
pub fn bad_chunk_is_an_error<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let error = error_of(host, make, "/bad-chunk");
    assert_eq!((error.phase(), error.kind()), (Phase::Body, FetchErrorKind::Protocol), "{error:?}");
}

/// What is sent beyond the announced length is neither part of this body nor the beginning of the next answer; but see
/// [`CarelessPool`](Deviation::CarelessPool).
pub fn excess_is_not_seen<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        for _ in 0..3 {
            // A client may call the excess an error; what it must not do is to hand it out.
            if let Ok(page) = fetch_page(&fetch, &clock, ask(&origin, "/long"), generous()).await {
                assert_eq!(page.body, "hello");
            }
            assert_usable(&fetch, &clock, &origin, "an answer with more bytes than it had announced").await;
        }
    });
}

/// The error that a path ends in; after it the client is in order.
fn error_of<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F, path: &str) -> FetchError {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        // On a new connection, and on one that has served before.
        let first = match fetch_page(&fetch, &clock, ask(&origin, path), generous()).await {
            Ok(page) => panic!("{path} was taken for a page of {} bytes: {:?}", page.body.len(), page.head),
            Err(error) => error,
        };
        if deviates(&fetch, Deviation::CarelessPool) {
            return first;
        }
        assert_usable(&fetch, &clock, &origin, path).await;
        let outcome = fetch_page(&fetch, &clock, ask(&origin, path), generous()).await;
        let error = outcome.map(|page| page.body).expect_err("an answer that is broken");
        assert!(error.url().is_some(), "an error names the address: {error:?}");
        assert_usable(&fetch, &clock, &origin, path).await;
        error
    })
}

fn assert_cut(error: &FetchError, phase: Phase) {
    assert_eq!(error.phase(), phase, "{}", chain(error));
    let kind = error.kind();
    assert!(matches!(kind, FetchErrorKind::Interrupted | FetchErrorKind::Protocol), "{kind:?}: {}", chain(error));
}
