//! Allocations for each request, counted: they repeat exactly, so tests pin them and a new one is seen the day it comes.
//!
//! Counted is what the measuring thread allocates, growing an allocation being a new one: pipelines run on it, the origin
//! does not. A number that went down is to be pinned anew; one that went up has to be argued.
#![forbid(unsafe_code)]

mod engine;
mod pipeline;

use std::pin::pin;

use futures_util::{Stream, StreamExt};
use gather_core::{Request, ScrapeResult};

use gather_runner::memory::{self, PAGE_BYTES};

/// Requests of the shorter run. Much more than are in flight, so that a cost of the start cannot pass for one of a request.
const REQUESTS: u64 = 512;

/// How many exchanges are in flight where there are several.
const IN_FLIGHT: usize = 16;

/// What `run` allocates for each request it makes once everything is warm, setting up and ending not counted: the
/// difference between a run and one twice as long, divided.
#[must_use]
fn per_request(mut run: impl FnMut(u64)) -> f64 {
    run(2 * REQUESTS);
    let once = allocation_counter::measure(|| run(REQUESTS)).count_total;
    let twice = allocation_counter::measure(|| run(2 * REQUESTS)).count_total;
    (twice as f64 - once as f64) / REQUESTS as f64
}

/// Requests that somebody else made.
fn prepare(url: &str, count: u64) -> Vec<Request> {
    let mut prepared = Vec::new();
    allocation_counter::opt_out(|| prepared = memory::requests(url, count));
    prepared
}

/// Takes all results, which have to be whole pages.
async fn check_pages(count: u64, results: impl Stream<Item = ScrapeResult<u64>>) {
    let mut results = pin!(results);
    let mut bytes = 0;
    while let Some(result) = results.next().await {
        bytes += result.expect("a page").output;
    }
    assert_eq!(bytes, count * PAGE_BYTES, "every page is fetched whole");
}

#[test]
fn the_counter_counts() {
    let boxes = |count| (0..count).for_each(|number| drop(std::hint::black_box(Box::new(number))));
    let counted = per_request(|requests| boxes(3 * requests));
    assert_eq!(counted, 3.0, "three boxes a request");
    let counted = per_request(|_| boxes(1000));
    assert_eq!(counted, 0.0, "what does not grow with the requests is not counted");
}
