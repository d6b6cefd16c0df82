//! The response's body as a stream of chunks.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use futures_core::Stream;
use gather_core::{FetchError, FetchErrorKind, Held, InFlight, Phase};
use http_body::Body;
use tokio::runtime::Handle;

use crate::context::Inside;
use crate::error;

/// The body of a response: chunks of the connection's own read buffer, not copied.
///
/// It is pulled: while nobody polls it the connection is not read. Dropping it before its end closes an HTTP/1 connection
/// and resets an HTTP/2 stream; the client stays usable. Trailers are skipped.
pub struct ReqwestBody(Held<Chunks>);

impl ReqwestBody {
    pub(crate) fn new(body: reqwest::Body, http2: bool, handle: Handle, begin: Instant, in_flight: &InFlight) -> Self {
        ReqwestBody(in_flight.hold(Phase::Body, Chunks { body: Inside::new(handle, body), http2, begin }))
    }
}

impl Stream for ReqwestBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx)
    }
}

impl fmt::Debug for ReqwestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestBody")
    }
}

struct Chunks {
    body: Inside<reqwest::Body>,
    /// Whether the end of the body is something that has to have come: hyper sees to it over HTTP/1 alone.
    http2: bool,
    begin: Instant,
}

impl Stream for Chunks {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(frame) = self.body.with(|body| Pin::new(body).poll_frame(cx)) else { return Poll::Ready(None) };
            match ready!(frame) {
                None if self.http2 && self.body.with(|body| !body.is_end_stream()) == Some(true) => {
                    // Its stream was reset without an error, which hyper takes for the end.
                    self.http2 = false;
                    let error = FetchError::new(Phase::Body, FetchErrorKind::Interrupted);
                    return Poll::Ready(Some(Err(error.with_source("the stream was reset before its end had come"))));
                }
                None => return Poll::Ready(None),
                Some(Err(cause)) => return Poll::Ready(Some(Err(error::of_body(cause, self.begin.elapsed())))),
                Some(Ok(frame)) => {
                    if let Ok(chunk) = frame.into_data() {
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                }
            }
        }
    }
}
