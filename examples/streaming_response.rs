//! A streaming response: chunks as they come, and a sender that waits for its reader.
//!
//! Look at the moment of each chunk: they are printed as the origin sends them, not when the body is complete. Then at
//! how much of a large body the origin could send while nobody read: what the buffers on the way hold, and no more.

use anyhow::{Result, ensure};
use gather_core::prelude::*;
use gather_examples::Origin;
use gather_http::{Connect, ConnectExt};

gather_examples::main!(streaming_response);

async fn streaming_response<R: Connect>(runtime: R) -> Result<()> {
    let origin = Origin::try_start()?;
    as_they_come(&runtime, &origin).await?;
    with_backpressure(&runtime, &origin).await
}

async fn as_they_come<R: Connect>(runtime: &R, origin: &Origin) -> Result<()> {
    // Five chunks, 50 ms apart. The future of `fetch` is done when the head is there; the body is a stream.
    // The client has to live as long as the body: its connections are its own.
    let (client, start) = (runtime.client(), runtime.now());
    let response = client.fetch(get(origin.url("/drip/5/50"))?).await?;
    println!("head after {} ms: {}", (runtime.now() - start).as_millis(), response.status());

    let mut body = response.into_body();
    while let Some(chunk) = body.next().await {
        println!("chunk after {} ms: {}", (runtime.now() - start).as_millis(), chunk?.escape_ascii());
    }
    Ok(())
}

async fn with_backpressure<R: Connect>(runtime: &R, origin: &Origin) -> Result<()> {
    const LENGTH: u64 = 64 << 20;
    let client = runtime.client();
    let mut body = client.fetch(get(origin.url(&format!("/pour/large/{LENGTH}")))?).await?.into_body();

    // The first chunk is read, and then none for a while: the origin gets no further.
    let mut received = body.next().await.transpose()?.unwrap_or_default().len() as u64;
    let stalled = origin.until(|counts| counts.pour("large").stalled).await.pour("large").written;
    ensure!(stalled < LENGTH, "the whole body was taken in although nobody read it");
    println!("nobody reads: the origin was stopped after {} KiB of {} KiB", stalled >> 10, LENGTH >> 10);

    while let Some(chunk) = body.next().await {
        received += chunk?.len() as u64;
    }
    println!("somebody reads: all {} KiB", received >> 10);
    Ok(())
}
