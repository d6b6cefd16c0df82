//! The client that is nothing but sockets of `std` and the codec: what blocking costs when nobody adds to it.

mod connect;
mod connection;
mod pulled;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Phase, Request};
use http::Method;
use http::uri::Scheme;

use crate::deadline::Deadline;
use crate::fetch::{BlockingFetch, Receive};
use crate::raw::connection::Connection;
pub(crate) use crate::raw::connection::of_io;
pub use crate::raw::pulled::{RawBody, RawFetch};
use crate::resolve::Lookup;
use crate::work::lock;

/// An HTTP/1.1 client on plain `std` sockets.
///
/// It speaks `http` only; [`Ureq`](crate::Ureq) has TLS. Connections are kept alive and go to whichever call comes next,
/// the one used last first, with their buffers: an exchange on a warm connection allocates what its parser keeps and
/// nothing else. `TCP_NODELAY` is set. The [`codec`](crate::codec) says what is refused.
///
/// A kept-alive connection is looked at before it is used: on one on which bytes have come that nobody asked for, they would
/// be taken for the answer. One that turns out to be closed, before any byte of the answer, is replaced by a
/// fresh one, once, for `GET` and `HEAD`; other methods take a fresh connection to begin with. Host names are looked up with the system's
/// resolver, which cannot be interrupted: that alone may exceed the deadline. A request's
/// [`AddressPolicy`] is enforced on the address that is connected to, and a connection
/// that was opened under another policy is not used for it.
///
/// As a [`Fetch`](gather_core::Fetch) it is [`RawFetch`].
///
/// Dropping it closes the connections that are idle.
///
/// ```
/// use gather_blocking::{Raw, fetch_page};
/// use gather_core::{FetchErrorKind, Limits, get};
///
/// let error = fetch_page(&Raw::new(), &get("https://example.com/")?, Limits::default()).unwrap_err();
/// assert_eq!(error.kind(), FetchErrorKind::Invalid);
/// # Ok::<(), gather_core::FetchError>(())
/// ```
pub struct Raw {
    /// By the time of their last use, the latest at the back.
    idle: Mutex<VecDeque<Connection>>,
    max_idle: usize,
}

/// As many idle connections, over all hosts, until somebody says otherwise.
pub(crate) const MAX_IDLE: usize = 512;

/// An idle connection older than this is not used again. Most servers have closed it by then, and a firewall that forgot
/// it says nothing at all.
pub(crate) const MAX_IDLE_AGE: Duration = Duration::from_secs(15);

impl Raw {
    /// A client without connections yet.
    pub fn new() -> Self {
        Raw { idle: Mutex::default(), max_idle: MAX_IDLE }
    }

    /// At most so many idle connections, over all hosts together; 512 until it is given. The oldest goes first. Connections
    /// in use do not count: their number is that of the calls at work.
    #[must_use]
    pub fn max_idle(mut self, connections: usize) -> Self {
        self.max_idle = connections;
        self
    }

    /// The idle connection to that place which was used last.
    fn take_idle(&self, request: &Request) -> Option<Connection> {
        let now = Instant::now();
        let mut idle = lock(&self.idle);
        while idle.front().is_some_and(|oldest| now.saturating_duration_since(oldest.last_used) > MAX_IDLE_AGE) {
            idle.pop_front();
        }
        let policy = AddressPolicy::of(request.extensions());
        let place = idle.iter().rposition(|connection| connection.leads_to(request.uri(), &policy))?;
        idle.remove(place)
    }

    fn keep(&self, mut connection: Connection) {
        connection.last_used = Instant::now();
        let mut idle = lock(&self.idle);
        idle.push_back(connection);
        let oldest = if idle.len() > self.max_idle { idle.pop_front() } else { None };
        // It is closed outside of the lock.
        drop((idle, oldest));
    }

    /// Closes what is idle.
    fn clear(&self) {
        let idle = std::mem::take(&mut *lock(&self.idle));
        // Outside of the lock.
        drop(idle);
    }

    /// Sends the request over a connection that was idle, if there is one that turns out to be of use, or else over one that
    /// is opened, and reads the head of the answer.
    fn begin(&self, request: &Request, waits: &Waits) -> Result<Connection, FetchError> {
        if request.uri().scheme() != Some(&Scheme::HTTP) {
            let error = FetchError::new(Phase::Request, FetchErrorKind::Invalid);
            return Err(error.with_source("this client speaks plain http only; Ureq has TLS, with the feature `tls`"));
        }
        if let Some(begun) = self.begin_on_idle(request, waits) {
            return begun;
        }
        let mut connection = Connection::open(request, &waits.until_connected(), waits.lookup)?;
        connection.idle = waits.idle;
        connection.begin(request, &waits.until_answered()).map(|()| connection)
    }

    /// None when no idle connection is of use.
    fn begin_on_idle(&self, request: &Request, waits: &Waits) -> Option<Result<Connection, FetchError>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let mut connection = self.take_idle(request).filter(Connection::is_quiet)?;
        connection.idle = waits.idle;
        let begun = connection.begin(request, &waits.until_answered());
        let stale = begun.as_ref().is_err_and(|error| error.kind() == FetchErrorKind::Interrupted);
        if stale && !connection.has_answered() {
            return None;
        }
        Some(begun.map(|()| connection))
    }

    /// Keeps a connection whose exchange has ended well, if it may serve another.
    fn conclude(&self, connection: Connection) {
        if connection.is_reusable() {
            self.keep(connection);
        }
    }

    fn try_fetch(&self, request: &Request, limit: Duration, receiver: &mut dyn Receive) -> Result<(), FetchError> {
        let deadline = Deadline::starting_now(limit);
        let mut connection = self.begin(request, &Waits::whole(deadline))?;
        connection.push(&deadline, receiver)?;
        self.conclude(connection);
        Ok(())
    }
}

/// How long the parts of an exchange may take.
struct Waits {
    total: Deadline,
    connect: Duration,
    head: Duration,
    idle: Option<Duration>,
    lookup: Lookup,
}

impl Waits {
    /// As long as all of it may.
    fn whole(total: Deadline) -> Self {
        Waits { total, connect: Duration::MAX, head: Duration::MAX, idle: None, lookup: Lookup::OnThisThread }
    }

    fn until_connected(&self) -> Deadline {
        Deadline::starting_now(self.connect).or(self.total)
    }

    fn until_answered(&self) -> Deadline {
        Deadline::starting_now(self.head).or(self.total)
    }
}

impl BlockingFetch for Raw {
    fn fetch(&self, request: &Request, deadline: Duration, receiver: &mut dyn Receive) -> Result<(), FetchError> {
        self.try_fetch(request, deadline, receiver).map_err(|error| error.with_url(request.uri().clone()))
    }
}

impl Default for Raw {
    fn default() -> Self {
        Raw::new()
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw").field("idle", &lock(&self.idle).len()).field("max_idle", &self.max_idle).finish()
    }
}
