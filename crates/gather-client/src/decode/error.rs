//! Why a body does not decode.

use std::error::Error as StdError;
use std::fmt;

use gather_core::{FetchError, FetchErrorKind, Phase};

use super::Coding;

/// Why a body does not decode. What could be decoded before has been delivered.
///
/// As a [`FetchError`] its phase is [`Phase::Body`]; the kind is [`TooLarge`](FetchErrorKind::TooLarge) where a number of
/// bytes was exceeded and [`Encoding`](FetchErrorKind::Encoding) otherwise; this error is the source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The head names a coding that is not known here, or whose feature is off. Handing out the bytes as they are would
    /// pass compressed data off as a page.
    Unknown {
        /// The name, as it came.
        name: Box<str>,
    },
    /// The body is wrapped in more codings than the limit, given here, allows.
    TooManyCodings {
        /// The limit.
        limit: usize,
    },
    /// More bytes came over the wire than the limit allows.
    WireTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The body decodes to more bytes than the limit allows.
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The body is too many times larger than what came over the wire: a decompression bomb, or nearly one.
    Ratio {
        /// The limit: decoded bytes for each byte of the wire.
        limit: u32,
        /// The decoded bytes at which this was found.
        decoded: u64,
    },
    /// More gzip members, or zstd frames, follow each other than the limit allows.
    TooManyMembers {
        /// The limit.
        limit: u32,
    },
    /// A zstd stream asks for a larger window than the limit allows.
    Window {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The first bytes are not those of the coding that the head names: the body is mislabelled.
    Mislabelled {
        /// The coding that the head names.
        coding: Coding,
    },
    /// The body breaks off its coding's rules, or its sum is wrong.
    Corrupt {
        /// The coding.
        coding: Coding,
    },
    /// The body ends in the middle of its coding.
    Truncated {
        /// The coding.
        coding: Coding,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Unknown { name } => write!(f, "unknown content coding {name:?}"),
            DecodeError::TooManyCodings { limit } => write!(f, "more content codings than the limit of {limit}"),
            DecodeError::WireTooLarge { limit } => write!(f, "more than {limit} bytes came over the wire"),
            DecodeError::TooLarge { limit } => write!(f, "decoded to more than {limit} bytes"),
            DecodeError::Ratio { limit, decoded } => {
                write!(f, "decoded to more than {limit} times its size, found after {decoded} bytes")
            }
            DecodeError::TooManyMembers { limit } => write!(f, "more than {limit} members or frames in a row"),
            DecodeError::Window { limit } => write!(f, "asks for a window of more than {limit} bytes"),
            DecodeError::Mislabelled { coding } => write!(f, "said to be {coding}, and is not"),
            DecodeError::Corrupt { coding } => write!(f, "corrupt {coding}"),
            DecodeError::Truncated { coding } => write!(f, "ends in the middle of its {coding}"),
        }
    }
}

impl StdError for DecodeError {}

impl From<DecodeError> for FetchError {
    fn from(error: DecodeError) -> FetchError {
        let kind = match error {
            DecodeError::WireTooLarge { limit } | DecodeError::TooLarge { limit } => FetchErrorKind::TooLarge(limit),
            DecodeError::Ratio { decoded, .. } => FetchErrorKind::TooLarge(decoded),
            _ => FetchErrorKind::Encoding,
        };
        FetchError::new(Phase::Body, kind).with_source(error)
    }
}
