//! What lies behind an error, in the words that every transport has for it.
//!
//! A program that changes its transport keeps its way of handling errors. So what an operating system and HTTP/2 say is
//! translated here, once, and not by each transport in its own way.

use std::error::Error as StdError;
use std::io;

use crate::error::FetchErrorKind;

/// An error and what is behind it, the outermost first. What an [`io::Error`] wraps is part of that too, which
/// [`source`](StdError::source) skips.
///
/// ```
/// use std::io;
///
/// let inner = io::Error::from(io::ErrorKind::BrokenPipe);
/// let outer = io::Error::other(inner);
/// assert_eq!(gather_core::causes::chain(&outer).count(), 2);
/// ```
pub fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn StdError + 'static)| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

/// The first error of type `E` in the [`chain`].
///
/// ```
/// use std::io;
///
/// let outer = io::Error::other(std::fmt::Error);
/// assert!(gather_core::causes::find::<std::fmt::Error>(&outer).is_some());
/// assert!(gather_core::causes::find::<std::num::ParseIntError>(&outer).is_none());
/// ```
pub fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    chain(error).find_map(<dyn StdError>::downcast_ref)
}

/// What an exchange has met with, if reading or writing failed in a way that has a word of ours.
///
/// ```
/// use std::io::ErrorKind;
///
/// use gather_core::FetchErrorKind;
/// use gather_core::causes::of_io;
///
/// assert_eq!(of_io(ErrorKind::ConnectionReset), Some(FetchErrorKind::Interrupted));
/// assert_eq!(of_io(ErrorKind::Unsupported), None);
/// ```
pub fn of_io(kind: io::ErrorKind) -> Option<FetchErrorKind> {
    match kind {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(FetchErrorKind::Interrupted),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Some(FetchErrorKind::Protocol),
        _ => None,
    }
}

/// What has become of a connection that could not be opened. A firewall that forbids it has refused it.
///
/// ```
/// use std::io::ErrorKind;
///
/// use gather_core::FetchErrorKind;
/// use gather_core::causes::of_connecting;
///
/// assert_eq!(of_connecting(ErrorKind::PermissionDenied), FetchErrorKind::Refused);
/// ```
pub fn of_connecting(kind: io::ErrorKind) -> FetchErrorKind {
    match kind {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::PermissionDenied => FetchErrorKind::Refused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => FetchErrorKind::Interrupted,
        _ => FetchErrorKind::Other,
    }
}

/// What it means that a server has reset a stream with this error code (RFC 9113, section 7). One that is not known is to be
/// taken for an internal error, which may pass.
///
/// ```
/// use gather_core::FetchErrorKind;
/// use gather_core::causes::of_http2_reset;
///
/// let refused_stream = 0x07;
/// assert_eq!(of_http2_reset(refused_stream), FetchErrorKind::Refused);
/// ```
pub fn of_http2_reset(code: u32) -> FetchErrorKind {
    match code {
        // REFUSED_STREAM: "The endpoint refused the stream prior to performing any application processing."
        0x07 => FetchErrorKind::Refused,
        // One side does not understand the other, and will not do so the next time: PROTOCOL_ERROR, FLOW_CONTROL_ERROR,
        // SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR; COMPRESSION_ERROR; INADEQUATE_SECURITY, HTTP_1_1_REQUIRED.
        0x01 | 0x03..=0x06 | 0x09 | 0x0c | 0x0d => FetchErrorKind::Protocol,
        // The exchange is over, for a reason that may pass: NO_ERROR, INTERNAL_ERROR, CANCEL, CONNECT_ERROR,
        // ENHANCE_YOUR_CALM.
        _ => FetchErrorKind::Interrupted,
    }
}
