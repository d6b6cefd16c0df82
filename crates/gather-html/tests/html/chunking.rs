//! Where the body is cut makes no difference.

use crate::cases::CASES;
use crate::{addresses, page, page_of, parse_chunks};

#[test]
fn byte_by_byte() {
    for (body, expected) in CASES {
        let page = page(*body);
        let links = parse_chunks(&gather_html::links(), &page.head, body.as_bytes().chunks(1)).unwrap();
        assert_eq!(addresses(&links), *expected, "in {body:?}");
    }
}

#[test]
fn split_in_two_anywhere() {
    for (body, expected) in CASES {
        let page = page(*body);
        for (first, second) in (0..=body.len()).map(|at| body.as_bytes().split_at(at)) {
            let links = parse_chunks(&gather_html::links(), &page.head, [first, second]).unwrap();
            assert_eq!(addresses(&links), *expected, "in {body:?} at {}", first.len());
        }
    }
}

#[test]
fn the_tree_split_in_two_anywhere() {
    let (body, expected) =
        ("<base href=/ü/><a href=x>&amp;</a><!-- --><a href='ü'>", ["http://h/%C3%BC/x", "http://h/%C3%BC/%C3%BC"]);
    let page = page(body);
    for (first, second) in (0..=body.len()).map(|at| body.as_bytes().split_at(at)) {
        let links = parse_chunks(&gather_html::dom_links(), &page.head, [first, second]).unwrap();
        assert_eq!(addresses(&links), expected, "at {}", first.len());
    }
}

#[test]
fn other_encodings_split_in_two_anywhere() {
    let utf_16: Vec<u8> = "\u{FEFF}<a href='ü𝄞'>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let shift_jis = b"<a href='\x83\x5C\x8A\xBF'>".to_vec();
    for (content_type, body, expected) in [
        ("text/html", utf_16, "http://h/d/%C3%BC%F0%9D%84%9E"),
        ("text/html; charset=shift_jis", shift_jis, "http://h/d/%E3%82%BD%E6%BC%A2"),
    ] {
        let page = page_of(content_type, body.clone());
        for (first, second) in (0..=body.len()).map(|at| body.split_at(at)) {
            let links = parse_chunks(&gather_html::links(), &page.head, [first, second]).unwrap();
            assert_eq!(addresses(&links), [expected], "{content_type} at {}", first.len());
        }
    }
}
