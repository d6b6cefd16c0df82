//! Short texts, sixteen bytes at a time, and copies of them that are not worth a call.

use std::ops::Range;

use wide::u8x16;

/// How many bytes are looked at at once.
pub(crate) const BLOCK: usize = 16;

/// A text of fewer than sixteen bytes as a block of them, with `filler` behind it.
///
/// To copy so little costs a call and a loop; two words that overlap are put together at once.
#[inline(always)]
pub(crate) fn padded(bytes: &[u8], filler: u8) -> u8x16 {
    let length = bytes.len();
    let joined = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (length - 8))
        }
        _ => match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => {
                u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (length - 4))
            }
            _ => bytes.iter().rev().fold(0, |joined, byte| joined << 8 | u128::from(*byte)),
        },
    };
    let behind = u128::from_le_bytes([filler; BLOCK]) << (8 * length);
    u8x16::new((joined | behind).to_le_bytes())
}

/// How long a text may be that is copied with a fixed length.
pub(crate) const SHORT: usize = 64;

/// Appends the bytes of `text` in that range.
///
/// A copy of unknown length is a call that looks at the length first. Where enough follows in `text`, as much as a short
/// text can be is copied at once, and what was too much is taken back.
#[inline(always)]
pub(crate) fn push_range(text: &[u8], range: Range<usize>, into: &mut Vec<u8>) {
    match text.get(range.start..).and_then(|rest| rest.first_chunk::<SHORT>()) {
        Some(block) if range.len() <= SHORT => {
            let end = into.len() + range.len();
            into.extend_from_slice(block);
            into.truncate(end);
        }
        _ => into.extend_from_slice(&text[range]),
    }
}
