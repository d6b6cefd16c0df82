//! Whole pages: head and body together, under a deadline and a size limit.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http::{HeaderMap, Method, StatusCode, Uri, Version};

use crate::clock::{Clock, timeout};
use crate::error::{FetchError, FetchErrorKind, Phase};
use crate::extensions::FinalUri;
use crate::fetch::{Fetch, Request};

/// What is known of a page before its body: what a parser starts from.
#[derive(Debug, Clone)]
pub struct Head {
    /// The address that the page is from: what was asked for, or where a client that follows redirects says it
    /// [came from](FinalUri).
    pub url: Uri,
    /// The status, whatever it is.
    pub status: StatusCode,
    /// The protocol version of the exchange.
    pub version: Version,
    /// The response's header fields.
    pub headers: HeaderMap,
}

impl Head {
    /// The head of a response to a request for `url`.
    pub(crate) fn of(url: &Uri, parts: Parts) -> Self {
        let Parts { status, version, headers, mut extensions, .. } = parts;
        let url = extensions.remove().map_or_else(|| url.clone(), |FinalUri(url)| url);
        Head { url, status, version, headers }
    }

    /// The length that the head announces, in bytes, when it announces one (RFC 9110, 8.6: digits, and nothing else).
    ///
    /// In the answer to a HEAD request this is the length of what a GET would have brought.
    pub fn content_length(&self) -> Option<u64> {
        let value = self.headers.get(CONTENT_LENGTH)?.to_str().ok()?;
        if value.bytes().all(|byte| byte.is_ascii_digit()) { value.parse().ok() } else { None }
    }
}

/// A page with its whole body in memory.
#[derive(Debug, Clone)]
pub struct Page {
    /// Address, status and header fields.
    pub head: Head,
    /// The body as it came over the wire: not decompressed, not decoded.
    pub body: Bytes,
}

/// The bounds of one exchange. Every field has a safe default, and none can be "unlimited" by accident.
///
/// ```
/// use std::time::Duration;
/// let limits = gather_core::Limits::default().deadline(Duration::from_secs(5)).max_body(1 << 20);
/// assert_eq!(limits.max_body, 1_048_576);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The time for the whole exchange, connecting included, to the body's last byte. 30 s by default.
    pub deadline: Duration,
    /// The largest body, in bytes. 8 MiB by default; the page that exceeds it is an error, not cut.
    pub max_body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { deadline: Duration::from_secs(30), max_body: 8 << 20 }
    }
}

impl Limits {
    /// These limits with another deadline.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// These limits with another largest body, in bytes.
    #[must_use]
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }

    /// Refuses a body that announces itself too large. The answer to a HEAD request, and a 304, announce one that will not
    /// come (RFC 9110, 8.6).
    pub(crate) fn check_announced(&self, head: &Head, method: &Method) -> Result<(), FetchError> {
        let bodiless = *method == Method::HEAD || head.status == StatusCode::NOT_MODIFIED;
        match head.content_length() {
            Some(bytes) if !bodiless => self.check_size(bytes),
            _ => Ok(()),
        }
    }

    /// Refuses a body that has become too large.
    pub(crate) fn check_size(&self, bytes: u64) -> Result<(), FetchError> {
        if bytes > self.max_body {
            return Err(FetchError::new(Phase::Body, FetchErrorKind::TooLarge(self.max_body)));
        }
        Ok(())
    }
}

/// Makes one exchange and reads its body whole, under one deadline and one size limit.
///
/// The deadline is wall time from the call. Dropping the future cancels the exchange. A body that came as one chunk is
/// not copied; one of several chunks is copied once.
///
/// # Errors
///
/// Those of the transport; [`Timeout`](FetchErrorKind::Timeout) with the phase it struck in;
/// [`TooLarge`](FetchErrorKind::TooLarge) as soon as the head announces, or the body brings, more than the limit. All
/// name the address, and keep what had [arrived](FetchError::received) once there was a head.
///
/// ```
/// use gather_core::{Clock, Fetch, FetchError, Limits, fetch_page, get};
///
/// async fn size_of<F: Fetch, C: Clock>(fetch: &F, clock: &C, url: &str) -> Result<usize, FetchError> {
///     let page = fetch_page(fetch, clock, get(url)?, Limits::default()).await?;
///     Ok(page.body.len())
/// }
/// ```
pub async fn fetch_page<F: Fetch, C: Clock>(
    fetch: &F,
    clock: &C,
    request: Request,
    limits: Limits,
) -> Result<Page, FetchError> {
    let (url, method) = (request.uri().clone(), request.method().clone());
    // Called here and not inside the block below, so that the exchange lives in one place of this future.
    let exchange = fetch.fetch(request);
    // Outside of the block, which a deadline drops: what has arrived by then is not lost.
    let (mut arrived, mut chunks) = (None, Chunks::default());
    let work = async {
        let (parts, mut body) = exchange.await?.into_parts();
        limits.check_announced(arrived.insert(Head::of(&url, parts)), &method)?;
        read_whole(&mut body, &mut chunks, limits).await
    };
    let outcome = timeout(clock, limits.deadline, work).await;
    let page = arrived.map(|head| Page { head, body: chunks.into_bytes() });
    let phase = if page.is_some() { Phase::Body } else { Phase::Head };
    let outcome = outcome.unwrap_or_else(|late| Err(FetchError::new(phase, FetchErrorKind::Timeout(late.limit))));
    match (outcome, page) {
        (Ok(()), Some(page)) => Ok(page),
        (Ok(()), None) => unreachable!("it is over only after there was a head"),
        (Err(error), Some(page)) => Err(error.with_url(url).with_received(page)),
        (Err(error), None) => Err(error.with_url(url)),
    }
}

async fn read_whole<B>(body: &mut B, chunks: &mut Chunks, limits: Limits) -> Result<(), FetchError>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    while let Some(chunk) = poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).await {
        chunks.push(chunk?);
        limits.check_size(chunks.len())?;
    }
    Ok(())
}

/// The chunks of a body: large ones as they came, small ones put together.
///
/// A sender chooses how large chunks are. Kept as they come, chunks of one byte would each cost a handle and whatever the
/// transport read along with them: some forty times what they hold, and the size limit counts only what they hold.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    chunks: Vec<Bytes>,
    /// Small chunks that came one after the other, and what came after them as long as there is room.
    gathered: BytesMut,
    len: u64,
}

/// A chunk below this size is copied: that costs less than to keep what comes with it.
const SMALL: usize = 1 << 10;

/// How large a piece small chunks are put together into.
const PIECE: usize = 16 << 10;

impl Chunks {
    pub(crate) fn push(&mut self, chunk: Bytes) {
        self.len += chunk.len() as u64;
        // A page of one chunk, however small, is never copied.
        if chunk.len() >= SMALL || (self.chunks.is_empty() && self.gathered.is_empty()) {
            self.close_piece();
            self.chunks.push(chunk);
            return;
        }
        if self.gathered.len() + chunk.len() > PIECE {
            self.close_piece();
        }
        self.gathered.extend_from_slice(&chunk);
    }

    fn close_piece(&mut self) {
        if !self.gathered.is_empty() {
            self.chunks.push(std::mem::take(&mut self.gathered).freeze());
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn into_iter(mut self) -> std::vec::IntoIter<Bytes> {
        self.close_piece();
        self.chunks.into_iter()
    }

    /// One piece: the only chunk itself, or a copy of several.
    pub(crate) fn into_bytes(mut self) -> Bytes {
        self.close_piece();
        match self.chunks.len() {
            0 => Bytes::new(),
            1 => self.chunks.swap_remove(0),
            _ => {
                let mut whole = BytesMut::with_capacity(usize::try_from(self.len).unwrap_or(0));
                self.chunks.iter().for_each(|chunk| whole.extend_from_slice(chunk));
                whole.freeze()
            }
        }
    }
}
