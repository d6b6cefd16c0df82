//! Tags: sections 13.2.5.8, "tag name state", and 13.2.5.32 to 13.2.5.40, attributes.
//!
//! There are two readers of one grammar. [`start`] and [`end`] read a tag that is whole, and give up on one that is not;
//! [`Cut`] follows a tag over the edges of chunks, byte by byte where it has to, and knows nothing but where it ends.

use std::ops::Range;

use super::bytes::{END, EQUALS, SLASH, SPACE, before, find, find_either, find_quote, is};
use super::{Attribute, Content, Visitor};

/// Tells the start tag at the beginning of `bytes`, whose `<` is at `offset` of all; its length, and how to go on. `None`
/// if it is not whole.
#[inline(always)]
pub(super) fn start<V: Visitor>(bytes: &[u8], offset: usize, visitor: &mut V) -> Option<(usize, Content)> {
    let name = name_end(bytes, 1)?;
    if !visitor.start_tag(&bytes[1..name], offset) {
        return Some((skip(bytes, name)?, Content::Data));
    }
    let (length, is_self_closing) = attributes(bytes, name, offset, visitor)?;
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
            quote @ (b'"' | b'\'') if is_after_name => at += 3 + find_quote(*quote, &bytes[at + 2..])?,
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
    attributes(bytes, at, 0, &mut Nobody).map(|(length, _)| length)
}

/// Reads attributes from the end of the tag's name on, to where the tag ends: that length, and whether `/>` ends it.
#[inline(always)]
fn attributes<V: Visitor>(bytes: &[u8], mut at: usize, offset: usize, visitor: &mut V) -> Option<(usize, bool)> {
    loop {
        // "Before attribute name state" and "self-closing start tag state".
        let gap = bytes[at..].iter().position(|&byte| !is(SPACE | SLASH, byte))?;
        at += gap;
        if bytes[at] == b'>' {
            // A slash right behind a value without quotes is the value's.
            return Some((at + 1, gap > 0 && bytes[at - 1] == b'/'));
        }
        // "Attribute name state". Its first byte belongs to it whatever it is, an equals sign too.
        let name = at;
        at += 1 + before(SPACE | SLASH | END | EQUALS, &bytes[at + 1..])?;
        let name = &bytes[name..at];
        let value;
        (value, at) = match &bytes[at..] {
            [b'=', quote @ (b'"' | b'\''), rest @ ..] => {
                let start = at + 2;
                let end = start + find_quote(*quote, rest)?;
                (start..end, end + 1)
            }
            _ => unusual_value(bytes, at)?,
        };
        visitor.attribute(Attribute { name, value: &bytes[value.clone()], offset: offset + value.start });
    }
}

/// Who wants to know where a tag ends, and nothing else.
struct Nobody;

impl Visitor for Nobody {
    fn start_tag(&mut self, _name: &[u8], _offset: usize) -> bool {
        true
    }

    fn attribute(&mut self, _attribute: Attribute<'_>) {}

    fn start_tag_end(&mut self, _tag: &[u8], _is_self_closing: bool) -> Content {
        Content::Data
    }

    fn end_tag(&mut self, _name: &[u8], _offset: usize) {}
}

/// The value of an attribute whose name ends at `at`, if it has one, and what comes after it.
#[inline(never)]
fn unusual_value(bytes: &[u8], name_end: usize) -> Option<(Range<usize>, usize)> {
    // "After attribute name state".
    let at = after_space(bytes, name_end)?;
    if bytes[at] != b'=' {
        return Some((name_end..name_end, name_end));
    }
    // "Before attribute value state".
    let start = after_space(bytes, at + 1)?;
    let quote = bytes[start];
    if matches!(quote, b'"' | b'\'') {
        let end = start + 1 + find_quote(quote, &bytes[start + 1..])?;
        return Some((start + 1..end, end + 1));
    }
    let end = start + before(SPACE | END, &bytes[start..])?;
    Some((start..end, end))
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
