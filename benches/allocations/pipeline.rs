//! What the pipeline itself allocates, over a transport that allocates nothing.

use std::future::ready;

use futures_lite::future::block_on;
use futures_util::{Stream, StreamExt, stream};
use gather_core::{
    AnyFetch, Compute, Limits, Page, Parse, ParseError, Request, ScrapeResult, Scraper, SendFetch, TaskError,
    fetch_page,
};

use crate::{IN_FLIGHT, check_pages, per_request, prepare};
use gather_runner::memory::{Length, Memory, NoTimer, PAGE_BYTES};

/// The parser that takes whole pages, as a closure.
const WHOLE: fn(&Page) -> Result<u64, ParseError> = |page| Ok(page.body.len() as u64);

#[test]
fn a_scrape_allocates_nothing() {
    for fetch in [Memory::ready(), Memory::waking()] {
        let counted = scraping(fetch.clone(), Length);
        assert_eq!(
            counted, 0.0,
            "each request of a scrape over {fetch:?} now allocates: its place is to be used again"
        );
    }
}

#[test]
fn a_whole_page_costs_the_list_of_its_chunks() {
    let counted = scraping(Memory::waking(), WHOLE);
    assert_eq!(counted, 1.0, "a page of one chunk is kept as it came, in a list of one");
}

#[test]
fn any_fetch_costs_its_two_boxes() {
    let counted = scraping(AnyFetch::new(Memory::waking()), Length);
    assert_eq!(counted, 2.0, "an erased transport boxes the head's future and the body, and nothing else");
}

#[test]
fn a_parser_elsewhere_costs_three_boxes() {
    let scrape = |count| {
        let scraper = Scraper::over(NoTimer, Memory::waking()).parse(Length).compute(Elsewhere);
        check(count, scraper.concurrency(IN_FLIGHT).scrape(prepared(count)));
    };
    let counted = per_request(scrape);
    assert_eq!(counted, 3.0, "the page on its way, the list of its chunks, the job; what the place adds is its own");
}

#[test]
fn fetch_page_costs_the_list_of_its_chunks() {
    let counted = per_request(|count| {
        block_on(async {
            for request in prepared(count) {
                let page = fetch_page(&Memory::waking(), &NoTimer, request, Limits::default()).await.unwrap();
                assert_eq!(page.body.len() as u64, PAGE_BYTES);
            }
        });
    });
    assert_eq!(counted, 1.0, "a page of one chunk is kept as it came, in a list of one");
}

/// Not ours, but what one would write without a pipeline: if it were as cheap, `Slots` would not be needed.
#[test]
fn buffer_unordered_costs_an_allocation_more() {
    let counted = per_request(|count| {
        let fetch = Memory::waking();
        let exchange = |request| fetch_page(&fetch, &NoTimer, request, Limits::default());
        let pages = stream::iter(prepared(count)).map(exchange).buffer_unordered(IN_FLIGHT);
        let bytes = block_on(pages.fold(0, async |bytes, page| bytes + page.unwrap().body.len() as u64));
        assert_eq!(bytes, count * PAGE_BYTES);
    });
    assert_eq!(counted, 2.0, "the list of chunks, and a node for each future");
}

/// A place that is not inline and allocates nothing itself.
#[derive(Debug, Clone)]
struct Elsewhere;

impl Compute for Elsewhere {
    fn compute<T, J>(&self, job: J) -> impl Future<Output = Result<T, TaskError>> + Send + 'static
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        ready(Ok(job()))
    }
}

fn scraping(fetch: impl SendFetch + Clone, parser: impl Parse<Output = u64> + Copy) -> f64 {
    per_request(|count| {
        let scraper = Scraper::over(NoTimer, fetch.clone()).parse(parser).concurrency(IN_FLIGHT);
        check(count, scraper.scrape(prepared(count)));
    })
}

fn check(count: u64, results: impl Stream<Item = ScrapeResult<u64>>) {
    block_on(check_pages(count, results));
}

fn prepared(count: u64) -> Vec<Request> {
    prepare("http://memory/page", count)
}
