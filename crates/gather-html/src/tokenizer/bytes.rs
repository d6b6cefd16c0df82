//! Bytes that mean something, and how they are found.

use memchr::memchr;

/// Where `needle` is first in `bytes`.
///
/// What is looked for is mostly a few bytes away, where a call of `memchr` costs more than it finds, and a loop that ends
/// after one word or after three costs more yet: the processor guesses wrong. So the first block is searched whole, and
/// `memchr` takes over after that.
#[inline]
pub(super) fn find(needle: u8, bytes: &[u8]) -> Option<usize> {
    let mut near = 0;
    if let Some(block) = bytes.first_chunk::<BLOCK>() {
        let (words, _) = block.as_chunks();
        let found = words.iter().rev().fold(0, |found, word| {
            let word = u64::from_le_bytes(*word) ^ (LOW * u64::from(needle));
            found << 8 | as_bits(zeros(word))
        });
        if found != 0 {
            return Some(found.trailing_zeros() as usize);
        }
        near = BLOCK;
    }
    memchr(needle, &bytes[near..]).map(|length| near + length)
}

/// How many bytes come before the first that is one of `class`; `None` if there is none.
///
/// None of those that have a class is a letter, so that one word of a name is passed over at a time: the bit that all
/// letters have is what ASCII knows them by.
#[inline]
pub(super) fn before(class: u8, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = bytes[at..].first_chunk() {
        let letters = u64::from_le_bytes(*word) & LETTER;
        at += (letters ^ LETTER).trailing_zeros() as usize / 8;
        if letters != LETTER {
            if is(class, bytes[at]) {
                return Some(at);
            }
            at += 1;
        }
    }
    bytes[at..].iter().position(|&byte| is(class, byte)).map(|length| at + length)
}

/// The high bit of each byte that is zero. (Of those after the first such byte some may be wrong: a byte borrows from its
/// high bit if it is zero, or if one before it did. See "Bit Twiddling Hacks", S. E. Anderson, "determine if a word has a
/// zero byte".)
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

/// The high bits of the eight bytes side by side, that of the first byte lowest: the product moves each of them into the
/// highest byte, and no two to the same place.
#[inline]
fn as_bits(high_bits: u64) -> u64 {
    (high_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Whether `byte` is one of `class`, or of one of several.
#[inline]
pub(super) fn is(class: u8, byte: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
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
const BLOCK: usize = 32;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const LETTER: u64 = 0x4040_4040_4040_4040;
