//! From the bytes of a page to text: attribute values, and the text of elements.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use wide::u8x16;

use crate::block::{BLOCK, padded};

/// The value of an attribute as a tree would have it, from the bytes between its quotes on a page in `encoding`.
///
/// Borrowed where the bytes are the text already, which is how most of them are written.
pub(crate) fn attribute_value<'a>(raw: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    decoded(raw, encoding, htmlize::unescape_attribute)
}

/// Appends the value to `text`, which is UTF-8 and stays it.
///
/// To ask each of many short values whether it is UTF-8 costs more than all of them together: what is ASCII is appended
/// as it is, and whoever has the whole text asks once.
#[inline]
pub(crate) fn push_attribute_value(raw: &[u8], encoding: &'static Encoding, text: &mut Vec<u8>) {
    if !push_ascii(raw, text) {
        text.extend_from_slice(attribute_value(raw, encoding).as_bytes());
    }
}

/// Appends a value that is ASCII, and as a tree would have it, as nearly all are. `false`, and nothing appended, of any
/// other.
///
/// A copy of unknown length is a call, so short ones are blocks of a fixed length, the last of which overlaps the one
/// before, or is cut.
#[inline]
fn push_ascii(raw: &[u8], text: &mut Vec<u8>) -> bool {
    let end = text.len() + raw.len();
    if raw.len() < BLOCK {
        let block = padded(raw, b' ');
        let is_plain = is_plain_block(block, Allowed::Ascii);
        if is_plain {
            text.extend_from_slice(&block.to_array());
            text.truncate(end);
        }
        return is_plain;
    }
    if !is_plain(raw, Allowed::Ascii) {
        return false;
    }
    match (raw.first_chunk::<BLOCK>(), raw.last_chunk::<BLOCK>()) {
        (Some(first), Some(last)) if raw.len() <= 2 * BLOCK => {
            text.extend_from_slice(first);
            text.truncate(end - BLOCK);
            text.extend_from_slice(last);
        }
        _ => text.extend_from_slice(raw),
    }
    true
}

/// Text that was made of strings.
pub(crate) fn into_string(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
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
    if is_plain(raw, Allowed::Any) { text } else { unescape(normalized(text)) }
}

/// Whether there is nothing to mend in a block, and nothing that is not allowed.
#[inline(always)]
fn is_plain_block(block: u8x16, allowed: Allowed) -> bool {
    let is = |byte| block.simd_eq(u8x16::splat(byte));
    let mended = is(b'&') | is(b'\r') | is(b'\0');
    // A mask is made of the highest bits, which are what ASCII has not.
    let refused = if matches!(allowed, Allowed::Ascii) { mended | block } else { mended };
    refused.to_bitmask() == 0
}

/// Whether there is nothing to mend, no character reference, no carriage return and no NUL, and, where only ASCII will do,
/// nothing else either. Most values are too short to be worth a call of `memchr`.
#[inline]
fn is_plain(raw: &[u8], allowed: Allowed) -> bool {
    match (raw.first_chunk::<BLOCK>(), raw.last_chunk::<BLOCK>()) {
        // Blocks that overlap do no harm, and that there are two in most values is one guess less.
        (Some(first), Some(last)) => {
            let is_plain = |block: &[u8; BLOCK]| is_plain_block(u8x16::new(*block), allowed);
            let between = raw.get(BLOCK..raw.len() - BLOCK).unwrap_or_default();
            is_plain(first) & is_plain(last) && (between.is_empty() || raw[BLOCK..].as_chunks().0.iter().all(is_plain))
        }
        _ => is_plain_block(padded(raw, b' '), allowed),
    }
}

/// What a value may hold that is taken as it is.
#[derive(Clone, Copy)]
enum Allowed {
    Ascii,
    Any,
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
