//! The blocking clients under the laws of transports, as far as a transport that blocks can keep them: what it says of
//! itself the laws read. And its deadlines, which nobody else can have for it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use gather_blocking::{RawFetch, Timeouts, Ureq, UreqFetch};
use gather_conformance::fetch_laws;
use gather_conformance::full_queue::FullQueue;
use gather_conformance::origin::Origin;
use gather_conformance::transports::assert_row;
use gather_core::addresses::Discovered;
use gather_core::{ConnectDeadline, Fetch, FetchError, FetchErrorKind, Host, Limits, Phase, Request, fetch_page, get};
use gather_smol::Smol;

mod ureq_laws {
    use super::*;
    fetch_laws!(
        Smol::current_thread(),
        |_| UreqFetch::new(),
        except { connect_deadline_is_kept: "it is about TLS, which is a feature; connect deadlines are tested below" }
    );
}

mod raw_laws {
    use super::*;
    fetch_laws!(
        Smol::current_thread(),
        |_| RawFetch::new(),
        except {
            connect_deadline_is_kept: "it is about TLS, which this client has none of; connect deadlines are tested below"
        }
    );
}

fn both(timeouts: Timeouts, check: impl Fn(&dyn Fn(Request) -> Result<usize, FetchError>)) {
    check(&|request| page(&UreqFetch::new().timeouts(timeouts), request));
    check(&|request| page(&RawFetch::new().timeouts(timeouts), request));
}

fn page(client: &impl Fetch, request: Request) -> Result<usize, FetchError> {
    let limits = Limits::default().deadline(Duration::from_secs(25));
    Smol::current_thread()
        .run(async |clock| fetch_page(client, &clock, request, limits).await)
        .map(|page| page.body.len())
}

#[track_caller]
fn assert_times_out(outcome: Result<usize, FetchError>, phase: Phase, limit: Duration) {
    let error = outcome.expect_err("nothing more comes");
    assert_eq!((error.phase(), error.kind()), (phase, FetchErrorKind::Timeout(limit)), "{error:?}");
}

#[test]
fn each_deadline_strikes_where_it_belongs() {
    let origin = Origin::start();
    let long = Duration::from_secs(20);
    let timeouts = Timeouts::default().head(long).idle(long).total(long);
    let ask = |path: &str| get(origin.url(path)).expect("a request");
    let check = |path: &str, phase, with: fn(Timeouts, Duration) -> Timeouts| {
        strikes(phase, |limit| page(&UreqFetch::new().timeouts(with(timeouts, limit)), ask(path)));
        strikes(phase, |limit| page(&RawFetch::new().timeouts(with(timeouts, limit)), ask(path)));
    };
    check("/silent", Phase::Head, Timeouts::head);
    check("/silent", Phase::Head, Timeouts::idle);
    check("/silent", Phase::Head, Timeouts::total);
    check("/body-gate/never", Phase::Body, Timeouts::idle);
    // Bytes that keep coming do not put the end off.
    check("/drip/1000/10", Phase::Body, Timeouts::total);
    // And those that come in time are not too late.
    both(timeouts, |page| assert_eq!(page(ask("/drip/3/10")).expect("a page"), 15));
}

/// On a machine so busy that what comes before takes as long, a longer limit shows what is to be shown.
#[track_caller]
fn strikes(phase: Phase, fetch: impl Fn(Duration) -> Result<usize, FetchError>) {
    for limit in [80, 800, 8000].map(Duration::from_millis) {
        let error = fetch(limit).expect_err("nothing more comes");
        assert_eq!(error.kind(), FetchErrorKind::Timeout(limit), "{error:?}");
        if error.phase() == phase {
            return;
        }
    }
    panic!("no limit struck in the phase {phase:?}");
}

#[test]
fn connecting_has_a_deadline_that_a_request_may_set() {
    let full = FullQueue::new();
    let (short, shorter) = (Duration::from_millis(80), Duration::from_millis(40));
    let request = || get(format!("http://{}/", full.address())).expect("a request");
    let timeouts = Timeouts::default().connect(short);
    both(timeouts, |page| assert_times_out(page(request()), Phase::Connect, short));
    both(timeouts, |page| {
        let mut request = request();
        request.extensions_mut().insert(ConnectDeadline(shorter));
        assert_times_out(page(request), Phase::Connect, shorter);
    });
    both(timeouts, |page| {
        let mut request = get("http://localhost/").expect("a request");
        request.extensions_mut().insert(ConnectDeadline(Duration::ZERO));
        assert_times_out(page(request), Phase::Resolve, Duration::ZERO);
    });
}

/// And names what it struck in: here the other side listens, and says nothing of TLS; there it hangs up.
#[cfg(feature = "tls")]
#[test]
fn connecting_ends_in_the_phase_that_it_is_in() {
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let request = || get(format!("https://{}/", mute.local_addr().expect("an address"))).expect("a request");
    let (short, long) = (Duration::from_millis(80), Duration::from_secs(20));
    let connect = UreqFetch::new().timeouts(Timeouts::default().connect(short));
    assert_times_out(page(&connect, request()), Phase::Tls, short);
    let total = UreqFetch::new().timeouts(Timeouts::default().connect(long).total(short));
    assert_times_out(page(&total, request()), Phase::Tls, short);
    let (listener, closing) = (mute.try_clone().expect("the same"), UreqFetch::new());
    let server = thread::spawn(move || {
        // Those that were given up on come first.
        (0..3).for_each(|_| drop(listener.accept().expect("a connection")));
    });
    let error = page(&closing, request()).expect_err("nobody there");
    assert_eq!((error.phase(), error.kind()), (Phase::Tls, FetchErrorKind::Interrupted), "{error:?}");
    server.join().expect("no panic");
}

/// The origin listens on one of the addresses that this name may have.
#[test]
fn each_address_of_a_name_is_tried() {
    let origin = Origin::start();
    both(Timeouts::default(), |page| {
        let url = format!("http://localhost:{}/say/named", origin.addr().port());
        assert_eq!(page(get(url).expect("a request")).expect("a page"), 5);
    });
    both(Timeouts::default(), |page| {
        let error = page(get("http://no-such-host.invalid/").expect("a request")).expect_err("no such host");
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Refused), "{error:?}");
    });
}

#[test]
fn what_resolves_elsewhere_is_not_used_where_addresses_are_restricted() {
    let client = UreqFetch::from(Ureq::with_agent(ureq::Agent::new_with_defaults()));
    assert!(!client.capabilities().address_policy);
    let origin = Origin::start();
    let mut request = get(origin.url("/say/hello")).expect("a request");
    assert_eq!(page(&client, request.clone()).expect("a page"), 5);
    request.extensions_mut().insert(Discovered);
    let error = page(&client, request).expect_err("nobody knows where that would go");
    assert_eq!((error.phase(), error.kind()), (Phase::Request, FetchErrorKind::Forbidden), "{error:?}");
    assert_eq!(origin.counts().requests, 1);
}

/// What a server sends on an idle connection is nobody's answer.
#[test]
fn bytes_that_nobody_asked_for_reach_nobody() {
    check_unasked(UreqFetch::new());
    check_unasked(RawFetch::new());
}

fn check_unasked(client: impl Fetch) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (go_on, told) = channel();
    let (sent, seen) = channel();
    let server = thread::spawn(move || {
        let mut first = answer(&listener, "first");
        told.recv().expect("the first page has arrived");
        first.write_all(said("a forged one").as_bytes()).expect("an idle connection");
        sent.send(()).expect("the test waits");
        answer(&listener, "second");
    });
    for expected in ["first", "second"] {
        let fetched = page(&client, get(&url).expect("a request"));
        assert_eq!(fetched.expect("a page"), expected.len(), "{expected}");
        if expected == "first" {
            go_on.send(()).expect("the server waits");
            seen.recv().expect("the server has sent");
        }
    }
    server.join().expect("no panic");
}

#[test]
fn fields_are_counted() {
    for (limit, client) in [(128, &UreqFetch::new() as &dyn Fails), (100, &RawFetch::new())] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(limit + 1));
        let server = thread::spawn(move || answer_with(&listener, &many));
        let error = client.error_of(get(&url).expect("a request"));
        assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::TooMany(limit as u64)), "{error:?}");
        server.join().expect("no panic");
    }
}

trait Fails {
    fn error_of(&self, request: Request) -> FetchError;
}

impl<F: Fetch> Fails for F {
    fn error_of(&self, request: Request) -> FetchError {
        page(self, request).expect_err("an error")
    }
}

fn said(text: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len())
}

fn answer(listener: &TcpListener, text: &str) -> TcpStream {
    answer_with(listener, &said(text))
}

fn answer_with(listener: &TcpListener, bytes: &str) -> TcpStream {
    let (mut socket, _) = listener.accept().expect("a connection");
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && socket.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    socket.write_all(bytes.as_bytes()).expect("somebody who listens");
    socket
}

/// Also those that another thread waits on.
#[test]
fn closing_ends_what_other_threads_wait_for() {
    let origin = Origin::start();
    let client = UreqFetch::new();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| page(&client, get(origin.url("/silent")).expect("a request")));
        Smol::current_thread().run(async |_| {
            origin.until(|counts| counts.in_flight == 1).await;
            std::future::poll_fn(|cx| client.poll_close(cx)).await;
        });
        let error = waiting.join().expect("no panic").expect_err("closed");
        assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::Closed), "{error:?}");
    });
}

#[test]
fn the_readme_says_the_same() {
    let readme = include_str!("../../README.md");
    assert_row(readme, "UreqFetch", UreqFetch::new().capabilities());
    let theirs = UreqFetch::from(Ureq::with_agent(ureq::Agent::new_with_defaults()));
    assert_row(readme, "UreqFetch, an agent of your own", theirs.capabilities());
    assert_row(readme, "RawFetch", RawFetch::new().capabilities());
}
