//! Parsers that build the tree: CSS selectors, or a closure over the whole document.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use encoding_rs::Encoding;
use gather_core::{Bytes, Head, Page, Parse, ParseError, Sink, WholePage, WholePageSink};
use kuchikikiki::iter::NodeIterator;
use kuchikikiki::{ElementData, NodeDataRef, NodeRef, Selectors};

use crate::charset::{declared, decode};
use crate::href::{Hrefs, Links};
use crate::limits::HtmlLimits;
use crate::tree::Tree;

/// A parser that reads whatever `read` wants out of a page's tree.
///
/// The tree is built once the body is complete, inside [`finish`](Sink::finish), and is gone when `read` returns: what
/// it returns is owned.
///
/// One cost is html5ever's own and has no limit yet: it compares each attribute of a tag with all before it, so half a
/// megabyte of attributes in one tag takes seconds. [`links`](crate::links()) does not.
///
/// ```
/// use gather_core::ParseError;
///
/// let titles = gather_html::dom(|document, head| {
///     let title = document.select("title")?.next();
///     title.map(|title| title.text()).ok_or_else(|| ParseError::new(format!("{} has no title", head.url)))
/// });
/// # fn is_a_parser<P: gather_core::Parse<Output = String>>(_: P) {}
/// # is_a_parser(titles);
/// ```
pub fn dom<T, F>(read: F) -> Dom<T>
where
    F: Fn(&Document, &Head) -> Result<T, ParseError> + Send + Sync + 'static,
    T: Send + 'static,
{
    Dom { read: Arc::new(read), limits: HtmlLimits::default() }
}

/// A parser that gives `read` of each element that `selector` matches, in the order of the tree; an element that `read`
/// answers with `None` is left out.
///
/// # Errors
///
/// When `selector` is not a CSS selector, or one that is not understood.
///
/// ```
/// let headings = gather_html::select("h1, h2", |element| Some(element.text()))?;
/// let images = gather_html::select("img", |element| element.attribute("src"))?;
/// assert!(gather_html::select("h1[", |element| Some(element.text())).is_err());
/// # Ok::<(), gather_html::SelectorError>(())
/// ```
pub fn select<T, F>(selector: &str, read: F) -> Result<Dom<Vec<T>>, SelectorError>
where
    F: Fn(&Element) -> Option<T> + Send + Sync + 'static,
    T: Send + 'static,
{
    let selectors = compile(selector)?;
    Ok(dom(move |document, _| {
        let elements = document.elements().filter(|element| selectors.matches(&element.0));
        Ok(elements.filter_map(|element| read(&element)).collect())
    }))
}

/// The parser that gives the same as [`links`](crate::links()), read out of the tree.
///
/// Several times slower; it is what the fast way is judged by.
pub fn dom_links() -> Dom<Links> {
    dom(|document, head| {
        let mut hrefs = Hrefs::default();
        for element in document.elements() {
            match element.name() {
                "a" => element.with_attribute("href", |value| hrefs.push(value)),
                "base" if element.is_html() => element.with_attribute("href", |value| hrefs.set_base(value)),
                _ => {}
            }
        }
        hrefs.resolve(&head.url, document.encoding, document.limits).map_err(ParseError::new)
    })
}

/// A parser that builds a tree; made by [`dom`], [`select`] and [`dom_links`].
pub struct Dom<T> {
    read: Arc<Read<T>>,
    limits: HtmlLimits,
}

impl<T> Dom<T> {
    /// This parser with other limits, of which [`depth`](HtmlLimits::depth) and [`elements`](HtmlLimits::elements)
    /// matter here, and [`memory`](HtmlLimits::memory) for [`dom_links`] alone.
    #[must_use]
    pub fn limits(mut self, limits: HtmlLimits) -> Self {
        self.limits = limits;
        self
    }
}

impl<T: Send + 'static> Parse for Dom<T> {
    type Output = T;
    type Sink = DomSink<T>;

    fn start(&self, head: &Head) -> DomSink<T> {
        DomSink { page: WholePage.start(head), read: Arc::clone(&self.read), limits: self.limits }
    }
}

impl<T> Clone for Dom<T> {
    fn clone(&self) -> Self {
        Dom { read: Arc::clone(&self.read), limits: self.limits }
    }
}

impl<T> fmt::Debug for Dom<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dom").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The [`Sink`] of [`Dom`]: collects the body, then builds the tree.
pub struct DomSink<T> {
    page: WholePageSink,
    read: Arc<Read<T>>,
    limits: HtmlLimits,
}

impl<T: Send + 'static> Sink for DomSink<T> {
    type Output = T;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.page.feed(chunk)
    }

    fn finish(self) -> Result<T, ParseError> {
        let page = self.page.finish()?;
        (self.read)(&Document::new(&page, self.limits)?, &page.head)
    }
}

impl<T> fmt::Debug for DomSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DomSink").field("page", &self.page).field("limits", &self.limits).finish_non_exhaustive()
    }
}

type Read<T> = dyn Fn(&Document, &Head) -> Result<T, ParseError> + Send + Sync;

/// A page as a tree, built by the rules of the HTML standard for browsers that run scripts (what is in a `<noscript>` is
/// text).
pub struct Document {
    tree: Tree,
    encoding: &'static Encoding,
    limits: HtmlLimits,
}

impl Document {
    fn new(page: &Page, limits: HtmlLimits) -> Result<Self, ParseError> {
        let (text, encoding) = decode(declared(&page.head), &page.body);
        let tree = Tree::build(&text, limits).map_err(ParseError::new)?;
        Ok(Document { tree, encoding, limits })
    }

    /// The elements that match, in the order of the tree. The contents of `<template>`s are no part of the tree.
    ///
    /// # Errors
    ///
    /// When `selector` is not a CSS selector, or one that is not understood. It is compiled at each call:
    /// [`select`](crate::select()) does that once.
    pub fn select(&self, selector: &str) -> Result<impl Iterator<Item = Element>, SelectorError> {
        let selectors = compile(selector)?;
        Ok(self.elements().filter(move |element| selectors.matches(&element.0)))
    }

    /// All elements, in the order of the tree.
    pub fn elements(&self) -> impl Iterator<Item = Element> {
        self.tree.root.descendants().elements().map(Element)
    }

    /// The tree itself, to do whatever [`kuchikikiki`](crate::kuchikikiki) can. Do not keep it.
    pub fn root(&self) -> &NodeRef {
        &self.tree.root
    }

    /// Whether the page nests deeper than [`HtmlLimits::depth`]. What lies beyond stands beside the
    /// element that should contain it, and only the rows and cells of tables there are missing; no text is, and no link.
    pub fn is_flattened(&self) -> bool {
        self.tree.is_flattened
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("encoding", &self.encoding.name())
            .field("is_flattened", &self.is_flattened())
            .finish_non_exhaustive()
    }
}

/// An element of a [`Document`].
#[derive(Debug, Clone)]
pub struct Element(NodeDataRef<ElementData>);

impl Element {
    /// The name, in lower case where HTML is concerned.
    pub fn name(&self) -> &str {
        &self.0.name.local
    }

    /// The value of an attribute, when the element has it; `name` in lower case.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.0.attributes.borrow().get(name).map(str::to_owned)
    }

    /// All the text inside it, as it stands in the page.
    pub fn text(&self) -> String {
        self.0.text_contents()
    }

    /// The element in the tree.
    pub fn node(&self) -> &NodeDataRef<ElementData> {
        &self.0
    }

    fn is_html(&self) -> bool {
        self.0.name.ns == html5ever::ns!(html)
    }

    fn with_attribute(&self, name: &str, take: impl FnOnce(&str)) {
        if let Some(value) = self.0.attributes.borrow().get(name) {
            take(value);
        }
    }
}

/// Text that is not a CSS selector, or one that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorError {
    selector: String,
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a CSS selector that is understood: {:?}", self.selector)
    }
}

impl std::error::Error for SelectorError {}

impl From<SelectorError> for ParseError {
    fn from(error: SelectorError) -> Self {
        ParseError::new(error)
    }
}

fn compile(selector: &str) -> Result<Selectors, SelectorError> {
    let error = || SelectorError { selector: selector.to_owned() };
    // Nothing at all compiles, and matches nothing.
    if selector.trim().is_empty() {
        return Err(error());
    }
    Selectors::compile(selector).map_err(|()| error())
}
