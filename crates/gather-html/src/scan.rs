//! Links where they stand in the bytes: nothing decoded, nothing resolved, nothing copied.
//!
//! ```
//! use gather_html::{Kinds, HtmlLimits, scan::{Event, LinkScanner}};
//!
//! let mut scanner = LinkScanner::new(Kinds::ALL, HtmlLimits::default());
//! let mut sources = Vec::new();
//! let mut take = |event: Event<'_>| {
//!     if let Event::Link(link) = event {
//!         sources.push((link.kind, link.offset, link.value.to_vec()));
//!     }
//! };
//! scanner.feed(b"<!-- <a href=no> --><a title='>' hr", &mut take)?;
//! scanner.feed(b"ef=yes><script src=x.js>'<a href=no>'</script>", &mut take)?;
//! scanner.finish(&mut take);
//! assert_eq!(sources[0], (gather_html::LinkKind::Anchor, 38, b"yes".to_vec()));
//! assert_eq!(sources[1].2, b"x.js");
//! # Ok::<(), gather_html::LimitExceeded>(())
//! ```
//!
//! What the standard's tree would make of a page is followed as far as it decides where markup is markup (SVG, MathML,
//! integration points, templates, framesets) and not beyond: see the table of [`links`](crate::links()) for what differs.

mod element;
mod kinds;
mod structure;

use crate::limits::{HtmlLimits, LimitExceeded};
use crate::tokenizer::{Attribute, Content, Tokenizer, Visitor};
use crate::value::attribute_value;
use element::{Element, Key, key};
use encoding_rs::UTF_8;
pub use kinds::{Kinds, LinkKind};
use structure::{Space, StartTag, Structure};

/// Finds links in bytes that are pushed in as they arrive, cut anywhere.
#[derive(Debug)]
pub struct LinkScanner {
    tokenizer: Tokenizer,
    page: Page,
    /// How many bytes of a byte order mark the page begins with; `None` once that is known.
    mark: Option<usize>,
}

/// What is found, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A link of one of the [`Kinds`] that were asked for.
    Link(LinkSpan<'a>),
    /// A piece of the text inside the last [`LinkKind::Anchor`], as it is written; when it was asked for.
    AnchorText(&'a [u8]),
    /// That anchor is at its end.
    AnchorEnd,
    /// A piece of the page's title, as it is written.
    Title(&'a [u8]),
    /// The title is at its end; there is no other.
    TitleEnd,
    /// The value of a `<meta charset>`, as it is written.
    Charset(&'a [u8]),
    /// The `content` of a `<meta http-equiv=content-type>`, as it is written.
    ContentType(&'a [u8]),
    /// The `content` of a `<meta name=robots>`, as it is written.
    Robots(&'a [u8]),
}

/// A link where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkSpan<'a> {
    /// Which element it is of.
    pub kind: LinkKind,
    /// The name of the attribute, in lower case.
    pub attribute: &'static str,
    /// The attribute's value as it is written. Of a `srcset` all of it, of a refresh the whole `content`.
    pub value: &'a [u8],
    /// Where that starts, in bytes from the beginning of the page.
    pub offset: usize,
    /// The value of `rel` as it is written, where the element has one.
    pub rel: Option<&'a [u8]>,
}

impl LinkScanner {
    /// A scanner for links of these kinds, within [`memory`](HtmlLimits::memory) for a tag that chunks cut and
    /// [`depth`](HtmlLimits::depth) for SVG and MathML.
    pub fn new(kinds: Kinds, limits: HtmlLimits) -> Self {
        let tokenizer = Tokenizer::new(Content::Data, limits.memory);
        LinkScanner { tokenizer, page: Page::new(kinds, limits.depth), mark: Some(0) }
    }

    /// This scanner, which tells the text of anchors too.
    #[must_use]
    pub fn anchor_text(mut self) -> Self {
        self.page.is_text_wanted = true;
        self
    }

    /// Takes the next bytes of the page, in UTF-8 or another encoding that has ASCII in it.
    ///
    /// # Errors
    ///
    /// When a tag that is cut between chunks is longer than the limit. Do not go on then.
    pub fn feed(&mut self, chunk: &[u8], mut take: impl FnMut(Event<'_>)) -> Result<(), LimitExceeded> {
        let chunk = if self.mark.is_some() { self.after_mark(chunk, &mut take)? } else { chunk };
        self.tokenizer.feed(chunk, &mut Scan { page: &mut self.page, take })
    }

    /// Takes the end of the page.
    pub fn finish(self, mut take: impl FnMut(Event<'_>)) {
        let LinkScanner { tokenizer, mut page, .. } = self;
        tokenizer.finish(&mut Scan { page: &mut page, take: &mut take });
        page.end_reading(&mut take);
    }

    /// What follows the byte order mark, which is no text of the page.
    fn after_mark<'a>(&mut self, chunk: &'a [u8], take: &mut impl FnMut(Event<'_>)) -> Result<&'a [u8], LimitExceeded> {
        let before = self.mark.unwrap_or(MARK.len());
        let length = chunk.iter().zip(&MARK[before..]).take_while(|(byte, of_mark)| byte == of_mark).count();
        let (of_mark, rest) = (before + length, &chunk[length..]);
        if of_mark == MARK.len() {
            self.tokenizer.skip(of_mark);
        } else if rest.is_empty() {
            self.mark = Some(of_mark);
            return Ok(rest);
        } else {
            self.tokenizer.feed(&MARK[..of_mark], &mut Scan { page: &mut self.page, take })?;
        }
        self.mark = None;
        Ok(rest)
    }
}

/// What is known of the page so far, and of the tag that is being told.
#[derive(Debug)]
struct Page {
    structure: Structure,
    kinds: Kinds,
    is_text_wanted: bool,
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
    fields: [Option<Field>; FIELDS],
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

/// Where the value of an attribute stands in its tag.
#[derive(Debug, Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
}

/// The attributes that are looked at, as indices.
const FIELDS: usize = 6;
/// `href`, `src` or `action`; of a `<meta>` its `content`.
const VALUE: usize = 0;
const SRCSET: usize = 1;
const REL: usize = 2;
const NAME: usize = 3;
const HTTP_EQUIV: usize = 4;
const CHARSET: usize = 5;

impl Page {
    fn new(kinds: Kinds, depth: usize) -> Self {
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
            fields: [None; FIELDS],
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

    fn end_reading(&mut self, take: &mut impl FnMut(Event<'_>)) {
        match std::mem::replace(&mut self.reading, Reading::Nothing) {
            Reading::Nothing => {}
            Reading::Title => take(Event::TitleEnd),
            Reading::Anchor => take(Event::AnchorEnd),
        }
    }

    /// Tells what a tag holds that is whole.
    fn report(&mut self, tag: &[u8], take: &mut impl FnMut(Event<'_>)) {
        let Some(kind) = kind(self.element) else { return };
        let value = |field: usize| self.fields[field].map(|field| &tag[field.start..field.end]);
        if kind == LinkKind::Refresh {
            return self.report_meta(tag, take);
        }
        let link = |field: usize, attribute| {
            let offset = self.offset + self.fields[field].map_or(0, |field| field.start);
            value(field).map(|value| LinkSpan { kind, attribute, value, offset, rel: value_of(REL, &self.fields, tag) })
        };
        if let Some(link) = link(VALUE, attribute(kind)) {
            take(Event::Link(link));
            if kind == LinkKind::Anchor && self.is_text_wanted {
                self.reading = Reading::Anchor;
            }
        }
        if let Some(link) = self.fields[SRCSET].and_then(|_| link(SRCSET, "srcset")) {
            take(Event::Link(link));
        }
    }

    fn report_meta(&self, tag: &[u8], take: &mut impl FnMut(Event<'_>)) {
        let value = |field| value_of(field, &self.fields, tag);
        let is = |field, expected: &str| {
            value(field).is_some_and(|value| attribute_value(value, UTF_8).eq_ignore_ascii_case(expected))
        };
        if let Some(charset) = value(CHARSET) {
            take(Event::Charset(charset));
        }
        let (Some(content), Some(field)) = (value(VALUE), self.fields[VALUE]) else { return };
        if is(HTTP_EQUIV, "content-type") {
            take(Event::ContentType(content));
        }
        if is(NAME, "robots") {
            take(Event::Robots(content));
        }
        if is(HTTP_EQUIV, "refresh") && self.kinds.contains(LinkKind::Refresh) {
            let (kind, offset) = (LinkKind::Refresh, self.offset + field.start);
            take(Event::Link(LinkSpan { kind, attribute: "content", value: content, offset, rel: None }));
        }
    }
}

fn value_of<'a>(field: usize, fields: &[Option<Field>; FIELDS], tag: &'a [u8]) -> Option<&'a [u8]> {
    fields[field].map(|field| &tag[field.start..field.end])
}

/// A page, and who is told of it.
struct Scan<'a, F> {
    page: &'a mut Page,
    take: F,
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
        page.fields = [None; FIELDS];
        (page.has_font_attribute, page.has_html_encoding) = (false, false);
        true
    }

    #[inline(always)]
    fn attribute(&mut self, attribute: Attribute<'_>) {
        let page = &mut *self.page;
        let is_value = attribute.name.eq_ignore_ascii_case(page.value_name.as_bytes());
        if let Some(field) = if is_value { Some(VALUE) } else { field(page.element, attribute.name) } {
            let start = attribute.offset - page.offset;
            page.fields[field].get_or_insert(Field { start, end: start + attribute.value.len() });
        } else if page.element == Element::Other {
            page.has_font_attribute |= FONT_ATTRIBUTES.iter().any(|name| attribute.name.eq_ignore_ascii_case(name));
            page.has_html_encoding |= is_html_encoding(attribute);
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

/// What a link of an element is called. A `<meta>` may be a refresh.
#[inline]
fn kind(element: Element) -> Option<LinkKind> {
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
fn attribute(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Anchor | LinkKind::Area | LinkKind::Base | LinkKind::Link => "href",
        LinkKind::Form => "action",
        LinkKind::Frame | LinkKind::Image | LinkKind::Script | LinkKind::Source => "src",
        LinkKind::Refresh => "content",
    }
}

/// Which of the attributes that are looked at beside the value this is. Most of what is asked for fails at its length.
#[inline]
fn field(element: Element, name: &[u8]) -> Option<usize> {
    use Element::{A, Area, Form, Image, Link, Meta, Source};
    let (expected, field): (&[u8], _) = match name.len() {
        3 if matches!(element, A | Area | Form | Link) => (b"rel", REL),
        4 if element == Meta => (b"name", NAME),
        6 if matches!(element, Image | Source) => (b"srcset", SRCSET),
        7 if element == Meta => (b"charset", CHARSET),
        10 if element == Meta => (b"http-equiv", HTTP_EQUIV),
        _ => return None,
    };
    name.eq_ignore_ascii_case(expected).then_some(field)
}

/// Whether it makes an `<annotation-xml>` hold HTML.
fn is_html_encoding(attribute: Attribute<'_>) -> bool {
    attribute.name.eq_ignore_ascii_case(b"encoding")
        && ["text/html", "application/xhtml+xml"].iter().any(|html| attribute.text().eq_ignore_ascii_case(html))
}

/// U+FEFF in UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

const FONT_ATTRIBUTES: [&[u8]; 3] = [b"color", b"face", b"size"];
