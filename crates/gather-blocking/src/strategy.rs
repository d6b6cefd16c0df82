//! How exchanges are spread over threads: the four classic ways.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::str::FromStr;
use std::sync::mpsc;
use std::thread::{self, ScopedJoinHandle};

use gather_core::{Cause, FetchError, FetchErrorKind, Parse, Phase, Request, ScrapeError, ScrapeResult};
use rayon::iter::{ParallelBridge, ParallelIterator};

use crate::fetch::BlockingFetch;
use crate::work::Work;

/// How exchanges are spread over threads. All of them give the same results, in the order in which they are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// One exchange after the other on the calling thread: what everything else is compared with. Best where there is
    /// little to fetch, and the only one without any thread.
    Sequential,
    /// A new thread for each request, at most `concurrency` of them alive. What a thread costs is paid for every request;
    /// a thread that dies gives back all that its request took, and no state of one reaches the next.
    ThreadPerRequest,
    /// `concurrency` threads that share one queue: what one would write. Best for most scripts.
    #[default]
    Pool,
    /// A rayon pool of `concurrency` threads, each blocked in a socket most of the time: what `par_bridge` gives to
    /// somebody who has an iterator. Rayon is made for threads that compute, one for each core; here it shows what it
    /// costs, or does not cost, to use it for waiting. The pool is made for the scrape and is not the global one.
    Rayon,
}

impl Strategy {
    /// All of them, in the order of this type's documentation.
    pub const ALL: [Strategy; 4] = [Strategy::Sequential, Strategy::ThreadPerRequest, Strategy::Pool, Strategy::Rayon];

    /// The name that [`FromStr`] takes: `sequential`, `thread-per-request`, `pool`, `rayon`.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Sequential => "sequential",
            Strategy::ThreadPerRequest => "thread-per-request",
            Strategy::Pool => "pool",
            Strategy::Rayon => "rayon",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Strategy {
    type Err = ParseStrategyError;

    fn from_str(name: &str) -> Result<Self, ParseStrategyError> {
        let found = Strategy::ALL.into_iter().find(|strategy| strategy.name() == name);
        found.ok_or_else(|| ParseStrategyError(name.to_owned()))
    }
}

/// There is no strategy of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseStrategyError(String);

impl fmt::Display for ParseStrategyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Strategy::ALL.map(Strategy::name).join(", ");
        write!(f, "there is no strategy `{}`; there are {names}", self.0)
    }
}

impl std::error::Error for ParseStrategyError {}

/// The threads of a scrape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crew {
    pub(crate) strategy: Strategy,
    pub(crate) concurrency: usize,
    pub(crate) stack_size: usize,
}

impl Crew {
    /// Does all of `work` and joins every thread. `started` is called once the threads that the strategy needs at the
    /// outset are there.
    ///
    /// # Errors
    ///
    /// When they cannot be had; `started` has not been called then, and no exchange goes on.
    pub(crate) fn run<C, P, I, H>(self, work: &Work<'_, C, P, I, H>, started: impl FnOnce()) -> io::Result<()>
    where
        C: BlockingFetch,
        P: Parse,
        I: Iterator<Item = Request> + Send,
        H: Fn(ScrapeResult<P::Output>) -> ControlFlow<()> + Sync,
    {
        match self.strategy {
            Strategy::Sequential => {
                started();
                work.run();
                Ok(())
            }
            Strategy::ThreadPerRequest => {
                started();
                self.thread_per_request(work);
                Ok(())
            }
            Strategy::Pool => self.pool(work, started),
            Strategy::Rayon => self.rayon(work, started),
        }
    }

    fn pool<C, P, I, H>(self, work: &Work<'_, C, P, I, H>, started: impl FnOnce()) -> io::Result<()>
    where
        C: BlockingFetch,
        P: Parse,
        I: Iterator<Item = Request> + Send,
        H: Fn(ScrapeResult<P::Output>) -> ControlFlow<()> + Sync,
    {
        thread::scope(|scope| {
            for have in 0..self.concurrency {
                if let Err(error) = self.thread().spawn_scoped(scope, || work.run()) {
                    // Fewer threads than asked for would be another experiment than the one asked for.
                    work.stop();
                    return Err(self.too_few(Some(have), error));
                }
            }
            started();
            Ok(())
        })
    }

    fn rayon<C, P, I, H>(self, work: &Work<'_, C, P, I, H>, started: impl FnOnce()) -> io::Result<()>
    where
        C: BlockingFetch,
        P: Parse,
        I: Iterator<Item = Request> + Send,
        H: Fn(ScrapeResult<P::Output>) -> ControlFlow<()> + Sync,
    {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(self.concurrency).stack_size(self.stack_size);
        // A scoped pool, because dropping any other one leaves its threads to themselves.
        let done = builder.thread_name(|_| THREAD_NAME.to_owned()).build_scoped(
            |thread| thread.run(),
            |pool| {
                let have = pool.current_num_threads();
                if have < self.concurrency {
                    let error = io::Error::new(io::ErrorKind::InvalidInput, "rayon takes no more");
                    return Err(self.too_few(Some(have), error));
                }
                started();
                let requests = std::iter::from_fn(|| work.next());
                pool.install(|| requests.par_bridge().for_each(|request| work.run_one(request)));
                Ok(())
            },
        );
        done.map_err(|error| self.too_few(None, io::Error::other(error))).flatten()
    }

    fn thread_per_request<C, P, I, H>(self, work: &Work<'_, C, P, I, H>)
    where
        C: BlockingFetch,
        P: Parse,
        I: Iterator<Item = Request> + Send,
        H: Fn(ScrapeResult<P::Output>) -> ControlFlow<()> + Sync,
    {
        let (report, done) = mpsc::channel();
        thread::scope(|scope| {
            let mut places = Places { threads: Vec::new(), limit: self.concurrency };
            while let Some((index, request)) = work.next() {
                let place = places.free(&done);
                let (url, reporter) = (request.uri().clone(), report.clone());
                let thread = self.thread().spawn_scoped(scope, move || {
                    work.run_one((index, request));
                    let _ = reporter.send(place);
                });
                match thread {
                    Ok(thread) => places.threads[place] = Some(thread),
                    Err(error) => {
                        let _ = report.send(place);
                        work.hand_on(Err(no_thread(index, url, error)));
                    }
                }
            }
        });
    }

    fn thread(self) -> thread::Builder {
        thread::Builder::new().name(THREAD_NAME.to_owned()).stack_size(self.stack_size)
    }

    fn too_few(self, have: Option<usize>, error: io::Error) -> io::Error {
        let Crew { strategy, concurrency, .. } = self;
        let have = have.map(|have| format!(" after {have} of them")).unwrap_or_default();
        io::Error::new(
            error.kind(),
            format!("the {concurrency} threads of `{strategy}` could not be started{have}: {error}"),
        )
    }
}

/// The threads that are alive. One is joined, and not only done, before another takes its place: a thread that is about
/// to end still has its stack.
struct Places<'scope> {
    threads: Vec<Option<ScopedJoinHandle<'scope, ()>>>,
    limit: usize,
}

impl Places<'_> {
    /// A free place: that of a thread which has reported itself `done`, or a new one, or, when there are enough, that of
    /// the first thread that does.
    fn free(&mut self, done: &mpsc::Receiver<usize>) -> usize {
        let place = match done.try_recv() {
            Ok(place) => place,
            Err(_) if self.threads.len() < self.limit => {
                self.threads.push(None);
                return self.threads.len() - 1;
            }
            // The caller holds a sender, so there is an answer as long as a thread is alive; and all of them are.
            Err(_) => done.recv().unwrap_or_default(),
        };
        if let Some(thread) = self.threads[place].take() {
            // What could panic in it has been caught there.
            let _ = thread.join();
        }
        place
    }
}

fn no_thread(index: u64, url: http::Uri, error: io::Error) -> ScrapeError {
    let source = format!("its thread could not be started: {error}");
    let error = FetchError::new(Phase::Request, FetchErrorKind::Other).with_url(url.clone()).with_source(source);
    ScrapeError::new(index, url, 0, Cause::Fetch(error))
}

/// At most 15 bytes, or Linux cuts it off.
const THREAD_NAME: &str = "gather-blocking";
