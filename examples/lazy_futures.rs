//! Lazy futures: calling an asynchronous function runs nothing until it is awaited.
//!
//! Look at the requests that the origin has seen: none after the call, however long one waits; one after the `await`.
//! A forgotten `await` is the guide's second pitfall; here the compiler points at it (see this package's library).

use std::time::Duration;

use anyhow::Result;
use gather_core::prelude::*;
use gather_examples::Origin;
use gather_http::{Connect, ConnectExt};

gather_examples::main!(lazy_futures);

async fn lazy_futures<R: Connect>(runtime: R) -> Result<()> {
    let origin = Origin::try_start()?;
    let client = runtime.client();

    let page = fetch_page(&client, &runtime, get(origin.url("/say/hello"))?, Limits::default());
    runtime.sleep(Duration::from_millis(50)).await;
    println!("called: requests at the origin: {}", origin.counts().requests);

    // Other work is done, in whichever order it is awaited, and still this has not begun.
    fetch_page(&client, &runtime, get(origin.url("/say/other"))?, Limits::default()).await?;
    println!("another one awaited: requests at the origin: {}", origin.counts().requests);

    let page = page.await?;
    println!("awaited: requests at the origin: {}; `{}`", origin.counts().requests, page.body.escape_ascii());

    // A future that is dropped without having been awaited never was anything.
    drop(fetch_page(&client, &runtime, get(origin.url("/say/never"))?, Limits::default()));
    println!("dropped: requests at the origin: {}", origin.counts().requests);
    Ok(())
}
