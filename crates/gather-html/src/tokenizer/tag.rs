//! Tags: sections 13.2.5.8, "tag name state", and 13.2.5.32 to 13.2.5.40, attributes.
//!
//! There are two readers of one grammar. [`start`] and [`end`] read a tag that is whole, and give up on one that is not;
//! [`Cut`] follows a tag over the edges of chunks, byte by byte where it has to, and knows nothing but where it ends.

use super::bytes::{END, EQUALS, SLASH, SPACE, before, find, find_either, is};
use super::{Attribute, Content, Visitor};

/// Tells the start tag at the beginning of `bytes`, whose `<` is at `offset` of all; its length, and how to go on. `None`
/// if it is not whole.
#[inline(always)]
pub(super) fn start<V: Visitor>(bytes: &[u8], offset: usize, visitor: &mut V) -> Option<(usize, Content)> {
    let name = name_end(bytes, 1)?;
    if !visitor.start_tag(&bytes[1..name], offset) {
        return Some((skip(bytes, name)?, Content::Data));
    }
    let tell = |name, value, at| visitor.attribute(Attribute { name, value, offset: offset + at });
    let (length, is_self_closing) = attributes(bytes, name, tell)?;
    Some((length, visitor.start_tag_end(&bytes[..length], is_self_closing)))
}

/// Tells the end tag at the beginning of `bytes`, and gives its length. `None` if it is not whole.
#[inline(always)]
pub(super) fn end<V: Visitor>(bytes: &[u8], offset: usize, visitor: &mut V) -> Option<usize> {
    let name = name_end(bytes, 2)?;
    let length = skip(bytes, name)?;
    visitor.end_tag(&bytes[2..name], offset);
    Some(length)
}

/// Where the tag ends, of whose attributes nothing is asked, from the end of its name on.
///
/// Only a value can hide a `>`, and an equals sign comes before each: unless that is the first byte of a name. Whether it
/// is, is seen by the byte before it in all but strange tags, which are read in full.
#[inline(always)]
fn skip(bytes: &[u8], name: usize) -> Option<usize> {
    let mut at = name;
    while bytes[at] != b'>' {
        let start = at;
        at += find_either(b'=', b'>', &bytes[start..])?;
        if bytes[at] == b'>' {
            break;
        }
        let is_after_name = at > start && !is(SPACE | SLASH, bytes[at - 1]);
        match bytes.get(at + 1)? {
            quote @ (b'"' | b'\'') if is_after_name => at += 3 + find(*quote, &bytes[at + 2..])?,
            _ => return skip_in_full(bytes, start),
        }
        if at == bytes.len() {
            return None;
        }
    }
    Some(at + 1)
}

/// The same from where an attribute's name may come.
#[inline(never)]
fn skip_in_full(bytes: &[u8], at: usize) -> Option<usize> {
    attributes(bytes, at, |_, _, _| {}).map(|(length, _)| length)
}

/// Reads attributes from the end of the tag's name on, to where the tag ends: that length, and whether `/>` ends it.
#[inline(always)]
fn attributes<'a>(
    bytes: &'a [u8],
    mut at: usize,
    mut tell: impl FnMut(&'a [u8], &'a [u8], usize),
) -> Option<(usize, bool)> {
    loop {
        // "Before attribute name state" and "self-closing start tag state".
        at += bytes[at..].iter().position(|&byte| !is(SPACE | SLASH, byte))?;
        if bytes[at] == b'>' {
            return Some((at + 1, bytes[at - 1] == b'/'));
        }
        // "Attribute name state". Its first byte belongs to it whatever it is, an equals sign too.
        let name_start = at;
        at += 1 + before(SPACE | SLASH | END | EQUALS, &bytes[at + 1..])?;
        let name = &bytes[name_start..at];
        // "After attribute name state".
        let name_end = at;
        at = after_space(bytes, at)?;
        if bytes[at] != b'=' {
            tell(name, b"", name_end);
            continue;
        }
        // "Before attribute value state".
        at = after_space(bytes, at + 1)?;
        let quote = bytes[at];
        if matches!(quote, b'"' | b'\'') {
            let start = at + 1;
            at = start + find(quote, &bytes[start..])?;
            tell(name, &bytes[start..at], start);
            at += 1;
        } else {
            let start = at;
            at += before(SPACE | END, &bytes[start..])?;
            tell(name, &bytes[start..at], start);
            // A slash before the end is the value's.
            if bytes[at] == b'>' {
                return Some((at + 1, false));
            }
        }
    }
}

/// The first byte from `at` on that is no white space.
#[inline]
fn after_space(bytes: &[u8], mut at: usize) -> Option<usize> {
    while is(SPACE, *bytes.get(at)?) {
        at += 1;
    }
    Some(at)
}

/// A tag that goes over the edge of a chunk: in which state it is.
#[derive(Debug)]
pub(super) struct Cut {
    is_end_tag: bool,
    state: Inside,
}

#[derive(Debug, Clone, Copy)]
enum Inside {
    TagName,
    BeforeAttributeName,
    AttributeName,
    AfterAttributeName,
    BeforeValue,
    Quoted(u8),
    Unquoted,
}

impl Cut {
    /// A tag of which nothing was read but what comes before its name, or inside of it.
    pub(super) fn new(is_end_tag: bool) -> Self {
        Cut { is_end_tag, state: Inside::TagName }
    }

    pub(super) fn is_end_tag(&self) -> bool {
        self.is_end_tag
    }

    /// How many of `bytes`, which come next, still belong to it; `None` if it goes on.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if let Inside::Quoted(quote) = self.state {
                at += find(quote, &bytes[at..])? + 1;
                self.state = Inside::BeforeAttributeName;
                continue;
            }
            let byte = bytes[at];
            at += 1;
            if byte == b'>' {
                return Some(at);
            }
            self.state = self.state.after(byte);
        }
        None
    }
}

impl Inside {
    /// The state after a byte that is not `>`, which ends the tag in all of them.
    fn after(self, byte: u8) -> Inside {
        match (self, byte) {
            // Whatever is between quotes is passed over at once.
            (Inside::Quoted(quote), _) => Inside::Quoted(quote),
            (Inside::BeforeValue, quote @ (b'"' | b'\'')) => Inside::Quoted(quote),
            (Inside::AttributeName | Inside::AfterAttributeName, space) if is(SPACE, space) => {
                Inside::AfterAttributeName
            }
            (Inside::BeforeValue, space) if is(SPACE, space) => Inside::BeforeValue,
            (_, space) if is(SPACE, space) => Inside::BeforeAttributeName,
            (Inside::BeforeValue | Inside::Unquoted, _) => Inside::Unquoted,
            (_, b'/') => Inside::BeforeAttributeName,
            (Inside::TagName, _) => Inside::TagName,
            (Inside::AttributeName | Inside::AfterAttributeName, b'=') => Inside::BeforeValue,
            (Inside::BeforeAttributeName | Inside::AttributeName | Inside::AfterAttributeName, _) => {
                Inside::AttributeName
            }
        }
    }
}

/// Where the tag's name ends that starts at `at`.
#[inline]
fn name_end(bytes: &[u8], at: usize) -> Option<usize> {
    Some(at + before(SPACE | SLASH | END, &bytes[at..])?)
}
