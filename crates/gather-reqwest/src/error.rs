//! reqwest's errors in gather's words: which phase, what happened. Those below it are hyper's, and get the words that they
//! get from the hyper engine.

#[cfg(feature = "http2")]
mod http2;

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use gather_core::addresses::ForbiddenAddress;
use gather_core::causes::{chain, find, of_connecting, of_io};
use gather_core::{FetchError, FetchErrorKind, Phase};

use crate::connect::ConnectingTookTooLong;

/// An exchange that failed before its head was there, after `elapsed`.
pub(crate) fn of_head(cause: reqwest::Error, elapsed: Duration) -> FetchError {
    let (phase, kind) = classify(&cause, elapsed);
    // reqwest's error names the address, with what password it may have; ours does so without.
    FetchError::new(phase, kind).with_source(cause.without_url())
}

/// A body that failed on the way.
pub(crate) fn of_body(cause: reqwest::Error, elapsed: Duration) -> FetchError {
    let kind = match of_chain(&cause) {
        FetchErrorKind::Other if cause.is_timeout() => FetchErrorKind::Timeout(elapsed),
        // Something broke it; and once the answer has begun a request cannot be refused any more.
        FetchErrorKind::Other | FetchErrorKind::Refused => FetchErrorKind::Interrupted,
        kind => kind,
    };
    FetchError::new(Phase::Body, kind).with_source(cause.without_url())
}

fn classify(cause: &reqwest::Error, elapsed: Duration) -> (Phase, FetchErrorKind) {
    if find::<ForbiddenAddress>(cause).is_some() {
        return (Phase::Connect, FetchErrorKind::Forbidden);
    }
    if let Some(ConnectingTookTooLong(deadline)) = find(cause) {
        return (Phase::Connect, FetchErrorKind::Timeout(*deadline));
    }
    if cause.is_builder() {
        return (Phase::Request, FetchErrorKind::Invalid);
    }
    if cause.is_dns() {
        return (Phase::Resolve, FetchErrorKind::Refused);
    }
    if cause.is_connect() {
        return of_connect(cause, elapsed);
    }
    match of_chain(cause) {
        // A timeout that the program's own client has: what its limit was is not told, only how long it took.
        FetchErrorKind::Other if cause.is_timeout() => (Phase::Head, FetchErrorKind::Timeout(elapsed)),
        kind => (Phase::Head, kind),
    }
}

fn of_connect(cause: &reqwest::Error, elapsed: Duration) -> (Phase, FetchErrorKind) {
    #[cfg(feature = "rustls")]
    if let Some(error) = find::<rustls::Error>(cause) {
        let refused = matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_));
        return (Phase::Tls, if refused { FetchErrorKind::Refused } else { FetchErrorKind::Protocol });
    }
    // The connector's own error, as the pool has it. That of TCP is a type of hyper-util's, an operating system's error
    // inside; that of a handshake on which the other side hung up is the operating system's alone.
    let connector = find::<hyper_util::client::legacy::Error>(cause).and_then(StdError::source);
    if connector.is_some_and(<dyn StdError>::is::<io::Error>) {
        return (Phase::Tls, of_chain(cause));
    }
    let kind = match find::<io::Error>(cause) {
        Some(error) => of_connecting(error.kind()),
        None if cause.is_timeout() => FetchErrorKind::Timeout(elapsed),
        None => FetchErrorKind::Other,
    };
    (Phase::Connect, kind)
}

fn of_chain(cause: &(dyn StdError + 'static)) -> FetchErrorKind {
    #[cfg(feature = "http2")]
    if let Some(kind) = find(cause).and_then(http2::kind) {
        return kind;
    }
    if let Some(error) = find::<hyper::Error>(cause) {
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return FetchErrorKind::Interrupted;
        }
        if error.is_parse() && error.to_string() == HEAD_TOO_LARGE {
            return FetchErrorKind::TooLarge(HEAD_LIMIT);
        }
        if error.is_parse() || error.is_parse_status() {
            return FetchErrorKind::Protocol;
        }
        if error.is_user() {
            return FetchErrorKind::Invalid;
        }
        if error.to_string() == UNASKED {
            return FetchErrorKind::Protocol;
        }
    }
    // One that only wraps another, as reqwest does with those of a handshake, has nothing to say itself.
    chain(cause)
        .filter_map(<dyn StdError>::downcast_ref)
        .map(io::Error::kind)
        .find_map(of_io)
        .unwrap_or(FetchErrorKind::Other)
}

/// What hyper says when a head is beyond its limits: the same of too many bytes and of too many fields. It has a predicate
/// for it, but for servers only.
const HEAD_TOO_LARGE: &str = "message head is too large";

/// hyper's limit on the bytes of a head (`DEFAULT_MAX_BUFFER_SIZE`), which reqwest does not let anybody change.
const HEAD_LIMIT: u64 = 8192 + 4096 * 100;

/// What hyper says of an answer that comes before it was asked for. It has no predicate for it.
const UNASKED: &str = "received unexpected message from connection";
