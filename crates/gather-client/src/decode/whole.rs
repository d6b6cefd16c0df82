//! Bodies that are there as a whole, decoded.

use bytes::{Bytes, BytesMut};

use super::{Coding, DecodeError, DecodeLimits, Decoder};

/// What a whole body became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// All that decodes: the whole body, or what comes before the fault.
    pub body: Bytes,
    /// Whether that is all of it.
    pub end: Result<(), DecodeError>,
}

/// Decodes a body that is there as a whole, wrapped in `codings` in the order in which they were applied.
///
/// The result is in memory, within [`DecodeLimits::decoded`]. A body without codings is not copied, one that decodes to
/// more than 16 KiB is copied once.
///
/// ```
/// use gather_client::decode::{Coding, DecodeError, DecodeLimits, decode_body};
/// use gather_core::Bytes;
///
/// # #[cfg(feature = "gzip")] {
/// let cut_off = Bytes::from_static(b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcbH\xcd\xc9\xc9\x07\0\x86");
/// let decoded = decode_body(&[Coding::Gzip], cut_off, DecodeLimits::default());
/// assert_eq!(decoded.body, "hello");
/// assert_eq!(decoded.end, Err(DecodeError::Truncated { coding: Coding::Gzip }));
/// # }
/// ```
pub fn decode_body(codings: &[Coding], mut body: Bytes, limits: DecodeLimits) -> Decoded {
    let mut decoder = match Decoder::new(codings, limits) {
        Ok(decoder) => decoder,
        Err(error) => return Decoded { body: Bytes::new(), end: Err(error) },
    };
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    let end = loop {
        match decoder.decode(&mut body) {
            Ok(Some(chunk)) if first.is_empty() => first = chunk,
            Ok(Some(chunk)) => {
                if all.is_empty() {
                    all.extend_from_slice(&first);
                }
                all.extend_from_slice(&chunk);
            }
            Ok(None) => break decoder.finish(),
            Err(error) => break Err(error),
        }
    };
    Decoded { body: if all.is_empty() { first } else { all.freeze() }, end }
}
