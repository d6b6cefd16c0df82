//! Pages that are not UTF-8, or say so and are not.

use crate::{addresses, links, page_of};

#[test]
fn the_content_type_names_the_encoding() {
    // Paths are sent as UTF-8 whatever the page is in, queries in the encoding of the page.
    for content_type in
        ["text/html; charset=windows-1251", "text/html;Charset=\"CP1251\"", "text/html; x=y; charset = cp1251 "]
    {
        let links = links(&page_of(content_type, b"<a href='\xFF?\xFF'>".to_vec()));
        assert_eq!(addresses(&links), ["http://h/d/%D1%8F?%FF"], "{content_type}");
    }
}

#[test]
fn an_unknown_encoding_is_read_as_utf_8() {
    for content_type in ["text/html; charset=klingon", "text/html; charset=", "text/html; charset", "", "hz-gb-2312"] {
        let links = links(&page_of(content_type, "<a href='ü'>"));
        assert_eq!(addresses(&links), ["http://h/d/%C3%BC"], "{content_type:?}");
    }
}

#[test]
fn utf_16_is_read_by_its_name_or_its_mark() {
    let text = "<base href=/b/><a href='ü?ü'>";
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked =
        |unit: fn(u16) -> [u8; 2]| -> Vec<u8> { format!("\u{FEFF}{text}").encode_utf16().flat_map(unit).collect() };
    for (content_type, body) in [
        ("text/html; charset=utf-16be", big),
        ("text/html", marked(u16::to_le_bytes)),
        ("text/html; charset=utf-8", marked(u16::to_be_bytes)),
        // The mark is in the page, so it is right.
        ("text/html; charset=windows-1252", marked(u16::to_be_bytes)),
    ] {
        assert_eq!(addresses(&links(&page_of(content_type, body))), ["http://h/b/%C3%BC?%C3%BC"], "{content_type}");
    }
}

#[test]
fn invalid_utf_8_is_replaced() {
    let links = links(&page_of("text/html", b"<a href='a\xE2\x82'><a href=\xC3><a href=\xED\xA0\x80>".to_vec()));
    let replaced = "%EF%BF%BD";
    assert_eq!(
        addresses(&links),
        [
            format!("http://h/d/a{replaced}"),
            format!("http://h/d/{replaced}"),
            format!("http://h/d/{}", replaced.repeat(3))
        ]
    );
}

#[test]
fn a_page_that_begins_like_a_mark_but_is_none() {
    let links = links(&page_of("text/html", b"\xFF<a href=x>".to_vec()));
    assert_eq!(addresses(&links), ["http://h/d/x"]);
}
