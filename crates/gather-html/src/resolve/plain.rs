//! What of a reference stays as it is in an address.

use memchr::memchr;
use wide::u8x16;

use crate::block::{BLOCK, padded};

/// Whether a path, with the query and the fragment that may follow, stays as it is: no byte of it is encoded, and none of
/// its segments is (or may be) a dot or two.
#[inline]
pub(super) fn is_plain_path(bytes: &[u8]) -> bool {
    Marks::of(bytes).is_some_and(Marks::are_plain) || is_plain_path_in_parts(bytes)
}

/// What stands where in a short reference: a bit for each byte.
///
/// Nothing is decided on the way: a processor that guesses wrong at each dot and slash loses more than there is to win.
#[derive(Debug, Clone, Copy, Default)]
struct Marks {
    /// What is plain anywhere, question marks included.
    common: u64,
    fragments: u64,
    percents: u64,
    dots: u64,
    slashes: u64,
    /// All that there are.
    all: u64,
}

impl Marks {
    /// `None` of what is longer than there are bits.
    #[inline(always)]
    fn of(bytes: &[u8]) -> Option<Marks> {
        let length = bytes.len();
        let all = !0 >> (64 - length.clamp(1, 64));
        let mut marks = Marks { all, ..Marks::default() };
        // Blocks that overlap agree.
        let mut take = |at: usize| {
            if let Some(block) = bytes[at..].first_chunk() {
                marks.add(u8x16::new(*block), at);
            }
        };
        match length {
            0..BLOCK => marks.add(padded(bytes, b'x'), 0),
            BLOCK..=32 => [0, length - BLOCK].into_iter().for_each(take),
            33..=64 => [0, BLOCK, length - 2 * BLOCK, length - BLOCK].into_iter().for_each(&mut take),
            _ => return None,
        }
        Some(marks)
    }

    #[inline(always)]
    fn add(&mut self, block: u8x16, at: usize) {
        let is = |byte| block.simd_eq(u8x16::splat(byte));
        let between = |bytes: u8x16, low, high| bytes.max(u8x16::splat(low)).min(u8x16::splat(high)).simd_eq(bytes);
        // Letters in either case; and from parentheses to the semicolon digits, dots, slashes and what else is common.
        let letters = between(block | u8x16::splat(0x20), b'a', b'z');
        let common = letters | between(block, b'(', b';') | is(b'_') | is(b'=') | is(b'?');
        let bits = |mask: u8x16| u64::from(mask.to_bitmask()) << at;
        self.common |= bits(common);
        self.fragments |= bits(is(b'#'));
        self.percents |= bits(is(b'%'));
        self.dots |= bits(is(b'.'));
        self.slashes |= bits(is(b'/'));
    }

    /// Whether it is plain at first sight, as nearly all are.
    #[inline(always)]
    fn are_plain(self) -> bool {
        let others = !(self.common | self.fragments | self.percents) & self.all;
        // A dot that begins a segment, and what may be a dot encoded, mean something before the fragment alone.
        let first_dots = self.dots & (self.slashes << 1 | 1);
        let fragment = self.fragments & self.fragments.wrapping_neg();
        let before = fragment.wrapping_sub(1);
        others | (self.fragments ^ fragment) | ((first_dots | self.percents) & before) == 0
    }
}

/// Whether there is a colon before the first slash, which may be that of a scheme.
pub(super) fn has_colon_first(reference: &[u8]) -> bool {
    memchr(b':', reference).is_some_and(|colon| !reference[..colon].iter().any(|byte| b"/?#".contains(byte)))
}

/// The same, byte by byte, of a path that is not plain at first sight.
fn is_plain_path_in_parts(bytes: &[u8]) -> bool {
    let mut before = b'/';
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'?' => return is_plain_query(&bytes[at + 1..]),
            b'#' => return is_plain_fragment(&bytes[at + 1..]),
            b'.' if before == b'/' => return false,
            // An encoded dot is one, too.
            b'%' if bytes.get(at + 1) == Some(&b'2') && matches!(bytes.get(at + 2), Some(b'e' | b'E')) => return false,
            _ if !is_plain(byte) => return false,
            _ => before = byte,
        }
    }
    true
}

fn is_plain_query(bytes: &[u8]) -> bool {
    let query = bytes.iter().position(|&byte| !is_plain(byte) && byte != b'?');
    query.is_none_or(|at| bytes[at] == b'#' && is_plain_fragment(&bytes[at + 1..]))
}

fn is_plain_fragment(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| is_plain(byte) || byte == b'?')
}

/// Whether a byte stays as it is in paths, queries and fragments alike: it is in no "percent-encode set" of the [URL
/// standard](https://url.spec.whatwg.org/#percent-encoded-bytes), and separates none of them.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'('..=b';' | b'_' | b'~' | b'!' | b'$' | b'&' | b'=' | b'@' | b'%')
}

/// Whether a host is a name in lower case that is no number and needs no IDNA.
pub(super) fn is_plain_host(host: &str) -> bool {
    let label = |label: &str| {
        let bytes = label.as_bytes();
        let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_edge(bytes.first())
            && is_edge(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
            // What `xn--` begins is decoded, and may be refused.
            && !label.contains("--")
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    last.as_bytes().first().is_some_and(u8::is_ascii_lowercase) && host.split('.').all(label)
}
