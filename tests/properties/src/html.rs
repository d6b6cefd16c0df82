//! Pages of HTML: the same links for any cut, within limits, each in a form that stays.

use std::ops::ControlFlow;

use gather_core::http::header::CONTENT_TYPE;
use gather_core::http::{HeaderMap, HeaderValue, StatusCode, Version};
use gather_core::{Bytes, Head, Page, Parse, ParseError, Sink as _, parse_page};
use gather_html::{HtmlLimits, Kinds, Url, dom_links, extract, links};

use crate::input::{Input, cut};

const TYPES: [&str; 5] =
    ["text/html", "text/html; charset=utf-8", "text/html; charset=windows-1251", "text/html; charset=utf-16be", "x"];

/// The type, the cut, the limit of memory; then the page.
pub(crate) fn html(data: &[u8]) {
    let mut input = Input::new(data);
    let content_type = HeaderValue::from_static(input.pick(&TYPES));
    let seed = input.byte();
    let memory = input.pick(&[64 << 20, 4 << 10]);
    let body = Bytes::copy_from_slice(input.rest());
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type)]);
    let url = "https://example.com/a/b".parse().expect("a URI");
    let head = Head { url, status: StatusCode::OK, version: Version::HTTP_11, headers };
    let page = Page { head, body };

    let parser = links().limits(HtmlLimits::default().memory(memory));
    let whole = parse_page(&parser, &page);
    let pieces = in_pieces(&parser, &page, seed);
    // How much is held at once depends on the cut, so a limit may strike with one and not with another.
    match (&whole, &pieces) {
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces, "in pieces"),
        (Err(_), Err(_)) => {}
        (whole, pieces) => assert!(memory < 64 << 20, "{whole:?} and {pieces:?}"),
    }
    for url in whole.iter().flat_map(|links| &links.urls).filter(|url| matches!(url.scheme(), "http" | "https")) {
        assert_eq!(Url::parse(url.as_str()).as_ref(), Ok(url), "read another time it is another one");
    }
    // Resolved another way: by copying where that can be shown to be the same.
    let extracted = parse_page(&extract(Kinds::ANCHORS), &page).expect("within its memory");
    if let Ok(whole) = &whole {
        let addresses = extracted.links().filter_map(|link| link.address);
        assert!(addresses.eq(whole.urls.iter().map(Url::as_str)), "{whole:?}, and extracted {extracted:?}");
    }
    let pieces = in_pieces(&extract(Kinds::ALL).anchor_text(), &page, seed);
    let whole = parse_page(&extract(Kinds::ALL).anchor_text(), &page).expect("within its memory");
    assert_eq!(pieces.expect("within its memory"), whole, "extracted in pieces");
    // A tree costs a hundred times as much.
    if page.body.len() <= 1024 {
        let _ = parse_page(&dom_links(), &page);
    }
}

fn in_pieces<P: Parse>(parser: &P, page: &Page, seed: u8) -> Result<P::Output, ParseError> {
    let mut sink = parser.start(&page.head);
    for piece in cut(seed, &page.body) {
        if let ControlFlow::Break(()) = sink.feed(piece) {
            break;
        }
    }
    sink.finish()
}
