//! HTML for [gather](gather_core): links as the bytes arrive, DOM and CSS selectors; no I/O.
//!
//! | parser | gives | how |
//! |---|---|---|
//! | [`links()`] | every `a[href]`, as parsed addresses | streams: no tree, nothing kept of the page but a tag that is cut |
//! | [`extract()`] | links of every kind with their place, text and address; title, charset, robots | streams too |
//! | [`select`] | something of each element that a CSS selector matches | builds the tree |
//! | [`dom`] | whatever a closure reads out of the tree | builds the tree |
//! | [`dom_links`] | what [`links()`] gives | builds the tree; the judge of the fast way |
//!
//! Underneath, for who wants less and wants it faster: [`tokenizer`] tells tags and attributes as slices of the bytes that
//! are fed to it, and [`scan`] of these the links, and keeps their values where that is asked.
//!
//! All of them are [`Parse`](gather_core::Parse): give one to a scraper, or run it on a page at hand:
//!
//! ```
//! use gather_core::{Bytes, Page, parse_page};
//! # fn example(page: Page) -> Result<(), gather_core::ParseError> {
//! let links = parse_page(&gather_html::links(), &page)?;
//! println!("{} links, the first to {:?}", links.len(), links.urls.first());
//! # Ok(()) }
//! ```
//!
//! What comes out is owned: nothing pins the page, and no `Rc` of a tree leaves the call that built it. Broken HTML is
//! input and never an error; the only errors are the [limits](HtmlLimits) of this crate, and what your own closures
//! refuse. Pages are read in the encoding that a byte order mark names, else the `Content-Type`, else a `<meta>` in their
//! first 1,024 bytes, and else as UTF-8. Where the `Content-Type` names none, nothing is parsed before those bytes are there.
#![forbid(unsafe_code)]

mod block;
mod charset;
mod dom;
mod extract;
mod flatten;
mod href;
mod limits;
mod links;
mod resolve;
pub mod scan;
pub mod tokenizer;
mod tree;
mod value;

pub use dom::{Document, Dom, DomSink, Element, SelectorError, dom, dom_links, select};
pub use extract::{Extract, ExtractSink, Extracted, Link, extract};
pub use href::Links;
pub use kuchikikiki;
pub use limits::{HtmlLimits, LimitExceeded};
pub use links::{LinkParser, LinkSink, links};
pub use resolve::Resolver;
pub use scan::{Kinds, LinkKind};
pub use url::{self, Url};
