//! isahc's errors in gather's words: which phase, what happened. curl's own code, behind isahc's error, tells more than that.

use std::io;
use std::time::Duration;

use gather_core::causes::find;
use gather_core::{FetchError, FetchErrorKind, Phase};
use isahc::error::ErrorKind;

/// The time limits that an exchange is under: curl has one code for all of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits {
    /// The request's own deadline for connecting.
    pub(crate) connect: Option<Duration>,
    /// How long the whole of it may take, where that is of our making.
    pub(crate) exchange: Option<Duration>,
}

impl Limits {
    /// Which of them struck, in which phase, after `elapsed`.
    fn struck(self, elapsed: Duration) -> (Phase, FetchErrorKind) {
        // curl counts in milliseconds, and may be that much early.
        let over = |limit: &Duration| elapsed + Duration::from_millis(2) >= *limit;
        let exchange = self.exchange.filter(over);
        match (self.connect.filter(over), exchange) {
            (Some(deadline), None) => (Phase::Connect, FetchErrorKind::Timeout(deadline)),
            // One of a client that was handed in has a limit that is not told.
            _ => (Phase::Head, FetchErrorKind::Timeout(exchange.unwrap_or(elapsed))),
        }
    }
}

/// An exchange that failed before its head was there, after `elapsed`.
pub(crate) fn of_head(cause: isahc::Error, limits: Limits, elapsed: Duration) -> FetchError {
    let (phase, kind) = match find::<curl::Error>(&cause).map(curl::Error::code) {
        Some(OPERATION_TIMEDOUT) => limits.struck(elapsed),
        Some(code) => of_curl(code),
        None => (Phase::Head, of_isahc(&cause)),
    };
    FetchError::new(phase, kind).with_source(cause)
}

/// A body that failed on the way. That of chunks may have been broken off or not be chunks at all: curl has one code for
/// both.
pub(crate) fn of_body(cause: io::Error, limits: Limits, elapsed: Duration, chunked: bool) -> FetchError {
    let kind = match (find::<curl::Error>(&cause).map(curl::Error::code), find::<isahc::Error>(&cause)) {
        (Some(PARTIAL_FILE), _) if chunked => FetchErrorKind::Protocol,
        (Some(OPERATION_TIMEDOUT), _) => limits.struck(elapsed).1,
        (Some(code), _) => of_curl(code).1,
        (None, Some(error)) => of_isahc(error),
        (None, None) => FetchErrorKind::Interrupted,
    };
    // What breaks a body and is nothing else is the other side giving up on it.
    let kind = if kind == FetchErrorKind::Other { FetchErrorKind::Interrupted } else { kind };
    FetchError::new(Phase::Body, kind).with_source(cause)
}

fn of_curl(code: u32) -> (Phase, FetchErrorKind) {
    use FetchErrorKind::{Interrupted, Invalid, Other, Protocol, Refused, TooLarge};
    match code {
        URL_MALFORMAT => (Phase::Request, Invalid),
        COULDNT_RESOLVE_PROXY | COULDNT_RESOLVE_HOST => (Phase::Resolve, Refused),
        COULDNT_CONNECT => (Phase::Connect, Refused),
        PEER_FAILED_VERIFICATION => (Phase::Tls, Refused),
        SSL_CONNECT_ERROR | SSL_CERTPROBLEM | SSL_CIPHER | USE_SSL_FAILED | SSL_CACERT_BADFILE => {
            (Phase::Tls, Protocol)
        }
        TOO_LARGE => (Phase::Head, TooLarge(CURL_HEAD_LIMIT)),
        GOT_NOTHING | RECV_ERROR | SEND_ERROR | PARTIAL_FILE | HTTP2_STREAM => (Phase::Head, Interrupted),
        // "Unsupported protocol" is what comes of an answer that begins like no HTTP that curl takes; the scheme of the
        // address was looked at before. A "write error" is a line of the head that isahc cannot make sense of.
        UNSUPPORTED_PROTOCOL | WEIRD_SERVER_REPLY | HTTP2 | WRITE_ERROR | BAD_CONTENT_ENCODING => {
            (Phase::Head, Protocol)
        }
        _ => (Phase::Head, Other),
    }
}

/// What isahc says by itself, where it was not curl.
fn of_isahc(error: &isahc::Error) -> FetchErrorKind {
    match *error.kind() {
        ErrorKind::ProtocolViolation | ErrorKind::InvalidContentEncoding => FetchErrorKind::Protocol,
        ErrorKind::InvalidRequest => FetchErrorKind::Invalid,
        ErrorKind::Io => FetchErrorKind::Interrupted,
        _ => FetchErrorKind::Other,
    }
}

/// The most that curl takes for a head, in bytes (`MAX_HTTP_RESP_HEADER_SIZE`).
const CURL_HEAD_LIMIT: u64 = 300 * 1024;

// curl's codes (libcurl-errors(3)), which the crate curl has as questions to its error, and not all of them.
const UNSUPPORTED_PROTOCOL: u32 = 1;
const URL_MALFORMAT: u32 = 3;
const COULDNT_RESOLVE_PROXY: u32 = 5;
const COULDNT_RESOLVE_HOST: u32 = 6;
const COULDNT_CONNECT: u32 = 7;
const WEIRD_SERVER_REPLY: u32 = 8;
const HTTP2: u32 = 16;
const PARTIAL_FILE: u32 = 18;
const WRITE_ERROR: u32 = 23;
const OPERATION_TIMEDOUT: u32 = 28;
const SSL_CONNECT_ERROR: u32 = 35;
const GOT_NOTHING: u32 = 52;
const SEND_ERROR: u32 = 55;
const RECV_ERROR: u32 = 56;
const SSL_CERTPROBLEM: u32 = 58;
const SSL_CIPHER: u32 = 59;
const PEER_FAILED_VERIFICATION: u32 = 60;
const BAD_CONTENT_ENCODING: u32 = 61;
const USE_SSL_FAILED: u32 = 64;
const SSL_CACERT_BADFILE: u32 = 77;
const HTTP2_STREAM: u32 = 92;
const TOO_LARGE: u32 = 100;
