//! Tasks: two that overlap, one that is cancelled, one that panics.
//!
//! Look at what a `Task` gives when it is awaited: its output, that it was cancelled, or that it panicked. Nothing is
//! lost and nothing else is brought down.

use anyhow::{Result, ensure};
use gather_core::{TaskError, prelude::*};
use gather_examples::Origin;
use gather_http::{Connect, ConnectExt};

gather_examples::main!(tasks);

async fn tasks<R: Connect>(runtime: R) -> Result<()> {
    let origin = Origin::try_start()?;
    let client = runtime.client();
    let fetch = |path: &str| {
        let (client, clock, url) = (client.clone(), runtime.clone(), origin.url(path));
        async move { fetch_page(&client, &clock, get(url)?, Limits::default()).await }
    };

    // Spawned, a task runs whether it is awaited or not. The origin answers neither of these before both are there.
    let (first, second) = (runtime.task(fetch("/gate/both/one")), runtime.task(fetch("/gate/both/two")));
    let counts = origin.until(|counts| counts.in_flight == 2).await;
    println!("overlap: requests at the same time: {}", counts.in_flight);
    origin.open("both");
    let (first, second) = (first.await??, second.await??);
    println!("outputs: `{}`, `{}`", first.body.escape_ascii(), second.body.escape_ascii());

    // Cancelling asks; awaiting knows: by then everything that the task owned has been dropped.
    let silent = runtime.task(fetch("/silent"));
    origin.until(|counts| counts.in_flight == 1).await;
    silent.cancel();
    ensure!(matches!(silent.await, Err(TaskError::Cancelled)), "a cancelled task says so");
    let counts = origin.until(|counts| counts.in_flight == 0).await;
    println!("cancelled: requests at the origin: {}", counts.in_flight);

    // Dropping its owner cancels a task too. There is no way to forget one.
    let silent = runtime.task(fetch("/silent"));
    origin.until(|counts| counts.in_flight == 1).await;
    drop(silent);
    let counts = origin.until(|counts| counts.in_flight == 0).await;
    println!("dropped: requests at the origin: {}", counts.in_flight);

    // The panic's own message goes to standard error, as always. The task's outcome is a value.
    let panics = runtime.task(async { panic!("a bug") });
    let outcome: Result<(), TaskError> = panics.await;
    println!("panicked: {outcome:?}");
    let after = runtime.task(async { "the runtime lives on" }).await?;
    println!("after the panic: {after}");
    Ok(())
}
