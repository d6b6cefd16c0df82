//! Bytes that mean something, and how they are found.

use memchr::memchr;

/// Where `needle` is first in `bytes`.
///
/// What is looked for is mostly a few bytes away, where a call of `memchr` costs more than it finds; it takes over after
/// that.
#[inline(always)]
pub(super) fn find(needle: u8, bytes: &[u8]) -> Option<usize> {
    let pattern = LOW * u64::from(needle);
    let mut at = 0;
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        let zeros = zeros(u64::from_le_bytes(*word) ^ pattern);
        if zeros != 0 {
            return Some(at + zeros.trailing_zeros() as usize / 8);
        }
        (at, rest) = (at + 8, after);
        if at == NEAR {
            break;
        }
    }
    memchr(needle, rest).map(|length| at + length)
}

/// How many bytes come before the first that is one of `class`; `None` if there is none.
///
/// None of those that have a class is a letter, so that one word of a name is passed over at a time: the bit that all
/// letters have is what ASCII knows them by.
#[inline(always)]
pub(super) fn before(class: u8, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let others = !u64::from_le_bytes(*word) & LETTER;
        if others == 0 {
            at += 8;
            continue;
        }
        at += others.trailing_zeros() as usize / 8;
        if is(class, bytes[at]) {
            return Some(at);
        }
        at += 1;
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
const NEAR: usize = 32;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const LETTER: u64 = 0x4040_4040_4040_4040;
