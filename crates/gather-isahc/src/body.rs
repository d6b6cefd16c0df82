//! The response's body as a stream of chunks.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use futures_core::Stream;
use futures_io::AsyncRead;
use gather_core::{FetchError, Held, InFlight, Phase};
use isahc::AsyncBody;

use crate::agent::Agent;
use crate::error::{self, Limits};

/// The size of a chunk at most: what curl reads at once (`CURL_MAX_WRITE_SIZE`).
const CHUNK: usize = 16 << 10;

/// The body of a response, as curl's thread hands it over.
///
/// It is pulled: while nobody polls it curl stops reading, after what fits into isahc's pipe. Dropping it before its end
/// closes an HTTP/1 connection and resets an HTTP/2 stream; the client stays usable.
pub struct IsahcBody(Held<Chunks>);

impl IsahcBody {
    pub(crate) fn new(chunks: Chunks, in_flight: &InFlight) -> Self {
        IsahcBody(in_flight.hold(Phase::Body, chunks))
    }
}

impl Stream for IsahcBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx)
    }
}

impl fmt::Debug for IsahcBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IsahcBody")
    }
}

pub(crate) struct Chunks {
    body: AsyncBody,
    /// What was read ahead.
    first: Option<Result<Bytes, FetchError>>,
    /// Where isahc reads into, made for the first chunk: many answers have no body.
    scratch: Box<[u8]>,
    chunked: bool,
    limits: Limits,
    begin: Instant,
    /// After the body, which has isahc's client too, so that it is not the body that waits for the client's thread.
    _agent: Arc<Agent>,
}

impl Chunks {
    pub(crate) fn new(body: AsyncBody, chunked: bool, limits: Limits, begin: Instant, agent: Arc<Agent>) -> Self {
        Chunks { body, first: None, scratch: Box::default(), chunked, limits, begin, _agent: agent }
    }

    /// Whether there is anything in it. Reads the first chunk ahead.
    pub(crate) async fn is_empty(&mut self) -> bool {
        self.first = poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await;
        self.first.is_none()
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        let Chunks { body, scratch, chunked, limits, begin, .. } = &mut *self;
        if scratch.is_empty() {
            *scratch = vec![0; CHUNK].into_boxed_slice();
        }
        Poll::Ready(match ready!(Pin::new(body).poll_read(cx, scratch)) {
            Ok(0) => None,
            // Copied, so that a chunk that is kept does not keep the rest of the scratch.
            Ok(read) => Some(Ok(Bytes::copy_from_slice(&scratch[..read]))),
            Err(cause) => Some(Err(error::of_body(cause, *limits, begin.elapsed(), *chunked))),
        })
    }
}
