//! The attributes that are looked at, by the element that they are of.

use encoding_rs::UTF_8;

use super::LinkKind;
use super::element::Element;
use crate::value::attribute_value;

/// Where the values of the attributes that are looked at stand in their tag.
#[derive(Debug, Default)]
pub(super) struct Fields {
    places: [(usize, usize); FIELDS],
    /// A bit for each that is there: to forget them all at each tag is one store.
    present: u8,
}

impl Fields {
    #[inline]
    pub(super) fn clear(&mut self) {
        self.present = 0;
    }

    /// Takes an attribute whose value starts there; only the first of a name counts.
    #[inline]
    pub(super) fn take(&mut self, field: usize, start: usize, length: usize) {
        if self.present & (1 << field) == 0 {
            self.present |= 1 << field;
            self.places[field] = (start, start + length);
        }
    }

    /// Where the value starts in its tag, and what it is.
    #[inline]
    pub(super) fn get<'a>(&self, field: usize, tag: &'a [u8]) -> Option<(usize, &'a [u8])> {
        let (start, end) = self.places[field];
        (self.present & (1 << field) != 0).then(|| (start, &tag[start..end]))
    }
}

/// How many attributes are looked at; what follows are indices.
const FIELDS: usize = 6;
/// `href`, `src` or `action`; of a `<meta>` its `content`.
pub(super) const VALUE: usize = 0;
pub(super) const SRCSET: usize = 1;
pub(super) const REL: usize = 2;
pub(super) const NAME: usize = 3;
pub(super) const HTTP_EQUIV: usize = 4;
pub(super) const CHARSET: usize = 5;

/// What a link of an element is called. A `<meta>` may be a refresh.
#[inline]
pub(super) fn kind(element: Element) -> Option<LinkKind> {
    Some(match element {
        Element::A => LinkKind::Anchor,
        Element::Area => LinkKind::Area,
        Element::Base => LinkKind::Base,
        Element::Form => LinkKind::Form,
        Element::Iframe => LinkKind::Frame,
        Element::Image => LinkKind::Image,
        Element::Link => LinkKind::Link,
        Element::Meta => LinkKind::Refresh,
        Element::Script => LinkKind::Script,
        Element::Source => LinkKind::Source,
        _ => return None,
    })
}

/// The attribute that makes it a link.
pub(super) fn attribute(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Anchor | LinkKind::Area | LinkKind::Base | LinkKind::Link => "href",
        LinkKind::Form => "action",
        LinkKind::Frame | LinkKind::Image | LinkKind::Script | LinkKind::Source => "src",
        LinkKind::Refresh => "content",
    }
}

/// Which of the attributes that are looked at beside the value this is. Most of what is asked for fails at its length.
#[inline]
pub(super) fn field(element: Element, name: &[u8]) -> Option<usize> {
    use Element::{A, Area, Form, Image, Link, Meta, Source};
    let (expected, field) = match name.len() {
        3 if matches!(element, A | Area | Form | Link) => ("rel", REL),
        4 if element == Meta => ("name", NAME),
        6 if matches!(element, Image | Source) => ("srcset", SRCSET),
        7 if element == Meta => ("charset", CHARSET),
        10 if element == Meta => ("http-equiv", HTTP_EQUIV),
        _ => return None,
    };
    is_named(name, expected).then_some(field)
}

/// Whether `name` is `expected`, which is in lower case and mostly of another length, or of four letters.
#[inline(always)]
pub(super) fn is_named(name: &[u8], expected: &str) -> bool {
    if name.len() != expected.len() {
        return false;
    }
    // Each letter is one with this bit, and nothing but itself in upper case becomes it by that.
    match (name.as_array::<4>(), expected.as_bytes().as_array::<4>()) {
        (Some(name), Some(expected)) => u32::from_le_bytes(*name) | 0x2020_2020 == u32::from_le_bytes(*expected),
        _ => name.eq_ignore_ascii_case(expected.as_bytes()),
    }
}

/// Whether it makes an `<annotation-xml>` hold HTML.
#[inline(never)]
pub(super) fn is_html_encoding(name: &[u8], value: &[u8]) -> bool {
    let is = |html: &&str| attribute_value(value, UTF_8).eq_ignore_ascii_case(html);
    name.eq_ignore_ascii_case(b"encoding") && ["text/html", "application/xhtml+xml"].iter().any(is)
}

pub(super) const FONT_ATTRIBUTES: [&[u8]; 3] = [b"color", b"face", b"size"];
