//! Gather: many at once, results in the order of the input.
//!
//! Look at the order: the slowest page was asked for first and is first in the results. Then at what the origin counts:
//! with a limit no more than so many requests at the same time, and after a failure none.

use anyhow::Result;
use gather_core::{FetchError, prelude::*};
use gather_examples::Origin;
use gather_http::{Connect, ConnectExt};

gather_examples::main!(gather_pages);

async fn gather_pages<R: Connect>(runtime: R) -> Result<()> {
    ordered(&runtime).await?;
    limited(&runtime).await?;
    fails_fast(&runtime).await
}

async fn ordered<R: Connect>(runtime: &R) -> Result<()> {
    let (origin, client) = (Origin::try_start()?, runtime.client());
    let urls = ["/late/90/first", "/late/60/second", "/late/0/third"].map(|path| origin.url(path));
    let pages = gather(urls.iter().map(async |url| text(&client, runtime, url).await)).await;
    let texts = pages.into_iter().collect::<Result<Vec<_>, _>>()?;
    println!("in order: {}", texts.join(", "));
    Ok(())
}

async fn limited<R: Connect>(runtime: &R) -> Result<()> {
    let (origin, client) = (Origin::try_start()?, runtime.client());
    let urls: Vec<_> = (0..12).map(|number| origin.url(&format!("/late/20/{number}"))).collect();
    let pages = gather(urls.iter().map(async |url| text(&client, runtime, url).await)).limit(3).await;
    let counts = origin.counts();
    println!("limited to 3: {} pages, at most {} at the same time", pages.len(), counts.in_flight_max);
    Ok(())
}

async fn fails_fast<R: Connect>(runtime: &R) -> Result<()> {
    let (origin, client) = (Origin::try_start()?, runtime.client());
    // Two that would never end, and one that is refused once they are under way.
    let urls = [origin.url("/silent"), origin.url("/silent"), origin.refused_url()];
    let exchanges = urls.iter().map(async |url| {
        if *url == origin.refused_url() {
            origin.until(|counts| counts.in_flight == 2).await;
        }
        text(&client, runtime, url).await
    });
    if let Err(error) = try_gather(exchanges).await {
        let refused = error.is_connect();
        let counts = origin.until(|counts| counts.in_flight == 0).await;
        println!("failed fast: connection refused: {refused}, {} requests left at the origin", counts.in_flight);
    }
    Ok(())
}

async fn text<F: Fetch, C: Clock>(client: &F, clock: &C, url: &str) -> Result<String, FetchError> {
    let page = fetch_page(client, clock, get(url)?, Limits::default()).await?;
    Ok(page.body.escape_ascii().to_string())
}
