//! Mixing sync and async: in both directions, one inside the other, and without a panic about nested runtimes.
//!
//! Look at the third line: a blocking call made from asynchronous code starts a runtime of its own inside. On the
//! thread that runs tasks that would be a panic on some runtimes and a standstill on others; behind `unblock` it is
//! neither.

use std::io;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};
use futures_channel::oneshot;
use gather_async_std::AsyncStd;
use gather_core::prelude::*;
use gather_examples::{Origin, RuntimeName};
use gather_http::{Connect, ConnectExt, HyperFetch};
use gather_smol::Smol;
use gather_tokio::Tokio;

fn main() -> ExitCode {
    gather_examples::start(|name, arguments| {
        gather_examples::no_more(arguments)?;
        match name {
            RuntimeName::Tokio => mixing(Tokio::current_thread),
            RuntimeName::AsyncStd => mixing(|| Ok(AsyncStd::new())),
            RuntimeName::Smol => mixing(|| Ok(Smol::current_thread())),
        }
    })
}

fn mixing<H>(new_host: fn() -> io::Result<H>) -> Result<()>
where
    H: Host<Handle: Connect> + 'static,
{
    let origin = Origin::try_start()?;
    let url = origin.url("/bytes/1000");

    println!("async from sync: {} bytes", length(new_host()?, &url)?);

    let checksum = new_host()?.run(async |runtime: H::Handle| {
        let page = fetch_page(&runtime.client(), &runtime, get(&url)?, Limits::default()).await?;
        anyhow::Ok(runtime.unblock(move || page.body.iter().map(|byte| u64::from(*byte)).sum::<u64>()).await?)
    })?;
    println!("sync from async: checksum {checksum}");

    let inside = url.clone();
    let bytes = new_host()?
        .run(async |runtime: H::Handle| runtime.unblock(move || anyhow::Ok(length(new_host()?, &inside)?)).await)??;
    println!("async in sync in async: {bytes} bytes");

    let client = BlockingClient::start(new_host)?;
    let pages = [client.fetch(&url)?, client.fetch(&url)?];
    client.stop()?;
    println!("behind a blocking face: {} pages of {} bytes", pages.len(), pages[0].body.len());
    Ok(())
}

/// An ordinary function, whose caller need not know that there is a runtime in it.
fn length<H: Host<Handle: Connect>>(host: H, url: &str) -> Result<usize> {
    host.run(async |runtime: H::Handle| {
        let page = fetch_page(&runtime.client(), &runtime, get(url)?, Limits::default()).await?;
        Ok(page.body.len())
    })
}

/// gather behind a blocking face: a runtime on a thread of its own, and a client that lives as long as this does.
struct BlockingClient<R: Connect> {
    runtime: R,
    client: HyperFetch<R>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl<R: Connect> BlockingClient<R> {
    fn start<H: Host<Handle = R> + 'static>(new_host: fn() -> io::Result<H>) -> Result<Self> {
        let (started, starting) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            new_host()?.run(async |runtime: R| {
                let _ = started.send(runtime);
                let _ = stopped.await;
            });
            Ok(())
        });
        let runtime = starting.recv().context("the runtime did not start")?;
        Ok(BlockingClient { client: runtime.client(), runtime, stop, thread })
    }

    /// Blocks until the page is there. It enters no runtime, so it may be called from anywhere that may block.
    fn fetch(&self, url: &str) -> Result<Page> {
        let (request, client, clock) = (get(url)?, self.client.clone(), self.runtime.clone());
        let (answer, page) = mpsc::channel();
        let _exchange = self.runtime.task(async move {
            let _ = answer.send(fetch_page(&client, &clock, request, Limits::default()).await);
        });
        Ok(page.recv().context("the runtime is gone")??)
    }

    fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.thread.join().map_err(|_| anyhow!("the runtime's thread panicked"))??;
        Ok(())
    }
}
