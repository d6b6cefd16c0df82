//! The clients by name, and how each is set up: with its adapter's defaults, and room for every connection that a trial needs.

use std::fmt::Display;
use std::num::NonZeroUsize;

use gather_async_std::AsyncStd;
use gather_blocking::{Ureq, UreqFetch};
use gather_core::{Host, SendFetch};
use gather_http::HyperFetch;
use gather_isahc::IsahcFetch;
use gather_reqwest::ReqwestFetch;
use gather_runner::{Contender, Failure, Run, serve, serve_on_threads, unsupported};
use gather_smol::Smol;
use gather_surf::SurfFetch;
use gather_tokio::Tokio;

/// What `--engine` may name.
pub(crate) const ENGINES: [Contender; 7] = [
    Contender {
        name: "hyper",
        what: "gather's own engine on tokio's current-thread runtime",
        package: "hyper",
        serve: hyper,
    },
    Contender {
        name: "reqwest",
        what: "reqwest on tokio's current-thread runtime",
        package: "reqwest",
        serve: reqwest,
    },
    Contender { name: "isahc", what: "isahc (libcurl), one agent thread", package: "isahc", serve: isahc },
    Contender {
        name: "isahc-sharded",
        what: "isahc (libcurl), four agent threads, each with the hosts that fall to it",
        package: "isahc",
        serve: isahc_sharded,
    },
    Contender { name: "surf", what: "surf, a connection for each request", package: "surf", serve: surf },
    Contender { name: "surf-pooled", what: "surf with its own pool", package: "surf", serve: surf_pooled },
    Contender { name: "ureq", what: "ureq on a thread for each exchange in flight", package: "ureq", serve: ureq },
];

/// How many agent threads `isahc-sharded` has.
const SHARDS: usize = 4;

fn hyper(run: &Run) -> Result<(), Failure> {
    let host = Tokio::current_thread().map_err(failed)?;
    host.run(async |runtime| serve(run, runtime, false, |runtime| Ok(HyperFetch::new(runtime.clone()))).await)
}

fn reqwest(run: &Run) -> Result<(), Failure> {
    let make = || ReqwestFetch::builder().max_idle_per_host(run.connections()).build().map_err(failed);
    Tokio::current_thread().map_err(failed)?.run(async |runtime| serve(run, runtime, false, |_| make()).await)
}

fn isahc(run: &Run) -> Result<(), Failure> {
    isahc_with(run, 1)
}

fn isahc_sharded(run: &Run) -> Result<(), Failure> {
    isahc_with(run, SHARDS)
}

/// isahc has no runtime: its agents do the I/O, and wake whoever polls, which is this thread.
fn isahc_with(run: &Run, shards: usize) -> Result<(), Failure> {
    let builder = || IsahcFetch::builder().shards(at_least_one(shards)).max_idle(at_least_one(run.connections()));
    Smol::current_thread().run(async |runtime| serve(run, runtime, false, |_| builder().build().map_err(failed)).await)
}

fn surf(run: &Run) -> Result<(), Failure> {
    on_async_std(run, SurfFetch::new())
}

fn surf_pooled(run: &Run) -> Result<(), Failure> {
    if !run.reuses() {
        return unsupported("surf's pool keeps every connection, whatever a request asks for");
    }
    on_async_std(run, SurfFetch::pooled(at_least_one(run.concurrency())))
}

/// surf's home, as wide as the workload says; all workers share the client and its pool.
fn on_async_std<F: SendFetch + Clone>(run: &Run, client: F) -> Result<(), Failure> {
    let host = AsyncStd::with_threads(run.threads()).map_err(failed)?;
    host.run(async |runtime| serve(run, runtime, true, |_| Ok(client.clone())).await)
}

/// A thread for each exchange. Nothing is run on smol here; its timers are what the policies wait by.
fn ureq(run: &Run) -> Result<(), Failure> {
    let client = UreqFetch::from(Ureq::with_max_idle(run.connections()));
    Smol::current_thread().run(async |runtime| serve_on_threads(run, runtime, client))
}

fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

fn failed(error: impl Display) -> Failure {
    Failure::new("engine", error)
}
