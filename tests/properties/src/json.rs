//! Pages of JSON: what serde_json makes of the same text, for any cut.

use gather_client::charset::Encoding;
use gather_client::json::{from_page, json};
use gather_core::http::header::CONTENT_TYPE;
use gather_core::http::{HeaderMap, HeaderValue, StatusCode, Version};
use gather_core::{Bytes, Head, Page, Parse as _, Sink as _};
use serde_json::Value;

use crate::input::{Input, cut};

const TYPES: [&str; 4] =
    ["application/json", "text/html", "application/json; charset=latin1", "application/json; charset=utf-16"];

/// The type, the cut; then the page.
pub(crate) fn json_page(data: &[u8]) {
    let mut input = Input::new(data);
    let content_type = input.pick(&TYPES);
    let seed = input.byte();
    let body = Bytes::copy_from_slice(input.rest());
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    let url = "https://example.com/a.json".parse().expect("a URI");
    let head = Head { url, status: StatusCode::OK, version: Version::HTTP_11, headers };
    let page = Page { head, body };

    let whole = from_page::<Value>(&page);
    let mut sink = json::<Value>().start(&page.head);
    cut(seed, &page.body).into_iter().for_each(|piece| assert!(sink.feed(piece).is_continue()));
    assert_eq!(sink.finish().ok(), whole.as_ref().ok().cloned(), "in pieces");

    let (mark, begin) = Encoding::for_bom(&page.body).map_or((None, 0), |(encoding, length)| (Some(encoding), length));
    if mark.is_some_and(|encoding| encoding.name() == "UTF-8") || mark.is_none() && !content_type.contains("charset") {
        let judge = serde_json::from_slice::<Value>(&page.body[begin..]);
        assert_eq!(whole.as_ref().ok(), judge.as_ref().ok(), "{judge:?}");
    }
    if let Err(error) = whole {
        assert_eq!(error.status(), StatusCode::OK);
        assert!(!error.to_string().is_empty());
    }
}
