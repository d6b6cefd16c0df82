//! Pages as text: decoded, and the same for every chunking.

use gather_client::charset::{CharsetSource, Declared, SniffLimits, encoding_rs, sniff};
use gather_client::text::{Text, TextDecoder, decode_text, text};
use gather_core::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use gather_core::http::{StatusCode, Uri, Version};
use gather_core::{Bytes, Head, Page, Parse, Sink, parse_page};

use crate::bytes::cut;

pub(crate) fn page(url: &'static str, content_type: &'static str, body: impl Into<Bytes>) -> Page {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    let head = Head { url: Uri::from_static(url), status: StatusCode::OK, version: Version::HTTP_11, headers };
    Page { head, body: body.into() }
}

fn decode_chunks(declared: &Declared, limits: SniffLimits, chunks: &[Bytes]) -> Text {
    let mut decoder = TextDecoder::new(declared.clone(), limits);
    let mut text = String::new();
    for chunk in chunks {
        decoder.decode(chunk, &mut text);
    }
    let (charset, malformed) = decoder.finish(&mut text);
    Text { text, charset, malformed }
}

#[test]
fn pages_are_text_whatever_their_encoding() {
    let cases: &[(&str, &[u8], &str, bool)] = &[
        ("text/html", b"\xef\xbb\xbfa\xef\xbb\xbf", "a\u{feff}", false),
        ("text/html", b"\xff\xfea\0\xac\x20", "a€", false),
        ("text/html; charset=utf-16be", b"\0a\x20\xac", "a€", false),
        ("text/html; charset=utf-16", b"\xfe\xff\0a", "a", false),
        ("text/html", b"<meta charset=sjis>\x93\xfa\x96{", "<meta charset=sjis>日本", false),
        ("text/plain; charset=utf-8", b"a\xffb\xc3", "a\u{fffd}b\u{fffd}", true),
        ("text/plain; charset=hz-gb-2312", b"anything", "\u{fffd}", true),
        ("text/plain", "später".as_bytes(), "später", false),
        ("text/html", b"", "", false),
    ];
    for (content_type, body, expected, malformed) in cases {
        let page = page("http://a.example/", content_type, *body);
        let parsed = parse_page(&text(), &page).unwrap();
        assert_eq!((&parsed.text[..], parsed.malformed), (*expected, *malformed), "{content_type}: {body:?}");
    }
}

#[test]
fn the_domain_helps_the_detector() {
    // The same bytes are Czech or Western; the country decides.
    let detected = |url| parse_page(&text(), &page(url, "text/html", &b"\xe1\xed\xe9"[..])).unwrap().charset;
    assert_eq!(detected("http://noviny.CZ./").source, CharsetSource::Detected);
    assert_eq!(detected("http://noviny.CZ./").encoding.name(), "windows-1250");
    assert_eq!(detected("http://zeitung.de/").encoding.name(), "windows-1252");
    // Neither addresses nor odd names are domains.
    for url in ["http://127.0.0.1/", "http://[::1]/", "http://a_b/", "http://x.1a/"] {
        assert_eq!(detected(url).source, CharsetSource::Detected, "{url}");
    }
}

#[test]
fn the_chunks_make_no_difference() {
    let mut rng = fastrand::Rng::with_seed(30);
    let encodings = [
        encoding_rs::UTF_8,
        encoding_rs::WINDOWS_1251,
        encoding_rs::SHIFT_JIS,
        encoding_rs::GBK,
        encoding_rs::EUC_KR,
        encoding_rs::ISO_2022_JP,
        encoding_rs::WINDOWS_1252,
    ];
    let words = ["<p>", "plain ", "Grüße ", "Привет ", "日本語の文 ", "안녕 ", "\n", "café "];
    let heads = ["", "<meta charset=utf-8>", "<meta charset=gbk>", "<?xml encoding='koi8-r'?>", "\u{feff}", "<!--"];
    for round in 0..1_000 {
        let mut source = heads[rng.usize(..heads.len())].to_owned();
        let ascii = rng.usize(..1_500);
        source.extend(std::iter::repeat_n('x', ascii));
        (0..rng.usize(..100)).for_each(|_| source.push_str(words[rng.usize(..words.len())]));
        let mut body = encodings[rng.usize(..encodings.len())].encode(&source).0.into_owned();
        if rng.bool() && !body.is_empty() {
            let at = rng.usize(..body.len());
            body[at] = rng.u8(..);
        }
        let kind = ["text/html", "text/plain", "text/xml", "application/json", "text/html; charset=euc-kr"];
        let declared = Declared::content_type(kind[rng.usize(..kind.len())]);
        let limits = SniffLimits::default().prescan(rng.usize(..2_000)).detect(rng.usize(..500));
        let whole = decode_text(&declared, &body, &limits);
        assert_eq!(whole.charset, sniff(&declared, &body, &limits), "round {round}");
        assert_eq!(whole, decode_chunks(&declared, limits, &cut(&mut rng, &body)), "round {round}");
        let (expected, malformed) = whole.charset.encoding.decode_with_bom_removal(&body);
        assert_eq!((&whole.text[..], whole.malformed), (&*expected, malformed), "round {round}: another judge");
    }
}

#[test]
fn ascii_goes_through_before_the_encoding_is_known() {
    let mut decoder = TextDecoder::new(Declared::content_type("text/html"), SniffLimits::default());
    let mut text = String::new();
    decoder.decode(&[b'x'; 5_000], &mut text);
    assert_eq!(text.len(), 5_000);
    decoder.decode(b"\xc3\xa4", &mut text);
    assert_eq!(text.len(), 5_000, "the detector has not seen enough");
    decoder.decode(&[b'y'; 64 << 10], &mut text);
    assert!(text.ends_with('y') && text.contains('ä'));
}

#[test]
fn a_sink_takes_pages_in_chunks() {
    let page = page("http://a.example/", "text/html; charset=utf-8", &b""[..]);
    let mut sink = text().start(&page.head);
    for byte in "Grüße".bytes() {
        assert!(sink.feed(Bytes::from(vec![byte])).is_continue());
    }
    assert_eq!(sink.finish().unwrap().text, "Grüße");
}
