//! Pages of JSON as values, and why they are not.

use std::error::Error;

use gather_client::json::{JsonError, JsonErrorKind, from_page, json};
use gather_core::{Bytes, Parse, Sink, parse_page};

use crate::text::page;

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, serde::Deserialize)]
struct Nested(#[expect(dead_code, reason = "only its depth is of interest")] Vec<Nested>);

fn named(name: &str) -> Named {
    Named { name: name.to_owned() }
}

#[test]
fn pages_of_json_are_values() {
    let cases: &[(&'static str, &[u8])] = &[
        ("application/json", "{\"name\": \"Grüße\"}".as_bytes()),
        ("application/json", b"\xef\xbb\xbf{\"name\": \"Gr\xc3\xbc\xc3\x9fe\"}\n"),
        ("application/json", b"{\"name\": \"Gr\\u00fc\\u00dfe\"}"),
        ("application/json; charset=latin1", b"{\"name\": \"Gr\xfc\xdfe\"}"),
        ("text/html", "{\"name\": \"Grüße\"}".as_bytes()),
    ];
    for (content_type, body) in cases {
        let page = page("http://a.example/", content_type, *body);
        assert_eq!(parse_page(&json::<Named>(), &page).unwrap(), named("Grüße"), "{content_type}: {body:?}");
    }
    let utf_16: Vec<u8> = "\u{feff}{\"name\": \"Grüße\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(from_page::<Named>(&page("http://a.example/", "application/json", utf_16)).unwrap(), named("Grüße"));
}

#[test]
fn a_sink_takes_pages_in_chunks() {
    let page = page("http://a.example/", "application/json", &b""[..]);
    let mut sink = json::<Named>().start(&page.head);
    for byte in "{\"name\": \"Grüße\"}".bytes() {
        assert!(sink.feed(Bytes::from(vec![byte])).is_continue());
    }
    assert_eq!(sink.finish().unwrap(), named("Grüße"));
}

#[test]
fn what_is_no_such_json_says_why_and_where() {
    let cases: &[(&[u8], JsonErrorKind)] = &[
        (b"<!doctype html>", JsonErrorKind::Syntax),
        (b"{\"name\": \"Gr\xfc\xdfe\"}", JsonErrorKind::Syntax),
        (b"{\"name\": \"a\"} {}", JsonErrorKind::Syntax),
        (b"{\"name\": 1}", JsonErrorKind::Data),
        (b"{}", JsonErrorKind::Data),
        (b"{\"name\": \"a", JsonErrorKind::Truncated),
        (b"", JsonErrorKind::Truncated),
    ];
    for (body, kind) in cases {
        let page = page("http://a.example/", "text/html", Bytes::copy_from_slice(body));
        let refused = parse_page(&json::<Named>(), &page).unwrap_err();
        let error: &JsonError = refused.reason().downcast_ref().expect("the documented reason");
        let body = &body[..body.len().min(20)];
        assert_eq!(error.kind(), *kind, "{body:?}: {error}");
        assert!(error.source().is_some());
    }
    let deep = page("http://a.example/", "application/json", "[".repeat(100_000));
    assert_eq!(from_page::<Nested>(&deep).unwrap_err().kind(), JsonErrorKind::Syntax);

    let page = page("http://a.example/", "text/html", &b"\n  <p>"[..]);
    let error = from_page::<Named>(&page).unwrap_err();
    assert_eq!(error.position(), (2, 3));
    assert_eq!(error.to_string(), "not JSON, at line 2 column 3; status 200, type \"text/html\"");
}
