//! Background tasks: an endless clean-up loop beside the main work, cancelled when that is done.
//!
//! Look at the last line: the loop was not abandoned. Once its task has been awaited its share of the cache has been
//! dropped, so that the main function owns all of it again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gather_core::{TaskError, prelude::*};
use gather_examples::Origin;
use gather_http::{Connect, ConnectExt};

/// The guide cleans up every 60 s; nobody wants to watch that.
const EVERY: Duration = Duration::from_millis(20);
const TIME_TO_LIVE: Duration = Duration::from_millis(50);

/// Pages, and when they came.
type Cache = Arc<Mutex<HashMap<String, Instant>>>;

gather_examples::main!(background_task);

async fn background_task<R: Connect>(runtime: R) -> Result<()> {
    let origin = Origin::try_start()?;
    let cache = Cache::default();
    let cleaning = runtime.task(clean_up(runtime.clone(), cache.clone()));

    // The main work: it fills the cache and never thinks of emptying it.
    let client = runtime.client();
    for number in 0..10 {
        let url = origin.url(&format!("/late/20/{number}"));
        fetch_page(&client, &runtime, get(&url)?, Limits::default()).await?;
        cache.lock().unwrap_or_else(PoisonError::into_inner).insert(url, runtime.now());
    }
    // The last pages are given the time to grow old.
    while !cache.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
        runtime.sleep(EVERY).await;
    }
    println!("main work: 10 pages fetched, all cleaned up behind its back");

    cleaning.cancel();
    ensure!(matches!(cleaning.await, Err(TaskError::Cancelled)), "an endless loop ends only when it is cancelled");
    println!("clean-up loop: cancelled");
    let cache = Arc::into_inner(cache).context("the clean-up loop still holds the cache")?;
    println!("the cache is ours alone, {} pages in it", cache.into_inner().map_or(0, |pages| pages.len()));
    Ok(())
}

/// Never ends by itself: it is dropped, at its `await`, by whoever owns its task.
async fn clean_up<C: Clock>(clock: C, cache: Cache) {
    loop {
        let now = clock.now();
        cache.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, came| now - *came < TIME_TO_LIVE);
        clock.sleep(EVERY).await;
    }
}
