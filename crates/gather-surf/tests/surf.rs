//! What is peculiar to surf: what it cannot carry, what it gets wrong, and the pool that mixes answers up.

mod support;

use std::num::NonZeroUsize;
use std::process::Command;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{join, join_all, select};
use gather_conformance::full_queue::FullQueue;
use gather_conformance::origin::Origin;
use gather_conformance::transports::assert_row;
use gather_core::http::{HeaderValue, Method, Uri};
use gather_core::{
    Bytes, ConnectDeadline, Fetch, FetchError, FetchErrorKind, Host, Limits, Page, Phase, Request, fetch_page, get,
};
use gather_smol::{Smol, SmolHandle};
use gather_surf::SurfFetch;

use support::Scripted;

fn pooled(connections: usize) -> SurfFetch {
    SurfFetch::pooled(NonZeroUsize::new(connections).expect("not zero"))
}

fn both() -> [SurfFetch; 2] {
    [SurfFetch::new(), pooled(4)]
}

async fn page(client: &SurfFetch, clock: &SmolHandle, request: Request) -> Result<Page, FetchError> {
    fetch_page(client, clock, request, Limits::default().deadline(Duration::from_secs(20))).await
}

/// What becomes of one request.
fn outcome(client: &SurfFetch, request: Request) -> Result<Page, FetchError> {
    Smol::current_thread().run(async |clock| page(client, &clock, request).await)
}

fn error_of(client: &SurfFetch, request: Request) -> (Phase, FetchErrorKind, String) {
    let url = request.uri().clone();
    let error = outcome(client, request).map(|page| page.head).expect_err("an error");
    assert_eq!(error.url(), Some(&url), "errors name the address");
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    (error.phase(), error.kind(), source)
}

/// The defect that `pooled` is documented with, pinned down. **When this fails**, http-client has changed how it takes
/// connections back: see whether the pool is sound now, and if it is take the warning off.
#[test]
fn the_pool_answers_a_request_with_what_a_cancelled_one_had_asked_for() {
    let origin = Origin::start();
    let body = Smol::current_thread().run(async |clock| {
        let client = pooled(1);
        let request = |path: &str| get(origin.url(path)).expect("a request");
        let asked = Box::pin(origin.until(|counts| counts.requests == 1));
        drop(select(client.fetch(request("/gate/late/stale")), asked).await);
        // The next one is on its way, on the connection that was taken back, when the stale answer comes.
        let mine = page(&client, &clock, request("/say/mine"));
        let late = async { origin.open("late") };
        join(mine, late).await.0.expect("an answer").body
    });
    assert_eq!(body, "stale", "the pool is not what it was: see above");
    assert_eq!(origin.counts().accepted, 1);
}

/// The same for a body that nobody read: its bytes are taken for the next head.
#[test]
fn the_pool_takes_an_unread_body_for_the_next_head() {
    let origin = Origin::start();
    let outcome = Smol::current_thread().run(async |clock| {
        let client = pooled(1);
        let request = |path: &str| get(origin.url(path)).expect("a request");
        drop(client.fetch(request("/bytes/200000")).await.expect("a head"));
        page(&client, &clock, request("/say/mine")).await
    });
    let error = outcome.map(|page| page.body).expect_err("the pool is not what it was: see above");
    assert_eq!(error.phase(), Phase::Head);
}

#[test]
fn a_pool_of_one_serves_one_after_the_other() {
    let origin = Origin::start();
    Smol::current_thread().run(async |clock| {
        let client = pooled(1);
        let pages = (0..20).map(|number| {
            page(&client, &clock, get(origin.url(format!("/say/{number}").as_str())).expect("a request"))
        });
        for (number, page) in join_all(pages).await.into_iter().enumerate() {
            assert_eq!(page.expect("a page").body, number.to_string());
        }
    });
    assert_eq!((origin.counts().accepted, origin.counts().in_flight_max), (1, 1));
}

#[test]
fn a_client_that_is_gone_leaves_its_exchanges_alone() {
    let origin = Origin::start();
    for client in both() {
        let body = Smol::current_thread().run(async |_| {
            let mut body =
                client.fetch(get(origin.url("/bytes/100000")).expect("a request")).await.expect("a head").into_body();
            drop(client);
            let mut length = 0;
            while let Some(chunk) = body.next().await {
                length += chunk.expect("a chunk").len();
            }
            length
        });
        assert_eq!(body, 100_000);
    }
}

#[test]
fn https_is_an_error_that_names_what_has_it() {
    for client in both() {
        let (phase, kind, source) = error_of(&client, get("https://localhost/").expect("a request"));
        assert_eq!((phase, kind), (Phase::Request, FetchErrorKind::Invalid));
        assert!(source.contains("gather-async-std"), "{source}");
    }
}

#[test]
fn requests_that_surf_cannot_carry_are_invalid() {
    let plain = || get("http://127.0.0.1:9/").expect("a request");
    let with = |name: &'static str, value: &[u8]| {
        let mut request = plain();
        request.headers_mut().insert(name, HeaderValue::from_bytes(value).expect("a value"));
        request
    };
    let method = |name: &str| {
        let mut request = plain();
        *request.method_mut() = Method::from_bytes(name.as_bytes()).expect("a method");
        request
    };
    let requests = [
        with("x-latin", b"caf\xe9"),
        with("x-utf8", "café".as_bytes()),
        with("transfer-encoding", b"chunked"),
        with("content-length", b"7"),
        with("upgrade", b"websocket"),
        method("CONNECT"),
        method("BREW"),
        get("ftp://127.0.0.1/").expect("a request"),
    ];
    // Where somebody listens: none of them may be sent, and none be the error of a connection.
    let origin = Origin::start();
    for client in both() {
        for request in &requests {
            let mut request = request.clone();
            if request.uri().scheme_str() == Some("http") {
                *request.uri_mut() = origin.url("/echo").parse::<Uri>().expect("an address");
            }
            let (phase, kind, source) = error_of(&client, request.clone());
            assert_eq!((phase, kind), (Phase::Request, FetchErrorKind::Invalid), "{request:?}: {source}");
        }
    }
    assert_eq!(origin.counts().requests, 0);
}

#[test]
fn requests_arrive_as_they_were_made_and_no_more() {
    for (client, connection) in both().into_iter().zip(["close", "keep-alive"]) {
        let server = Scripted::start(vec![b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()]);
        let mut request = get(server.url("/a%20b?c=d").replace("//", "//user:secret@")).expect("a request");
        *request.method_mut() = Method::POST;
        *request.body_mut() = Bytes::from_static(b"body");
        request.headers_mut().insert("content-length", HeaderValue::from_static("4"));
        request.headers_mut().insert("connection", HeaderValue::from_static("upgrade"));
        request.headers_mut().append("x-twice", HeaderValue::from_static("one"));
        request.headers_mut().append("x-twice", HeaderValue::from_static("two"));
        let host = request.uri().authority().expect("one").as_str().split_once('@').expect("one").1.to_owned();
        outcome(&client, request).expect("an empty page");

        let head = server.requests().remove(0);
        let (line, fields) = head.split_once("\r\n").expect("a line");
        assert_eq!(line, "post /a%20b?c=d http/1.1");
        let mut fields: Vec<_> = fields.trim_end().split("\r\n").map(str::to_owned).collect();
        fields.sort();
        let expected = [
            format!("connection: {connection}"),
            "content-length: 4".to_owned(),
            format!("host: {host}"),
            "x-twice: one".to_owned(),
            "x-twice: two".to_owned(),
        ];
        assert_eq!(fields, expected);
    }
}

/// Answers that surf cannot carry, or would make something else of; some of them in order, which is why it declares
/// `NoUnusualAnswers`.
#[test]
fn answers_that_surf_would_get_wrong_are_errors() {
    use FetchErrorKind::{Interrupted, Other, Protocol};
    let cases: [(&[u8], Phase, FetchErrorKind); 13] = [
        (b"HTTP/1.1 200 OK\r\nx: caf\xc3\xa9\r\ncontent-length: 0\r\n\r\n", Phase::Head, Protocol),
        (b"HTTP/1.1 200 OK\r\nx: caf\xe9\r\ncontent-length: 0\r\n\r\n", Phase::Head, Protocol),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", Phase::Head, Other),
        (b"HTTP/1.1 299 Mine\r\ncontent-length: 0\r\n\r\n", Phase::Head, Protocol),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxy", Phase::Head, Protocol),
        (b"HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\nx", Phase::Head, Protocol),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            Phase::Head,
            Protocol,
        ),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Phase::Body, Other),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n", Phase::Body, Other),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n", Phase::Body, Protocol),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", Phase::Body, Other),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n", Phase::Body, Interrupted),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx: \xc3\xa9\r\n\r\n",
            Phase::Body,
            Protocol,
        ),
    ];
    for (answer, phase, kind) in cases {
        for client in both() {
            let server = Scripted::start(vec![answer.to_vec()]);
            let said = String::from_utf8_lossy(answer);
            let error = error_of(&client, get(server.url("/")).expect("a request"));
            assert_eq!((error.0, error.1), (phase, kind), "{client:?}, {said:?}: {}", error.2);
            server.requests();
        }
    }
}

/// A field without an end, and a head of more than surf's 8 KiB.
#[test]
fn heads_have_an_end() {
    let mut endless = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    endless.resize(1 << 20, b'x');
    let long = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: and so on\r\n".repeat(700), b"\r\n".to_vec()].concat();
    for (client, answer) in [(SurfFetch::new(), endless), (SurfFetch::new(), long.clone()), (pooled(1), long)] {
        let server = Scripted::start(vec![answer]);
        let (phase, kind, source) = error_of(&client, get(server.url("/")).expect("a request"));
        assert_eq!(phase, Phase::Head);
        assert!(matches!(kind, FetchErrorKind::TooLarge(limit) if limit <= 16 << 10), "{kind:?}: {source}");
        server.requests();
    }
}

#[test]
fn fields_are_counted() {
    let many = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n".repeat(129), b"\r\n".to_vec()].concat();
    for client in both() {
        let server = Scripted::start(vec![many.clone()]);
        let (phase, kind, source) = error_of(&client, get(server.url("/")).expect("a request"));
        assert_eq!((phase, kind), (Phase::Head, FetchErrorKind::TooMany(128)), "{source}");
        server.requests();
    }
}

/// The size of a chunk with more and more zeros in front: nothing ever comes of it, and no poll ends.
#[test]
fn framing_has_an_end() {
    let mut zeros = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n".to_vec();
    zeros.resize(4 << 20, b'0');
    let server = Scripted::start(vec![zeros]);
    let (phase, kind, source) = error_of(&SurfFetch::new(), get(server.url("/")).expect("a request"));
    assert_eq!((phase, kind), (Phase::Body, FetchErrorKind::TooLarge(256 << 10)), "{source}");
    server.requests();
    // And what is mostly framing, but not all of it, is read.
    let ones =
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(), b"1\r\nx\r\n".repeat(60_000)].concat();
    let server = Scripted::start(vec![[ones, b"0\r\n\r\n".to_vec()].concat()]);
    let page = outcome(&SurfFetch::new(), get(server.url("/")).expect("a request")).expect("a page");
    assert_eq!(page.body.len(), 60_000);
    server.requests();
}

/// async-h1 writes a date where there is none, as `date: date: …` with its line's end.
#[test]
fn no_date_is_invented() {
    let plain = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-a: 1\r\nx-a: 2\r\n\r\n".to_vec();
    let dated = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n".to_vec();
    for client in both() {
        let server = Scripted::start(vec![plain.clone()]);
        let page = outcome(&client, get(server.url("/")).expect("a request")).expect("a page");
        assert_eq!(page.head.headers.get("date"), None);
        assert_eq!(page.head.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        server.requests();

        let server = Scripted::start(vec![dated.clone()]);
        let page = outcome(&client, get(server.url("/")).expect("a request")).expect("a page");
        assert_eq!(page.head.headers["date"], "Sun, 06 Nov 1994 08:49:37 GMT");
        server.requests();
    }
}

/// The origin listens on one of the addresses that this name may have.
#[test]
fn each_address_of_a_name_is_tried() {
    let origin = Origin::start();
    for client in both() {
        let url = format!("http://localhost:{}/say/named", origin.addr().port());
        assert_eq!(outcome(&client, get(url).expect("a request")).expect("a page").body, "named");
    }
}

#[test]
fn names_that_do_not_exist_are_refused_in_the_lookup() {
    for client in both() {
        let (phase, kind, _) = error_of(&client, get("http://no-such-host.invalid/").expect("a request"));
        assert_eq!((phase, kind), (Phase::Resolve, FetchErrorKind::Refused));
    }
}

#[test]
fn a_connect_deadline_is_heeded() {
    let full = FullQueue::new();
    let mut request = get(format!("http://{}/", full.address())).expect("a request");
    let deadline = Duration::from_millis(50);
    request.extensions_mut().insert(ConnectDeadline(deadline));
    let (phase, kind, _) = error_of(&SurfFetch::new(), request);
    assert_eq!((phase, kind), (Phase::Connect, FetchErrorKind::Timeout(deadline)));
}

#[test]
fn a_connect_deadline_covers_the_lookup_and_says_so() {
    let mut request = get("http://localhost/").expect("a request");
    request.extensions_mut().insert(ConnectDeadline(Duration::ZERO));
    let (phase, kind, _) = error_of(&SurfFetch::new(), request);
    assert_eq!((phase, kind), (Phase::Resolve, FetchErrorKind::Timeout(Duration::ZERO)));
}

#[test]
fn closing_is_seen_by_those_who_ask_later() {
    for client in both() {
        Smol::current_thread().run(async |_| std::future::poll_fn(|cx| client.poll_close(cx)).await);
        let (phase, kind, _) = error_of(&client, get("http://127.0.0.1:9/").expect("a request"));
        assert_eq!((phase, kind), (Phase::Connect, FetchErrorKind::Closed));
    }
}

/// The row of each form in the table of transports.
#[test]
fn the_readme_says_the_same() {
    let readme = include_str!("../../README.md");
    for (name, client) in [("SurfFetch::new()", SurfFetch::new()), ("SurfFetch::pooled(n)", pooled(1))] {
        assert_row(readme, name, client.capabilities());
    }
}

/// What nobody maintains stays with those who ask for it.
#[test]
fn nothing_else_depends_on_surf() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--workspace",
            "--invert",
            "surf",
            "--edges",
            "normal,build,dev",
            "--depth",
            "1",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .args(["--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).expect("cargo prints UTF-8");
    let names: Vec<_> = lines.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["surf", "gather-surf"], "{lines}");
}
