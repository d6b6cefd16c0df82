//! The `Retry-After` header.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};

/// How long the server asks to wait (RFC 9110 section 10.2.3): a number of seconds, or a date in any of the three forms
/// of HTTP (section 5.6.7), read against the time of day `wall`. A date that has passed is no wait. `None` without the
/// header; the longest wait where it is given more than once.
///
/// # Errors
///
/// When one of them is neither, or a number that no [`Duration`] holds. [`Retries`](super::Retries) takes such a number for a
/// wait that is too long, as RFC 9111, section 1.2.2, does with seconds beyond what can be held, and any other for no header.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use gather_client::retry::retry_after;
/// use gather_core::http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
///
/// let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_700);
/// let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
/// let headers = HeaderMap::from_iter([(RETRY_AFTER, date)]);
/// assert_eq!(retry_after(&headers, wall)?, Some(Duration::from_secs(77)));
/// # Ok::<(), gather_client::retry::InvalidRetryAfter>(())
/// ```
pub fn retry_after(headers: &HeaderMap, wall: SystemTime) -> Result<Option<Duration>, InvalidRetryAfter> {
    headers.get_all(RETRY_AFTER).iter().try_fold(None, |longest, value| Ok(longest.max(Some(one(value, wall)?))))
}

fn one(value: &HeaderValue, wall: SystemTime) -> Result<Duration, InvalidRetryAfter> {
    let text = value.to_str().map_err(|_| InvalidRetryAfter::Neither)?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Duration::from_secs).map_err(|_| InvalidRetryAfter::Overflow);
    }
    if text.strip_prefix('-').is_some_and(|digits| digits.parse::<f64>().is_ok()) {
        return Err(InvalidRetryAfter::Negative);
    }
    let date = httpdate::parse_http_date(text).map_err(|_| InvalidRetryAfter::Neither)?;
    Ok(date.duration_since(wall).unwrap_or(Duration::ZERO))
}

/// A `Retry-After` that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRetryAfter {
    /// Neither a number of seconds nor a date.
    Neither,
    /// A negative number.
    Negative,
    /// A number of seconds above 2⁶⁴ - 1.
    Overflow,
}

impl fmt::Display for InvalidRetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InvalidRetryAfter::Neither => "neither a number of seconds nor a date",
            InvalidRetryAfter::Negative => "a negative number of seconds",
            InvalidRetryAfter::Overflow => "more seconds than a number holds",
        })
    }
}

impl std::error::Error for InvalidRetryAfter {}
