//! Links as the bytes arrive: no tree, and no more memory than the longest tag.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use gather_core::http::Uri;
use gather_core::{Bytes, Head, Parse, ParseError, Sink};
use lol_html::errors::RewritingError;
use lol_html::send::{Element, ElementContentHandlers, HtmlRewriter, Settings};
use lol_html::{MemorySettings, Selector};
use memchr::memmem;

use crate::charset::{Transcoder, declared};
use crate::href::{Hrefs, Links, attribute_value};
use crate::limits::{HtmlLimits, LimitExceeded};

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
/// Finds what a tree would hold, in the same order, on every page whose links nest properly. Where tags are misnested
/// the HTML standard moves elements about, and repeats an `a` that was not closed; this parser counts each start tag
/// once, where it stands. [`dom_links`](crate::dom_links) is for who needs the tree's own answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkParser {
    limits: HtmlLimits,
}

impl LinkParser {
    /// This parser with other limits, of which [`memory`](HtmlLimits::memory) matters here.
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
        let found = Arc::new(Mutex::new(Found::default()));
        LinkSink {
            scanner: Ok(scanner(&found, self.limits)),
            found,
            transcoder: Transcoder::new(declared(head)),
            address: head.url.clone(),
            limits: self.limits,
        }
    }
}

/// The [`Sink`] of [`LinkParser`].
pub struct LinkSink {
    /// The error is the first one: the scanner cannot go on after it.
    scanner: Result<Scanner, ParseError>,
    found: Arc<Mutex<Found>>,
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
        self.scanner?.end().map_err(|error| refusal(error, self.limits))?;
        let links = lock(&self.found).hrefs.resolve(&self.address, self.transcoder.encoding(), self.limits);
        links.map_err(ParseError::new)
    }
}

impl LinkSink {
    fn scan(&mut self, chunk: &[u8], last: bool) {
        let found = &self.found;
        let write = |scanner: &mut Scanner, utf8: &[u8]| {
            if has_mark(utf8) {
                lock(found).may_have_marks = true;
            }
            scanner.write(utf8)
        };
        if let Ok(scanner) = &mut self.scanner
            && let Err(error) = self.transcoder.push(chunk, last, |utf8| write(scanner, utf8))
        {
            self.scanner = Err(refusal(error, self.limits));
        }
    }
}

impl fmt::Debug for LinkSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSink").field("address", &self.address).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What would be written goes nowhere: this rewriter only reads.
type Scanner = HtmlRewriter<'static, fn(&[u8])>;

/// What the handlers, which the scanner owns, leave for the sink.
#[derive(Default)]
struct Found {
    hrefs: Hrefs,
    /// The element whose handlers are running is inside a `<template>`: no part of the page.
    is_inert: bool,
    /// The page may have a byte order mark where it marks nothing.
    may_have_marks: bool,
}

fn scanner(found: &Arc<Mutex<Found>>, limits: HtmlLimits) -> Scanner {
    let mut settings = Settings::new_send()
        // Strict would give up where markup is too broken to follow without a tree.
        .with_strict(false)
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(limits.memory));
    for (selector, react) in REACTIONS.iter() {
        let found = Arc::clone(found);
        let handler = move |element: &mut Element<'_, '_>| {
            react(&mut lock(&found), element);
            Ok(())
        };
        let handlers = ElementContentHandlers::default().element(handler);
        settings = settings.append_element_content_handler((Cow::Borrowed(selector), handlers));
    }
    HtmlRewriter::new(settings, |_: &[u8]| {})
}

type Reaction = fn(&mut Found, &Element<'_, '_>);

/// What is looked for. The reactions to one element run in this order. The selectors are parsed once, not for each page.
static REACTIONS: LazyLock<[(Selector, Reaction); 4]> = LazyLock::new(|| {
    let reactions: [(&str, Reaction); 4] = [
        ("template a[href]", |found, _| found.is_inert = true),
        ("template base[href]", |found, _| found.is_inert = true),
        ("a[href]", |found, element| {
            if let Some(value) = found.live_href(element) {
                found.hrefs.push(&attribute_value(&value));
            }
        }),
        ("base[href]", |found, element| {
            if let Some(value) = found.live_href(element)
                && element.namespace_uri() == HTML_NAMESPACE
            {
                found.hrefs.set_base(&attribute_value(&value));
            }
        }),
    ];
    reactions.map(|(selector, reaction)| (selector.parse().expect("a valid selector"), reaction))
});

impl Found {
    fn live_href(&mut self, element: &Element<'_, '_>) -> Option<String> {
        let is_inert = std::mem::take(&mut self.is_inert);
        if is_inert { None } else { href(element, self.may_have_marks) }
    }
}

/// The value as it is written.
fn href(element: &Element<'_, '_>, may_have_marks: bool) -> Option<String> {
    if !may_have_marks {
        return element.get_attribute("href");
    }
    // lol_html takes the first bytes of each value for a byte order mark if they look like one, and cuts them off. All
    // else that it does to UTF-8 makes a value longer, so its length in the page tells. This is slow, but rare.
    let attribute = element.attributes().iter().find(|attribute| attribute.name() == "href")?;
    let value = attribute.value();
    let written = attribute.value_source_location().map_or(0, |location| location.bytes().len());
    let is_cut = value.len() + MARK.len() == written;
    Some(if is_cut { format!("\u{FEFF}{value}") } else { value })
}

/// Whether there is a byte order mark, or the beginning of one at the end.
fn has_mark(utf8: &[u8]) -> bool {
    memmem::find(utf8, MARK).is_some() || utf8.ends_with(&MARK[..1]) || utf8.ends_with(&MARK[..2])
}

fn refusal(error: RewritingError, limits: HtmlLimits) -> ParseError {
    match error {
        RewritingError::MemoryLimitExceeded(_) => ParseError::new(LimitExceeded::Memory(limits.memory)),
        other => ParseError::new(other),
    }
}

fn lock(found: &Mutex<Found>) -> MutexGuard<'_, Found> {
    // Nothing here panics half-way through a change, so what a poisoned lock holds is as good as ever.
    found.lock().unwrap_or_else(PoisonError::into_inner)
}

const MARK: &[u8] = "\u{FEFF}".as_bytes();

const HTML_NAMESPACE: &str = "http://www.w3.org/1999/xhtml";
