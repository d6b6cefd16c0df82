//! The same client as a [`Fetch`]: its future is ready, and its body is read as it is polled.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use gather_core::{
    Capabilities, ConnectDeadline, Deviation, Fetch, FetchError, FetchErrorKind, Phase, Request, Response,
};
use http::Uri;
use ureq::BodyReader;

use super::error::of_body;
use super::{Limits, Ureq, read};
use crate::resolve::Lookup;
use crate::timeouts::Timeouts;

/// [`Ureq`] as a [`Fetch`]: for one exchange at a time on a thread that has nothing else to do.
///
/// **It blocks**: [`fetch`](Fetch::fetch) returns when the head is there, and each poll of the body when some of it is. In
/// its [capabilities](Fetch::capabilities) that is [`Deviation::Blocks`]: no timer on the same thread strikes meanwhile, so
/// it has [`Timeouts`]; and exchanges that share the thread take turns. Dropping a body closes its connection. Names are
/// looked up on a thread of their own, so that a request's [`ConnectDeadline`] covers that too.
///
/// Cheap to clone; clones share their idle connections.
///
/// ```no_run
/// use gather_blocking::UreqFetch;
/// use gather_core::{Fetch, get};
///
/// # async fn example() -> Result<(), gather_core::FetchError> {
/// let response = UreqFetch::new().fetch(get("http://localhost:8000/")?).await?;
/// println!("{}", response.status());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct UreqFetch {
    client: Ureq,
    closed: Arc<AtomicBool>,
    timeouts: Timeouts,
}

impl UreqFetch {
    /// A client without connections yet, with the default [`Timeouts`].
    pub fn new() -> Self {
        UreqFetch::from(Ureq::new())
    }

    /// The same with other timeouts.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    fn start(&self, request: &Request) -> Result<Response<UreqBody>, FetchError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(FetchError::new(Phase::Connect, FetchErrorKind::Closed));
        }
        let Timeouts { connect, head, idle, total } = self.timeouts;
        let connect = request.extensions().get::<ConnectDeadline>().map_or(connect, |deadline| deadline.0);
        let limits = Limits { total, connect: Some(connect), head: Some(head), idle: Some(idle) };
        let begun = self.client.begin(request, &limits, Lookup::Within);
        let mut response = begun.map_err(|error| explain(&self.closed, error))?;
        // What ureq notes there for itself.
        *response.extensions_mut() = http::Extensions::new();
        let (closed, url) = (self.closed.clone(), request.uri().clone());
        Ok(response.map(|body| UreqBody {
            reader: Some(body.into_reader()),
            buffer: BytesMut::new(),
            closed,
            url,
            limits,
        }))
    }
}

/// An error of a client that was closed says so.
fn explain(closed: &AtomicBool, error: FetchError) -> FetchError {
    if closed.load(Ordering::SeqCst) {
        return FetchError::new(error.phase(), FetchErrorKind::Closed).with_source(error);
    }
    error
}

impl Fetch for UreqFetch {
    type Body = UreqBody;
    type Future = Ready<Result<Response<UreqBody>, FetchError>>;

    /// Blocks until the head is there, or an error.
    fn fetch(&self, request: Request) -> Self::Future {
        ready(self.start(&request).map_err(|error| error.with_url(request.uri().clone())))
    }

    /// Every connection is closed at once, also those that other threads wait on.
    fn poll_close(&self, _: &mut Context<'_>) -> Poll<()> {
        self.closed.store(true, Ordering::SeqCst);
        self.client.agents.shut_down();
        Poll::Ready(())
    }

    fn capabilities(&self) -> Capabilities {
        let ours = self.client.agents.enforce_policies();
        let all = Capabilities::none().address_policy(ours).connect_deadline(ours).streaming(true).head_limits(true);
        all.but(Deviation::Blocks)
    }
}

/// The body of a response. Polling it blocks until there is a piece of it, or the end. Dropping it closes its connection.
pub struct UreqBody {
    /// None when the end, or an error, was handed out.
    reader: Option<BodyReader<'static>>,
    buffer: BytesMut,
    closed: Arc<AtomicBool>,
    url: Uri,
    limits: Limits,
}

impl UreqBody {
    fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        let Some(mut reader) = self.reader.take() else { return Ok(None) };
        if self.closed.load(Ordering::SeqCst) {
            return Err(FetchError::new(Phase::Body, FetchErrorKind::Closed));
        }
        let chunk = read(&mut reader, &mut self.buffer);
        let chunk = chunk.map_err(|error| explain(&self.closed, of_body(error, &self.limits)))?;
        if chunk.is_some() {
            self.reader = Some(reader);
        } else if self.closed.load(Ordering::SeqCst) {
            // A body that ends with its connection cannot tell its end from this one.
            return Err(FetchError::new(Phase::Body, FetchErrorKind::Closed));
        }
        Ok(chunk)
    }
}

impl Stream for UreqBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        Poll::Ready(this.next().map_err(|error| error.with_url(this.url.clone())).transpose())
    }
}

impl From<Ureq> for UreqFetch {
    fn from(client: Ureq) -> Self {
        UreqFetch { client, closed: Arc::default(), timeouts: Timeouts::default() }
    }
}

impl Default for UreqFetch {
    fn default() -> Self {
        UreqFetch::new()
    }
}

impl fmt::Debug for UreqFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqFetch").field("client", &self.client).field("timeouts", &self.timeouts).finish()
    }
}

impl fmt::Debug for UreqBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqBody").field("ended", &self.reader.is_none()).finish_non_exhaustive()
    }
}
