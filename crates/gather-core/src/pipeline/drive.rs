//! One pipeline for each worker of a runtime, behind one stream or one handler.

use std::fmt;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::vec;

use futures_channel::mpsc;
use futures_core::Stream;
use futures_util::StreamExt;

use crate::compute::Compute;
use crate::fetch::{Request, SendFetch};
use crate::parse::Parse;
use crate::pipeline::ScrapeResult;
use crate::pipeline::scrape::Scrape;
use crate::pipeline::scraper::{MakeFetch, Recipe, Scraper};
use crate::runtime::Runtime;
use crate::task::TaskError;
use crate::task_set::TaskSet;

/// A scrape over all workers of a runtime: a [`Stream`] with one result for each request, made by
/// [`Scraper::drive`](crate::Scraper::drive).
///
/// Each worker runs a [`Scrape`](crate::Scrape) of its own in a task of its own, with a client made there, so that
/// sockets, parser and pipeline share a thread as far as the runtime allows. The requests are handed out one by one, to
/// whichever worker has room. What holds for `Scrape` holds here (completion order, lossless, bounded, deadlines that
/// stand still while the stream is not polled), with these differences:
///
/// - Results travel to the consumer in small batches, at most two for each worker, each of no more than 32.
/// - Dropping it cancels the tasks without waiting; [`shutdown`](Drive::shutdown) waits. When the stream ends by itself,
///   all tasks have ended and the clients that the scraper made are closed.
/// - A panic in the requests' iterator or in the making of a client unwinds through the poll of the stream, after the
///   results that were under way.
#[must_use = "dropping a Drive cancels it"]
pub struct Drive<R, T> {
    batches: mpsc::Receiver<Vec<ScrapeResult<T>>>,
    current: vec::IntoIter<ScrapeResult<T>>,
    tasks: TaskSet<R, ()>,
}

/// The most results that travel together: enough to spread the cost of waking another thread thin, few enough that the
/// first does not wait for the last.
const BATCH: usize = 32;

impl<R: Runtime, T: Send + 'static> Drive<R, T> {
    pub(super) fn start<M, P, X, I>(scraper: Scraper<R, M, P, X>, requests: I) -> Self
    where
        M: MakeFetch<R, Fetch: SendFetch> + Send + Sync + 'static,
        P: Parse<Output = T, Sink: Send>,
        X: Compute + Send + Sync,
        I: Iterator<Item = Request> + Send + 'static,
    {
        let (sender, batches) = mpsc::channel(0); // one place for each sender
        let tasks = spawn_workers(scraper, requests, |scrape| forward(scrape, sender.clone()));
        Drive { batches, current: Vec::new().into_iter(), tasks }
    }

    /// Cancels what is left and returns when every task, with everything it owned, has been dropped.
    ///
    /// The clients' connections are cancelled with their clients; to have waited for them too, let the stream end.
    pub async fn shutdown(self) {
        drop(self.batches);
        self.tasks.shutdown().await;
    }
}

// Nothing in them is pinned.
impl<R, T> Unpin for Drive<R, T> {}
impl<R> Unpin for ForEach<R> {}

impl<R: Runtime, T: Send + 'static> Stream for Drive<R, T> {
    type Item = ScrapeResult<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(result) = self.current.next() {
                return Poll::Ready(Some(result));
            }
            match ready!(self.batches.poll_next_unpin(cx)) {
                Some(batch) => self.current = batch.into_iter(),
                None => return poll_joined(&mut self.tasks, cx).map(|()| None),
            }
        }
    }
}

/// A scrape over all workers that handles its results there: a future that is done when every request has been handled,
/// made by [`Scraper::for_each`](crate::Scraper::for_each).
///
/// On each worker one result is handled at a time, while that worker's exchanges go on. Dropping it cancels everything
/// without waiting. A panic in the handler unwinds through the poll.
#[must_use = "dropping a ForEach cancels it"]
pub struct ForEach<R> {
    tasks: TaskSet<R, ()>,
}

impl<R: Runtime> ForEach<R> {
    pub(super) fn start<M, P, X, I, H, W>(scraper: Scraper<R, M, P, X>, requests: I, handle: H) -> Self
    where
        M: MakeFetch<R, Fetch: SendFetch> + Send + Sync + 'static,
        P: Parse<Sink: Send>,
        X: Compute + Send + Sync,
        I: Iterator<Item = Request> + Send + 'static,
        H: Fn(ScrapeResult<P::Output>) -> W + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let handle = Arc::new(handle);
        let tasks = spawn_workers(scraper, requests, |scrape| {
            let handle = handle.clone();
            async move { scrape().for_each_send(|result| handle(result)).await }
        });
        ForEach { tasks }
    }

    /// Cancels what is left and returns when every task, with everything it owned, has been dropped.
    pub async fn shutdown(self) {
        self.tasks.shutdown().await;
    }
}

impl<R: Runtime> Future for ForEach<R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        poll_joined(&mut self.tasks, cx)
    }
}

type Worker<I, F, R, P, X> = Scrape<Queue<I>, F, R, P, X>;

/// Spawns one task for each worker. The pipeline is made inside its task: `run` is given the maker.
fn spawn_workers<R, M, P, X, I, W>(
    scraper: Scraper<R, M, P, X>,
    requests: I,
    run: impl Fn(Box<dyn FnOnce() -> Worker<I, M::Fetch, R, P, X> + Send>) -> W,
) -> TaskSet<R, ()>
where
    R: Runtime,
    M: MakeFetch<R, Fetch: SendFetch> + Send + Sync + 'static,
    P: Parse<Sink: Send>,
    X: Compute + Send + Sync,
    I: Iterator<Item = Request> + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let Scraper { clock: runtime, make, recipe } = scraper;
    let make = Arc::new(make);
    let queue = Queue(Arc::new(Mutex::new(Handout { requests: Some(requests), next: 0 })));
    let mut tasks = TaskSet::new(runtime.clone());
    for concurrency in shares(recipe.concurrency, runtime.workers().get()) {
        let (runtime, make, queue) = (runtime.clone(), make.clone(), queue.clone());
        let recipe = Recipe { concurrency, ..recipe.clone() };
        tasks.spawn(run(Box::new(move || {
            let fetch = make.make_fetch(&runtime);
            Scrape::new(queue, fetch, runtime, recipe)
        })));
    }
    tasks
}

/// Splits `concurrency` over at most `workers`, as evenly as it goes, nobody getting nothing.
fn shares(concurrency: usize, workers: usize) -> impl Iterator<Item = usize> {
    let workers = workers.min(concurrency).max(1);
    (0..workers).map(move |worker| concurrency / workers + usize::from(worker < concurrency % workers))
}

/// Runs one pipeline and sends its results in batches: whatever is there when the channel has room.
async fn forward<I, F, R, P, X>(
    scrape: impl FnOnce() -> Worker<I, F, R, P, X>,
    mut sender: mpsc::Sender<Vec<ScrapeResult<P::Output>>>,
) where
    I: Iterator<Item = Request>,
    F: SendFetch,
    R: Runtime,
    P: Parse<Sink: Send>,
    X: Compute,
{
    let mut scrape = scrape();
    let mut batch = Vec::new();
    let mut ended = false;
    poll_fn(|cx| {
        loop {
            let mut pending = false;
            while !ended && !pending && batch.len() < BATCH {
                match scrape.poll_next_unpin(cx) {
                    Poll::Ready(Some(result)) => batch.push(result),
                    Poll::Ready(None) => ended = true,
                    Poll::Pending => pending = true,
                }
            }
            if batch.is_empty() {
                return if ended { Poll::Ready(()) } else { Poll::Pending };
            }
            // While the channel is full the batch fills up and then fetching stops.
            let open = ready!(sender.poll_ready(cx)).is_ok();
            if !open || sender.start_send(std::mem::take(&mut batch)).is_err() {
                return Poll::Ready(()); // the consumer is gone; so will this task be
            }
        }
    })
    .await;
    scrape.close().await;
}

/// Waits for all tasks. What panicked goes on panicking here.
fn poll_joined<R: Runtime>(tasks: &mut TaskSet<R, ()>, cx: &mut Context<'_>) -> Poll<()> {
    while let Some(outcome) = ready!(Pin::new(&mut *tasks).poll_next(cx)) {
        if let Err(TaskError::Panicked(panic)) = outcome {
            resume_unwind(panic.into_payload());
        }
    }
    Poll::Ready(())
}

/// The requests, handed out one by one to whichever worker asks.
struct Queue<I>(Arc<Mutex<Handout<I>>>);

struct Handout<I> {
    requests: Option<I>,
    next: u64,
}

impl<I> Clone for Queue<I> {
    fn clone(&self) -> Self {
        Queue(self.0.clone())
    }
}

impl<I: Iterator<Item = Request>> Stream for Queue<I> {
    type Item = (u64, Request);

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // An iterator that has panicked is asked no more by the worker that it took along, and the others see its end.
        let mut handout = self.0.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            let mut handout = poisoned.into_inner();
            handout.requests = None;
            handout
        });
        let request = handout.requests.as_mut().and_then(Iterator::next);
        if request.is_none() {
            handout.requests = None;
        }
        Poll::Ready(request.map(|request| {
            handout.next += 1;
            (handout.next - 1, request)
        }))
    }
}

impl<R, T> fmt::Debug for Drive<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drive").field("tasks", &self.tasks).finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for ForEach<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEach").field("tasks", &self.tasks).finish()
    }
}
