//! Who is told what a page holds.

use std::borrow::Cow;

use encoding_rs::UTF_8;

use super::Content;
use crate::value::attribute_value;

/// What is told of a page, in its order.
///
/// A tag is told as [`start_tag`](Visitor::start_tag), then an [`attribute`](Visitor::attribute) for each it has, then
/// [`start_tag_end`](Visitor::start_tag_end). One that a chunk's edge cuts is told again from its beginning when more of
/// it is there, and never ends when the page ends inside of it: what a tag said counts when its end is told.
pub trait Visitor {
    /// A start tag of that name, as it is written, whose `<` is the byte at `offset` of all that was fed. The answer says
    /// whether it is of interest. If not, nothing more is told of it, and what follows is read as [`Content::Data`].
    fn start_tag(&mut self, name: &[u8], offset: usize) -> bool;

    /// The next attribute of the tag. The first one of a name is the one that counts, the standard drops all others.
    fn attribute(&mut self, attribute: Attribute<'_>);

    /// The tag is whole: these are its bytes, from `<` to `>`, so what was told of it can be cut out of them by its
    /// offset. The answer says how what follows is to be read, which is for the tree to know.
    fn start_tag_end(&mut self, tag: &[u8], is_self_closing: bool) -> Content;

    /// A whole end tag; its attributes mean nothing.
    fn end_tag(&mut self, name: &[u8], offset: usize);

    /// Text between tags, in pieces that may be cut anywhere, character references and line ends as they are written.
    fn text(&mut self, _piece: &[u8]) {}

    /// Whether the element that is open now is none of HTML's own: only there is `<![CDATA[` what it seems.
    fn is_foreign(&self) -> bool {
        false
    }
}

/// An attribute of a tag, as it is written: letters in upper case, line ends, NUL and character references included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The name.
    pub name: &'a [u8],
    /// What is between the quotes, or what stands without any; empty when there is no value.
    pub value: &'a [u8],
    /// Where the value starts, in bytes of all that was fed. For an attribute without value, where its name ends.
    pub offset: usize,
}

impl<'a> Attribute<'a> {
    /// The value as a tree would have it, on a page in UTF-8: character references decoded, line ends and NUL mended,
    /// and what is no UTF-8 replaced.
    ///
    /// ```
    /// let attribute = gather_html::tokenizer::Attribute { name: b"href", value: b"?a&amp;b&copy=1", offset: 0 };
    /// assert_eq!(attribute.text(), "?a&b&copy=1");
    /// ```
    pub fn text(&self) -> Cow<'a, str> {
        attribute_value(self.value, UTF_8)
    }
}
