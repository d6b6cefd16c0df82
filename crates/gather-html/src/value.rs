//! From the bytes of a page to text: attribute values, and the text of elements.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// The value of an attribute as a tree would have it, from the bytes between its quotes on a page in `encoding`.
///
/// Borrowed where the bytes are the text already, which is how most of them are written.
pub(crate) fn attribute_value<'a>(raw: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    decoded(raw, encoding, htmlize::unescape_attribute)
}

/// The same of text between tags, in which fewer character references need their semicolon.
pub(crate) fn text<'a>(raw: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    decoded(raw, encoding, htmlize::unescape)
}

fn decoded<'a>(
    raw: &'a [u8],
    encoding: &'static Encoding,
    unescape: impl FnOnce(Cow<'a, str>) -> Cow<'a, str>,
) -> Cow<'a, str> {
    let text = utf8(raw, encoding);
    // All of them are ASCII in every encoding, so what is not there before is not there after.
    if is_plain(raw) { text } else { unescape(normalized(text)) }
}

/// Whether there is nothing to mend: no character reference, no carriage return and no NUL. Most values are too short to
/// be worth a call of `memchr`.
fn is_plain(raw: &[u8]) -> bool {
    let is_plain = |word: u64| {
        // The high bit of each byte that is zero, and perhaps of others after such a byte.
        let zeros = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
        zeros(word) | zeros(word ^ (LOW * u64::from(b'&'))) | zeros(word ^ (LOW * u64::from(b'\r'))) == 0
    };
    match raw.last_chunk() {
        // The last word overlaps the one before, which does no harm.
        Some(last) => {
            let (words, _) = raw.as_chunks();
            words.iter().chain([last]).all(|word| is_plain(u64::from_le_bytes(*word)))
        }
        None => !raw.iter().any(|byte| matches!(byte, b'&' | b'\r' | b'\0')),
    }
}

fn utf8<'a>(raw: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    match std::str::from_utf8(raw) {
        Ok(text) if encoding == UTF_8 => Cow::Borrowed(text),
        // A byte order mark counts at the beginning of a page alone.
        _ => encoding.decode_without_bom_handling(raw).0,
    }
}

/// What the standard does to the input before it is tokenized, and to NUL when it is.
fn normalized(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains(['\r', '\0']) {
        return text;
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{FFFD}"))
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
