//! What the parsers find, in pages of every kind and cut anywhere.

mod arbitrary;
mod cases;
mod chunking;
mod documentation;
mod dom;
mod encodings;
mod extract;
mod hostile;
mod limits;
mod resolve;
mod structure;
mod tokenizer;
mod values;

use std::io::{self, Write};

use gather_core::http::{HeaderMap, StatusCode, Version};
use gather_core::{Bytes, Head, Page, Parse, ParseError, Sink, parse_page};
use gather_html::Links;

/// Says that something is not tested, past the test harness, which hides what tests print.
fn notice(text: &str) {
    writeln!(io::stderr(), "{text}").expect("standard error is open");
}

/// A page at `http://h/d/p`.
fn page(body: impl Into<Bytes>) -> Page {
    page_of("text/html", body)
}

fn page_of(content_type: &str, body: impl Into<Bytes>) -> Page {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", content_type.parse().expect("a content type"));
    let url = "http://h/d/p".parse().expect("an address");
    Page { head: Head { url, status: StatusCode::OK, version: Version::HTTP_11, headers }, body: body.into() }
}

/// The links of both parsers, which have to be the same.
#[track_caller]
fn links(page: &Page) -> Links {
    let streamed = parse_page(&gather_html::links(), page).expect("broken HTML is not an error");
    let from_tree = parse_page(&gather_html::dom_links(), page).expect("broken HTML is not an error");
    assert_eq!(streamed, from_tree, "streamed and from the tree: {:?}", String::from_utf8_lossy(&page.body));
    streamed
}

fn addresses(links: &Links) -> Vec<&str> {
    links.urls.iter().map(|url| url.as_str()).collect()
}

/// Feeds the page in the given pieces.
fn parse_chunks<'a, P: Parse>(
    parser: &P,
    head: &Head,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<P::Output, ParseError> {
    let mut sink = parser.start(head);
    for chunk in chunks {
        let _ = sink.feed(Bytes::copy_from_slice(chunk));
    }
    sink.finish()
}
