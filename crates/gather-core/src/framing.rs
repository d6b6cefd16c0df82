//! Whether the head of an answer says where its body ends, and says it in one way only.
//!
//! Where two readers of the same bytes disagree on that, what one takes for a body the other takes for the next answer. RFC
//! 9112, section 6.3, has such answers treated as errors, and most HTTP libraries repair some of them instead, each its own.
//! Transports call [`check`] on every parsed head, so that all of them refuse the same ones; it looks at two header fields.

use std::fmt;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode, Version};

use crate::error::{FetchError, FetchErrorKind, Phase};
use crate::fetch::Response;

/// Refuses an answer to a `method` request whose length can be read in two ways, or in none, or that leaves HTTP.
///
/// Whose connection it came over must not be used again. An answer that has no body by its nature (to HEAD, with status 204
/// or 304: RFC 9112, 6.3, rule 1) passes, whatever lengths it states.
///
/// # Errors
///
/// Phase [`Head`](Phase::Head), kind [`Protocol`](FetchErrorKind::Protocol); the source is a [`FramingFault`].
///
/// ```
/// use gather_core::http::{Method, Response};
/// use gather_core::framing::check;
///
/// let plain = Response::builder().header("content-length", "5").body(())?;
/// assert!(check(&Method::GET, &plain).is_ok());
///
/// let ambiguous = Response::builder().header("content-length", "5").header("transfer-encoding", "chunked").body(())?;
/// assert!(check(&Method::GET, &ambiguous).is_err());
/// assert!(check(&Method::HEAD, &ambiguous).is_ok(), "there is no body to be wrong about");
/// # Ok::<(), gather_core::http::Error>(())
/// ```
pub fn check<B>(method: &Method, response: &Response<B>) -> Result<(), FetchError> {
    match fault(method, response.status(), response.version(), response.headers()) {
        None => Ok(()),
        Some(fault) => Err(FetchError::new(Phase::Head, FetchErrorKind::Protocol).with_source(fault)),
    }
}

/// What is wrong with the framing of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FramingFault {
    /// Both a `Content-Length` and a `Transfer-Encoding` (RFC 9112, 6.3, rule 3).
    BothLengths,
    /// A `Transfer-Encoding` that is not `chunked`, once: nothing else has been offered to the server (RFC 9112, 6.1 and
    /// 7.4).
    TransferEncoding,
    /// A `Transfer-Encoding` in an answer of another version than HTTP/1.1, which does not know it (RFC 9112, 6.1; RFC 9113,
    /// 8.2.2).
    TransferEncodingVersion,
    /// `Content-Length` fields that are not numbers, or not all the same (RFC 9112, 6.3, rule 5).
    ContentLength,
    /// The server changes to another protocol, which nobody asked it to (RFC 9110, 7.8).
    SwitchesProtocols,
}

impl fmt::Display for FramingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FramingFault::BothLengths => "both a content-length and a transfer-encoding",
            FramingFault::TransferEncoding => "a transfer-encoding other than `chunked`",
            FramingFault::TransferEncodingVersion => "a transfer-encoding in a version of HTTP that has none",
            FramingFault::ContentLength => "a content-length that is not one number",
            FramingFault::SwitchesProtocols => "a change of protocol that was not asked for",
        })
    }
}

impl std::error::Error for FramingFault {}

fn fault(method: &Method, status: StatusCode, version: Version, headers: &HeaderMap) -> Option<FramingFault> {
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Some(FramingFault::SwitchesProtocols);
    }
    if *method == Method::HEAD || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        return None;
    }
    match (headers.contains_key(TRANSFER_ENCODING), headers.contains_key(CONTENT_LENGTH)) {
        (false, false) => None,
        (false, true) => (!is_one_length(headers)).then_some(FramingFault::ContentLength),
        (true, true) => Some(FramingFault::BothLengths),
        (true, false) if version != Version::HTTP_11 => Some(FramingFault::TransferEncodingVersion),
        (true, false) => (!is_chunked_once(headers)).then_some(FramingFault::TransferEncoding),
    }
}

/// Whether the one field says the one word, without parameters or empty list members for somebody to stumble over.
fn is_chunked_once(headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(TRANSFER_ENCODING).iter();
    let first = fields.next().is_some_and(|field| field.as_bytes().eq_ignore_ascii_case(b"chunked"));
    first && fields.next().is_none()
}

/// Whether all fields, and all members of those that are lists, are the same number (RFC 9110, 8.6, lets a recipient take
/// repetitions for one).
fn is_one_length(headers: &HeaderMap) -> bool {
    let mut known = None;
    headers.get_all(CONTENT_LENGTH).iter().flat_map(|field| field.as_bytes().split(|byte| *byte == b',')).all(
        |member| {
            let length = number(member.trim_ascii());
            length.is_some() && *known.get_or_insert(length) == length
        },
    )
}

/// Digits and nothing else (RFC 9110, 8.6): `str::parse` would take a sign.
fn number(digits: &[u8]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
