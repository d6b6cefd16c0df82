//! Servers that mean harm, where the laws of `Fetch` say that there is a limit and this engine says which; and the whole client
//! against what a transport cannot end.

use std::time::{Duration, SystemTime};

use gather_client::decode::DecodeLimits;
use gather_client::redirect::RedirectPolicy;
use gather_client::retry::RetryPolicy;
use gather_client::{Client, ClientBuilder, Deadlines};
use gather_conformance::origin::Origin;
use gather_conformance::watchdog::watched;
use gather_core::{FetchError, FetchErrorKind, Host, Limits, Phase, fetch_page, get};
use gather_smol::Smol;
use gather_tokio::{Connect, HyperBuilder, HyperFetch, Tokio, TokioHandle};

/// The status of what comes of one path after the other, or the error.
fn fetch_all(engine: HyperBuilder, paths: &[&str]) -> Vec<Result<u16, FetchError>> {
    let origin = Origin::start();
    Smol::with_threads(1).expect("an executor").run(async |runtime| {
        let engine = engine.build(runtime.clone()).expect("TLS");
        let mut outcomes = Vec::new();
        for path in paths {
            let request = get(origin.url(path)).expect("an address");
            let page = fetch_page(&engine, &runtime, request, Limits::default()).await;
            outcomes.push(page.map(|page| page.head.status.as_u16()));
        }
        engine.close().await;
        outcomes
    })
}

fn check(engine: HyperBuilder, path: &str, expected: Result<u16, FetchErrorKind>) {
    let found = fetch_all(engine, &[path]).remove(0);
    let found = found.map_err(|error| {
        assert_eq!(error.phase(), Phase::Head, "{path}: {error:?}");
        error.kind()
    });
    assert_eq!(found, expected, "{path}");
}

#[test]
fn fields_are_counted_exactly() {
    // The origin's own `content-length` is one of them.
    check(HyperBuilder::new(), "/fields/99", Ok(200));
    check(HyperBuilder::new(), "/fields/100", Err(FetchErrorKind::TooMany(100)));
    let few = HyperBuilder::new().max_header_fields(3);
    check(few.clone(), "/fields/2", Ok(200));
    check(few, "/fields/3", Err(FetchErrorKind::TooMany(3)));
}

#[test]
fn heads_are_measured_exactly() {
    check(HyperBuilder::new(), "/field/65000", Ok(200));
    check(HyperBuilder::new(), "/field/65536", Err(FetchErrorKind::TooLarge(65536)));
    let short = HyperBuilder::new().max_head_bytes(10_000);
    check(short.clone(), "/field/9000", Ok(200));
    check(short, "/field/10000", Err(FetchErrorKind::TooLarge(10_000)));
    // What hyper needs at the least.
    check(HyperBuilder::new().max_head_bytes(1), "/field/8192", Err(FetchErrorKind::TooLarge(8192)));
}

#[test]
fn a_refusal_costs_the_next_request_nothing() {
    let outcomes = fetch_all(HyperBuilder::new(), &["/fields/200", "/say/a", "/field/70000", "/say/b", "/silent-no"]);
    let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().ok().copied()).collect();
    assert_eq!(statuses, [None, Some(200), None, Some(200), Some(404)]);
}

#[test]
fn the_message_names_the_limit() {
    let mut outcomes =
        fetch_all(HyperBuilder::new(), &["/fields/200", "/hostile/continue-without-end", "/hostile/both"]);
    let said: Vec<_> = outcomes.drain(..).map(|outcome| outcome.expect_err("hostile").to_string()).collect();
    assert!(said[0].ends_with("/fields/200: more than the limit of 100"), "{said:?}");
    assert!(said[1].ends_with("/hostile/continue-without-end: larger than the limit of 65536 bytes"), "{said:?}");
    assert!(said[2].ends_with("/hostile/both: the answer is not valid HTTP"), "{said:?}");
}

/// The client that programs use, on one path; the error, and how many requests it took.
fn refusal(name: &'static str, policies: fn() -> ClientBuilder, path: &'static str) -> (FetchError, usize) {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    watched(name, move || {
        let origin = Origin::start();
        let outcome = Tokio::current_thread().expect("a runtime").run(async |runtime| {
            let client: Client<HyperFetch<TokioHandle>, TokioHandle> = policies().build(engine(&runtime), runtime);
            let outcome = client.page(origin.url(path)).await;
            client.transport().close().await;
            outcome.map(|page| page.head)
        });
        let requests = origin.counts().requests;
        sender.send((outcome.expect_err("what does not end is an error"), requests)).expect("somebody waits");
    });
    receiver.recv().expect("the outcome")
}

fn engine<R: Connect>(runtime: &R) -> HyperFetch<R> {
    HyperFetch::new(runtime.clone())
}

fn once() -> ClientBuilder {
    ClientBuilder::new(SystemTime::now).retry(RetryPolicy { max_attempts: 1, ..RetryPolicy::default() })
}

#[test]
fn redirects_to_ever_new_addresses_end() {
    let (error, requests) = refusal("redirects_to_ever_new_addresses_end", once, "/redirects/0");
    let hops = RedirectPolicy::default().max_hops;
    assert_eq!(error.kind(), FetchErrorKind::TooMany(hops.into()), "{error:?}");
    assert_eq!(requests, hops as usize + 1);
}

#[test]
fn a_redirect_to_itself_ends() {
    let (error, requests) = refusal("a_redirect_to_itself_ends", once, "/redirect/redirect");
    assert_eq!(error.kind(), FetchErrorKind::TooMany(1), "{error:?}");
    assert_eq!(requests, 1);
}

#[test]
fn a_dripping_head_is_cut_by_its_own_deadline() {
    let limit = Duration::from_millis(100);
    let policies = || once().deadlines(Deadlines::default().head(Duration::from_millis(100)));
    let (error, _) = refusal("a_dripping_head_is_cut_by_its_own_deadline", policies, "/drip-head/1");
    assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::Timeout(limit)), "{error:?}");
}

#[test]
fn a_body_that_never_stalls_is_cut_by_the_total() {
    let limit = Duration::from_millis(500);
    let policies = || once().deadlines(Deadlines::default().total(Duration::from_millis(500)));
    let (error, _) = refusal("a_body_that_never_stalls_is_cut_by_the_total", policies, "/drip/1000000/5");
    assert_eq!(error.kind(), FetchErrorKind::Timeout(limit), "{error:?}");
}

#[test]
fn an_endless_body_is_cut_by_the_cap() {
    let policies = || once().decode(DecodeLimits::default().wire(100_000));
    let (error, _) = refusal("an_endless_body_is_cut_by_the_cap", policies, "/endless");
    assert_eq!((error.phase(), error.kind()), (Phase::Body, FetchErrorKind::TooLarge(100_000)), "{error:?}");
}

#[test]
fn an_early_answer_flood_is_not_retried_for_ever() {
    let policies = || ClientBuilder::new(SystemTime::now).seed(1);
    let path = "/hostile/continue-without-end";
    let (error, requests) = refusal("an_early_answer_flood_is_not_retried_for_ever", policies, path);
    assert_eq!(error.kind(), FetchErrorKind::TooLarge(65536), "{error:?}");
    assert!(requests <= RetryPolicy::default().max_attempts as usize, "{requests} requests");
}
