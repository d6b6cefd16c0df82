//! Links as the bytes arrive: no tree, and nothing kept of the page but a tag that is cut.

use std::fmt;
use std::ops::ControlFlow;

use gather_core::http::Uri;
use gather_core::{Bytes, Head, Parse, ParseError, Sink};

use crate::charset::{Transcoder, declared};
use crate::href::{Hrefs, Links};
use crate::limits::{HtmlLimits, LimitExceeded};
use crate::scan::{Event, Kinds, LinkKind, LinkScanner};
use crate::value::attribute_value;

/// The parser that collects links as the bytes arrive, with the default limits.
///
/// ```
/// use gather_core::http::{HeaderMap, StatusCode, Version};
/// use gather_core::{Bytes, Head, Parse, Sink};
///
/// let url = "https://example.org/a/".parse()?;
/// let head = Head { url, status: StatusCode::OK, version: Version::HTTP_11, headers: HeaderMap::new() };
/// let mut sink = gather_html::links().start(&head);
/// let _ = sink.feed(Bytes::from_static(b"<p>See <a hr"));
/// let _ = sink.feed(Bytes::from_static(b"ef='b?x=1&amp;y=2'>this"));
/// assert_eq!(sink.finish()?.urls[0].as_str(), "https://example.org/a/b?x=1&y=2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn links() -> LinkParser {
    LinkParser::default()
}

/// See [`links`].
///
/// Finds what a tree would hold, in the same order, on every page whose elements nest properly. A tree builder mends
/// what does not nest, and has to keep the page for it. This parser counts each start tag once, where it stands, so it
/// differs from the tree where the standard has it
///
/// | what | the tree | here | section of the standard |
/// |---|---|---|---|
/// | opens an `a` again that was not closed | has it twice or more | once | 13.2.4.3, reconstructing the active formatting elements; 13.2.6.4.7, adoption agency |
/// | moves what a table can not hold before the table | has it earlier | where it stands | 13.2.6.1, foster parenting |
/// | drops the body for a `<frameset>` that comes after links and before any text | has none of them | has those before it | 13.2.6.4.7, "frameset" |
/// | asks whether an element around an SVG or MathML drawing is open when its end tag comes inside of it | ends the drawing, or ignores the tag | ends it | 13.2.6.5, "any other end tag" |
/// | mends misnested HTML inside of `<foreignObject>` and its like | by all the rules of a body | by nesting and paragraphs alone | 13.2.6.4.7 |
/// | nests deeper than [`depth`](HtmlLimits::depth) in a drawing | by what is open | by counting | none: browsers have such a limit too |
///
/// [`dom_links`](crate::dom_links) is for who needs the tree's own answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkParser {
    limits: HtmlLimits,
}

impl LinkParser {
    /// This parser with other limits, of which [`memory`](HtmlLimits::memory) matters here, and
    /// [`depth`](HtmlLimits::depth) in drawings.
    #[must_use]
    pub fn limits(mut self, limits: HtmlLimits) -> Self {
        self.limits = limits;
        self
    }
}

impl Parse for LinkParser {
    type Output = Links;
    type Sink = LinkSink;

    fn start(&self, head: &Head) -> LinkSink {
        LinkSink {
            scanner: Ok(LinkScanner::new(Kinds::ANCHORS | LinkKind::Base, self.limits)),
            hrefs: Hrefs::default(),
            transcoder: Transcoder::new(declared(head)),
            address: head.url.clone(),
            limits: self.limits,
        }
    }
}

/// The [`Sink`] of [`LinkParser`].
pub struct LinkSink {
    /// The error is the first one: the scanner cannot go on after it.
    scanner: Result<LinkScanner, LimitExceeded>,
    hrefs: Hrefs,
    transcoder: Transcoder,
    address: Uri,
    limits: HtmlLimits,
}

impl Sink for LinkSink {
    type Output = Links;

    /// Breaks when the memory limit is exceeded: the page is refused, whatever follows.
    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.scan(&chunk, false);
        if self.scanner.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn finish(mut self) -> Result<Links, ParseError> {
        self.scan(&[], true);
        self.scanner.map_err(ParseError::new)?.finish(|_| {});
        let links = self.hrefs.resolve(&self.address, self.transcoder.encoding(), self.limits);
        links.map_err(ParseError::new)
    }
}

impl LinkSink {
    fn scan(&mut self, chunk: &[u8], last: bool) {
        let LinkSink { scanner, hrefs, transcoder, limits, .. } = self;
        let Ok(running) = scanner else { return };
        let scanned = transcoder.push(chunk, last, |bytes, encoding| {
            running.feed(bytes, |event| {
                let Event::Link(link) = event else { return };
                match link.kind {
                    LinkKind::Base => hrefs.set_base(&attribute_value(link.value, encoding)),
                    _ => hrefs.push_raw(link.value, encoding),
                }
            })?;
            limits.check(hrefs.memory())
        });
        if let Err(error) = scanned {
            *scanner = Err(error);
        }
    }
}

impl fmt::Debug for LinkSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSink").field("address", &self.address).field("limits", &self.limits).finish_non_exhaustive()
    }
}
