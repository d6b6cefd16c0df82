//! The system's resolver, on the runtime's blocking pool.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use async_lock::Semaphore;
use gather_core::{BoxFuture, Runtime, RuntimeExt, TaskError};

use crate::resolve::limits::MAX_LOOKUPS;
use crate::resolve::{Resolve, ResolveError, ResolveErrorKind, Resolved};

/// `getaddrinfo`, which is what every other program of the machine asks: `/etc/hosts`, mDNS, search domains and all.
///
/// It blocks, so each lookup takes a thread of the runtime's pool, and cannot be stopped: of one that was given up the
/// thread is only free when the C library gives up too. At most [`max_threads`](SystemResolver::max_threads) are taken,
/// those included.
#[derive(Clone)]
pub struct SystemResolver<R> {
    runtime: R,
    threads: Arc<Semaphore>,
}

impl<R: Runtime> SystemResolver<R> {
    /// On this runtime, with at most 32 threads. Clones share them.
    pub fn new(runtime: R) -> Self {
        SystemResolver { runtime, threads: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }

    /// The same with at most `threads` of its own; 0 is read as 1.
    ///
    /// ```
    /// # fn example<R: gather_http::Connect>(runtime: R) {
    /// let few = gather_http::SystemResolver::new(runtime).max_threads(4);
    /// # drop(few) }
    /// ```
    #[must_use]
    pub fn max_threads(mut self, threads: usize) -> Self {
        self.threads = Arc::new(Semaphore::new(threads.max(1)));
        self
    }
}

impl<R: Runtime> Resolve for SystemResolver<R> {
    /// Dropping the future leaves the line; a thread that is at it goes on, unobserved.
    fn resolve(&self, name: &str) -> BoxFuture<Result<Resolved, ResolveError>> {
        let SystemResolver { runtime, threads } = self;
        let (runtime, threads, name) = (runtime.clone(), threads.clone(), name.to_owned());
        Box::pin(async move {
            let thread = threads.acquire_arc().await;
            let asked = name.clone();
            let lookup = runtime.unblock(move || {
                let found = look_up(&asked);
                // Only now: whoever waited for this lookup may long be gone, and the thread is not.
                drop(thread);
                found
            });
            lookup
                .await
                .unwrap_or_else(|error| Err(given_up(error)))
                .map(Resolved::from_sockets)
                .map_err(|(kind, error)| ResolveError::caused_by(&name, kind, error))
        })
    }
}

type Failure = (ResolveErrorKind, io::Error);

fn look_up(name: &str) -> Result<Vec<SocketAddr>, Failure> {
    // The port is the caller's business; std wants one.
    match (name, 0).to_socket_addrs() {
        Ok(found) => Ok(found.collect()),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err((ResolveErrorKind::Invalid, error)),
        Err(error) => Err((ResolveErrorKind::Failed, error)),
    }
}

fn given_up(error: TaskError) -> Failure {
    let kind = if matches!(error, TaskError::Cancelled) { ResolveErrorKind::Closed } else { ResolveErrorKind::Other };
    (kind, io::Error::other(error))
}

impl<R> fmt::Debug for SystemResolver<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemResolver").finish_non_exhaustive()
    }
}
