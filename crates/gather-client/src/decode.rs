//! Content codings: bodies decompressed as they stream, and never beyond what was agreed.
//!
//! [`decode_response`] is the way in for responses of any transport, [`decode_body`] for bodies at hand; [`Decoder`] is
//! the machine below both, bytes in and bytes out. A body may grow a thousandfold on its way through either, so [`DecodeLimits`] bounds what it brings, what
//! it becomes, how much larger that is, and how many codings it hides behind.
//!
//! What a decoder yields depends on the bytes alone and not on how they were cut: the same body in any chunks gives the
//! same decoded bytes and the same error. All that decodes before the fault is delivered before the error is.
//! Corrupt Brotli and Zstandard are the exception: how much of them decodes before the error may vary with the chunks.
//!
//! ```
//! use gather_client::decode::{Coding, DecodeError, DecodeLimits, Decoder};
//! use gather_core::Bytes;
//!
//! let mut wire = Bytes::from_static(b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0");
//! # if Coding::Gzip.is_supported() {
//! let mut decoder = Decoder::new(&[Coding::Gzip], DecodeLimits::default())?;
//! assert_eq!(decoder.decode(&mut wire)?.as_deref(), Some(&b"hello"[..]));
//! assert_eq!(decoder.decode(&mut wire)?, None, "all of it is used");
//! decoder.finish()?;
//! # }
//! # Ok::<(), DecodeError>(())
//! ```

mod body;
#[cfg(feature = "brotli")]
mod brotli;
mod codec;
mod coding;
mod decoder;
mod error;
#[cfg(feature = "gzip")]
mod inflate;
mod limits;
mod whole;
#[cfg(feature = "zstd")]
mod zstd;

pub(crate) use body::decoder;
pub use body::{DecodedBody, decode_response};
pub use coding::{Coding, accept_encoding, codings};
pub use decoder::Decoder;
pub use error::DecodeError;
pub use limits::DecodeLimits;
pub use whole::{Decoded, decode_body};
