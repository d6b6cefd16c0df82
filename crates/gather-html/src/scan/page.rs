//! From tags to links: what is known of a page while it is told.

use encoding_rs::UTF_8;

use super::element::Element;
use super::fields::{
    CHARSET, FONT_ATTRIBUTES, Fields, HTTP_EQUIV, NAME, REL, SRCSET, VALUE, attribute, field, is_html_encoding,
    is_named, kind,
};
use super::names::{Key, key};
use super::structure::{Space, StartTag, Structure};
use super::{Event, Kinds, LinkKind, LinkSpan};
use crate::tokenizer::{Attribute, Content, Visitor};
use crate::value::attribute_value;

/// What is known of the page so far, and of the tag that is being told.
#[derive(Debug)]
pub(super) struct Page {
    structure: Structure,
    kinds: Kinds,
    pub(super) is_text_wanted: bool,
    has_title: bool,
    reading: Reading,
    /// The text comes between tags, and not inside of an element that holds nothing else.
    is_data: bool,

    element: Element,
    name: Key,
    offset: usize,
    is_wanted: bool,
    /// The attribute that makes it a link; empty if none does.
    value_name: &'static str,
    fields: Fields,
    has_font_attribute: bool,
    has_html_encoding: bool,
}

/// Whose text is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Nothing,
    Title,
    Anchor,
}

impl Page {
    pub(super) fn new(kinds: Kinds, depth: usize) -> Self {
        Page {
            structure: Structure::new(depth),
            kinds,
            is_text_wanted: false,
            has_title: false,
            reading: Reading::Nothing,
            is_data: true,
            element: Element::Other,
            name: 0,
            offset: 0,
            is_wanted: false,
            value_name: "",
            fields: Fields::default(),
            has_font_attribute: false,
            has_html_encoding: false,
        }
    }

    /// Whether there may be something to tell of an element.
    #[inline]
    fn wants(&self, element: Element) -> bool {
        match kind(element) {
            Some(LinkKind::Refresh) => true,
            Some(kind) => self.kinds.contains(kind),
            None => false,
        }
    }

    pub(super) fn end_reading(&mut self, take: &mut impl FnMut(Event<'_>)) {
        match std::mem::replace(&mut self.reading, Reading::Nothing) {
            Reading::Nothing => {}
            Reading::Title => take(Event::TitleEnd),
            Reading::Anchor => take(Event::AnchorEnd),
        }
    }

    /// Tells what a tag holds that is whole.
    fn report(&mut self, tag: &[u8], take: &mut impl FnMut(Event<'_>)) {
        let Some(kind) = kind(self.element) else { return };
        if kind == LinkKind::Refresh {
            return self.report_meta(tag, take);
        }
        let link = |field: usize, attribute| {
            let (start, value) = self.fields.get(field, tag)?;
            Some(LinkSpan { kind, attribute, value, offset: self.offset + start, rel: self.value(REL, tag) })
        };
        let (link, set) = (link(VALUE, attribute(kind)), link(SRCSET, "srcset"));
        if let Some(link) = link {
            take(Event::Link(link));
            if kind == LinkKind::Anchor && self.is_text_wanted {
                self.reading = Reading::Anchor;
            }
        }
        if let Some(set) = set {
            take(Event::Link(set));
        }
    }

    fn report_meta(&self, tag: &[u8], take: &mut impl FnMut(Event<'_>)) {
        let value = |field| self.value(field, tag);
        let is = |field, expected: &str| {
            value(field).is_some_and(|value| attribute_value(value, UTF_8).eq_ignore_ascii_case(expected))
        };
        if let Some(charset) = value(CHARSET) {
            take(Event::Charset(charset));
        }
        let Some((start, content)) = self.fields.get(VALUE, tag) else { return };
        if is(HTTP_EQUIV, "content-type") {
            take(Event::ContentType(content));
        }
        if is(NAME, "robots") {
            take(Event::Robots(content));
        }
        if is(HTTP_EQUIV, "refresh") && self.kinds.contains(LinkKind::Refresh) {
            let (kind, offset) = (LinkKind::Refresh, self.offset + start);
            take(Event::Link(LinkSpan { kind, attribute: "content", value: content, offset, rel: None }));
        }
    }

    #[inline]
    fn value<'a>(&self, field: usize, tag: &'a [u8]) -> Option<&'a [u8]> {
        self.fields.get(field, tag).map(|(_, value)| value)
    }
}

/// A page, and who is told of it.
pub(super) struct Scan<'a, F> {
    pub(super) page: &'a mut Page,
    pub(super) take: F,
}

impl<F: FnMut(Event<'_>)> Visitor for Scan<'_, F> {
    #[inline(always)]
    fn start_tag(&mut self, name: &[u8], offset: usize) -> bool {
        let page = &mut *self.page;
        let element = Element::of(name);
        let is_plain = page.structure.is_plain();
        if element == Element::Other && is_plain {
            return false;
        }
        page.element = element;
        page.is_wanted = page.wants(element);
        page.value_name = kind(element).map_or("", attribute);
        if !is_plain || matches!(element, Element::Svg | Element::Math | Element::Template) {
            page.name = key(name);
        }
        page.offset = offset;
        page.fields.clear();
        (page.has_font_attribute, page.has_html_encoding) = (false, false);
        true
    }

    #[inline(always)]
    fn attribute(&mut self, attribute: Attribute<'_>) {
        let page = &mut *self.page;
        let is_value = is_named(attribute.name, page.value_name);
        if let Some(field) = if is_value { Some(VALUE) } else { field(page.element, attribute.name) } {
            page.fields.take(field, attribute.offset - page.offset, attribute.value.len());
        } else if page.element == Element::Other {
            page.has_font_attribute |= FONT_ATTRIBUTES.iter().any(|name| attribute.name.eq_ignore_ascii_case(name));
            page.has_html_encoding |= is_html_encoding(attribute.name, attribute.value);
        }
    }

    #[inline]
    fn start_tag_end(&mut self, tag: &[u8], is_self_closing: bool) -> Content {
        let page = &mut *self.page;
        let start = StartTag {
            element: page.element,
            name: page.name,
            has_font_attribute: page.has_font_attribute,
            has_html_encoding: page.has_html_encoding,
            is_self_closing,
        };
        let (space, content) = page.structure.start(&start);
        if page.element == Element::A && page.reading == Reading::Anchor {
            page.end_reading(&mut self.take);
        }
        let is_html = space == Some(Space::Html);
        if (is_html || (page.element == Element::A && space.is_some())) && !page.structure.is_inert() {
            if page.is_wanted {
                page.report(tag, &mut self.take);
            } else if page.element == Element::Title && !page.has_title {
                page.has_title = true;
                page.reading = Reading::Title;
            }
        }
        page.is_data = content == Content::Data;
        content
    }

    #[inline(always)]
    fn end_tag(&mut self, name: &[u8], _offset: usize) {
        let page = &mut *self.page;
        let ends = match page.reading {
            Reading::Nothing => false,
            Reading::Title => true,
            Reading::Anchor => name.eq_ignore_ascii_case(b"a"),
        };
        if ends {
            page.end_reading(&mut self.take);
        }
        page.is_data = true;
        page.structure.end(name);
    }

    #[inline(always)]
    fn text(&mut self, piece: &[u8]) {
        let page = &mut *self.page;
        if page.is_data {
            page.structure.text(piece);
        }
        match page.reading {
            Reading::Nothing => {}
            Reading::Title => (self.take)(Event::Title(piece)),
            Reading::Anchor => {
                if page.is_data {
                    (self.take)(Event::AnchorText(piece));
                }
            }
        }
    }

    fn is_foreign(&self) -> bool {
        self.page.structure.is_foreign()
    }
}
