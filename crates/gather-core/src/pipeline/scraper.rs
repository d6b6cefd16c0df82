//! The builder: what to fetch with, how to parse, where, and how much at once.

use std::fmt;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream;

use crate::clock::Clock;
use crate::compute::{Compute, Inline};
use crate::fetch::{Fetch, Request, SendFetch};
use crate::page::Limits;
use crate::parse::{Parse, WholePage};
use crate::pipeline::drive::{Drive, ForEach};
use crate::pipeline::scrape::Scrape;
use crate::pipeline::{Numbered, Requests, ScrapeResult};
use crate::runtime::Runtime;

/// A recipe for scraping: give it requests and it is a stream of results.
///
/// - [`scrape`](Scraper::scrape) is one pipeline in the task that polls it. It spawns nothing and needs no `Send`.
/// - [`drive`](Scraper::drive) is one pipeline for each of the runtime's workers, behind one stream.
/// - [`for_each`](Scraper::for_each) does the same and handles the results right there, on the workers.
///
/// Adapters make one with their own engine in one call (`runtime.scraper()`); this is what that call stands for:
///
/// ```
/// use std::pin::pin;
/// use gather_core::{Fetch, Page, Runtime, Scraper, SendFetch, get};
/// # use futures_util::StreamExt;
///
/// async fn sizes<R: Runtime, F: SendFetch>(
///     runtime: R,
///     client: impl Fn(&R) -> F + Send + Sync + 'static,
/// ) -> Result<(), gather_core::FetchError> {
///     let requests = [get("http://localhost/a")?, get("http://localhost/b")?];
///     let scraper = Scraper::new(runtime, client).parse(|page: &Page| Ok(page.body.len())).concurrency(2);
///     let mut results = pin!(scraper.drive(requests));
///     while let Some(result) = results.next().await {
///         match result {
///             Ok(page) => println!("{}: {} bytes", page.url, page.output),
///             Err(error) => println!("{error}"),
///         }
///     }
///     Ok(())
/// }
/// ```
#[must_use = "a Scraper does nothing until it is given requests"]
pub struct Scraper<C, M, P = WholePage, X = Inline> {
    pub(super) clock: C,
    pub(super) make: M,
    pub(super) recipe: Recipe<P, X>,
}

/// What every pipeline of one scrape shares.
pub(super) struct Recipe<P, X> {
    pub(super) parser: Arc<P>,
    pub(super) compute: X,
    pub(super) limits: Limits,
    pub(super) concurrency: usize,
}

impl<P, X: Clone> Clone for Recipe<P, X> {
    fn clone(&self) -> Self {
        Recipe { parser: self.parser.clone(), compute: self.compute.clone(), ..*self }
    }
}

/// How many exchanges are in flight until somebody says otherwise. Enough to hide waiting, few
/// enough for the sockets and the memory of any machine; politeness to one host is the caller's business.
const CONCURRENCY: usize = 64;

impl<C: Clock, M: MakeFetch<C>> Scraper<C, M> {
    /// A scraper that makes its clients with `make`: one for each pipeline, next to the sockets it will use.
    pub fn new(clock: C, make: M) -> Self {
        let parser = Arc::new(WholePage);
        let recipe = Recipe { parser, compute: Inline, limits: Limits::default(), concurrency: CONCURRENCY };
        Scraper { clock, make, recipe }
    }
}

impl<C: Clock, F: Fetch + Clone> Scraper<C, Shared<F>> {
    /// A scraper over a client that exists already; its clones serve all pipelines.
    pub fn over(clock: C, fetch: F) -> Self {
        Scraper::new(clock, Shared(fetch))
    }
}

impl<C, M, P, X> Scraper<C, M, P, X> {
    /// What each page becomes: a [`Parse`] (a closure over a whole page is one). Until it is given, pages stay as they are.
    pub fn parse<Q: Parse>(self, parser: Q) -> Scraper<C, M, Q, X> {
        let Recipe { compute, limits, concurrency, .. } = self.recipe;
        let recipe = Recipe { parser: Arc::new(parser), compute, limits, concurrency };
        Scraper { clock: self.clock, make: self.make, recipe }
    }

    /// Where the parser runs. Until it is given: inline, chunk by chunk, on the thread that reads the socket.
    pub fn compute<Y: Compute>(self, compute: Y) -> Scraper<C, M, P, Y> {
        let Recipe { parser, limits, concurrency, .. } = self.recipe;
        let recipe = Recipe { parser, compute, limits, concurrency };
        Scraper { clock: self.clock, make: self.make, recipe }
    }

    /// The bounds of each exchange.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.recipe.limits = limits;
        self
    }

    /// At most so many exchanges at once, over all workers together; 64 until it is given. 0 is read as 1, since a
    /// pipeline that may do nothing would never end.
    ///
    /// An exchange counts from its request until its parsed result has been taken, so this is also the bound on what is
    /// in memory: `concurrency` times [`Limits::max_body`] at the very worst.
    pub fn concurrency(mut self, exchanges: usize) -> Self {
        self.recipe.concurrency = exchanges.max(1);
        self
    }
}

impl<C: Clock, M: MakeFetch<C>, P: Parse, X: Compute> Scraper<C, M, P, X> {
    /// One pipeline over `requests`, run by whoever polls it. See [`Scrape`].
    pub fn scrape<I>(self, requests: I) -> Scrape<Requests<I::IntoIter>, M::Fetch, C, P, X>
    where
        I: IntoIterator<Item = Request>,
    {
        self.scrape_stream(stream::iter(requests))
    }

    /// As [`scrape`](Scraper::scrape), for requests that come over time. The pipeline ends when they have ended and all
    /// results are taken.
    pub fn scrape_stream<S>(self, requests: S) -> Scrape<Numbered<S>, M::Fetch, C, P, X>
    where
        S: Stream<Item = Request> + Unpin,
    {
        let fetch = self.make.make_fetch(&self.clock);
        Scrape::new(Numbered::new(requests), fetch, self.clock, self.recipe)
    }
}

impl<R, M, P, X> Scraper<R, M, P, X>
where
    R: Runtime,
    M: MakeFetch<R, Fetch: SendFetch> + Send + Sync + 'static,
    P: Parse<Sink: Send>,
    X: Compute + Send + Sync,
{
    /// One pipeline for each of the runtime's workers over the same `requests`, behind one stream. See [`Drive`].
    pub fn drive<I>(self, requests: I) -> Drive<R, P::Output>
    where
        I: IntoIterator<Item = Request, IntoIter: Send + 'static>,
    {
        Drive::start(self, requests.into_iter())
    }

    /// As [`drive`](Scraper::drive), but hands each result to `handle` on the worker that got it: no result crosses a
    /// thread. See [`ForEach`].
    pub fn for_each<I, H, W>(self, requests: I, handle: H) -> ForEach<R>
    where
        I: IntoIterator<Item = Request, IntoIter: Send + 'static>,
        H: Fn(ScrapeResult<P::Output>) -> W + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        ForEach::start(self, requests.into_iter(), handle)
    }
}

impl<C, M, P, X> fmt::Debug for Scraper<C, M, P, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recipe { limits, concurrency, .. } = &self.recipe;
        f.debug_struct("Scraper").field("limits", limits).field("concurrency", concurrency).finish_non_exhaustive()
    }
}

/// Something that makes a client from a runtime's handle. Closures are.
pub trait MakeFetch<C> {
    /// The client.
    type Fetch: Fetch;

    /// Makes one. Called once for each pipeline, on the worker that the pipeline runs on.
    fn make_fetch(&self, clock: &C) -> Self::Fetch;
}

impl<C, F: Fetch, M: Fn(&C) -> F> MakeFetch<C> for M {
    type Fetch = F;

    fn make_fetch(&self, clock: &C) -> F {
        self(clock)
    }
}

/// The [`MakeFetch`] of a client that exists already: gives clones of it.
#[derive(Debug, Clone)]
pub struct Shared<F>(F);

impl<C, F: Fetch + Clone> MakeFetch<C> for Shared<F> {
    type Fetch = KeepOpen<F>;

    fn make_fetch(&self, _: &C) -> KeepOpen<F> {
        KeepOpen(self.0.clone())
    }
}

/// A clone of somebody's client: the pipeline that ends closes what it made, and this it did not make.
#[derive(Debug, Clone)]
pub struct KeepOpen<F>(F);

impl<F: Fetch> Fetch for KeepOpen<F> {
    type Body = F::Body;
    type Future = F::Future;

    fn fetch(&self, request: Request) -> F::Future {
        self.0.fetch(request)
    }
}
