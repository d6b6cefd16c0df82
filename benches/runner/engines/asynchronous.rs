//! gather itself on any runtime: what the models are given to work with, the same for all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::SystemTime;

use gather_client::{CarelessPools, Client, ClientBuilder};
use gather_core::{Clock, Fetch, MakeFetch, Request, Runtime, Scraper, SendFetch};
use gather_http::{Connect, HyperFetch};
use gather_rayon::Rayon;

use crate::Failure;
use crate::args::Run;
use crate::models::{self, fetch};
use crate::native::Native;
use crate::page::PageParser;
use crate::target::Target;
use crate::workload::{Place, Workload};

/// A runtime and its clients, set up for a workload.
pub(crate) struct Engine<'a, R: Runtime, F = HyperFetch<R>> {
    pub(crate) run: &'a Run,
    pub(crate) runtime: R,
    /// One client for each pipeline, kept from trial to trial: connections stay warm, as they would in a long scrape.
    pub(crate) clients: Arc<[F]>,
    /// The same with every policy above them.
    policies: Arc<[Client<F, R>]>,
    /// Whether there are workers, with one pipeline each, `drive`; else there is one, polled right here, `scrape`.
    pub(crate) driven: bool,
    pub(crate) target: Target,
    /// There where the workload computes on rayon.
    pub(crate) pool: Option<Rayon>,
    /// Whose client is next.
    turn: Arc<AtomicUsize>,
}

/// Serves on a runtime with workers.
pub(crate) async fn serve<R: Native>(run: &Run, runtime: R) -> Result<(), Failure> {
    models::serve(&Engine::new(run, runtime, true, |runtime| Ok(HyperFetch::new(runtime.clone())))?).await
}

/// Serves on a runtime that does everything on this thread.
pub(crate) async fn serve_here<R: Native>(run: &Run, runtime: R) -> Result<(), Failure> {
    models::serve(&Engine::new(run, runtime, false, |runtime| Ok(HyperFetch::new(runtime.clone())))?).await
}

/// All of gather's policies over a client, with their defaults but for what the workload says. A pool that takes back every
/// connection may be under them, because the origin is the lab's own: what is left on a connection can fail a trial, whose pages
/// are checked, and harm nobody.
pub(crate) fn with_policies<F: Fetch, C: Clock>(workload: &Workload, client: F, clock: C) -> Client<F, C> {
    let policies = ClientBuilder::new(SystemTime::now).retry(fetch::retries(workload));
    policies.careless_pools(CarelessPools::Accept).build(client, clock)
}

impl<R: Connect> Engine<'_, R> {
    /// How many connections there are.
    pub(crate) fn connections(&self) -> usize {
        self.clients.iter().map(HyperFetch::connections).sum()
    }
}

impl<'a, R: Runtime, F: SendFetch + Clone> Engine<'a, R, F> {
    /// `make` makes the client of each worker.
    pub(crate) fn new(
        run: &'a Run,
        runtime: R,
        driven: bool,
        make: impl Fn(&R) -> Result<F, Failure>,
    ) -> Result<Self, Failure> {
        let clients: Arc<[F]> = (0..runtime.workers().get()).map(|_| make(&runtime)).collect::<Result<_, _>>()?;
        let policies =
            clients.iter().map(|client| with_policies(&run.workload, client.clone(), runtime.clone())).collect();
        let pool = match run.workload.compute {
            Place::Rayon => Some(rayon(run.threads)?),
            Place::Inline | Place::Blocking => None,
        };
        let target = Target::new(&run.workload, run.origin)?;
        Ok(Engine { run, runtime, clients, policies, driven, target, pool, turn: Arc::default() })
    }

    /// The workload's scraper over the clients that are there.
    pub(crate) fn scraper(&self) -> Scraper<R, Warm<F>, PageParser> {
        self.scraper_with(self.warm())
    }

    /// The same over clients made in another way.
    pub(crate) fn scraper_with<M: MakeFetch<R>>(&self, make: M) -> Scraper<R, M, PageParser> {
        let workload = &self.run.workload;
        Scraper::new(self.runtime.clone(), make)
            .parse(PageParser::new(workload))
            .limits(workload.limits())
            .concurrency(workload.inject.capped(workload.concurrency))
    }

    /// The clients that are there.
    pub(crate) fn warm(&self) -> Warm<F> {
        Warm { clients: self.clients.clone(), next: self.turn.clone() }
    }

    /// The clients that are there, under their policies.
    pub(crate) fn warm_policies(&self) -> Warm<Client<F, R>> {
        Warm { clients: self.policies.clone(), next: self.turn.clone() }
    }
}

fn rayon(threads: usize) -> Result<Rayon, Failure> {
    Rayon::builder().threads(threads).build().map_err(|error| Failure::new("engine", error))
}

/// Hands the clients that exist already to the pipelines, one each.
pub(crate) struct Warm<F> {
    clients: Arc<[F]>,
    next: Arc<AtomicUsize>,
}

impl<C, F: SendFetch + Clone> MakeFetch<C> for Warm<F> {
    type Fetch = KeptOpen<F>;

    fn make_fetch(&self, _: &C) -> KeptOpen<F> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        KeptOpen(self.clients[turn % self.clients.len()].clone())
    }
}

/// A client that the pipeline must not close, because the next trial needs it.
#[derive(Clone)]
pub(crate) struct KeptOpen<F>(pub(crate) F);

impl<F: Fetch> Fetch for KeptOpen<F> {
    type Body = F::Body;
    type Future = F::Future;

    fn fetch(&self, request: Request) -> F::Future {
        self.0.fetch(request)
    }

    fn poll_close(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}
