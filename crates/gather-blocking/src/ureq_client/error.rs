//! ureq's errors in gather's words: which phase, what happened.

use std::io;

use gather_core::{FetchError, FetchErrorKind, Phase};
use ureq::{Error, Timeout};

use super::Limits;
use crate::raw::of_io;

/// The most fields that ureq has room for.
const FIELD_LIMIT: u64 = 128;

/// An exchange that failed before its head was there, when it had reached this phase.
pub(super) fn of_head(error: Error, limits: &Limits, reached: Phase) -> FetchError {
    let (phase, kind) = match &error {
        // The certificate's own errors are told below.
        Error::Timeout(timeout) if reached == Phase::Tls => {
            (Phase::Tls, FetchErrorKind::Timeout(limits.behind(*timeout)))
        }
        Error::Io(cause) if reached == Phase::Tls && of_tls(cause).is_none() => (Phase::Tls, of_io(cause.kind())),
        Error::BadUri(_) | Error::Http(_) | Error::TlsRequired => (Phase::Request, FetchErrorKind::Invalid),
        Error::HostNotFound => (Phase::Resolve, FetchErrorKind::Refused),
        Error::ConnectionFailed => (Phase::Connect, FetchErrorKind::Other),
        Error::Timeout(timeout @ Timeout::Resolve) => {
            (Phase::Resolve, FetchErrorKind::Timeout(limits.behind(*timeout)))
        }
        Error::Timeout(timeout @ Timeout::Connect) => {
            (Phase::Connect, FetchErrorKind::Timeout(limits.behind(*timeout)))
        }
        Error::Tls(_) => (Phase::Tls, FetchErrorKind::Other),
        Error::Io(cause) => of_io_before_head(cause),
        other => (Phase::Head, of_any(other, limits)),
    };
    FetchError::new(phase, kind).with_source(error)
}

/// A body that failed on the way.
pub(super) fn of_body(error: io::Error, limits: &Limits) -> FetchError {
    // ureq wraps its own errors for the reader, and takes them out again.
    let error = Error::from(error);
    FetchError::new(Phase::Body, of_any(&error, limits)).with_source(error)
}

/// ureq does not say what it was doing; the kind of error does.
fn of_io_before_head(cause: &io::Error) -> (Phase, FetchErrorKind) {
    if let Some(kind) = of_tls(cause) {
        return (Phase::Tls, kind);
    }
    // A name that does not exist has no error kind of its own in std, just this text.
    if cause.raw_os_error().is_none() && cause.to_string().starts_with("failed to lookup address") {
        return (Phase::Resolve, FetchErrorKind::Refused);
    }
    match cause.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::PermissionDenied => (Phase::Connect, FetchErrorKind::Refused),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => (Phase::Connect, FetchErrorKind::Other),
        kind => (Phase::Head, of_io(kind)),
    }
}

#[cfg(feature = "tls")]
fn of_tls(cause: &io::Error) -> Option<FetchErrorKind> {
    let error = cause.get_ref()?.downcast_ref::<rustls::Error>()?;
    let refused = matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_));
    Some(if refused { FetchErrorKind::Refused } else { FetchErrorKind::Protocol })
}

#[cfg(not(feature = "tls"))]
fn of_tls(_: &io::Error) -> Option<FetchErrorKind> {
    None
}

fn of_any(error: &Error, limits: &Limits) -> FetchErrorKind {
    match error {
        Error::Timeout(timeout) => FetchErrorKind::Timeout(limits.behind(*timeout)),
        // Its error's type is that of another crate, outside of semver; its text is not, but a test reads it.
        Error::Protocol(cause) if cause.to_string().contains("too many headers") => {
            FetchErrorKind::TooMany(FIELD_LIMIT)
        }
        Error::Protocol(_) => FetchErrorKind::Protocol,
        Error::LargeResponseHeader(_, limit) => FetchErrorKind::TooLarge(*limit as u64),
        Error::BodyStalled => FetchErrorKind::Interrupted,
        Error::Io(cause) => of_io(cause.kind()),
        _ => FetchErrorKind::Other,
    }
}
