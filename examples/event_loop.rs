//! The event loop: one call runs the main function to its end, and where you have a loop already, gather uses that.
//!
//! Look at the two lines: the same function `hello`, first on a loop that gather starts and ends, then on one that it
//! is only a guest of.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use gather_async_std::{AsyncStd, AsyncStdHandle};
use gather_core::prelude::*;
use gather_examples::{Origin, RuntimeName};
use gather_http::{Connect, ConnectExt};
use gather_smol::{Smol, SmolHandle};
use gather_tokio::{Tokio, TokioHandle};

fn main() -> ExitCode {
    gather_examples::start(|name, arguments| {
        gather_examples::no_more(arguments)?;
        let origin = Origin::try_start()?;
        let url = origin.url("/say/hello");

        // A `Host` owns a runtime. `run` uses it up: when it returns, nothing that was started in there is left.
        match name {
            RuntimeName::Tokio => Tokio::new()?.run(async |runtime| hello("Host::run", runtime, &url).await)?,
            RuntimeName::AsyncStd => AsyncStd::new().run(async |runtime| hello("Host::run", runtime, &url).await)?,
            RuntimeName::Smol => Smol::new()?.run(async |runtime| hello("Host::run", runtime, &url).await)?,
        }

        match name {
            RuntimeName::Tokio => own_tokio(&url),
            RuntimeName::AsyncStd => own_async_std(&url),
            RuntimeName::Smol => own_smol(&url),
        }
    })
}

/// What the program does. It is handed a runtime, and neither knows nor cares where that came from.
async fn hello<R: Connect>(how: &str, runtime: R, url: &str) -> Result<()> {
    let page = fetch_page(&runtime.client(), &runtime, get(url)?, Limits::default()).await?;
    println!("{how}: the page says `{}`", page.body.escape_ascii());
    Ok(())
}

#[tokio::main]
async fn own_tokio(url: &str) -> Result<()> {
    hello("#[tokio::main]", TokioHandle::current(), url).await
}

fn own_async_std(url: &str) -> Result<()> {
    async_std::task::block_on(hello("async_std::task::block_on", AsyncStdHandle::current(), url))
}

fn own_smol(url: &str) -> Result<()> {
    // `SmolHandle::global` would do as well; this is how to bring an executor that is run by threads of your own.
    let executor = Arc::new(smol::Executor::new());
    let runtime = SmolHandle::from_executor(&executor, NonZeroUsize::MIN);
    smol::block_on(executor.run(hello("smol::block_on", runtime, url)))
}
