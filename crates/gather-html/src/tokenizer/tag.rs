//! Tags: sections 13.2.5.8, "tag name state", and 13.2.5.32 to 13.2.5.40, attributes.
//!
//! There are two readers of one grammar. [`start`] and [`end`] read a tag that is whole, and give up on one that is not;
//! [`Cut`] follows a tag over the edges of chunks, byte by byte where it has to, and knows nothing but where it ends.

use memchr::memchr;

use super::{Attribute, Content, Visitor};

/// Tells the start tag at the beginning of `bytes`, whose `<` is at `offset` of all; its length, and how to go on. `None`
/// if it is not whole.
#[inline]
pub(super) fn start<V: Visitor>(bytes: &[u8], offset: usize, visitor: &mut V) -> Option<(usize, Content)> {
    let name = name_end(bytes, 1)?;
    let (length, is_self_closing) = if bytes[name] == b'>' {
        visitor.start_tag(&bytes[1..name], offset);
        (name + 1, false)
    } else if visitor.start_tag(&bytes[1..name], offset) {
        attributes(bytes, name, |name, value, at| visitor.attribute(Attribute { name, value, offset: offset + at }))?
    } else {
        attributes(bytes, name, |_, _, _| {})?
    };
    Some((length, visitor.start_tag_end(&bytes[..length], is_self_closing)))
}

/// Tells the end tag at the beginning of `bytes`, and gives its length. `None` if it is not whole.
#[inline]
pub(super) fn end<V: Visitor>(bytes: &[u8], offset: usize, visitor: &mut V) -> Option<usize> {
    let name = name_end(bytes, 2)?;
    let length = if bytes[name] == b'>' { name + 1 } else { attributes(bytes, name, |_, _, _| {})?.0 };
    visitor.end_tag(&bytes[2..name], offset);
    Some(length)
}

/// Reads attributes from the end of the tag's name on, to where the tag ends: that length, and whether `/>` ends it.
#[inline]
fn attributes<'a>(
    bytes: &'a [u8],
    mut at: usize,
    mut tell: impl FnMut(&'a [u8], &'a [u8], usize),
) -> Option<(usize, bool)> {
    loop {
        // "Before attribute name state" and "self-closing start tag state".
        let mut byte = *bytes.get(at)?;
        while is_space(byte) || byte == b'/' {
            at += 1;
            let next = *bytes.get(at)?;
            if (byte, next) == (b'/', b'>') {
                return Some((at + 1, true));
            }
            byte = next;
        }
        if byte == b'>' {
            return Some((at + 1, false));
        }
        // "Attribute name state". Its first byte belongs to it whatever it is, an equals sign too.
        let name_start = at;
        at += 1;
        while !ends_attribute_name(*bytes.get(at)?) {
            at += 1;
        }
        let name = &bytes[name_start..at];
        // "After attribute name state".
        let name_end = at;
        while is_space(*bytes.get(at)?) {
            at += 1;
        }
        if bytes[at] != b'=' {
            tell(name, b"", name_end);
            continue;
        }
        // "Before attribute value state".
        at += 1;
        while is_space(*bytes.get(at)?) {
            at += 1;
        }
        let value_start;
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                value_start = at + 1;
                at = value_start + memchr(quote, &bytes[value_start..])?;
                tell(name, &bytes[value_start..at], value_start);
                at += 1;
            }
            b'>' => tell(name, b"", at),
            _ => {
                value_start = at;
                while !ends_unquoted(*bytes.get(at)?) {
                    at += 1;
                }
                tell(name, &bytes[value_start..at], value_start);
            }
        }
    }
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
                at += memchr(quote, &bytes[at..])? + 1;
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
            (Inside::AttributeName | Inside::AfterAttributeName, space) if is_space(space) => {
                Inside::AfterAttributeName
            }
            (Inside::BeforeValue, space) if is_space(space) => Inside::BeforeValue,
            (_, space) if is_space(space) => Inside::BeforeAttributeName,
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
    let length = bytes[at..].iter().position(|&byte| is_space(byte) || matches!(byte, b'/' | b'>'))?;
    Some(at + length)
}

/// White space as the tokenizer sees it, which never sees a carriage return: they are line feeds by then.
#[inline]
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ')
}

#[inline]
fn ends_attribute_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>' | b'=')
}

#[inline]
fn ends_unquoted(byte: u8) -> bool {
    is_space(byte) || byte == b'>'
}
