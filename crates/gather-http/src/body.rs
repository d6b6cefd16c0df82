//! The response's body as a stream of chunks, which gives its connection back with the last of them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use gather_core::FetchError;
use http_body::Body;
use hyper::body::Incoming;

use crate::connection::Connection;
use crate::error;
use crate::pool::{Host, Pool};

/// The body of a response: chunks of the connection's own read buffer, not copied.
///
/// It is pulled: while nobody polls it the connection is not read. Dropping it before its end closes an HTTP/1
/// connection and resets an HTTP/2 stream; the client stays usable. Trailers are skipped.
pub struct HyperBody {
    body: Incoming,
    /// The connection, until the body is read to its end.
    lease: Option<Lease>,
}

/// A connection on loan from the pool.
pub(crate) struct Lease {
    pub(crate) pool: Arc<Pool>,
    pub(crate) host: Arc<Host>,
    pub(crate) connection: Connection,
    /// The client, which would close its connections if it went before the body.
    pub(crate) _client: Arc<dyn Send + Sync>,
}

impl HyperBody {
    pub(crate) fn new(body: Incoming, lease: Lease) -> Self {
        let mut body = HyperBody { body, lease: Some(lease) };
        body.check_end();
        body
    }

    /// The end is known with the last byte where a length was announced: the connection need not wait for one more poll.
    fn check_end(&mut self) {
        if self.body.is_end_stream() {
            self.end();
        }
    }

    /// Of a body that gives no more: whether its end is still to come. That is known over HTTP/2; hyper sees to it over HTTP/1.
    #[cfg(feature = "http2")]
    fn is_cut(&self) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.connection.is_shared()) && !self.body.is_end_stream()
    }

    fn end(&mut self) {
        if let Some(Lease { pool, host, connection, .. }) = self.lease.take() {
            // A shared connection is in the pool already.
            if !connection.is_shared() {
                pool.give_back(&host, connection);
            }
        }
    }
}

impl Stream for HyperBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                #[cfg(feature = "http2")]
                None if self.is_cut() => {
                    self.lease = None;
                    return Poll::Ready(Some(Err(error::of_missing_end())));
                }
                None => {
                    self.end();
                    return Poll::Ready(None);
                }
                Some(Ok(frame)) => frame,
                Some(Err(cause)) => {
                    // This connection serves nobody any more.
                    self.lease = None;
                    return Poll::Ready(Some(Err(error::of_body(cause))));
                }
            };
            if let Ok(chunk) = frame.into_data() {
                if let Some(lease) = &self.lease {
                    lease.connection.progress(chunk.len());
                }
                self.check_end();
                return Poll::Ready(Some(Ok(chunk)));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(!self.body.is_end_stream()), None)
    }
}

impl fmt::Debug for HyperBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HyperBody")
    }
}
