//! Every kind of link, and what a page says of itself, against a tree.

use std::fmt::Write;

use fastrand::Rng;
use gather_core::{Page, Parse, parse_page};
use gather_html::scan::{Event, LinkScanner};
use gather_html::{Extracted, HtmlLimits, Kinds, Link, LinkKind, dom, extract};

use crate::{page, page_of, parse_chunks};

type Plain = (LinkKind, &'static str, String, Option<String>);

/// What a tree says of a page that has no `srcset` and no refresh.
fn from_tree(page: &Page) -> (Vec<Plain>, Option<String>) {
    let parser = dom(|document, _| {
        let mut links = Vec::new();
        for element in document.elements() {
            let is_html = &*element.node().name.ns == "http://www.w3.org/1999/xhtml";
            let (kind, attribute) = match element.name() {
                "a" => (LinkKind::Anchor, "href"),
                _ if !is_html => continue,
                "area" => (LinkKind::Area, "href"),
                "base" => (LinkKind::Base, "href"),
                "form" => (LinkKind::Form, "action"),
                "iframe" => (LinkKind::Frame, "src"),
                "img" => (LinkKind::Image, "src"),
                "link" => (LinkKind::Link, "href"),
                "script" => (LinkKind::Script, "src"),
                "source" => (LinkKind::Source, "src"),
                _ => continue,
            };
            // `rel` means something to four of them.
            let has_rel = matches!(kind, LinkKind::Anchor | LinkKind::Area | LinkKind::Form | LinkKind::Link);
            let rel = element.attribute("rel").filter(|_| has_rel);
            if let Some(value) = element.attribute(attribute) {
                let rel = rel.map(|rel| rel.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
                links.push((kind, attribute, value, rel.filter(|rel| !rel.is_empty())));
            }
        }
        let is_html = |element: &gather_html::Element| &*element.node().name.ns == "http://www.w3.org/1999/xhtml";
        let title = document.elements().find(|element| element.name() == "title" && is_html(element));
        Ok((links, title.map(|title| title.text())))
    });
    parse_page(&parser, page).unwrap()
}

fn plain(link: &Link<'_>) -> Plain {
    let rel = link.rel().collect::<Vec<_>>().join(" ");
    (link.kind, link.attribute, link.value.to_owned(), Some(rel).filter(|rel| !rel.is_empty()))
}

#[track_caller]
fn all(body: &str) -> Extracted {
    let page = page(body.to_owned());
    let whole = parse_page(&extract(Kinds::ALL).anchor_text(), &page).unwrap();
    for size in [1, 2, 3, 7] {
        let pieces = parse_chunks(&extract(Kinds::ALL).anchor_text(), &page.head, page.body.chunks(size)).unwrap();
        assert_eq!(pieces, whole, "cut by {size}: {body:?}");
    }
    whole
}

#[track_caller]
fn agrees_with_the_tree(body: &str) {
    let found = all(body);
    let (links, title) = from_tree(&page(body.to_owned()));
    assert_eq!(found.links().map(|link| plain(&link)).collect::<Vec<_>>(), links, "in {body:?}");
    assert_eq!(found.title(), title.as_deref(), "in {body:?}");
}

#[test]
fn every_kind() {
    let body = "<head><title> A &amp; B\0\r\n</title><base href='/b/' target=x><link rel=\"Canonical next\" href=c>\
        <script src=s.js></script><script>'<img src=no>'</script></head><body><a rel='nofollow&#32;ugc' href=x>X</a>\
        <area HREF=y rel><map><area nohref></map><img src='i?a&amp;b' alt='>'><image src=j><picture><source src=k></picture>\
        <iframe src=f><img src=no></iframe><form action=send method=post rel=external><input type=image src=no></form>\
        <embed src=no><video src=no><base href=no><a name=no><a href><title>no</title>";
    agrees_with_the_tree(body);
    let found = all(body);
    assert_eq!(found.base().map(|base| base.as_str()), Some("http://h/b/"));
    let addresses: Vec<_> = found.links().filter_map(|link| link.address.map(str::to_owned)).collect();
    assert_eq!(addresses[..4], ["http://h/b/", "http://h/b/c", "http://h/b/s.js", "http://h/b/x"]);
    assert_eq!(found.links().len(), 12);
}

#[test]
fn offsets_are_where_values_start() {
    let body = "<a href=x><img\nsrc = 'y'><a href><link href=\"\">";
    let found = all(body);
    let values: Vec<_> = found.links().map(|link| &body[link.offset..][..link.value.len()]).collect();
    assert_eq!(values, ["x", "y", "", ""]);
    assert_eq!(found.links().map(|link| link.offset).collect::<Vec<_>>(), [8, 22, 32, 45]);
}

#[test]
fn drawings_and_templates_have_no_links_but_anchors() {
    agrees_with_the_tree(
        "<svg><a href=x></a><image href=no src=no></image><script src=no></script><title>no</title></svg>\
        <template><img src=no><title>no</title></template><title>yes</title><math><a href=y></a></math>",
    );
}

#[test]
fn sets_of_sources() {
    let found = all(
        "<img src=a srcset='b.png, c.png 2x,d 100w , e(1,2).png 3x (x, y), ,f,,g,'><source srcset='h'><img srcset>",
    );
    let values: Vec<_> = found.links().map(|link| (link.kind, link.attribute, link.value)).collect();
    let set = |value| (LinkKind::Image, "srcset", value);
    assert_eq!(
        values,
        [
            (LinkKind::Image, "src", "a"),
            set("b.png"),
            set("c.png"),
            set("d"),
            set("e(1,2).png"),
            set("f,,g"),
            (LinkKind::Source, "srcset", "h"),
        ]
    );
}

#[test]
fn refreshes() {
    for (content, expected) in [
        ("0; url=x", Some("x")),
        (" 5;URL = 'x y' z", Some("x y")),
        ("5, x", Some("x")),
        ("5 x", Some("x")),
        ("5.9.9;url=\"x", Some("x")),
        (".5;x", Some("x")),
        ("0;url x", Some("url x")),
        ("0;urlx", Some("urlx")),
        ("0;'x'y", Some("x")),
        ("5", None),
        ("5;", None),
        ("5;url=", None),
        ("x;url=y", None),
        ("5x", None),
        ("", None),
    ] {
        let mut body = String::new();
        write!(body, "<meta content=\"{}\" http-equiv=' Refresh'>", content.replace('"', "&quot;")).unwrap();
        // White space around the name makes it another.
        assert_eq!(all(&body).links().len(), 0, "{content:?}");
        let body = body.replace(" Refresh", "&#82;efResh");
        let found = all(&body);
        let values: Vec<_> = found.links().map(|link| link.value).collect();
        assert_eq!(values.first().copied(), expected, "{content:?}");
    }
}

#[test]
fn what_a_page_says_of_itself() {
    let found = all(
        "<meta charset=' koi8-r '><meta charset=no><meta name=ROBOTS content='noindex, NoFollow,'><meta name=robots content=all>",
    );
    assert_eq!(found.charset(), Some(" koi8-r "));
    assert_eq!(found.robots().collect::<Vec<_>>(), ["noindex", "NoFollow", "all"]);
    assert_eq!(found.title(), None);
    for (content, expected) in [
        ("text/html; charset=latin1", Some("latin1")),
        ("text/html; charset = 'a b' ", Some("a b")),
        ("charsets; CharSet=x;y", Some("x")),
        ("charset='x", None),
        ("text/html", None),
    ] {
        let found = all(&format!("<meta http-equiv=Content-Type content=\"{content}\">"));
        assert_eq!(found.charset(), expected, "{content:?}");
    }
}

#[test]
fn the_text_of_anchors() {
    let found = all(
        "<a href=x> A <b>&amp; B</b>\0<script>no</script><!-- no --></a> no <a href=y>one<a href=z>two</p><a>no</a><a href=w>&copy",
    );
    let texts: Vec<_> = found.links().map(|link| link.text).collect();
    assert_eq!(texts, [Some(" A & B"), Some("one"), Some("two"), Some("©")]);
    let without = parse_page(&extract(Kinds::ALL), &page("<a href=x>A</a>")).unwrap();
    assert!(without.links().all(|link| link.text.is_none()));
}

#[test]
fn pages_in_other_encodings() {
    let found = |content_type: &str, body: &[u8]| {
        parse_page(&extract(Kinds::ANCHORS).anchor_text(), &page_of(content_type, body.to_vec())).unwrap()
    };
    let cyrillic = found("text/html; charset=windows-1251", b"<title>\xFF</title><a href='\xFF?\xFF'>\xFF&copy;</a>");
    let link = cyrillic.links().next().unwrap();
    assert_eq!((link.value, link.text, link.offset), ("я?я", Some("я©"), 25));
    assert_eq!((link.address, cyrillic.title()), (Some("http://h/d/%D1%8F?%FF"), Some("я")));
    // The second byte of a character may be a letter or a backslash, but nothing that ends a value.
    let japanese = found("text/html; charset=shift_jis", b"<a\x83A href=no><a \x83href=no href=\x83\x5C>\x83</a>");
    assert_eq!(japanese.links().map(|link| (link.value, link.text)).collect::<Vec<_>>(), [("ソ", Some("\u{FFFD}"))]);
    // In this one a kanji may look like a quote.
    let stateful = found("text/html; charset=iso-2022-jp", b"<a href='\x1B$B$\"'\"\x1B(B'>");
    assert_eq!(stateful.links().map(|link| link.value).collect::<Vec<_>>(), ["あБ"]);
}

#[test]
fn nonsense_agrees_between_cuts() {
    let mut random = Rng::with_seed(8);
    let pieces = "<a href=|<img src=|<img srcset='a 1x, |<meta name=robots content=|<meta http-equiv=refresh content='1;|<title>|</title>|\
        <base href=|<link rel=|<svg>|</svg>|<template>|</template>|'|\"|>|<|/|=| |&amp;|&|x|ü|\0|\r\n|<!--|-->|<script>|</script>|</a>";
    let pieces: Vec<&str> = pieces.split('|').collect();
    for _ in 0..1000 {
        let body: String = (0..random.usize(..40)).map(|_| pieces[random.usize(..pieces.len())]).collect();
        all(&body);
    }
}

#[test]
fn more_than_the_memory_is_an_error_that_names_the_limit() {
    let limits = HtmlLimits::default().memory(32 << 10);
    for body in [
        "<a href=xxx>".repeat(2000),
        format!("<img srcset='{}'>", "x 1x,".repeat(4000)),
        format!("<a href=x>{}", "text ".repeat(8000)),
        format!("<title>{}", "text ".repeat(8000)),
        format!("<base href='/{}/'>{}", "x".repeat(1000), "<a href=y>".repeat(50)),
        format!("<meta name=robots content='{}'>", "x".repeat(40_000)),
    ] {
        let parser = extract(Kinds::ALL).anchor_text().limits(limits);
        let error = parse_page(&parser, &page(body.clone())).unwrap_err();
        assert!(error.to_string().contains("more memory than the limit of 32768 bytes"), "{error}");
        let parser = parser.limits(HtmlLimits::default());
        assert!(parse_page(&parser, &page(body)).is_ok());
    }
}

#[test]
fn spans_are_slices_of_the_page() {
    let body = b"<a rel=me href='a&amp;b'>text</a><meta charset=x>";
    let mut seen = Vec::new();
    let mut scanner = LinkScanner::new(Kinds::ALL, HtmlLimits::default()).anchor_text();
    let mut take = |event: Event<'_>| match event {
        Event::Link(link) => seen.push((link.value.to_vec(), link.rel.map(<[u8]>::to_vec))),
        Event::AnchorText(piece) | Event::Charset(piece) => seen.push((piece.to_vec(), None)),
        _ => {}
    };
    scanner.feed(body, &mut take).unwrap();
    scanner.finish(&mut take);
    let expected: [(&[u8], _); 3] = [(b"a&amp;b", Some(b"me".to_vec())), (b"text", None), (b"x", None)];
    assert_eq!(seen, expected.map(|(value, rel)| (value.to_vec(), rel)));
}

#[test]
fn sinks_may_move_between_threads() {
    fn starts_send_sinks<P: Parse<Sink: Send>>(_: P) {}
    starts_send_sinks(extract(Kinds::ALL));
}
