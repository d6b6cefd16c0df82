//! Transports and runtimes behind one type each, for programs that choose theirs at run time.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;

use crate::capabilities::Capabilities;
use crate::clock::Clock;
use crate::error::FetchError;
use crate::fetch::{Fetch, Request, Response, SendFetch};
use crate::runtime::Runtime;

/// A boxed future that may cross threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A boxed response body that may cross threads.
pub type BoxBody = Pin<Box<dyn Stream<Item = Result<Bytes, FetchError>> + Send>>;

/// [`Fetch`] as a trait object: the trait itself with its two types boxed, no parallel trait.
pub type DynFetch = dyn Fetch<Body = BoxBody, Future = BoxFuture<Result<Response<BoxBody>, FetchError>>> + Send + Sync;

/// Any transport. Costs two boxes an exchange.
///
/// ```
/// # use gather_core::{AnyFetch, SendFetch};
/// fn erase(hyper: impl SendFetch, reqwest: impl SendFetch, want_hyper: bool) -> AnyFetch {
///     if want_hyper { AnyFetch::new(hyper) } else { AnyFetch::new(reqwest) }
/// }
/// ```
#[derive(Clone)]
pub struct AnyFetch(Arc<DynFetch>);

impl AnyFetch {
    /// Erases the type of `fetch`.
    pub fn new(fetch: impl SendFetch) -> Self {
        AnyFetch(Arc::new(Boxed(fetch)))
    }
}

impl Fetch for AnyFetch {
    type Body = BoxBody;
    type Future = BoxFuture<Result<Response<BoxBody>, FetchError>>;

    fn fetch(&self, request: Request) -> Self::Future {
        self.0.fetch(request)
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_close(cx)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

impl fmt::Debug for AnyFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyFetch")
    }
}

struct Boxed<F>(F);

impl<F: SendFetch> Fetch for Boxed<F> {
    type Body = BoxBody;
    type Future = BoxFuture<Result<Response<BoxBody>, FetchError>>;

    fn fetch(&self, request: Request) -> Self::Future {
        let exchange = self.0.fetch(request);
        Box::pin(async move { Ok(exchange.await?.map(|body| Box::pin(body) as BoxBody)) })
    }

    fn poll_close(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_close(cx)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
}

/// Any runtime. Costs one box for each spawn and each sleep.
#[derive(Clone)]
pub struct AnyRuntime(Arc<dyn DynRuntime>);

impl AnyRuntime {
    /// Erases the type of `runtime`.
    pub fn new(runtime: impl Runtime) -> Self {
        AnyRuntime(Arc::new(runtime))
    }
}

impl Clock for AnyRuntime {
    type Sleep = BoxFuture<()>;

    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        self.0.sleep(duration)
    }
}

impl Runtime for AnyRuntime {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(Box::pin(task));
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        self.0.spawn_blocking(Box::new(job));
    }

    fn workers(&self) -> NonZeroUsize {
        self.0.workers()
    }
}

impl fmt::Debug for AnyRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyRuntime")
    }
}

/// The dyn-compatible twin of [`Runtime`], whose methods are generic.
trait DynRuntime: Send + Sync {
    fn spawn(&self, task: BoxFuture<()>);
    fn spawn_blocking(&self, job: Box<dyn FnOnce() + Send>);
    fn workers(&self) -> NonZeroUsize;
    fn now(&self) -> Instant;
    fn sleep(&self, duration: Duration) -> BoxFuture<()>;
}

impl<R: Runtime> DynRuntime for R {
    fn spawn(&self, task: BoxFuture<()>) {
        Runtime::spawn(self, task);
    }

    fn spawn_blocking(&self, job: Box<dyn FnOnce() + Send>) {
        Runtime::spawn_blocking(self, job);
    }

    fn workers(&self) -> NonZeroUsize {
        Runtime::workers(self)
    }

    fn now(&self) -> Instant {
        Clock::now(self)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<()> {
        Box::pin(Clock::sleep(self, duration))
    }
}
