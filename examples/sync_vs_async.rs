//! Sync against async: two slow pages, one after the other and together.
//!
//! The guide's first example. Look at the delays: fetched one after the other by a client that blocks, two pages take
//! two of them; fetched together, one. The origin says why: how many requests it had at the same time.

use std::time::{Duration, Instant};

use anyhow::Result;
use gather_blocking::Ureq;
use gather_core::{FetchError, prelude::*};
use gather_examples::Origin;
use gather_http::{Connect, ConnectExt};

/// How long the origin takes for a page.
const DELAY: Duration = Duration::from_millis(200);

gather_examples::main!(sync_vs_async);

async fn sync_vs_async<R: Connect>(runtime: R) -> Result<()> {
    let origin = Origin::try_start()?;
    let urls = ["first", "second"].map(|page| origin.url(&format!("/late/{}/{page}", DELAY.as_millis())));

    let start = Instant::now();
    let blocking = urls.clone();
    // A thread that blocks must not be one that runs tasks; see `blocking_the_loop`.
    runtime.unblock(move || one_after_the_other(&blocking)).await??;
    let blocking = start.elapsed();
    report("one after the other", blocking, &origin);

    let client = runtime.client();
    let start = Instant::now();
    together(&runtime, &client, &urls).await?;
    let together = start.elapsed();
    report("together", together, &origin);

    println!("ratio: {:.1}", blocking.as_secs_f64() / together.as_secs_f64());
    Ok(())
}

/// As one would write it without async: each call returns when its page is there.
fn one_after_the_other(urls: &[String]) -> Result<(), FetchError> {
    let client = Ureq::new();
    for url in urls {
        gather_blocking::fetch_page(&client, &get(url)?, Limits::default())?;
    }
    Ok(())
}

/// The same with async: both are asked for before either has answered.
async fn together<C: Clock, F: Fetch>(clock: &C, client: &F, urls: &[String]) -> Result<Vec<Page>, FetchError> {
    try_gather(urls.iter().map(async |url| fetch_page(client, clock, get(url)?, Limits::default()).await)).await
}

fn report(how: &str, took: Duration, origin: &Origin) {
    let delays = took.as_secs_f64() / DELAY.as_secs_f64();
    let at_once = origin.counts().in_flight_max;
    println!("{how}: {:.2} s, {delays:.1} delays; at most {at_once} at the same time", took.as_secs_f64());
}
