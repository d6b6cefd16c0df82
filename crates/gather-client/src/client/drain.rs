//! What is left of an answer that nobody wants is read, if it is little: then its connection is good for the next request.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use futures_core::Stream;
use gather_core::{Bytes, Clock, Fetch, FetchError};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;

use super::timers::{Until, after};
use super::{Inner, Shared};
use crate::statistics::Account;

/// How much is read of the body of an answer that redirects, or that is asked for again.
///
/// To drop a body before its end costs an HTTP/1 connection. To read on is cheaper as long as there is little to read and it is
/// nearly there.
///
/// ```
/// let none = gather_client::DrainLimits::default().bytes(0);
/// assert_eq!(none.bytes, 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainLimits {
    /// The most bytes, as they come over the wire. A body that announces more is dropped at once; 0 drops each that has
    /// any. Default: 16 KiB, which is about what a server sends before it waits for the first acknowledgement (RFC 6928).
    pub bytes: u64,
    /// The longest time, which is never longer than what is left of the request's, nor than the wait before it is sent again.
    /// Default: 100 ms, about the time that another connection would take.
    pub time: Duration,
}

impl Default for DrainLimits {
    fn default() -> Self {
        DrainLimits { bytes: 16 << 10, time: Duration::from_millis(100) }
    }
}

impl DrainLimits {
    /// These with another [number of bytes](DrainLimits::bytes).
    #[must_use]
    pub fn bytes(mut self, limit: u64) -> Self {
        self.bytes = limit;
        self
    }

    /// These with another [time](DrainLimits::time).
    #[must_use]
    pub fn time(mut self, limit: Duration) -> Self {
        self.time = limit;
        self
    }

    /// Whether a body that is announced like this may be within the limits.
    fn allow(&self, headers: &HeaderMap) -> bool {
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        self.bytes > 0 && announced.is_none_or(|length| length <= self.bytes)
    }
}

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// Reads `body`, whose answer came at `now`, within the limits and for no longer than `most`; then drops it.
    pub(super) async fn drain<B>(
        &self,
        headers: &HeaderMap,
        mut body: B,
        (now, most): (Instant, Duration),
        account: &Account,
    ) where
        B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
    {
        let Shared { clock, bodies, settings, .. } = &*self.shared;
        let limits = settings.drain;
        if !limits.allow(headers) {
            return;
        }
        let mut read = 0_u64;
        let end = poll_fn(|cx| {
            while let Some(Ok(chunk)) = ready!(Pin::new(&mut body).poll_next(cx)) {
                // Chunks without a byte must come to an end too.
                read += chunk.len().max(1) as u64;
                if read > limits.bytes {
                    break;
                }
            }
            Poll::Ready(())
        });
        let mut until = Until::new(bodies, clock, after(now, limits.time.min(most)));
        let mut end = pin!(end);
        // Read or not, it is over now.
        let _ = poll_fn(|cx| until.poll(end.as_mut(), cx)).await;
        account.brought(read, 0);
    }
}
