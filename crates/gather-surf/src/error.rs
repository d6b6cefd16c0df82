//! surf's errors in gather's words: which phase, what happened.

use std::io::{self, ErrorKind};

use gather_core::{FetchError, FetchErrorKind, Phase, causes};

use crate::connection::TooMuch;

/// The longest head that async-h1 reads.
const HEAD_LIMIT: u64 = 8 << 10;

/// The most fields that it has room for.
const FIELD_LIMIT: u64 = 128;

/// A request that cannot be made.
pub(crate) fn invalid(why: impl Into<String>) -> FetchError {
    FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(why.into())
}

/// A connection that could not be opened.
pub(crate) fn of_connect(error: io::Error) -> FetchError {
    let kind = causes::of_connecting(error.kind());
    FetchError::new(Phase::Connect, kind).with_source(error)
}

/// An exchange that failed before its head was there.
pub(crate) fn of_head(error: surf::Error) -> FetchError {
    let (phase, kind) = match error.downcast_ref::<io::Error>() {
        Some(error) => (Phase::Head, of_io(error)),
        None => of_text(&error.to_string()),
    };
    // http-types's error is no `std::error::Error`; what it says is kept.
    FetchError::new(phase, kind).with_source(error.to_string())
}

/// A body that failed on the way.
pub(crate) fn of_body(error: io::Error) -> FetchError {
    FetchError::new(Phase::Body, of_io(&error)).with_source(error)
}

fn of_io(error: &io::Error) -> FetchErrorKind {
    if let Some(TooMuch { limit }) = error.get_ref().and_then(|source| source.downcast_ref()) {
        return FetchErrorKind::TooLarge(*limit);
    }
    match error.kind() {
        // What async-h1 says of chunks that it cannot read.
        ErrorKind::Other => FetchErrorKind::Protocol,
        kind => causes::of_io(kind).unwrap_or(FetchErrorKind::Other),
    }
}

/// Most errors of async-h1 and of the pool are nothing but text. What is not known is an answer that it could not read.
fn of_text(text: &str) -> (Phase, FetchErrorKind) {
    const POOL: &str = "creating a new object";
    match text {
        "connection closed" | "empty response" => (Phase::Head, FetchErrorKind::Interrupted),
        _ if text.starts_with("Head byte length") => (Phase::Head, FetchErrorKind::TooLarge(HEAD_LIMIT)),
        _ if text.starts_with("too many headers") => (Phase::Head, FetchErrorKind::TooMany(FIELD_LIMIT)),
        _ if text.starts_with("Unsupported HTTP version") => (Phase::Head, FetchErrorKind::Other),
        _ if text.contains(POOL) && text.contains("refused") => (Phase::Connect, FetchErrorKind::Refused),
        _ if text.contains(POOL) => (Phase::Connect, FetchErrorKind::Other),
        _ => (Phase::Head, FetchErrorKind::Protocol),
    }
}
