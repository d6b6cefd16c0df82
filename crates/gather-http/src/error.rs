//! hyper's errors in gather's words: which phase, what happened.

#[cfg(feature = "http2")]
mod http2;

use std::error::Error as StdError;
use std::io;

use gather_core::causes::{chain, find, of_io};
use gather_core::{BoxError, FetchError, FetchErrorKind, Phase};
use rustls::AlertDescription;

use crate::allowance::{Allowance, Spent};
use crate::connect::ConnectError;
use crate::connection::HeadLimits;
use crate::proxy::ProxyError;

/// An exchange that failed before its head was there, on a connection with this allowance.
pub(crate) fn of_head(cause: hyper::Error, allowance: &Allowance) -> FetchError {
    if let Some(alert) = allowance.alert()
        && is_verdict_on_certificate(alert)
    {
        return FetchError::new(Phase::Tls, FetchErrorKind::Refused).with_source(rustls::Error::AlertReceived(alert));
    }
    FetchError::new(Phase::Head, of_chain(&cause)).with_source(cause)
}

/// Whether this is what a server says of a client's certificate, of its signature, or of their absence (RFC 8446, 6.2).
fn is_verdict_on_certificate(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;

    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError
    )
}

/// The same on an HTTP/1 connection with these limits.
pub(crate) fn of_limited_head(cause: hyper::Error, limits: HeadLimits, allowance: &Allowance) -> FetchError {
    let bytes = FetchErrorKind::TooLarge(limits.bytes as u64);
    let kind = if find::<Spent>(&cause).is_some() {
        bytes
    } else if cause.is_parse() && cause.to_string() == HEAD_TOO_LARGE {
        // hyper says the same of too many bytes and too many fields.
        if allowance.is_spent() { bytes } else { FetchErrorKind::TooMany(limits.fields as u64) }
    } else {
        return of_head(cause, allowance);
    };
    FetchError::new(Phase::Head, kind).with_source(cause)
}

/// What hyper says when a head is beyond its limits. It has a predicate for it, but for servers only.
const HEAD_TOO_LARGE: &str = "message head is too large";

/// Whether the driver, or the task that waited for the answer, was dropped.
pub(crate) fn is_driver_gone(error: &hyper::Error) -> bool {
    error.is_user() && error.to_string() == DRIVER_GONE
}

/// What hyper says to an exchange whose connection's driver was dropped. It counts that among the mistakes of its user.
const DRIVER_GONE: &str = "dispatch task is gone";

/// A body that failed on the way.
pub(crate) fn of_body(cause: hyper::Error) -> FetchError {
    let kind = match of_chain(&cause) {
        // Something broke it; and once the answer has begun a request cannot be refused any more.
        FetchErrorKind::Other | FetchErrorKind::Refused => FetchErrorKind::Interrupted,
        kind => kind,
    };
    FetchError::new(Phase::Body, kind).with_source(cause)
}

/// A body over HTTP/2 of which there is no more, although its end has not come: its stream was reset without an error, which
/// hyper takes for the end.
#[cfg(feature = "http2")]
pub(crate) fn of_missing_end() -> FetchError {
    let reset = h2::Error::from(h2::Reason::NO_ERROR);
    FetchError::new(Phase::Body, FetchErrorKind::Interrupted).with_source(reset)
}

/// A connection that could not be made.
pub(crate) fn of_connect(cause: BoxError) -> FetchError {
    let (phase, kind) = classify_connect(&*cause);
    FetchError::new(phase, kind).with_source(cause)
}

fn classify_connect(cause: &(dyn StdError + 'static)) -> (Phase, FetchErrorKind) {
    // Before what is behind it: a proxy that could not be reached has an error of that kind in it.
    if let Some(error) = find::<ProxyError>(cause) {
        return (error.phase(), error.kind());
    }
    if let Some(error) = find::<ConnectError>(cause) {
        return (error.phase, error.kind);
    }
    if let Some(error) = find::<rustls::Error>(cause) {
        let refused = matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_));
        return (Phase::Tls, if refused { FetchErrorKind::Refused } else { FetchErrorKind::Protocol });
    }
    // Past the TCP connection and not rustls's own: the other side hung up during a handshake.
    (Phase::Tls, of_chain(cause))
}

fn of_chain(cause: &(dyn StdError + 'static)) -> FetchErrorKind {
    #[cfg(feature = "http2")]
    if let Some(kind) = find(cause).and_then(http2::kind) {
        return kind;
    }
    if let Some(error) = find::<hyper::Error>(cause) {
        if is_driver_gone(error) || error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return FetchErrorKind::Interrupted;
        }
        if error.is_parse() || error.is_parse_status() {
            return FetchErrorKind::Protocol;
        }
        if error.is_user() {
            return FetchErrorKind::Invalid;
        }
    }
    // One that only wraps another, as hyper-rustls does with those of a handshake, has nothing to say itself.
    chain(cause)
        .filter_map(<dyn StdError>::downcast_ref)
        .map(io::Error::kind)
        .find_map(of_io)
        .unwrap_or(FetchErrorKind::Other)
}
