//! Timeouts: a fetch inside a timeout gives `None` when it fires.
//!
//! Look at the origin: the exchange is not merely ignored from then on, it is cancelled. Its connection is given up,
//! and the client is as good as before.

use std::time::Duration;

use anyhow::Result;
use gather_core::{FetchError, prelude::*};
use gather_examples::Origin;
use gather_http::{Connect, ConnectExt};

gather_examples::main!(timeouts);

async fn timeouts<R: Connect>(runtime: R) -> Result<()> {
    let origin = Origin::try_start()?;
    let client = runtime.client();

    let in_time = fetch_within(&runtime, &client, &origin.url("/say/hello"), Duration::from_secs(5)).await?;
    println!("in time: {:?}", in_time.map(|page| page.body));

    // The origin takes this request and never answers it.
    let too_late = fetch_within(&runtime, &client, &origin.url("/silent"), Duration::from_millis(200)).await?;
    println!("too late: {:?}", too_late.map(|page| page.body));
    let counts = origin.until(|counts| counts.in_flight == 0).await;
    println!("the origin: {} requests in flight", counts.in_flight);

    let again = fetch_within(&runtime, &client, &origin.url("/say/again"), Duration::from_secs(5)).await?;
    println!("the client goes on: {:?}", again.map(|page| page.body));

    // Every exchange has a deadline anyway, so that nobody can forget it. Over, it is an error that says where it
    // struck.
    let limits = Limits::default().deadline(Duration::from_millis(200));
    if let Err(error) = fetch_page(&client, &runtime, get(origin.url("/silent"))?, limits).await {
        println!("the exchange's own deadline: timeout {}, {:?}", error.is_timeout(), error.phase());
    }
    Ok(())
}

/// The page, or `None` when it is not there in time. Any future can be given a time like this.
async fn fetch_within<C: Clock, F: Fetch>(
    clock: &C,
    client: &F,
    url: &str,
    time: Duration,
) -> Result<Option<Page>, FetchError> {
    let exchange = fetch_page(client, clock, get(url)?, Limits::default());
    timeout(clock, time, exchange).await.ok().transpose()
}
