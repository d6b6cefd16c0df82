//! What the decoder of one coding is asked to do, and what the codecs share.

use super::{Coding, DecodeError, DecodeLimits};

/// The decoder of one coding.
///
/// What is written depends on the bytes taken so far and not on how they were cut: the same holds for whole bodies
/// because it holds here.
pub(super) trait Codec: Send {
    /// Takes bytes from `input` and writes to `output`, which is not empty.
    ///
    /// Either all of `input` is taken, or `output` is filled, or there is progress, or an error. With `output` not
    /// filled nothing is held back. Bytes that were written before an error count.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;

    /// Whether the body may end here.
    fn finish(&self) -> Result<(), DecodeError>;
}

/// What one step did.
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    pub(super) error: Option<DecodeError>,
}

#[cfg(any(feature = "gzip", feature = "brotli", feature = "zstd"))]
impl Step {
    /// Bytes that were read and led to nothing yet.
    pub(super) fn read(read: usize) -> Step {
        Step { read, written: 0, error: None }
    }
}

/// The codec of a coding, or the error that its feature is off.
pub(super) fn codec(coding: Coding, limits: &DecodeLimits) -> Result<Box<dyn Codec>, DecodeError> {
    let _ = limits;
    match coding {
        #[cfg(feature = "gzip")]
        Coding::Gzip => Ok(Box::new(super::inflate::Gzip::new(limits.members))),
        #[cfg(feature = "gzip")]
        Coding::Deflate => Ok(Box::new(super::inflate::Deflate::new())),
        #[cfg(feature = "brotli")]
        Coding::Brotli => Ok(Box::new(super::brotli::Brotli::new())),
        #[cfg(feature = "zstd")]
        Coding::Zstd => Ok(Box::new(super::zstd::Zstd::new(limits))),
        #[allow(unreachable_patterns, reason = "reached where a feature is off")]
        _ => Err(DecodeError::Unknown { name: coding.name().into() }),
    }
}

/// The first bytes of a stream, collected until there are enough to tell what it is, and then given to its decoder.
#[cfg(any(feature = "gzip", feature = "zstd"))]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Magic<const N: usize> {
    bytes: [u8; MAGIC_MAX],
    len: usize,
    given: usize,
}

/// The longest of all magic numbers, that of zstd.
#[cfg(any(feature = "gzip", feature = "zstd"))]
const MAGIC_MAX: usize = 4;

#[cfg(any(feature = "gzip", feature = "zstd"))]
impl<const N: usize> Magic<N> {
    /// Takes what is missing from `input`, and says how much that was.
    pub(super) fn collect(&mut self, input: &[u8]) -> usize {
        let read = input.len().min(N - self.len);
        self.bytes[self.len..self.len + read].copy_from_slice(&input[..read]);
        self.len += read;
        read
    }

    pub(super) fn is_complete(&self) -> bool {
        self.len == N
    }

    pub(super) fn collected(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// What the decoder has not been given yet.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.given..self.len]
    }

    pub(super) fn give(&mut self, bytes: usize) {
        self.given += bytes;
    }

    /// Starts on the next stream.
    pub(super) fn clear(&mut self) {
        *self = Magic { bytes: [0; MAGIC_MAX], len: 0, given: 0 };
    }
}
