//! What was found on a page. All texts stand in one string, so that a link costs no allocation of its own.

use std::ops::Range;

use encoding_rs::Encoding;
use gather_core::http::Uri;
use url::Url;

use super::{meta, srcset};
use crate::limits::{HtmlLimits, LimitExceeded};
use crate::resolve::{Resolver, base_url};
use crate::scan::{Event, Kinds, LinkKind, LinkSpan};
use crate::value::{attribute_value, into_string, push_attribute_value, text};

/// What a page links to, and what it says of itself: what [`extract`](crate::extract()) gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// Values and texts; where each is, its entry says.
    texts: String,
    addresses: String,
    entries: Vec<Entry>,
    base: Option<Url>,
    title: Option<String>,
    charset: Option<String>,
    robots: Vec<String>,
}

/// A cache line for each link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    kind: LinkKind,
    attribute: &'static str,
    offset: usize,
    value: Span,
    rel: Span,
    text: Span,
    address: Span,
}

/// A part of a string of less than 4 GiB, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    const NOTHING: Span = Span { start: u32::MAX, end: 0 };

    /// What lies beyond 4 GiB is beyond the limit, and never looked at.
    #[inline]
    fn new(range: Range<usize>) -> Span {
        let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: number(range.start), end: number(range.end) }
    }

    #[inline]
    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    #[inline]
    fn of(self, text: &str) -> Option<&str> {
        text.get(self.range())
    }
}

/// A link of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link<'a> {
    /// Which element it is of.
    pub kind: LinkKind,
    /// The name of the attribute that it stands in, in lower case.
    pub attribute: &'static str,
    /// The attribute's value with character references decoded; of a `srcset` one of its addresses, of a refresh that.
    pub value: &'a str,
    /// What it refers to, resolved against the page's base. `None` if it is no address.
    pub address: Option<&'a str>,
    /// Where the attribute's value starts, in bytes from the beginning of the page; on pages in UTF-16 and ISO-2022-JP, of
    /// the page in UTF-8.
    pub offset: usize,
    /// The text of an anchor, where it was asked for.
    pub text: Option<&'a str>,
    rel: &'a str,
}

impl<'a> Link<'a> {
    /// The tokens of `rel`, as they are written; the standard compares them without regard to case.
    pub fn rel(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.rel.split_ascii_whitespace()
    }
}

impl Extracted {
    /// The links, in the order of the page.
    pub fn links(&self) -> impl ExactSizeIterator<Item = Link<'_>> {
        self.entries.iter().map(|entry| Link {
            kind: entry.kind,
            attribute: entry.attribute,
            value: entry.value.of(&self.texts).unwrap_or_default(),
            address: entry.address.of(&self.addresses),
            offset: entry.offset,
            text: entry.text.of(&self.texts),
            rel: entry.rel.of(&self.texts).unwrap_or_default(),
        })
    }

    /// What addresses are relative to: the page's first `<base href>` if it is one, else its own address. `None` if that
    /// is no URL.
    pub fn base(&self) -> Option<&Url> {
        self.base.as_ref()
    }

    /// The text of the first `<title>`, with all its white space.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The first encoding that a `<meta>` names, as it is written. The page was read by it if it stands in the first 1,024
    /// bytes, and nothing before it says another.
    pub fn charset(&self) -> Option<&str> {
        self.charset.as_deref()
    }

    /// What each `<meta name=robots>` says, split at commas.
    pub fn robots(&self) -> impl Iterator<Item = &str> {
        self.robots.iter().flat_map(|content| content.split(',')).map(str::trim).filter(|rule| !rule.is_empty())
    }
}

/// What was found so far.
#[derive(Debug)]
pub(super) struct Found {
    page: Extracted,
    /// What becomes the texts of the page.
    texts: Vec<u8>,
    kinds: Kinds,
    base: Option<String>,
    /// The text that is being told, in the bytes of the page.
    raw: Vec<u8>,
    /// The anchor that it is the text of.
    anchor: usize,
    /// How many links there may be in the bytes that are being scanned.
    likely: usize,
}

impl Found {
    pub(super) fn new(kinds: Kinds) -> Self {
        let page = Extracted::default();
        Found { page, texts: Vec::new(), kinds, base: None, raw: Vec::new(), anchor: 0, likely: 0 }
    }

    /// Says how many bytes are scanned next, by which room is made for links when there is one.
    pub(super) fn expect(&mut self, bytes: usize) {
        self.likely = bytes / PER_LINK;
    }

    /// The bytes that it takes.
    pub(super) fn memory(&self) -> usize {
        let page = &self.page;
        let said = page.robots.iter().chain(&page.title).chain(&page.charset).chain(&self.base).map(String::len);
        self.texts.len()
            + page.addresses.len()
            + page.entries.len() * size_of::<Entry>()
            + self.raw.len()
            + said.sum::<usize>()
    }

    pub(super) fn take(&mut self, event: Event<'_>, encoding: &'static Encoding) {
        match event {
            Event::Link(link) => self.take_link(&link, encoding),
            Event::Title(piece) => self.raw.extend_from_slice(piece),
            Event::TitleEnd => {
                self.page.title = Some(text(&self.raw, encoding).into_owned());
                self.raw.clear();
            }
            // The tree has no NUL in it that stands between tags.
            Event::AnchorText(piece) => self.raw.extend(piece.iter().filter(|&&byte| byte != 0)),
            Event::AnchorEnd => {
                let raw = std::mem::take(&mut self.raw);
                self.page.entries[self.anchor].text = self.keep(&text(&raw, encoding));
                self.raw = raw;
                self.raw.clear();
            }
            Event::Charset(value) => {
                self.page.charset.get_or_insert_with(|| attribute_value(value, encoding).into_owned());
            }
            Event::ContentType(value) => {
                if self.page.charset.is_none() {
                    self.page.charset = meta::charset(&attribute_value(value, encoding)).map(str::to_owned);
                }
            }
            Event::Robots(value) => self.page.robots.push(attribute_value(value, encoding).into_owned()),
        }
    }

    fn take_link(&mut self, link: &LinkSpan<'_>, encoding: &'static Encoding) {
        if link.kind == LinkKind::Base && self.base.is_none() {
            self.base = Some(attribute_value(link.value, encoding).into_owned());
        }
        if !self.kinds.contains(link.kind) {
            return;
        }
        if self.page.entries.len() == self.page.entries.capacity() {
            self.page.entries.reserve(self.likely);
            self.texts.reserve(self.likely * TEXT_OF_LINK);
        }
        let rel = link.rel.map_or(Span::NOTHING, |rel| self.keep_value(rel, encoding));
        match (link.kind, link.attribute) {
            (LinkKind::Refresh, _) => {
                if let Some(value) = meta::refresh(&attribute_value(link.value, encoding)) {
                    let value = self.keep(value);
                    self.push(link, value, Span::NOTHING);
                }
            }
            (_, "srcset") => {
                for value in srcset::addresses(&attribute_value(link.value, encoding)) {
                    let value = self.keep(value);
                    self.push(link, value, Span::NOTHING);
                }
            }
            _ => {
                let value = self.keep_value(link.value, encoding);
                self.push(link, value, rel);
            }
        }
        if link.kind == LinkKind::Anchor {
            self.anchor = self.page.entries.len() - 1;
        }
    }

    #[inline]
    fn push(&mut self, link: &LinkSpan<'_>, value: Span, rel: Span) {
        let (kind, attribute, offset) = (link.kind, link.attribute, link.offset);
        let (text, address) = (Span::NOTHING, Span::NOTHING);
        self.page.entries.push(Entry { kind, attribute, offset, value, rel, text, address });
    }

    #[inline]
    fn keep_value(&mut self, raw: &[u8], encoding: &'static Encoding) -> Span {
        let start = self.texts.len();
        push_attribute_value(raw, encoding, &mut self.texts);
        Span::new(start..self.texts.len())
    }

    fn keep(&mut self, text: &str) -> Span {
        let start = self.texts.len();
        self.texts.extend_from_slice(text.as_bytes());
        Span::new(start..self.texts.len())
    }

    /// Gives each link its address, on a page at `address` that was written in `encoding`.
    pub(super) fn resolve(
        mut self,
        address: &Uri,
        encoding: &'static Encoding,
        limits: HtmlLimits,
    ) -> Result<Extracted, LimitExceeded> {
        self.page.base = base_url(address, self.base.as_deref(), encoding);
        let resolver = Resolver::in_encoding(self.page.base.as_ref(), encoding);
        let before = self.memory();
        self.page.texts = into_string(self.texts);
        let Extracted { texts, entries, .. } = &mut self.page;
        entries.shrink_to(entries.len() * 2);
        let mut addresses = Vec::with_capacity(resolver.room(entries.len(), texts.len()).min(ENOUGH));
        for entry in entries {
            // Each address repeats the base, which may be as long as the page.
            limits.check(before + addresses.len())?;
            let start = addresses.len();
            if resolver.append(texts, entry.value.range(), &mut addresses) {
                entry.address = Span::new(start..addresses.len());
            }
        }
        limits.check(before + addresses.len())?;
        self.page.addresses = into_string(addresses);
        Ok(self.page)
    }
}

/// Pages of documentation have a link in about so many bytes, of which this is its value; others have fewer and longer ones.
const PER_LINK: usize = 256;
const TEXT_OF_LINK: usize = 32;
/// So many bytes of addresses are room for those of most pages, and little to be wrong by.
const ENOUGH: usize = 32 << 10;
