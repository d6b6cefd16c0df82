//! The builder: what to fetch with, how to parse, on how many threads.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, mpsc};
use std::thread;

use gather_core::{Limits, Parse, Request, ScrapeResult, WholePage};

use crate::exchange::scrape_one;
use crate::fetch::BlockingFetch;
use crate::results::Results;
use crate::strategy::{Crew, Strategy};
use crate::work::{Numbered, Work};

/// A recipe for scraping on threads: the blocking counterpart of [`gather_core::Scraper`].
///
/// - [`scrape`](BlockingScraper::scrape) is an iterator of results.
/// - [`for_each`](BlockingScraper::for_each) handles them on the threads that got them.
///
/// It may be used any number of times: the client, and the connections it keeps alive, stay. Pages are parsed on the
/// thread that fetched them; a parser that panics is the error of its request alone.
///
/// ```no_run
/// use gather_blocking::{BlockingScraper, Raw, Strategy};
/// use gather_core::get;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scraper = BlockingScraper::new(Raw::new()).strategy(Strategy::ThreadPerRequest).concurrency(16);
/// let requests = (0..100).map(|page| get(format!("http://localhost:8000/{page}"))).collect::<Result<Vec<_>, _>>()?;
/// scraper.for_each(requests, |result| match result {
///     Ok(page) => println!("{}: {} bytes", page.url, page.bytes),
///     Err(error) => println!("{error}"),
/// })?;
/// # Ok(()) }
/// ```
#[must_use = "a BlockingScraper does nothing until it is given requests"]
pub struct BlockingScraper<C, P = WholePage> {
    client: Arc<C>,
    parser: Arc<P>,
    limits: Limits,
    crew: Crew,
}

/// As many exchanges at once as on the async side, until somebody says otherwise.
const CONCURRENCY: usize = 64;

/// A stack is address space until it is touched, and thousands of them must fit. A quarter of what `std` gives, which is
/// enough for a parser that does not recurse, TLS and a resolver.
const STACK_SIZE: usize = 512 << 10;

/// The most results that wait for their consumer, whatever the concurrency: the place for them is taken in advance.
const WAITING: usize = 1024;

impl<C: BlockingFetch> BlockingScraper<C> {
    /// A scraper over `client`: a pool of 64 threads that keeps pages as they are.
    pub fn new(client: C) -> Self {
        let crew = Crew { strategy: Strategy::default(), concurrency: CONCURRENCY, stack_size: STACK_SIZE };
        BlockingScraper { client: Arc::new(client), parser: Arc::new(WholePage), limits: Limits::default(), crew }
    }
}

impl<C, P> BlockingScraper<C, P> {
    /// What each page becomes: a [`Parse`] (a closure over a whole page is one). Until it is given, pages stay as they are.
    pub fn parse<Q: Parse>(self, parser: Q) -> BlockingScraper<C, Q> {
        let BlockingScraper { client, limits, crew, .. } = self;
        BlockingScraper { client, parser: Arc::new(parser), limits, crew }
    }

    /// The bounds of each exchange. Its deadline runs from when a thread starts on it, not while it waits in a queue.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How the exchanges are spread over threads. [`Strategy::Pool`] until it is given.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.crew.strategy = strategy;
        self
    }

    /// At most so many exchanges, and so many threads, at once; 64 until it is given. 0 is read as 1.
    /// [`Strategy::Sequential`] makes one at a time whatever this says.
    pub fn concurrency(mut self, exchanges: usize) -> Self {
        self.crew.concurrency = exchanges.max(1);
        self
    }

    /// The stack of each thread, in bytes; 512 KiB until it is given. The system rounds it up to what it needs at least.
    /// A parser that recurses may need more: a thread that runs out of stack ends the process.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.crew.stack_size = bytes;
        self
    }
}

impl<C: BlockingFetch, P: Parse> BlockingScraper<C, P> {
    /// Fetches and parses all `requests` and hands each result to `handle` on the thread that got it. Blocks until every
    /// one has been handled and every thread has been joined.
    ///
    /// The requests are taken one by one, under a lock, as threads become free: an iterator that blocks, blocks those
    /// threads.
    ///
    /// # Errors
    ///
    /// When the threads of [`Strategy::Pool`] or [`Strategy::Rayon`] cannot all be started; some requests may have been
    /// handled by then. (For [`Strategy::ThreadPerRequest`] that is the error of the one request.)
    ///
    /// # Panics
    ///
    /// Goes on with a panic of `handle` or of the iterator, once the exchanges under way have ended.
    pub fn for_each<I, H>(&self, requests: I, handle: H) -> io::Result<()>
    where
        I: IntoIterator<Item = Request, IntoIter: Send>,
        H: Fn(ScrapeResult<P::Output>) + Sync,
    {
        let handle = |result| {
            handle(result);
            ControlFlow::Continue(())
        };
        let work = Work::new(&*self.client, &*self.parser, self.limits, requests.into_iter(), handle);
        let done = self.crew.run(&work, || ());
        work.resume_panic();
        done
    }
}

impl<C: BlockingFetch + 'static, P: Parse> BlockingScraper<C, P> {
    /// Fetches and parses all `requests`: an iterator of the results. See [`Results`] for what it promises and what
    /// dropping it does.
    ///
    /// All strategies but [`Strategy::Sequential`] start at once, and have one thread more than `concurrency`: it waits
    /// for the others, and starts them where each request has its own.
    ///
    /// # Errors
    ///
    /// When the threads cannot all be started.
    pub fn scrape<I>(&self, requests: I) -> io::Result<Results<P::Output>>
    where
        I: IntoIterator<Item = Request, IntoIter: Send + 'static>,
    {
        let BlockingScraper { client, parser, limits, crew } = self;
        let (client, parser, limits, crew) = (client.clone(), parser.clone(), *limits, *crew);
        let requests = requests.into_iter();
        if crew.strategy == Strategy::Sequential {
            let numbered = Numbered { requests, next: 0 };
            return Ok(Results::here(numbered.map(move |request| scrape_one(&*client, &*parser, limits, request))));
        }

        let (sender, results) = mpsc::sync_channel(crew.concurrency.min(WAITING));
        let (report, started) = mpsc::channel();
        let foreman = thread::Builder::new().name("gather-foreman".to_owned()).spawn(move || {
            let handle = |result| match sender.send(result) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            };
            let work = Work::new(&*client, &*parser, limits, requests, handle);
            // The answer is waited for below; that nobody did is no reason not to work.
            let done = crew.run(&work, || _ = report.send(Ok(())));
            if let Err(error) = done {
                let _ = report.send(Err(error));
            }
            work.resume_panic();
        })?;
        let results = Results::of_threads(results, foreman);
        // A foreman that is gone without a word has panicked: `results` says so when it is asked.
        started.recv().unwrap_or(Ok(())).map(|()| results)
    }
}

impl<C, P> fmt::Debug for BlockingScraper<C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingScraper")
            .field("limits", &self.limits)
            .field("crew", &self.crew)
            .finish_non_exhaustive()
    }
}
