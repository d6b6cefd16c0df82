//! What of a reference stays as it is in an address.

use std::ops::Range;

use memchr::memchr;
use wide::u8x16;

use crate::block::{BLOCK, SHORT};

/// Whether a path, with the query and the fragment that may follow, stays as it is: no byte of it is encoded, and none of
/// its segments is (or may be) a dot or two.
#[inline]
pub(super) fn is_plain_path(bytes: &[u8]) -> bool {
    Marks::of(bytes, 0..bytes.len()).is_some_and(Marks::are_plain) || is_plain_path_in_parts(bytes)
}

/// What stands where in a short reference: a bit for each byte.
///
/// Nothing is decided on the way: a processor that guesses wrong at each dot and slash loses more than there is to win.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks {
    /// What is plain anywhere, dots, question marks and slashes included. Colons are not: one may be that of a scheme.
    common: u64,
    dots: u64,
    fragments: u64,
    percents: u64,
    slashes: u64,
    /// All that there are.
    all: u64,
}

impl Marks {
    /// Of a part of `text`. `None` if it is longer than there are bits.
    #[inline(always)]
    pub(super) fn of(text: &[u8], range: Range<usize>) -> Option<Marks> {
        let length = range.len();
        let mut copy = [0; SHORT];
        let window = match text.get(range.start..).and_then(|rest| rest.first_chunk::<SHORT>()) {
            _ if length > SHORT => return None,
            Some(window) => window,
            None => {
                copy[..length].copy_from_slice(&text[range]);
                &copy
            }
        };
        let mut marks = Marks::default();
        let mut add = |at: usize| {
            if let Some(block) = window[at..].first_chunk() {
                marks.add(u8x16::new(*block), at);
            }
        };
        [0, BLOCK].into_iter().for_each(&mut add);
        // Most are shorter than half of it.
        if length > 2 * BLOCK {
            [2 * BLOCK, 3 * BLOCK].into_iter().for_each(add);
        }
        marks.all = u64::MAX.checked_shr((SHORT - length) as u32).unwrap_or(0);
        Some(marks)
    }

    #[inline(always)]
    fn add(&mut self, block: u8x16, at: usize) {
        let is = |byte| block.simd_eq(u8x16::splat(byte));
        let between = |bytes: u8x16, low, high| bytes.max(u8x16::splat(low)).min(u8x16::splat(high)).simd_eq(bytes);
        // Letters in either case; and from parentheses to digits dots, slashes and what else is common.
        let letters = between(block | u8x16::splat(0x20), b'a', b'z');
        let others = is(b'_') | is(b'=') | is(b'?') | is(b';');
        let common = letters | between(block, b'(', b'9') | others;
        let bits = |mask: u8x16| u64::from(mask.to_bitmask()) << at;
        self.common |= bits(common);
        self.dots |= bits(is(b'.'));
        self.fragments |= bits(is(b'#'));
        self.percents |= bits(is(b'%'));
        self.slashes |= bits(is(b'/'));
    }

    /// What is marked behind the first so many bytes.
    #[inline(always)]
    pub(super) fn after(self, bytes: usize) -> Marks {
        Marks {
            common: self.common >> bytes,
            dots: self.dots >> bytes,
            fragments: self.fragments >> bytes,
            percents: self.percents >> bytes,
            slashes: self.slashes >> bytes,
            all: self.all >> bytes,
        }
    }

    /// Whether a path is plain at first sight, as nearly all are.
    #[inline(always)]
    pub(super) fn are_plain(self) -> bool {
        let fragments = self.fragments & self.all;
        let others = !(self.common | fragments | self.percents) & self.all;
        // A dot that begins a segment, and what may be a dot encoded, mean something before the fragment alone.
        let first_dots = self.dots & (self.slashes << 1 | 1);
        let fragment = lowest(fragments);
        let before = fragment.wrapping_sub(1) & self.all;
        others | (fragments ^ fragment) | ((first_dots | self.percents) & before) == 0
    }

    /// How often it begins with `../`.
    #[inline(always)]
    pub(super) fn folders_up(self) -> usize {
        const EVERY_THIRD: u64 = 0x9249_2492_4924_9249;
        let up = self.dots & (self.dots >> 1) & ((self.slashes & self.all) >> 2);
        (!up & EVERY_THIRD).trailing_zeros() as usize / 3
    }

    #[inline(always)]
    pub(super) fn begins_with_two_slashes(self) -> bool {
        self.slashes & self.all & 3 == 3
    }
}

/// The lowest bit that is set.
#[inline(always)]
fn lowest(bits: u64) -> u64 {
    bits & bits.wrapping_neg()
}

/// Whether there is a colon before the first slash, of a reference of any length.
pub(super) fn has_colon_first(reference: &[u8]) -> bool {
    memchr(b':', reference).is_some_and(|colon| !reference[..colon].iter().any(|byte| b"/?#".contains(byte)))
}

/// The same of a path of any length, part by part.
fn is_plain_path_in_parts(bytes: &[u8]) -> bool {
    let (path, rest) = bytes.split_at(until(bytes, |byte| matches!(byte, b'?' | b'#')));
    let fragment = until(rest, |byte| byte == b'#');
    let kinds = [(path, NOT_IN_PATHS), (&rest[..fragment], NOT_IN_QUERIES), (&rest[fragment..], NOT_IN_FRAGMENTS)];
    let is_plain = kinds.iter().all(|(part, refused)| found(part) & refused == 0);
    is_plain && (found(path) & DOT == 0 || !has_dots(path))
}

/// Whether one of its segments may be a dot or two: an encoded dot is one, too.
fn has_dots(path: &[u8]) -> bool {
    path.first() == Some(&b'.')
        || path.windows(2).any(|pair| pair == b"/.")
        || path.windows(3).any(|three| three[..2] == *b"%2" && three[2] | 0x20 == b'e')
}

fn until(bytes: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| ends(byte)).unwrap_or(bytes.len())
}

/// What there is among the bytes, without a branch for any of them.
fn found(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |found, &byte| found | KINDS[usize::from(byte)])
}

/// What is encoded in a path, or is a separator there: the "path percent-encode set" of the [URL
/// standard](https://url.spec.whatwg.org/#percent-encoded-bytes), and the backslash.
const NOT_IN_PATHS: u8 = 1;
/// The "special-query percent-encode set".
const NOT_IN_QUERIES: u8 = 2;
/// The "fragment percent-encode set".
const NOT_IN_FRAGMENTS: u8 = 4;
/// What may be a dot.
const DOT: u8 = 8;
/// What a host has no place for that is a name in lower case.
const NOT_IN_HOSTS: u8 = 16;
/// What no label begins or ends with, and none has two of, since what `xn--` begins is decoded, and may be refused.
const BETWEEN_LABELS: u8 = 32;

/// What each byte is.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = kind(byte as u8);
        byte += 1;
    }
    kinds
};

const fn kind(byte: u8) -> u8 {
    let is_text = matches!(byte, b'!'..=b'~');
    let path = !is_text || matches!(byte, b'"' | b'#' | b'<' | b'>' | b'?' | b'`' | b'{' | b'}' | b'^' | b'\\');
    let query = !is_text || matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\'');
    let fragment = !is_text || matches!(byte, b'"' | b'<' | b'>' | b'`');
    let host = !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    bit(NOT_IN_PATHS, path)
        | bit(NOT_IN_QUERIES, query)
        | bit(NOT_IN_FRAGMENTS, fragment)
        | bit(DOT, matches!(byte, b'.' | b'%'))
        | bit(NOT_IN_HOSTS, host)
        | bit(BETWEEN_LABELS, matches!(byte, b'.' | b'-'))
}

const fn bit(kind: u8, is_set: bool) -> u8 {
    if is_set { kind } else { 0 }
}

/// Whether a host is a name in lower case that is no number and needs no IDNA.
pub(super) fn is_plain_host(host: &[u8]) -> bool {
    // As if a dot were in front of it and another behind it.
    let (between, before) = host.iter().fold((0, BETWEEN_LABELS), |(found, before), &byte| {
        let kind = KINDS[usize::from(byte)];
        (found | (kind & before & BETWEEN_LABELS), kind)
    });
    let last = host.rsplit(|byte| *byte == b'.').next().and_then(<[u8]>::first);
    between | (before & BETWEEN_LABELS) | (found(host) & NOT_IN_HOSTS) == 0 && last.is_some_and(u8::is_ascii_lowercase)
}
