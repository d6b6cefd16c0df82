//! Laws that pass everything would be worth nothing: adapters that are wrong in one thing each, and the law that says so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc::RecvTimeoutError;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_channel::mpsc;
use futures_core::Stream;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use gather_conformance::simulated::Simulated;
use gather_conformance::{clock, compute, drive, fetch, pipeline, runtime};
use gather_core::{
    Blocking, Capabilities, Clock, Fetch, FetchError, FetchErrorKind, Host, Phase, Request, Response, Runtime,
};

use crate::client::{Body, ThreadFetch};
use crate::host::{Threads, block_on};

/// Runs a law that has to fail.
fn refuses(law: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(law)).is_err(), "the law let it pass");
}

/// Runs a law that has to wait for what never comes. (A watchdog makes that a failure; these laws take milliseconds when all
/// is well.)
fn never_ends(law: impl FnOnce() + Send + 'static) {
    let (report, ended) = std::sync::mpsc::channel();
    thread::spawn(move || {
        law();
        let _ = report.send(());
    });
    assert_eq!(ended.recv_timeout(Duration::from_secs(2)), Err(RecvTimeoutError::Timeout), "the law was done with it");
}

/// A runtime with one fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Faulty {
    /// Sleeps are over before their time.
    EarlySleep,
    /// Sleeps count from their first poll.
    LazySleep,
    /// Blocking work is done at once, in the way of everybody.
    Blocked,
    /// Tasks that are spawned are lost.
    Lossy,
}

impl Host for Faulty {
    type Handle = Faulty;

    fn run<T>(self, main: impl AsyncFnOnce(Faulty) -> T) -> T {
        block_on(main(self))
    }
}

impl Clock for Faulty {
    type Sleep = BoxFuture<'static, ()>;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        match self {
            Faulty::EarlySleep => Threads::new().sleep(duration / 2).boxed(),
            Faulty::LazySleep => async move { Threads::new().sleep(duration).await }.boxed(),
            _ => Threads::new().sleep(duration).boxed(),
        }
    }
}

impl Runtime for Faulty {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        match self {
            Faulty::Lossy => drop(task),
            _ => Threads::new().spawn(task),
        }
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        match self {
            Faulty::Blocked => job(),
            _ => Threads::new().spawn_blocking(job),
        }
    }
}

#[test]
fn early_sleep_is_refused() {
    refuses(|| clock::sleep_is_never_early(Faulty::EarlySleep));
}

#[test]
fn lazy_sleep_is_refused() {
    refuses(|| clock::sleep_runs_from_the_call(Faulty::LazySleep));
}

#[test]
fn lost_tasks_are_refused() {
    refuses(|| runtime::spawned_tasks_run(Faulty::Lossy));
}

#[test]
fn blocking_in_the_way_hangs() {
    never_ends(|| runtime::blocking_leaves_the_executor_free(Faulty::Blocked));
}

#[test]
fn promised_workers_that_are_not_there_hang() {
    let three = std::num::NonZeroUsize::new(3).expect("not zero");
    never_ends(move || runtime::workers_run_at_the_same_time(Simulated::new().workers(three)));
}

#[test]
fn pipeline_that_leaves_its_thread_is_refused() {
    refuses(|| drive::everything_runs_on_the_only_worker(Threads::new(), |_| ThreadFetch::default()));
}

#[test]
fn unbounded_place_is_refused() {
    refuses(|| compute::jobs_at_once_are_bounded(Threads::new(), Blocking));
    refuses(|| compute::admission_is_bounded(Threads::new(), Blocking));
}

/// A client with one fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// A new connection for each exchange.
    NoPool,
    /// A status of 400 or more is an error.
    StatusIsError,
    /// A body that breaks off ends as if it were whole.
    SilentEnd,
    /// The body is read to its end before anybody asks.
    Hoarding,
    /// The method is forgotten.
    AlwaysGet,
    /// Dropped exchanges go on.
    Detached,
}

struct FaultyFetch(Fault, ThreadFetch);

fn client(fault: Fault) -> impl Fn(Threads) -> FaultyFetch + Send + Sync + 'static {
    move |_| FaultyFetch(fault, ThreadFetch::default())
}

impl Fetch for FaultyFetch {
    type Body = FaultyBody;
    type Future = BoxFuture<'static, Result<Response<FaultyBody>, FetchError>>;

    fn fetch(&self, mut request: Request) -> Self::Future {
        let fault = self.0;
        if fault == Fault::AlwaysGet {
            *request.method_mut() = http::Method::GET;
        }
        let pool = if fault == Fault::NoPool { ThreadFetch::default() } else { self.1.clone() };
        if fault == Fault::Detached {
            let (report, outcome) = futures_channel::oneshot::channel();
            thread::spawn(move || drop(report.send(block_on(pool.fetch(request)))));
            return async move { Ok(outcome.await.expect("an outcome")?.map(FaultyBody::Plain)) }.boxed();
        }
        async move {
            let response = pool.fetch(request).await?;
            if fault == Fault::StatusIsError && response.status().as_u16() >= 400 {
                return Err(FetchError::new(Phase::Head, FetchErrorKind::Other));
            }
            Ok(response.map(|body| match fault {
                Fault::SilentEnd => FaultyBody::SilentEnd(body),
                Fault::Hoarding => FaultyBody::Hoarded(hoard(body)),
                _ => FaultyBody::Plain(body),
            }))
        }
        .boxed()
    }

    /// What it promises is what the laws hold it to.
    fn capabilities(&self) -> Capabilities {
        self.1.capabilities()
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.1.poll_close(cx)
    }
}

enum FaultyBody {
    Plain(Body),
    SilentEnd(Body),
    Hoarded(mpsc::UnboundedReceiver<Result<Bytes, FetchError>>),
}

fn hoard(mut body: Body) -> mpsc::UnboundedReceiver<Result<Bytes, FetchError>> {
    let (sender, receiver) = mpsc::unbounded();
    thread::spawn(move || {
        while let Some(chunk) = block_on(body.next()) {
            if sender.unbounded_send(chunk).is_err() {
                break;
            }
        }
    });
    receiver
}

impl Stream for FaultyBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut *self {
            FaultyBody::Plain(body) => body.poll_next_unpin(cx),
            FaultyBody::SilentEnd(body) => body.poll_next_unpin(cx).map(|chunk| chunk.filter(Result::is_ok)),
            FaultyBody::Hoarded(chunks) => chunks.poll_next_unpin(cx),
        }
    }
}

#[test]
fn client_without_a_pool_is_refused() {
    refuses(|| fetch::connections_are_reused(Threads::new(), client(Fault::NoPool)));
}

#[test]
fn status_as_an_error_is_refused() {
    refuses(|| fetch::status_is_not_an_error(Threads::new(), client(Fault::StatusIsError)));
}

#[test]
fn silent_end_is_refused() {
    for law in [fetch::cut_in_the_body, fetch::cut_in_the_chunks, fetch::bad_chunk_is_an_error] {
        refuses(|| law(Threads::new(), client(Fault::SilentEnd)));
    }
    refuses(|| pipeline::faults_are_errors_of_their_own(Threads::new(), client(Fault::SilentEnd)));
}

#[test]
fn hoarding_client_is_refused() {
    refuses(|| fetch::unread_body_stops_the_sender(Threads::new(), client(Fault::Hoarding)));
}

#[test]
fn forgotten_method_is_refused() {
    refuses(|| fetch::request_is_sent_whole(Threads::new(), client(Fault::AlwaysGet)));
    refuses(|| fetch::head_request_has_no_body(Threads::new(), client(Fault::AlwaysGet)));
}

#[test]
fn detached_exchange_hangs() {
    never_ends(|| fetch::dropped_exchange_ends_at_the_origin(Threads::new(), client(Fault::Detached)));
}
