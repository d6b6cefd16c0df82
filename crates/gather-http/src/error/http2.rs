//! What the error codes of HTTP/2 (RFC 9113, section 7) say of an exchange.

use gather_core::FetchErrorKind;
use gather_core::causes::of_http2_reset;

/// What has happened, if the error is one of HTTP/2 itself.
pub(super) fn kind(error: &h2::Error) -> Option<FetchErrorKind> {
    let reason = error.reason()?;
    Some(if error.is_library() {
        // Our side has found something that HTTP/2 does not allow, and has said so to the other.
        FetchErrorKind::Protocol
    } else if error.is_go_away() {
        // The server leaves, and has not acted upon this request: it reaches only what is beyond the last stream that the server
        // names (section 6.8), and what was not sent any more. The others go on, and find the connection closed if they cannot.
        // `drivers::http2` sees to it that this is so.
        FetchErrorKind::Refused
    } else {
        of_http2_reset(reason.into())
    })
}
