//! Bodies, from the one world to the other and back, without a copy.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::{Body, Frame, SizeHint};

use super::{MapError, to_fetch_error};
use crate::error::{BoxError, FetchError, Phase};

/// The body of a [`Fetch`](crate::Fetch)'s response as an [`http_body::Body`].
///
/// Each chunk is a frame of data. After the end, or the first error, the transport's body is gone and there is nothing
/// more. It is `Send` if that is.
pub struct FetchBody<B>(Option<B>);

impl<B> FetchBody<B> {
    /// The view of `body`.
    pub fn new(body: B) -> Self {
        FetchBody(Some(body))
    }
}

impl<B> Body for FetchBody<B>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    type Data = Bytes;
    type Error = FetchError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, FetchError>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        let next = ready!(Pin::new(body).poll_next(cx));
        if !matches!(next, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(next.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

impl<B> fmt::Debug for FetchBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchBody").field("over", &self.0.is_none()).finish()
    }
}

/// An [`http_body::Body`] as the body of a [`Fetch`](crate::Fetch)'s response: its data, without trailers.
///
/// Data that is [`Bytes`] is passed on, any other is copied into such. After the end, or the first error, the body is
/// gone and there is nothing more. It costs a box, and is `Send` if the body is.
///
/// ```
/// use gather_core::Bytes;
/// use gather_core::tower::{BodyStream, BytesBody};
/// use futures_util::StreamExt;
///
/// # futures_lite::future::block_on(async {
/// let mut stream = BodyStream::new(BytesBody::from(Bytes::from_static(b"hello")));
/// assert_eq!(stream.next().await.expect("a chunk")?, "hello");
/// assert!(stream.next().await.is_none());
/// # Ok::<(), gather_core::FetchError>(())
/// # })?;
/// # Ok::<(), gather_core::FetchError>(())
/// ```
pub struct BodyStream<B> {
    body: Option<Pin<Box<B>>>,
    map_error: MapError,
}

/// How many frames without data may go by in one poll: then others have their turn.
const SKIPPED_PER_POLL: usize = 32;

impl<B> BodyStream<B> {
    /// The view of `body`, with its errors as [`to_fetch_error`] makes them.
    pub fn new(body: B) -> Self {
        BodyStream { body: Some(Box::pin(body)), map_error: to_fetch_error }
    }

    /// The same with another way from the body's errors to ours.
    #[must_use]
    pub fn map_error(mut self, map: MapError) -> Self {
        self.map_error = map;
        self
    }
}

impl<B> Stream for BodyStream<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        for _ in 0..SKIPPED_PER_POLL {
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            let frame = match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    self.body = None;
                    return Poll::Ready(Some(Err((self.map_error)(error.into(), Phase::Body))));
                }
                None => {
                    self.body = None;
                    return Poll::Ready(None);
                }
            };
            if let Ok(mut data) = frame.into_data()
                && data.has_remaining()
            {
                return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining()))));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<B> fmt::Debug for BodyStream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").field("over", &self.body.is_none()).finish()
    }
}

/// A body that is in memory, of one frame: the body of requests for layers that ask for an [`http_body::Body`] there.
///
/// ```
/// use gather_core::Bytes;
/// use gather_core::tower::BytesBody;
/// use http_body::Body;
///
/// let body = BytesBody::from(Bytes::from_static(b"a=1"));
/// assert_eq!(body.size_hint().exact(), Some(3));
/// assert_eq!(Bytes::from(body), "a=1");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BytesBody(Bytes);

impl From<Bytes> for BytesBody {
    fn from(bytes: Bytes) -> Self {
        BytesBody(bytes)
    }
}

/// What has not been taken as a frame.
impl From<BytesBody> for Bytes {
    fn from(body: BytesBody) -> Self {
        body.0
    }
}

impl Body for BytesBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        let bytes = std::mem::take(&mut self.0);
        Poll::Ready(if bytes.is_empty() { None } else { Some(Ok(Frame::data(bytes))) })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}
