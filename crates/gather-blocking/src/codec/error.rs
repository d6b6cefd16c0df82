//! Why bytes are not a response.

use std::fmt;

use gather_core::{FetchError, FetchErrorKind, Phase};

use super::{CHUNK_OVERHEAD_LIMIT, FIELD_LIMIT, HEAD_LIMIT};

/// Why bytes are not a response. The connection they came from is of no more use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeError {
    /// The answer does not begin with `HTTP/1.`.
    NotHttp,
    /// The status line or a field is malformed.
    BadHead,
    /// The head is longer than [`HEAD_LIMIT`].
    HeadTooLarge,
    /// The head has more than [`FIELD_LIMIT`] fields.
    TooManyFields,
    /// The server changes to a protocol that nobody asked for (101).
    UnexpectedUpgrade,
    /// `content-length` is not a number.
    BadLength,
    /// There are several lengths, and they differ.
    ConflictingLengths,
    /// There are both a `content-length` and a `transfer-encoding`.
    BothLengths,
    /// The body is coded in another way than `chunked`, and that once, or in HTTP/1.0.
    UnknownCoding,
    /// A chunk's size is not a hexadecimal number of 64 bits followed by CRLF or an extension.
    BadChunkSize,
    /// A chunk, or the trailer, does not end where it has to.
    BadChunkEnd,
    /// Extensions and trailers are longer than [`CHUNK_OVERHEAD_LIMIT`].
    ChunkOverheadTooLarge,
    /// The connection ended before the response did.
    Ended,
}

impl DecodeError {
    /// The same in gather-core's words.
    pub fn kind(self) -> FetchErrorKind {
        match self {
            DecodeError::HeadTooLarge => FetchErrorKind::TooLarge(HEAD_LIMIT as u64),
            DecodeError::ChunkOverheadTooLarge => FetchErrorKind::TooLarge(CHUNK_OVERHEAD_LIMIT as u64),
            DecodeError::TooManyFields => FetchErrorKind::TooMany(FIELD_LIMIT as u64),
            DecodeError::Ended => FetchErrorKind::Interrupted,
            _ => FetchErrorKind::Protocol,
        }
    }

    /// The error of the exchange that this happened to, in `phase`.
    pub fn into_fetch_error(self, phase: Phase) -> FetchError {
        FetchError::new(phase, self.kind()).with_source(self)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::NotHttp => f.write_str("the answer does not begin with HTTP/1."),
            DecodeError::BadHead => f.write_str("the status line or a field is malformed"),
            DecodeError::HeadTooLarge => write!(f, "the head is longer than {HEAD_LIMIT} bytes"),
            DecodeError::TooManyFields => write!(f, "the head has more than {FIELD_LIMIT} fields"),
            DecodeError::UnexpectedUpgrade => f.write_str("the server changes to a protocol that nobody asked for"),
            DecodeError::BadLength => f.write_str("content-length is not a number"),
            DecodeError::ConflictingLengths => f.write_str("there are several lengths, and they differ"),
            DecodeError::BothLengths => f.write_str("there are both a content-length and a transfer-encoding"),
            DecodeError::UnknownCoding => f.write_str("the transfer-encoding is not chunked"),
            DecodeError::BadChunkSize => f.write_str("a chunk's size is malformed"),
            DecodeError::BadChunkEnd => f.write_str("a chunk does not end where it has to"),
            DecodeError::ChunkOverheadTooLarge => {
                write!(f, "extensions and trailers are longer than {CHUNK_OVERHEAD_LIMIT} bytes")
            }
            DecodeError::Ended => f.write_str("the connection ended before the response did"),
        }
    }
}

impl std::error::Error for DecodeError {}
