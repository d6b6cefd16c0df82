//! Which encoding a page is in: the order of the sources, and each source by itself.

use gather_client::charset::CharsetSource::{ByteOrderMark, Default, Detected, Header, Meta, XmlDeclaration};
use gather_client::charset::{ContentType, Declared, SniffLimits, prescan, sniff, xml_declaration};
use gather_core::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

#[test]
fn the_first_source_that_says_something_counts() {
    let cases: &[(&str, &[u8], &str, _)] = &[
        // A mark beats everything.
        ("text/html; charset=koi8-r", b"\xef\xbb\xbf<meta charset=latin1>", "UTF-8", ByteOrderMark),
        ("application/json; charset=utf-8", b"\xff\xfe{\0}\0", "UTF-16LE", ByteOrderMark),
        ("text/plain", b"\xfe\xff\0a", "UTF-16BE", ByteOrderMark),
        // Then the field, if it names an encoding that exists.
        ("text/html; charset=koi8-r", b"<meta charset=utf-8>", "KOI8-R", Header),
        ("text/html; charset=klingon", b"<meta charset=utf-8>", "UTF-8", Meta),
        ("text/plain; charset=latin1", b"caf\xc3\xa9", "windows-1252", Header),
        ("application/json; charset=sjis", b"{}", "Shift_JIS", Header),
        // Then the document, if it is one that can say it.
        ("text/html", b"<?xml encoding='koi8-r'?><meta charset=gbk>", "GBK", Meta),
        ("text/html", b"<?xml encoding='koi8-r'?><p>", "KOI8-R", XmlDeclaration),
        ("text/xml", b"<?xml encoding='koi8-r'?><meta charset=gbk />", "KOI8-R", XmlDeclaration),
        ("application/xhtml+xml", b"<meta charset=gbk />", "UTF-8", Default),
        ("image/svg+xml", b"<\0?\0x\0m\0l\0", "UTF-16LE", XmlDeclaration),
        ("", b"<meta charset=gbk>", "GBK", Meta),
        ("text/plain", b"<meta charset=gbk>", "UTF-8", Default),
        ("application/ld+json", b"{\"<meta charset=gbk>\": 1}", "UTF-8", Default),
        // Then the bytes.
        ("text/html", "<p>Grüße, Привет".as_bytes(), "UTF-8", Detected),
        ("text/plain", b"\xcf\xf0\xe8\xe2\xe5\xf2, \xea\xe0\xea \xe4\xe5\xeb\xe0?", "windows-1251", Detected),
        ("application/json", b"\"caf\xe9\"", "UTF-8", Default),
        // Then the default.
        ("text/html", b"<p>plain", "windows-1252", Default),
        ("text/html", b"", "windows-1252", Default),
        ("text/css", b"", "UTF-8", Default),
    ];
    for (content_type, body, encoding, source) in cases {
        let found = sniff(&Declared::content_type(content_type), body, &SniffLimits::default());
        assert_eq!((found.encoding.name(), found.source), (*encoding, *source), "{content_type}: {body:?}");
    }
}

#[test]
fn utf_16_and_user_defined_in_meta_are_what_can_be_read() {
    for (label, encoding) in
        [("utf-16", "UTF-8"), ("utf-16be", "UTF-8"), ("unicode", "UTF-8"), ("x-user-defined", "windows-1252")]
    {
        let (found, _) = prescan(format!("<meta charset={label}>").as_bytes()).unwrap();
        assert_eq!(found.name(), encoding, "{label}");
    }
    let header = Declared::content_type("text/html; charset=x-user-defined");
    assert_eq!(header.header_encoding().unwrap().name(), "x-user-defined");
}

#[test]
fn attributes_are_read_as_the_standard_has_it() {
    let cases: &[(&[u8], Option<&str>)] = &[
        // Of two attributes of one name the first counts; of charset and content, charset.
        (b"<meta charset=gbk charset=utf-8>", Some("GBK")),
        (b"<meta charset=bogus http-equiv=content-type content=charset=gbk>", None),
        (b"<meta http-equiv=content-type content=charset=gbk charset=big5>", Some("Big5")),
        (b"<meta http-equiv=refresh http-equiv=content-type content=charset=gbk>", None),
        (b"<meta http-equiv=content-type content='charset charset = gbk; x'>", Some("GBK")),
        (b"<meta http-equiv=content-type content='charset=\"gbk'>", None),
        (b"<META/CHARSET\x0c=\x0cGBK/>", None),
        (b"<META/CHARSET\x0c=\x0cGBK />", Some("GBK")),
        (b"<!-->gbk<meta charset=gbk>", Some("GBK")),
        (b"<!--->gbk<meta charset=gbk>", Some("GBK")),
        (b"<!--><meta charset=big5>--><meta charset=gbk>", Some("Big5")),
        (b"</p a='<meta charset=gbk>'><meta charset=big5>", Some("Big5")),
        (b"<?php '>' ?><meta charset=gbk>", Some("GBK")),
        (b"< meta charset=gbk>", None),
        (b"<met\0a charset=gbk>", None),
        (b"<p <meta charset=gbk>", None),
    ];
    for (page, encoding) in cases {
        let found = prescan(page).map(|(encoding, _)| encoding.name());
        assert_eq!(found, *encoding, "{}", String::from_utf8_lossy(page));
    }
}

#[test]
fn xml_declarations_are_read_as_browsers_do() {
    let cases: &[(&[u8], Option<&str>)] = &[
        (b"<?xml version='1.0' encoding=\"GBK\"?>", Some("GBK")),
        (b"<?xml encoding\n=\t'utf-16'>", Some("UTF-8")),
        (b"<?xml encoding='gbk'", None),
        (b"<?xml encoding='g bk'?>", None),
        (b"<?xml encoding=gbk?>", None),
        (b"<?xml encoding='gbk?>", None),
        (b"<?xml ?> encoding='gbk'>", None),
        (b" <?xml encoding='gbk'?>", None),
        (b"\0<\0?\0x", Some("UTF-16BE")),
    ];
    for (page, encoding) in cases {
        assert_eq!(xml_declaration(page).map(|encoding| encoding.name()), *encoding, "{page:?}");
    }
}

/// Type and encoding.
type Found = Option<(&'static str, Option<&'static str>)>;

#[test]
fn media_types_are_read_as_browsers_do() {
    let cases: [(&str, Found); _] = [
        ("text/html", Some(("text/html", None))),
        (" TEXT/html ;charset=UTF-8;x=y", Some(("text/html", Some("UTF-8")))),
        ("text/html; charset=\"u\\tf-8\"x; charset=gbk", Some(("text/html", Some("utf-8")))),
        ("text/html; x=\"; charset=gbk\"; charset=big5", Some(("text/html", Some("big5")))),
        ("text/html; charset=; charset=gbk", Some(("text/html", Some("gbk")))),
        ("text/html;;; charset", Some(("text/html", None))),
        ("text/html;charset=utf-8 ", Some(("text/html", Some("utf-8")))),
        ("text", None),
        ("text/", None),
        ("/html", None),
        ("te xt/html", None),
        ("", None),
    ];
    for (value, expected) in cases {
        let parsed = ContentType::parse(value);
        let parsed = parsed.as_ref().map(|parsed| (parsed.essence(), parsed.charset()));
        assert_eq!(parsed, expected, "{value:?}");
    }
}

#[test]
fn of_several_types_the_last_counts() {
    let cases: [(&[&str], Found); _] = [
        (&["text/plain;charset=gbk", "text/html"], Some(("text/html", None))),
        (&["text/html;charset=gbk", "text/html"], Some(("text/html", Some("gbk")))),
        (&["text/html;charset=gbk", "x", "*/*", "text/html;x=\",\""], Some(("text/html", Some("gbk")))),
        (&["text/plain;charset=gbk, text/html;charset=big5"], Some(("text/html", Some("big5")))),
        (&["nonsense"], None),
        (&[], None),
    ];
    for (values, expected) in cases {
        let header = |value: &&str| (CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
        let headers = HeaderMap::from_iter(values.iter().map(header));
        let found = ContentType::of(&headers);
        assert_eq!(found.as_ref().map(|found| (found.essence(), found.charset())), expected, "{values:?}");
    }
}

#[test]
fn arbitrary_bytes_never_panic() {
    let mut rng = fastrand::Rng::with_seed(20);
    let pieces: &[&[u8]] = &[
        b"<meta",
        b" ",
        b"charset",
        b"=",
        b"\"",
        b"'",
        b"utf-8",
        b"gbk",
        b">",
        b"<",
        b"/",
        b"<!--",
        b"-->",
        b"content",
        b"http-equiv",
        b"content-type",
        b"<?xml",
        b"encoding",
        b"?",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\n",
        b";",
    ];
    for _ in 0..20_000 {
        let soup: Vec<u8> = (0..rng.usize(..30)).flat_map(|_| pieces[rng.usize(..pieces.len())]).copied().collect();
        let kind = ["text/html", "text/xml", "application/json", "text/plain"][rng.usize(..4)];
        let limits = SniffLimits::default().prescan(rng.usize(..200)).detect(rng.usize(..50));
        let _ = sniff(&Declared::content_type(kind), &soup, &limits);
        let _ = prescan(&soup);
        let _ = ContentType::parse(&String::from_utf8_lossy(&soup));
    }
}
