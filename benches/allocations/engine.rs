//! What a request allocates over sockets: gather's engine on tokio's current-thread runtime, and bare hyper beside it.
//!
//! How the kernel cuts an answer into reads decides some of hyper's allocations, so these are bounds and not equalities,
//! near to what is measured on an idle machine and on a busy one (7.99 to 8.00, 6.00 to 6.01).
//! `cargo test -p gather-benches --test allocations -- --nocapture` shows the numbers.

use bytes::Bytes;
use gather_conformance::origin::Origin;
use gather_core::{Request, Scraper, gather};
use gather_tokio::{HyperFetch, TokioHandle};
use http::HeaderValue;
use http::uri::PathAndQuery;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::{IN_FLIGHT, check_pages, per_request, prepare};
use gather_runner::memory::{Length, PAGE_BYTES};

/// What gather may add to hyper: the box of the future.
const OURS: f64 = 1.0;

/// What a request may allocate in all, hyper's own (1.12: 6) included.
const IN_ALL: f64 = 7.0;

/// An answer that comes in two reads, now and then, may cost hyper another buffer.
const RARE: f64 = 0.1;

#[test]
fn a_request_allocates_little_more_than_bare_hyper_does() {
    let origin = Origin::start();
    let url = origin.url(&format!("/bytes/{PAGE_BYTES}"));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let bare = bare(&runtime, &origin, &url);
    let engine = engine(&runtime, &url);
    println!("allocations for each request: gather {engine:.3}, bare hyper {bare:.3}, {:.3} more", engine - bare);
    assert_eq!(origin.counts().accepted, 2 * IN_FLIGHT, "each of the two opens its connections once");
    assert!(
        engine - bare <= OURS + RARE,
        "gather adds {:.3} allocations to the {bare:.3} of bare hyper: more than its future",
        engine - bare
    );
    assert!(engine <= IN_ALL + RARE, "a request allocates {engine:.3} times: it was {IN_ALL}, hyper's own included");
}

/// A scrape through gather's client, the default deadline and size limit active.
fn engine(runtime: &Runtime, url: &str) -> f64 {
    let handle = TokioHandle::from_handle(runtime.handle().clone());
    let client = HyperFetch::new(handle.clone());
    let counted = per_request(|count| {
        let scraper = Scraper::over(handle.clone(), client.clone()).parse(Length).concurrency(IN_FLIGHT);
        runtime.block_on(check_pages(count, scraper.scrape(prepare(url, count))));
    });
    runtime.block_on(client.close());
    counted
}

type Connection = SendRequest<Empty<Bytes>>;

/// As many connections, and a loop over hyper's own on each: no pool, no deadline, no limit, no parser.
fn bare(runtime: &Runtime, origin: &Origin, url: &str) -> f64 {
    let connect = async || {
        let stream = TcpStream::connect(origin.addr()).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    };
    let mut connections = runtime.block_on(gather((0..IN_FLIGHT).map(|_| connect())));
    let host = HeaderValue::from_str(&origin.addr().to_string()).unwrap();
    per_request(|count| {
        let mut requests = prepare(url, count).into_iter();
        let shares = connections.iter_mut().map(|connection| {
            let share: Vec<Request> = requests.by_ref().take(count as usize / IN_FLIGHT).collect();
            fetch_share(connection, &host, share)
        });
        let bytes: u64 = runtime.block_on(gather(shares)).into_iter().sum();
        assert_eq!(bytes, count * PAGE_BYTES, "every page is fetched whole");
    })
}

async fn fetch_share(sender: &mut Connection, host: &HeaderValue, share: Vec<Request>) -> u64 {
    let mut bytes = 0;
    for request in share {
        let mut request = request.map(|_| Empty::new());
        *request.uri_mut() = PathAndQuery::clone(request.uri().path_and_query().unwrap()).into();
        request.headers_mut().insert("host", host.clone());
        sender.ready().await.unwrap();
        let mut body = sender.send_request(request).await.unwrap().into_body();
        while let Some(frame) = body.frame().await {
            bytes += frame.unwrap().into_data().map_or(0, |chunk| chunk.len() as u64);
        }
    }
    bytes
}
