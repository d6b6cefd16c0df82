//! Both clients and all four strategies give the same answers, to good servers and to bad ones.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gather_blocking::{BlockingFetch, BlockingScraper, Raw, Strategy, Ureq, fetch_page};
use gather_core::{
    Cause, FetchErrorKind, Head, Limits, Page, Parse, ParseError, Phase, Request, ScrapeResult, Sink, get,
};
use http::Method;

use crate::origin::Origin;

/// What an exchange comes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Page { status: u16, bytes: u64 },
    Fails(Phase, FetchErrorKind),
    Panics(String),
}

use FetchErrorKind::{Interrupted, Invalid, Protocol, Refused, Timeout, TooLarge};
use Outcome::{Fails, Panics};

const MAX_BODY: u64 = 1 << 20;

fn page(bytes: u64) -> Outcome {
    Outcome::Page { status: 200, bytes }
}

pub(crate) fn outcome<T>(result: &ScrapeResult<T>) -> Outcome {
    match result {
        Ok(page) => Outcome::Page { status: page.status.as_u16(), bytes: page.bytes },
        Err(error) => match error.cause() {
            Cause::Fetch(error) => Fails(error.phase(), error.kind()),
            Cause::Task(error) => Panics(error.panic_message().unwrap_or_default().to_owned()),
            other => panic!("unexpected: {other:?}"),
        },
    }
}

/// Runs `cases` under every strategy with `client`, as an iterator and with a handler, and compares.
fn check_strategies<C: BlockingFetch + 'static>(name: &str, client: C, limits: Limits, cases: &[(Request, Outcome)]) {
    let requests = || cases.iter().map(|(request, _)| request.clone()).collect::<Vec<_>>();
    let client = std::sync::Arc::new(client);
    for strategy in Strategy::ALL {
        let scraper =
            BlockingScraper::new(client.clone()).limits(limits).parse(Picky).strategy(strategy).concurrency(3);
        let iterated: Vec<_> = scraper.scrape(requests()).unwrap().collect();
        let handled = std::sync::Mutex::new(Vec::new());
        scraper.for_each(requests(), |result| handled.lock().unwrap().push(result)).unwrap();
        for mut results in [iterated, handled.into_inner().unwrap()] {
            assert_eq!(results.len(), cases.len(), "{name}, {strategy}: one result for each request");
            results.sort_by_key(index);
            for (place, (result, (request, expected))) in results.iter().zip(cases).enumerate() {
                assert_eq!(index(result), place as u64, "{name}, {strategy}: every index once");
                assert_eq!(&outcome(result), expected, "{name}, {strategy}, {}: {result:?}", request.uri());
                if let Err(error) = result {
                    assert_eq!(error.url(), request.uri());
                    if let Some(error) = error.as_fetch() {
                        assert_eq!(error.url(), Some(request.uri()), "errors name the address");
                    }
                }
            }
        }
    }
}

fn index<T>(result: &ScrapeResult<T>) -> u64 {
    result.as_ref().map_or_else(|error| error.index(), |page| page.index)
}

/// Counts bytes, and panics over pages of 13.
struct Picky;

struct PickySink(u64);

impl Parse for Picky {
    type Output = u64;
    type Sink = PickySink;

    fn start(&self, _: &Head) -> PickySink {
        PickySink(0)
    }
}

impl Sink for PickySink {
    type Output = u64;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.0 += chunk.len() as u64;
        ControlFlow::Continue(())
    }

    fn finish(self) -> Result<u64, ParseError> {
        assert!(self.0 != 13, "thirteen");
        Ok(self.0)
    }
}

fn both(check: impl Fn(&str, Box<dyn BlockingFetch>)) {
    check("ureq", Box::new(Ureq::new()));
    check("raw", Box::new(Raw::new()));
}

#[test]
fn good_and_bad_servers_give_the_same_results_everywhere() {
    let origin = Origin::start();
    let cases = [
        ("/length/0", page(0)),
        ("/length/5", page(5)),
        ("/raw/garbage", Fails(Phase::Head, Protocol)),
        ("/length/300000", page(300_000)),
        ("/chunked/0", page(0)),
        ("/chunked/12345", page(12_345)),
        ("/raw/both-lengths", Fails(Phase::Head, Protocol)),
        ("/until-close/20000", page(20_000)),
        ("/length/13", Panics("thirteen".to_owned())),
        ("/status/404", Outcome::Page { status: 404, bytes: 2 }),
        ("/status/301", Outcome::Page { status: 301, bytes: 2 }),
        ("/empty", Outcome::Page { status: 204, bytes: 0 }),
        ("/cut", Fails(Phase::Head, Interrupted)),
        ("/raw/cut-head", Fails(Phase::Head, Interrupted)),
        ("/raw/cut-length", Fails(Phase::Body, Interrupted)),
        ("/raw/cut-chunk", Fails(Phase::Body, Interrupted)),
        ("/raw/conflicting-lengths", Fails(Phase::Head, Protocol)),
        ("/raw/bad-length", Fails(Phase::Head, Protocol)),
        ("/raw/bad-chunk-size", Fails(Phase::Body, Protocol)),
        ("/raw/bad-status", Fails(Phase::Head, Protocol)),
        ("/raw/announced-too-large", Fails(Phase::Body, TooLarge(MAX_BODY))),
        ("/endless-body", Fails(Phase::Body, TooLarge(MAX_BODY))),
        ("/endless-head", Fails(Phase::Head, TooLarge(64 << 10))),
        ("/length/7", page(7)),
    ];
    let mut cases: Vec<_> = cases.into_iter().map(|(path, outcome)| (origin.get(path), outcome)).collect();
    cases.push((Origin::nobody(), Fails(Phase::Connect, Refused)));
    cases.push((get("http://no-such-host.invalid/").unwrap(), Fails(Phase::Resolve, Refused)));
    cases.push((get("ftp://127.0.0.1/").unwrap(), Fails(Phase::Request, Invalid)));
    both(|name, client| check_strategies(name, client, Limits::default().max_body(MAX_BODY), &cases));
}

#[test]
fn a_deadline_holds_however_slowly_the_bytes_drip() {
    let origin = Origin::start();
    let deadline = Duration::from_millis(120);
    let cases = [
        (origin.get("/silent"), Fails(Phase::Head, Timeout(deadline))),
        (origin.get("/drip-head"), Fails(Phase::Head, Timeout(deadline))),
        (origin.get("/drip-body"), Fails(Phase::Body, Timeout(deadline))),
    ];
    let started = Instant::now();
    both(|name, client| check_strategies(name, client, Limits::default().deadline(deadline), &cases));
    // 2 clients, 4 strategies, 2 forms; sequential takes three deadlines. Generous, since machines are busy.
    assert!(started.elapsed() < 20 * (2 * (3 + 3) * 2) * deadline, "{:?}", started.elapsed());
    assert!(started.elapsed() >= 2 * (3 + 3) * 2 * deadline, "{:?}", started.elapsed());
}

#[test]
fn a_deadline_of_nothing_is_over_at_once() {
    let origin = Origin::start();
    for deadline in [Duration::ZERO, Duration::from_nanos(1)] {
        both(|name, client| {
            let limits = Limits::default().deadline(deadline);
            let error = fetch_page(&client, &origin.get("/length/1"), limits).unwrap_err();
            assert_eq!(error.kind(), Timeout(deadline), "{name}: {error:?}");
        });
    }
    both(|name, client| {
        let limits = Limits::default().deadline(Duration::MAX);
        let page = fetch_page(&client, &origin.get("/length/1"), limits);
        assert_eq!(page.unwrap_or_else(|error| panic!("{name}: {error:?}")).body, "x");
    });
}

#[test]
fn a_parser_that_has_enough_ends_the_exchange() {
    struct FirstChunk;
    struct Enough(u64);
    impl Parse for FirstChunk {
        type Output = u64;
        type Sink = Enough;
        fn start(&self, _: &Head) -> Enough {
            Enough(0)
        }
    }
    impl Sink for Enough {
        type Output = u64;
        fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
            self.0 += chunk.len() as u64;
            ControlFlow::Break(())
        }
        fn finish(self) -> Result<u64, ParseError> {
            Ok(self.0)
        }
    }

    let origin = Origin::start();
    both(|name, client| {
        let scraper = BlockingScraper::new(client).parse(FirstChunk).strategy(Strategy::Sequential);
        // The page behind it comes over a connection that has none of the endless one's bytes.
        let requests = [origin.get("/endless-body"), origin.get("/length/5")];
        let results: Vec<_> = scraper.scrape(requests).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(results[0].output > 0 && results[0].output <= 64 << 10, "{name}: {}", results[0].output);
        assert_eq!(results[1].output, 5, "{name}");
    });
}

#[test]
fn requests_arrive_as_they_were_made() {
    let origin = Origin::start();
    let mut post = origin.get("/echo");
    *post.method_mut() = Method::POST;
    *post.body_mut() = Bytes::from_static(b"a body");
    post.headers_mut().insert("x-field", http::HeaderValue::from_static("a value"));
    both(|name, client| {
        let page = fetch_page(&client, &post, Limits::default()).unwrap();
        let text = String::from_utf8(page.body.to_vec()).unwrap().to_ascii_lowercase();
        assert!(text.starts_with("post /echo http/1.1\r\n"), "{name}: {text}");
        assert!(text.contains(&format!("\r\nhost: {}\r\n", post.uri().authority().unwrap())), "{name}: {text}");
        assert!(text.contains("\r\nx-field: a value\r\n"), "{name}: {text}");
        assert!(text.ends_with("\r\n\r\na body"), "{name}: {text}");

        let mut head = origin.get("/length/100");
        *head.method_mut() = Method::HEAD;
        let page = fetch_page(&client, &head, Limits::default()).unwrap();
        assert_eq!((page.head.content_length(), page.body.len()), (Some(100), 0), "{name}");
    });
}

#[test]
fn pages_are_kept_as_they_are_without_a_parser() {
    let origin = Origin::start();
    both(|name, client| {
        let scraper = BlockingScraper::new(client).concurrency(2);
        let pages = scraper.scrape((1..=20).map(|n| origin.get(&format!("/chunked/{n}"))).collect::<Vec<_>>());
        let mut pages: Vec<_> = pages.unwrap().map(|result| result.unwrap().output).collect();
        pages.sort_by_key(|page: &Page| page.body.len());
        for (page, n) in pages.iter().zip(1..) {
            assert_eq!(page.body, "x".repeat(n), "{name}: nothing of a page is overwritten by the next");
            assert_eq!(page.head.headers["transfer-encoding"], "chunked", "{name}");
        }
    });
}

#[test]
fn https_is_an_error_of_its_own_where_there_is_no_tls() {
    let origin = Origin::start();
    let request = get(origin.get("/").uri().to_string().replace("http:", "https:")).unwrap();
    let error_of = |client: &dyn BlockingFetch| {
        let error = fetch_page(client, &request, Limits::default()).unwrap_err();
        (error.phase(), error.kind())
    };
    assert_eq!(error_of(&Raw::new()), (Phase::Request, Invalid));
    let expected = if cfg!(feature = "tls") { (Phase::Tls, Protocol) } else { (Phase::Request, Invalid) };
    assert_eq!(error_of(&Ureq::new()), expected);
}
