//! What of a reference stays as it is in an address.

use memchr::memchr;
use wide::u8x16;

/// Whether a path, with the query and the fragment that may follow, stays as it is: no byte of it is encoded, and none of
/// its segments is (or may be) a dot or two.
#[inline]
pub(super) fn is_plain_path(bytes: &[u8]) -> bool {
    let mut path = Path { is_after_slash: true, has_fragment: false };
    let (blocks, rest) = bytes.as_chunks();
    let mut last = [b'x'; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    blocks.iter().chain([&last]).all(|block| path.is_plain(*block)) || is_plain_path_in_parts(bytes)
}

/// A path that is looked at sixteen bytes at a time.
struct Path {
    /// The block before ended with one.
    is_after_slash: bool,
    has_fragment: bool,
}

impl Path {
    /// Whether the next bytes are plain at first sight, as nearly all are. Nothing is decided on the way: a processor that
    /// guesses wrong at each dot and slash loses more than there is to win.
    #[inline(always)]
    fn is_plain(&mut self, block: [u8; BLOCK]) -> bool {
        let block = u8x16::new(block);
        let is = |byte| block.simd_eq(u8x16::splat(byte));
        let between = |bytes: u8x16, low, high| bytes.max(u8x16::splat(low)).min(u8x16::splat(high)).simd_eq(bytes);
        // Letters in either case; and from parentheses to the semicolon digits, dots, slashes and what else is common.
        let letters = between(block | u8x16::splat(0x20), b'a', b'z');
        let common = letters | between(block, b'(', b';') | is(b'_') | is(b'=');
        let [fragment, percent, dots, slashes] = [b'#', b'%', b'.', b'/'].map(|byte| is(byte).to_bitmask());
        let others = !((common | is(b'?')).to_bitmask() | fragment | percent) & ALL;

        // A dot that begins a segment, and what may be a dot encoded, mean something before the fragment alone.
        let first_dots = dots & (slashes << 1 | u32::from(self.is_after_slash));
        let first_fragment = fragment & fragment.wrapping_neg();
        let (before, again) = match (self.has_fragment, first_fragment) {
            (true, _) => (0, fragment),
            (false, 0) => (ALL, 0),
            (false, first) => (first - 1, fragment ^ first),
        };
        self.is_after_slash = slashes >> (BLOCK - 1) != 0;
        self.has_fragment |= fragment != 0;
        others | again | ((first_dots | percent) & before) == 0
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

/// How many bytes are looked at at once.
const BLOCK: usize = 16;

/// A bit for each of them.
const ALL: u32 = (1 << BLOCK) - 1;
