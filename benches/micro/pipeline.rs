//! What the pipeline costs for each request: over a transport in memory, beside what one would write without it.
//!
//! `ready` answers at the first poll, `waking` after one wake-up, as every real exchange does at least. `scrape` and
//! `scrape_any_fetch` only count the bytes; compare `scrape_pages`, which keeps the pages, with `fetch_page_in_turn` and
//! with `buffer_unordered`, which keep them as well. None of them waits, spawns or reads a socket.
#![forbid(unsafe_code)]

use std::pin::pin;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput};
use futures_core::Stream;
use futures_lite::future::block_on;
use futures_util::{StreamExt, stream};
use gather_core::{AnyFetch, Limits, Page, Request, ScrapeResult, Scraper, fetch_page};

use gather_runner::memory::{Length, Memory, NoTimer, PAGE_BYTES, requests};

/// Pages of one iteration.
const REQUESTS: u64 = 1000;

/// Exchanges in flight, where there is more than one.
const IN_FLIGHT: usize = 64;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    contest(&mut criterion, "pipeline/ready", &Memory::ready());
    contest(&mut criterion, "pipeline/waking", &Memory::waking());
    criterion.final_summary();
}

fn contest(criterion: &mut Criterion, name: &str, fetch: &Memory) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(REQUESTS));

    contestant(&mut group, "fetch_page_in_turn", async |requests| {
        let mut bytes = 0;
        for request in requests {
            bytes += length(&fetch_page(fetch, &NoTimer, request, Limits::default()).await.expect("a page"));
        }
        bytes
    });
    contestant(&mut group, "buffer_unordered", async |requests| {
        let exchanges = requests.into_iter().map(|request| fetch_page(fetch, &NoTimer, request, Limits::default()));
        let pages = stream::iter(exchanges).buffer_unordered(IN_FLIGHT);
        pages.fold(0, async |bytes, page| bytes + length(&page.expect("a page"))).await
    });
    contestant(&mut group, "scrape_pages", async |requests| {
        let scraper = Scraper::over(NoTimer, fetch.clone()).concurrency(IN_FLIGHT);
        sum(scraper.scrape(requests), length).await
    });
    contestant(&mut group, "scrape", async |requests| {
        let scraper = Scraper::over(NoTimer, fetch.clone()).parse(Length).concurrency(IN_FLIGHT);
        sum(scraper.scrape(requests), |length| *length).await
    });
    contestant(&mut group, "scrape_any_fetch", async |requests| {
        let fetch = AnyFetch::new(fetch.clone());
        let scraper = Scraper::over(NoTimer, fetch).parse(Length).concurrency(IN_FLIGHT);
        sum(scraper.scrape(requests), |length| *length).await
    });
    group.finish();
}

/// Measures `scrape`, which fetches all requests and gives the bytes it got: once they are right.
fn contestant(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, scrape: impl AsyncFn(Vec<Request>) -> u64) {
    let requests = requests("http://memory/page", REQUESTS);
    assert_eq!(block_on(scrape(requests.clone())), REQUESTS * PAGE_BYTES, "{name} has to get every page whole");
    group.bench_function(name, |bencher| {
        bencher.iter_batched(|| requests.clone(), |requests| block_on(scrape(requests)), BatchSize::LargeInput);
    });
}

/// The bytes of all results.
async fn sum<T>(results: impl Stream<Item = ScrapeResult<T>>, length: impl Fn(&T) -> u64) -> u64 {
    let mut results = pin!(results);
    let mut bytes = 0;
    while let Some(result) = results.next().await {
        bytes += length(&result.expect("a page").output);
    }
    bytes
}

fn length(page: &Page) -> u64 {
    page.body.len() as u64
}
