//! Any transport's body, decoded.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use gather_core::{FetchError, Response};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::{DecodeLimits, Decoder};

/// How many bytes of the wire, and one chunk more, may go by in one poll without a decoded byte: then others have their
/// turn. Streams that begin and end without content, one after the other, cost far more than their bytes.
const WIRE_PER_POLL: usize = 16 << 10;

/// What a chunk counts for at the least: empty ones cost something too.
const SMALLEST_CHUNK: usize = 512;

/// A body that is decoded as it is read: the `Content-Encoding` undone, under limits.
///
/// Chunks of at most 16 KiB where there is a coding, and the transport's own where there is none. It ends with `None`
/// or the first error, the transport's as it is or a [`DecodeError`](super::DecodeError) as a [`FetchError`]; what
/// decodes before an error is yielded before it. After that it yields `None`, and reads nothing more.
///
/// Nothing is decoded ahead of the reader. Dropping it drops the transport's body. It is `Send` if that is.
pub struct DecodedBody<B> {
    /// `None` once the body is over: what it holds of a connection is given back at once.
    body: Option<B>,
    decoder: Decoder,
    chunk: Bytes,
}

impl<B> DecodedBody<B> {
    /// The body as `decoder` makes it.
    pub fn new(body: B, decoder: Decoder) -> Self {
        DecodedBody { body: Some(body), decoder, chunk: Bytes::new() }
    }

    /// The transport's body, if it is not over.
    pub(crate) fn into_inner(self) -> Option<B> {
        self.body
    }

    /// Whether the transport knows that more is to come.
    pub(crate) fn goes_on(&self) -> bool
    where
        B: Stream,
    {
        self.body.as_ref().is_some_and(|body| body.size_hint().0 > 0)
    }

    /// The decoder, which has counted the bytes.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }
}

impl<B> Stream for DecodedBody<B>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut passed = 0;
        while passed < WIRE_PER_POLL {
            let Some(body) = &mut this.body else { return Poll::Ready(None) };
            if this.decoder.has_more() || !this.chunk.is_empty() {
                match this.decoder.decode(&mut this.chunk) {
                    Ok(Some(decoded)) => return Poll::Ready(Some(Ok(decoded))),
                    Ok(None) => {}
                    Err(error) => return this.end(Some(error.into())),
                }
            }
            match ready!(Pin::new(body).poll_next(cx)) {
                Some(Ok(chunk)) => {
                    passed += chunk.len().max(SMALLEST_CHUNK);
                    match this.decoder.untouched(chunk) {
                        Ok(chunk) => return Poll::Ready(Some(Ok(chunk))),
                        Err(chunk) => this.chunk = chunk,
                    }
                }
                Some(Err(error)) => return this.end(Some(error)),
                None => {
                    let error = this.decoder.finish().err().map(FetchError::from);
                    return this.end(error);
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<B> DecodedBody<B> {
    fn end(&mut self, error: Option<FetchError>) -> Poll<Option<Result<Bytes, FetchError>>> {
        self.body = None;
        self.chunk = Bytes::new();
        Poll::Ready(error.map(Err))
    }
}

impl<B> fmt::Debug for DecodedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodedBody").field("decoder", &self.decoder).field("over", &self.body.is_none()).finish()
    }
}

/// A response with its body decoded.
///
/// Where there is something to decode, `Content-Encoding` and `Content-Length` leave the head, because they would lie
/// about the body; else the head is untouched. A coding that is not known leaves the head as it is too, and is the
/// body's first and only item, an error: status and fields are not lost to it.
///
/// ```
/// use gather_client::decode::{DecodeLimits, DecodedBody, decode_response};
/// use gather_core::{Fetch, FetchError, Response, get};
///
/// async fn fetch<F: Fetch>(fetch: &F, url: &str) -> Result<Response<DecodedBody<F::Body>>, FetchError> {
///     let mut request = get(url)?;
///     request.headers_mut().insert("accept-encoding", gather_client::decode::accept_encoding());
///     Ok(decode_response(fetch.fetch(request).await?, DecodeLimits::default()))
/// }
/// ```
#[inline]
pub fn decode_response<B>(response: Response<B>, limits: DecodeLimits) -> Response<DecodedBody<B>> {
    let (mut head, body) = response.into_parts();
    let decoder = decoder(&mut head.headers, limits);
    Response::from_parts(head, DecodedBody::new(body, decoder))
}

/// The decoder of a body with this head, from which goes what would lie about the decoded body.
#[inline]
pub(crate) fn decoder(headers: &mut HeaderMap, limits: DecodeLimits) -> Decoder {
    match Decoder::for_headers(headers, limits) {
        Ok(decoder) => {
            if decoder.has_codings() {
                headers.remove(CONTENT_ENCODING);
                headers.remove(CONTENT_LENGTH);
            }
            decoder
        }
        Err(error) => Decoder::refusing(error),
    }
}
