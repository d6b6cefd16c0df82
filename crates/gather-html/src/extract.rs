//! Everything that a page links to, in one pass: each link with its kind, its place and its address.

mod found;
mod meta;
mod srcset;

use std::fmt;
use std::ops::ControlFlow;

use gather_core::http::Uri;
use gather_core::{Bytes, Head, Parse, ParseError, Sink};

use crate::charset::{Transcoder, declared};
use crate::limits::{HtmlLimits, LimitExceeded};
use crate::scan::{Event, Kinds, LinkKind, LinkScanner};
use found::Found;
pub use found::{Extracted, Link};
pub(crate) use meta::charset as charset_in_content;

/// The parser that collects links of the given kinds as the bytes arrive, and what the page says of itself.
///
/// ```
/// use gather_core::http::{HeaderMap, StatusCode, Version};
/// use gather_core::{Bytes, Head, Page, parse_page};
/// use gather_html::{Kinds, LinkKind, extract};
///
/// let url = "https://example.org/a/".parse()?;
/// let head = Head { url, status: StatusCode::OK, version: Version::HTTP_11, headers: HeaderMap::new() };
/// let body = Bytes::from_static(b"<title>T</title><a rel='nofollow ugc' href=b>B</a><img srcset='x.png 1x, y.png 2x'>");
/// let page = parse_page(&extract(Kinds::ANCHORS | LinkKind::Image).anchor_text(), &Page { head, body })?;
///
/// assert_eq!(page.title(), Some("T"));
/// let links: Vec<_> = page.links().collect();
/// assert_eq!((links[0].address, links[0].text), (Some("https://example.org/a/b"), Some("B")));
/// assert!(links[0].rel().any(|token| token == "ugc"));
/// assert_eq!((links[2].kind, links[2].value), (LinkKind::Image, "y.png"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn extract(kinds: Kinds) -> Extract {
    Extract { kinds, limits: HtmlLimits::default(), has_anchor_text: false }
}

/// See [`extract`].
///
/// What counts as markup, and what of it is in the tree, is as in [`LinkParser`](crate::LinkParser), whose table of
/// differences from the tree holds here too. Nothing in a `<template>` counts, and of SVG and MathML the anchors alone. A
/// `<form>` inside of another, which the tree leaves out, is one more.
#[derive(Debug, Clone, Copy)]
pub struct Extract {
    kinds: Kinds,
    limits: HtmlLimits,
    has_anchor_text: bool,
}

impl Extract {
    /// This parser with other limits, of which [`memory`](HtmlLimits::memory) matters here, up to 4 GiB, and
    /// [`depth`](HtmlLimits::depth) in drawings.
    #[must_use]
    pub fn limits(mut self, limits: HtmlLimits) -> Self {
        // Where texts stand is told in 32 bits.
        self.limits = limits.memory(limits.memory.min(u32::MAX as usize));
        self
    }

    /// This parser, which keeps the text inside of each anchor too.
    #[must_use]
    pub fn anchor_text(mut self) -> Self {
        self.has_anchor_text = true;
        self
    }
}

impl Parse for Extract {
    type Output = Extracted;
    type Sink = ExtractSink;

    fn start(&self, head: &Head) -> ExtractSink {
        let scanner = LinkScanner::new(self.kinds | LinkKind::Base, self.limits);
        ExtractSink {
            scanner: Ok(if self.has_anchor_text { scanner.anchor_text() } else { scanner }),
            found: Found::new(self.kinds),
            transcoder: Transcoder::new(declared(head)),
            address: head.url.clone(),
            limits: self.limits,
        }
    }
}

/// The [`Sink`] of [`Extract`].
pub struct ExtractSink {
    /// The error is the first one: the scanner cannot go on after it.
    scanner: Result<LinkScanner, LimitExceeded>,
    found: Found,
    transcoder: Transcoder,
    address: Uri,
    limits: HtmlLimits,
}

impl Sink for ExtractSink {
    type Output = Extracted;

    /// Breaks when the memory limit is exceeded: the page is refused, whatever follows.
    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.scan(&chunk, false);
        if self.scanner.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn finish(mut self) -> Result<Extracted, ParseError> {
        self.scan(&[], true);
        let encoding = self.transcoder.encoding();
        let mut found = self.found;
        self.scanner.map_err(ParseError::new)?.finish(|event| found.take(event, encoding));
        found.resolve(&self.address, encoding, self.limits).map_err(ParseError::new)
    }
}

impl ExtractSink {
    fn scan(&mut self, chunk: &[u8], last: bool) {
        let ExtractSink { scanner, found, transcoder, limits, .. } = self;
        let Ok(running) = scanner else { return };
        let scanned = transcoder.push(chunk, last, |bytes, encoding| {
            found.expect(bytes.len());
            // A link that is half as long as the page is in it twice by then, and no more.
            running.feed(bytes, |event: Event<'_>| found.take(event, encoding))?;
            limits.check(found.memory())
        });
        if let Err(error) = scanned {
            *scanner = Err(error);
        }
    }
}

impl fmt::Debug for ExtractSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractSink")
            .field("address", &self.address)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
