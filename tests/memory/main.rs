//! What a thousand hostile connections cost in memory, as an allocator counts it, against a bound for each.
//!
//! ```text
//! cargo test -p gather-tests --test memory
//! ```
//!
//! prints the figures. The process has nothing in it but the client: the origin is another one (this program, started again).
//! It is a program of its own, without the usual harness, because nothing else may allocate meanwhile.
//!
//! Two numbers are held. *Held* is what a connection occupies while the server keeps it in the worst state that lasts; it can be
//! looked at at leisure. *Allocated* is everything that was ever asked of the allocator for one that ends in an error: more
//! than it can have occupied at any moment, and the same in every run. For transports on other stacks it is what became
//! *resident*, in a process for each.

#![forbid(unsafe_code)]

mod natives;
mod origin;

use std::alloc::System;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::future::{join_all, select};
use gather_client::ClientBuilder;
use gather_client::decode::DecodeLimits;
use gather_client::retry::RetryPolicy;
use gather_core::{Fetch, FetchError, FetchErrorKind, Host, Limits, Page, fetch_page, get};
use gather_smol::Smol;
use gather_tokio::{Connect, HyperFetch, Tokio};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// So many connections at once.
const CONNECTIONS: usize = 1000;

const KIB: usize = 1 << 10;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [origin::ROLE] => return origin::serve(),
        [natives::ROLE, name, url] => return natives::measure(name, url),
        _ => {}
    }
    let origin = origin::Child::start();
    let resident = peak_kib();
    Tokio::current_thread().expect("a runtime").run(async |runtime| all("tokio", runtime, origin.url()).await);
    Smol::current_thread().run(async |runtime| all("smol", runtime, origin.url()).await);
    let resident = (peak_kib() - resident) * KIB / CONNECTIONS;
    hold("all of it, for each connection at the worst moment", "resident", resident, 160);
    println!("other transports, {CONNECTIONS} connections at once, KiB for each:");
    natives::measure_all(origin.url());
    assert!(!BEYOND.load(Ordering::Relaxed), "a figure is beyond its bound");
}

async fn all<R: Connect>(name: &str, runtime: R, origin: &str) {
    println!("{name}, {CONNECTIONS} connections at once, KiB for each:");
    let at = |path: &str| format!("{origin}/{path}");
    // hyper's buffers, 8 KiB to write from and twice that to read into, and a channel's first block.
    held(&runtime, &at("begun-heads"), "heads that were begun", 0, 48).await;
    // A read buffer as large as a head may be, doubled by the last reallocation.
    held(&runtime, &at("long-heads"), "heads just below the limit", 60, 160).await;
    unread(&runtime, &at("bodies"), 48).await;
    refused(&runtime, &at("endless-fields"), "heads without end", 250).await;
    refused(&runtime, &at("endless-early-answers"), "early answers without end", 400).await;
    small_chunks(&runtime, &at("small-chunks")).await;
    bomb(&runtime, &at("bomb")).await;
}

/// What each connection holds while its answer does not come.
async fn held<R: Connect>(runtime: &R, url: &str, what: &str, at_least: usize, bound: usize) {
    let client = HyperFetch::new(runtime.clone());
    let before = live();
    let waiting = join_all((0..CONNECTIONS).map(|_| client.fetch(get(url).expect("an address"))));
    let measured = async {
        // Whatever the server sends has to have been read: it is in the buffers then.
        while client.connections() < CONNECTIONS || live() - before < CONNECTIONS * at_least * KIB {
            runtime.sleep(Duration::from_millis(10)).await;
        }
        settled(runtime).await - before
    };
    let growth = match select(Box::pin(waiting), Box::pin(measured)).await {
        futures_util::future::Either::Left(_) => panic!("{what}: an answer that was not sent"),
        futures_util::future::Either::Right((growth, waiting)) => {
            drop(waiting);
            growth
        }
    };
    client.close().await;
    hold(what, "held", growth / CONNECTIONS, bound);
}

/// The same for bodies that nobody reads, which the server would go on with for ever.
async fn unread<R: Connect>(runtime: &R, url: &str, bound: usize) {
    let client = HyperFetch::new(runtime.clone());
    let before = live();
    let answers = join_all((0..CONNECTIONS).map(|_| client.fetch(get(url).expect("an address")))).await;
    assert!(answers.iter().all(Result::is_ok), "every head comes");
    let growth = settled(runtime).await - before;
    drop(answers);
    client.close().await;
    hold("bodies that nobody reads", "held", growth / CONNECTIONS, bound);
}

/// What each exchange asks of the allocator until it is refused.
async fn refused<R: Connect>(runtime: &R, url: &str, what: &str, bound: usize) {
    let client = HyperFetch::new(runtime.clone());
    let before = allocated();
    let all = join_all((0..CONNECTIONS).map(|_| client.fetch(get(url).expect("an address")))).await;
    let growth = allocated() - before;
    for outcome in all {
        let error = outcome.map(|answer| answer.into_parts().0).expect_err("an answer without end");
        assert!(matches!(error.kind(), FetchErrorKind::TooLarge(_) | FetchErrorKind::TooMany(_)), "{error:?}");
    }
    client.close().await;
    hold(what, "allocated", growth / CONNECTIONS, bound);
}

/// A body in chunks of one byte holds little more than its bytes, although each chunk is a handle to a buffer.
async fn small_chunks<R: Connect>(runtime: &R, url: &str) {
    let client = HyperFetch::new(runtime.clone());
    let before = live();
    let page = whole(&client, runtime, url);
    let measured = async {
        while live() - before < origin::SMALL_CHUNKS {
            runtime.sleep(Duration::from_millis(10)).await;
        }
        settled(runtime).await - before
    };
    let growth = match select(Box::pin(page), Box::pin(measured)).await {
        futures_util::future::Either::Left((page, _)) => {
            panic!("the body has no end: {:?}", page.map(|page| page.head))
        }
        futures_util::future::Either::Right((growth, _)) => growth,
    };
    client.close().await;
    let bound = 2 * origin::SMALL_CHUNKS / KIB + 160;
    hold("one body of 64 KiB in chunks of one byte", "held", growth, bound);
}

/// A body that inflates a thousandfold costs the client its limit and some buffers, not what it inflates to.
async fn bomb<R: Connect>(runtime: &R, url: &str) {
    let limits = DecodeLimits::default().decoded(1 << 20);
    let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let engine = HyperFetch::new(runtime.clone());
    let client = ClientBuilder::new(SystemTime::now).decode(limits).retry(once).build(engine, runtime.clone());
    let before = allocated();
    let error = whole(&client, runtime, url).await.map(|page| page.body.len()).expect_err("a bomb");
    let growth = allocated() - before;
    assert!(error.is_too_large(), "{error:?}");
    client.transport().close().await;
    hold("a body of 16 MiB in 16 KiB, limit 1 MiB", "allocated", growth, 2048);
}

async fn whole<F: Fetch, R: Connect>(client: &F, runtime: &R, url: &str) -> Result<Page, FetchError> {
    let limits = Limits::default().deadline(Duration::from_secs(60)).max_body(64 << 20);
    fetch_page(client, runtime, get(url).expect("an address"), limits).await
}

/// What is live once nothing changes any more.
async fn settled<R: Connect>(runtime: &R) -> usize {
    let (mut last, mut same) = (live(), 0);
    while same < 10 {
        runtime.sleep(Duration::from_millis(20)).await;
        let now = live();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

/// Prints a figure; one beyond its bound ends the program badly, once all have been printed.
fn hold(what: &str, how: &str, bytes: usize, bound_kib: usize) {
    let verdict = if bytes <= bound_kib * KIB { "" } else { ": TOO MUCH" };
    println!("  {what}: {:.1} {how}, at most {bound_kib}{verdict}", bytes as f64 / KIB as f64);
    if bytes > bound_kib * KIB {
        BEYOND.store(true, Ordering::Relaxed);
    }
}

/// Whether any figure was beyond its bound.
static BEYOND: AtomicBool = AtomicBool::new(false);

fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn allocated() -> usize {
    ALLOCATOR.stats().bytes_allocated
}

/// The most that was ever resident, as Linux has it; nothing elsewhere.
fn peak_kib() -> usize {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).expect("a peak in kB")
}
