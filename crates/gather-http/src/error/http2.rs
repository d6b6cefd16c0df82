//! What the error codes of HTTP/2 (RFC 9113, section 7) say of an exchange.

use gather_core::FetchErrorKind;
use h2::Reason;

/// What has happened, if the error is one of HTTP/2 itself.
pub(super) fn kind(error: &h2::Error) -> Option<FetchErrorKind> {
    let reason = error.reason()?;
    Some(if error.is_library() {
        // Our side has found something that HTTP/2 does not allow, and has said so to the other.
        FetchErrorKind::Protocol
    } else if error.is_go_away() {
        // The server leaves. That it has not acted upon the request would follow if the stream were beyond the last one that the
        // server names (section 6.8); but hyper may pass this on to one that is not, when it comes while the request is being
        // sent.
        FetchErrorKind::Interrupted
    } else {
        of_reset(reason)
    })
}

/// What it is when the server resets a stream.
fn of_reset(reason: Reason) -> FetchErrorKind {
    match reason {
        // "The endpoint refused the stream prior to performing any application processing."
        Reason::REFUSED_STREAM => FetchErrorKind::Refused,
        // One side does not understand the other, and will not do so the next time.
        Reason::PROTOCOL_ERROR
        | Reason::FLOW_CONTROL_ERROR
        | Reason::SETTINGS_TIMEOUT
        | Reason::STREAM_CLOSED
        | Reason::FRAME_SIZE_ERROR
        | Reason::COMPRESSION_ERROR
        | Reason::INADEQUATE_SECURITY
        | Reason::HTTP_1_1_REQUIRED => FetchErrorKind::Protocol,
        // The exchange is over, for a reason that may pass: no error at all, an internal one, a cancelled stream, a tunnel that
        // broke, too many requests. A code that is not known is to be taken for an internal error.
        _ => FetchErrorKind::Interrupted,
    }
}
