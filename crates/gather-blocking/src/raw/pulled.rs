//! The same client as a [`Fetch`]: its future is ready, and its body is read as it is polled.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use gather_core::{
    Capabilities, ConnectDeadline, Deviation, Fetch, FetchError, FetchErrorKind, Phase, Request, Response,
};
use http::Uri;

use super::{Connection, Raw, Waits};
use crate::deadline::Deadline;
use crate::resolve::Lookup;
use crate::timeouts::Timeouts;

/// [`Raw`] as a [`Fetch`]: for one exchange at a time on a thread that has nothing else to do.
///
/// **It blocks**: [`fetch`](Fetch::fetch) returns when the head is there, and each poll of the body when some of it is. In
/// its [capabilities](Fetch::capabilities) that is [`Deviation::Blocks`]: no timer on the same thread strikes meanwhile, so
/// it has [`Timeouts`]; and exchanges that share the thread take turns. Dropping a body closes its connection. Names
/// are looked up on a thread of their own, so that a request's [`ConnectDeadline`] covers that too.
///
/// Cheap to clone; clones share their idle connections.
///
/// ```
/// use gather_blocking::{Raw, RawFetch};
/// use gather_core::{Deviation, Fetch};
///
/// let client = RawFetch::from(Raw::new().max_idle(4));
/// assert!(client.capabilities().deviations.contains(Deviation::Blocks));
/// ```
#[derive(Clone)]
pub struct RawFetch {
    shared: Arc<Shared>,
    timeouts: Timeouts,
}

struct Shared {
    raw: Raw,
    closed: AtomicBool,
}

impl RawFetch {
    /// A client without connections yet, with the default [`Timeouts`].
    pub fn new() -> Self {
        RawFetch::from(Raw::new())
    }

    /// The same with other timeouts.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    fn start(&self, request: &Request) -> Result<Response<RawBody>, FetchError> {
        self.shared.check(Phase::Connect)?;
        let Timeouts { connect, head, idle, total } = self.timeouts;
        let total = Deadline::starting_now(total);
        let connect = request.extensions().get::<ConnectDeadline>().map_or(connect, |deadline| deadline.0);
        let waits = Waits { total, connect, head, idle: Some(idle), lookup: Lookup::Within };
        let mut connection = self.shared.raw.begin(request, &waits)?;
        let mut response = Response::new(());
        *response.status_mut() = connection.head.status;
        *response.version_mut() = connection.head.version;
        *response.headers_mut() = std::mem::take(&mut connection.head.headers);
        let source = Some((connection, self.shared.clone()));
        Ok(response.map(|()| RawBody { source, url: request.uri().clone(), total }))
    }
}

impl Fetch for RawFetch {
    type Body = RawBody;
    type Future = Ready<Result<Response<RawBody>, FetchError>>;

    /// Blocks until the head is there, or an error.
    fn fetch(&self, request: Request) -> Self::Future {
        ready(self.start(&request).map_err(|error| error.with_url(request.uri().clone())))
    }

    /// Idle connections are closed at once, those of bodies when they are polled next. An exchange that another thread is
    /// waiting for goes on until then, or until it times out.
    fn poll_close(&self, _: &mut Context<'_>) -> Poll<()> {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.raw.clear();
        Poll::Ready(())
    }

    fn capabilities(&self) -> Capabilities {
        let all = Capabilities::none().address_policy(true).connect_deadline(true).streaming(true).head_limits(true);
        all.but(Deviation::Blocks)
    }
}

impl Shared {
    fn check(&self, phase: Phase) -> Result<(), FetchError> {
        if self.closed.load(Ordering::SeqCst) { Err(FetchError::new(phase, FetchErrorKind::Closed)) } else { Ok(()) }
    }

    fn conclude(&self, connection: Connection) {
        self.raw.conclude(connection);
        // Closed meanwhile: the one that was just put there is cleared as well.
        if self.check(Phase::Body).is_err() {
            self.raw.clear();
        }
    }
}

/// The body of a response. Polling it blocks until there is a piece of it, or the end. Dropping it closes its connection.
pub struct RawBody {
    /// None when the end, or an error, was handed out.
    source: Option<(Connection, Arc<Shared>)>,
    url: Uri,
    total: Deadline,
}

impl RawBody {
    fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        let Some((mut connection, shared)) = self.source.take() else { return Ok(None) };
        shared.check(Phase::Body)?;
        let chunk = connection.next(&self.total)?;
        match chunk {
            Some(_) => self.source = Some((connection, shared)),
            None => shared.conclude(connection),
        }
        Ok(chunk)
    }
}

impl Stream for RawBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        Poll::Ready(this.next().map_err(|error| error.with_url(this.url.clone())).transpose())
    }
}

impl From<Raw> for RawFetch {
    fn from(raw: Raw) -> Self {
        RawFetch { shared: Arc::new(Shared { raw, closed: AtomicBool::default() }), timeouts: Timeouts::default() }
    }
}

impl Default for RawFetch {
    fn default() -> Self {
        RawFetch::new()
    }
}

impl fmt::Debug for RawFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawFetch").field("client", &self.shared.raw).field("timeouts", &self.timeouts).finish()
    }
}

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawBody").field("ended", &self.source.is_none()).finish_non_exhaustive()
    }
}
