//! A response's body: pulled from surf in bounded reads, and its end checked, which surf does not do.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_io::AsyncRead;
use gather_core::{FetchError, FetchErrorKind, Phase};
use http::Uri;
use surf::Body;
use surf::http::trailers;

use crate::closing::Closed;
use crate::connection::Fruitless;
use crate::error::of_body;
use crate::unwinding::caught;

/// The body of a response. Nothing is read before it is polled; dropping it closes its connection, or gives it back to
/// the pool if there is one.
pub struct SurfBody {
    /// None when the end, or an error, was handed out.
    source: Option<(Body, End)>,
    closed: Closed,
    fruitless: Fruitless,
    url: Uri,
    buffer: BytesMut,
}

/// Where a body ends.
pub(crate) enum End {
    /// Here.
    Reached,
    /// After so many bytes. A body of surf's just ends earlier when its connection does.
    After(u64),
    /// Where the last chunk is, which only the trailers tell: there are some, maybe none in number, if and only if
    /// async-h1 got that far.
    Chunked(trailers::Receiver),
    /// Somewhere surf will not go.
    Unreadable(&'static str),
}

/// What is asked for in one read; as much as surf's own buffers hold.
const READ: usize = 8 << 10;

impl SurfBody {
    pub(crate) fn new(source: (Body, End), closed: Closed, fruitless: Fruitless, url: Uri) -> Self {
        let source = Some(source).filter(|(_, end)| !matches!(end, End::Reached | End::After(0)));
        SurfBody { source, closed, fruitless, url, buffer: BytesMut::new() }
    }

    /// Reads the next bytes. None is the end.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, FetchError>> {
        let failed = |kind, why: &'static str| Poll::Ready(Err(FetchError::new(Phase::Body, kind).with_source(why)));
        let Some((body, end)) = &mut self.source else { return Poll::Ready(Ok(None)) };
        if self.closed.poll(cx) {
            return Poll::Ready(Err(FetchError::new(Phase::Body, FetchErrorKind::Closed)));
        }
        if let End::Unreadable(why) = end {
            return failed(FetchErrorKind::Other, why);
        }
        self.buffer.resize(READ, 0);
        let read = match caught(Phase::Body, || Pin::new(body).poll_read(cx, &mut self.buffer)) {
            Ok(polled) => ready!(polled).map_err(of_body)?,
            Err(panicked) => return Poll::Ready(Err(panicked)),
        };
        if read > 0 {
            self.fruitless.reset();
            if let End::After(left) = end {
                *left = left.saturating_sub(read as u64);
            }
            let chunk = self.buffer.split_to(read).freeze();
            if matches!(end, End::After(0)) {
                // The connection is of no use to this body any more, only to others.
                self.source = None;
            }
            return Poll::Ready(Ok(Some(chunk)));
        }
        let whole = match self.source.take() {
            // The sender is gone with the body: this does not wait.
            Some((body, End::Chunked(trailers))) => {
                drop(body);
                matches!(pin!(trailers).poll(cx), Poll::Ready(Some(_)))
            }
            _ => false,
        };
        if whole {
            return Poll::Ready(Ok(None));
        }
        failed(FetchErrorKind::Interrupted, "the connection ended before the body did")
    }
}

impl Stream for SurfBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let chunk = ready!(this.poll_chunk(cx)).map_err(|error| error.with_url(this.url.clone()));
        if chunk.is_err() {
            this.source = None;
        }
        Poll::Ready(chunk.transpose())
    }
}

impl fmt::Debug for SurfBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurfBody").field("ended", &self.source.is_none()).finish_non_exhaustive()
    }
}
