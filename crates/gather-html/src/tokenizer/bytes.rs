//! Bytes that mean something, and how they are found.

use memchr::{memchr, memchr2};
use wide::u8x16;

use crate::block::BLOCK;

/// Where `needle` is first in `bytes`.
///
/// What is looked for is mostly a few bytes away, where a call of `memchr` costs more than it finds, and where each step
/// of a loop is a guess that the processor may get wrong. So the first bytes are looked at all at once.
#[inline(always)]
pub(super) fn find(needle: u8, bytes: &[u8]) -> Option<usize> {
    match near(bytes, |block| equal(block, needle)) {
        Some(0) => memchr(needle, &bytes[NEAR..]).map(|length| NEAR + length),
        Some(found) => Some(found.trailing_zeros() as usize),
        None => memchr(needle, bytes),
    }
}

/// The same of a quote.
#[inline(always)]
pub(super) fn find_quote(quote: u8, bytes: &[u8]) -> Option<usize> {
    // Each as a constant: a block of them is then ready when the processor comes to it.
    if quote == b'"' { find(b'"', bytes) } else { find(b'\'', bytes) }
}

/// Where `needle` is first in `bytes`, when it is as likely a hundred bytes away as ten.
#[inline(always)]
pub(super) fn find_farther(needle: u8, bytes: &[u8]) -> Option<usize> {
    let (chunks, _) = bytes.as_chunks::<FAR>();
    for (number, chunk) in chunks.iter().take(FAR_CHUNKS).enumerate() {
        let (blocks, _) = chunk.as_chunks();
        let mut found = 0;
        for (number, block) in blocks.iter().enumerate() {
            found |= u64::from(equal(*block, needle)) << (number * BLOCK);
        }
        if found != 0 {
            return Some(number * FAR + found.trailing_zeros() as usize);
        }
    }
    let from = chunks.len().min(FAR_CHUNKS) * FAR;
    memchr(needle, &bytes[from..]).map(|length| from + length)
}

/// Where one of two bytes is first.
#[inline(always)]
pub(super) fn find_either(one: u8, other: u8, bytes: &[u8]) -> Option<usize> {
    match near(bytes, |block| equal(block, one) | equal(block, other)) {
        Some(0) => memchr2(one, other, &bytes[NEAR..]).map(|length| NEAR + length),
        Some(found) => Some(found.trailing_zeros() as usize),
        None => memchr2(one, other, bytes),
    }
}

/// How many bytes come before the first that is one of `class`, which is a constant; `None` if there is none.
#[inline(always)]
pub(super) fn before(class: u8, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let mut found = of_class(class, *block);
        while found != 0 {
            let length = at + found.trailing_zeros() as usize;
            // All but a few bytes that are no text are of the class indeed.
            if is(class, bytes[length]) {
                return Some(length);
            }
            found &= found - 1;
        }
        at += BLOCK;
    }
    bytes[at..].iter().position(|&byte| is(class, byte)).map(|length| at + length)
}

/// Whether `byte` is one of `class`, or of one of several.
#[inline]
pub(super) fn is(class: u8, byte: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// A bit for each of the first bytes that `found` has one for; `None` if there are not as many.
#[inline(always)]
fn near(bytes: &[u8], found: impl Fn([u8; BLOCK]) -> u32) -> Option<u32> {
    let (blocks, _) = bytes.first_chunk::<NEAR>()?.as_chunks();
    Some(found(blocks[0]) | found(blocks[1]) << BLOCK)
}

/// A bit for each byte that is `needle`.
#[inline(always)]
fn equal(block: [u8; BLOCK], needle: u8) -> u32 {
    u8x16::new(block).simd_eq(u8x16::splat(needle)).to_bitmask()
}

/// A bit for each byte that is one of `class`, and for control characters where white space is.
#[inline(always)]
fn of_class(class: u8, block: [u8; BLOCK]) -> u32 {
    let block = u8x16::new(block);
    let mut found = u8x16::splat(0);
    for (single, byte) in [(SLASH, b'/'), (END, b'>'), (EQUALS, b'=')] {
        if class & single != 0 {
            found |= block.simd_eq(u8x16::splat(byte));
        }
    }
    if class & SPACE != 0 {
        let space = u8x16::splat(b' ');
        found |= block.max(space).simd_eq(space);
    }
    found.to_bitmask()
}

/// White space as the tokenizer sees it, which never sees a carriage return: they are line feeds by then.
pub(super) const SPACE: u8 = 1;
pub(super) const SLASH: u8 = 2;
pub(super) const END: u8 = 4;
pub(super) const EQUALS: u8 = 8;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let spaces = b"\t\n\x0C\r ";
    let mut at = 0;
    while at < spaces.len() {
        classes[spaces[at] as usize] = SPACE;
        at += 1;
    }
    classes[b'/' as usize] = SLASH;
    classes[b'>' as usize] = END;
    classes[b'=' as usize] = EQUALS;
    classes
};

/// How far a byte is looked for before `memchr` is called.
const NEAR: usize = 2 * BLOCK;

/// How much of what is farther is looked at at once, and how often.
const FAR: usize = 4 * BLOCK;
const FAR_CHUNKS: usize = 4;
