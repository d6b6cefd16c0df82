//! Pages that are not UTF-8, or say so and are not.

use std::env;
use std::fs;
use std::path::Path;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use gather_core::parse_page;
use gather_html::{Kinds, extract};

use crate::{addresses, links, page_of, parse_chunks};

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

/// What a query with the letter ya of windows-1251 becomes on a page that begins so.
#[track_caller]
fn query(content_type: &str, beginning: &str, end: &str) -> String {
    let mut body = format!("{beginning}<a href='?").into_bytes();
    body.extend(b"\xFF'>");
    body.extend(end.as_bytes());
    let page = page_of(content_type, body);
    let whole = links(&page);
    for size in [1, 2, 7, 1023, 1024, 1025] {
        let cut = parse_chunks(&gather_html::links(), &page.head, page.body.chunks(size)).unwrap();
        assert_eq!(cut, whole, "in pieces of {size}");
    }
    let extracted = parse_page(&extract(Kinds::ANCHORS), &page).unwrap();
    assert!(extracted.links().map(|link| link.address.unwrap()).eq(addresses(&whole)));
    addresses(&whole)[0].rsplit('?').next().unwrap().to_owned()
}

const CYRILLIC: &str = "%FF";
const REPLACED: &str = "%EF%BF%BD";

#[test]
fn a_page_says_its_encoding_itself() {
    for meta in [
        "<meta charset=windows-1251>",
        "<META CHARSET='&#x43;P1251'/>",
        "<meta http-equiv=Content-Type content='text/html; charset=cp1251'>",
        "<meta content='charset=\"windows-1251\"' http-equiv=content-type>",
        "<meta charset=klingon><meta charset=windows-1251>",
        "<meta charset=windows-1251><meta charset=utf-8>",
        "<title><meta charset=utf-8></title><!--<meta charset=utf-8>--><meta charset=windows-1251>",
        "<script>'<meta charset=utf-8>'</script><meta charset=windows-1251>",
    ] {
        assert_eq!(query("text/html", meta, ""), CYRILLIC, "{meta}");
        // What came before it is read by it as well.
        assert_eq!(query("text/html", "", meta), CYRILLIC, "{meta} behind the link");
        assert_eq!(query("text/html; charset=klingon", meta, ""), CYRILLIC, "{meta} and a name that nobody knows");
        assert_eq!(query("text/html; charset=utf-8", meta, ""), REPLACED, "the head has said it before {meta}");
        assert_eq!(query("text/html", &format!("\u{FEFF}{meta}"), ""), REPLACED, "so has a mark before {meta}");
    }
    for meta in ["", "<meta charset>", "<meta charset=klingon>", "<meta content='charset=cp1251'>"] {
        assert_eq!(query("text/html", meta, ""), REPLACED, "{meta}");
    }
}

#[test]
fn only_the_beginning_of_a_page_says_its_encoding() {
    let meta = "<meta charset=windows-1251>";
    for (before, expected) in [(1024 - meta.len(), CYRILLIC), (1025 - meta.len(), REPLACED), (1024, REPLACED)] {
        assert_eq!(query("text/html", &format!("{}{meta}", "x".repeat(before)), ""), expected, "behind {before}");
    }
}

#[test]
fn what_was_read_as_ascii_is_not_in_utf_16() {
    assert_eq!(query("text/html", "<meta charset=utf-16>", ""), REPLACED);
    assert_eq!(query("text/html", "<meta charset=x-user-defined>", ""), "%FF", "windows-1252, which sends it so");
    // What is not ASCII either, but says so in it.
    let page = page_of("text/html", b"<meta charset=iso-2022-jp><a href='\x1B$B$\"\x1B(B'>".to_vec());
    assert_eq!(addresses(&links(&page)), ["http://h/d/%E3%81%82"]);
}

/// In these it stands in a script or a style sheet, and the standard's prescan takes it for a `<meta>`.
const NO_META: [&str; 3] = ["tests1.dat 54", "tests1.dat 55", "tests1.dat 56"];

#[test]
fn the_cases_of_html5lib() {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites");
    let suites = env::var_os("GATHER_SUITES").map_or_else(beside, Into::into);
    let Ok(files) = fs::read_dir(suites.join("html5lib/encoding")) else {
        return crate::notice("skipped: the encoding cases of html5lib are not there; set GATHER_SUITES");
    };
    let split = |text: &str, separator: &str| text.split(separator).map(str::to_owned).collect::<Vec<_>>();
    let (mut count, mut different) = (0, Vec::new());
    for file in files {
        let path = file.unwrap().path();
        // Byte by byte: the pages are in many encodings.
        let text: String = fs::read(&path).unwrap().into_iter().map(char::from).collect();
        for (number, case) in split(&text, "#data\n").iter().skip(1).enumerate() {
            let [data, name] = &split(case, "\n#encoding\n")[..] else { panic!("{case}") };
            let expected = Encoding::for_label(name.as_bytes()).unwrap();
            // Where nothing is said the standard has the encoding of most of the old web, and this the one of the new.
            let is_said = expected != WINDOWS_1252 || data.contains("8859-1");
            // Behind the first 1,024 bytes it is too late to say it; in two cases the link that is added here makes it so.
            let is_late = data.find("<meta charset").is_some_and(|at| at > 980);
            let expected = if is_said && !is_late { expected } else { UTF_8 };
            let value = b"\xC3\xA4\xB1\xE6";
            let data: Vec<u8> = data.chars().map(|byte| byte as u8).collect();
            let (mark, rest) = data.split_at(if data.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 });
            let body = [mark, b"<a href='", &value[..], b"'>", rest].concat();
            let found = parse_page(&extract(Kinds::ANCHORS), &page_of("text/html", body)).unwrap();
            count += 1;
            if found.links().next().unwrap().value != expected.decode_without_bom_handling(value).0 {
                different.push(format!("{} {number}", path.file_name().unwrap().display()));
            }
        }
    }
    assert_eq!(different, NO_META);
    assert!(count >= 82, "{count} cases");
}
