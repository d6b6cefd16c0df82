//! Seeded nonsense: nothing panics, cuts make no difference, and where links nest properly both parsers agree.

use fastrand::Rng;
use gather_core::parse_page;

use crate::{links, page, page_of, parse_chunks};

/// Pieces of markup, so that nonsense gets somewhere.
const PIECES: &str = r#"<a href=|<a href='|'>|">|>|<|</|/>|</a>|<base href=/b/>|<script>|</script>|<!--|-->|<![CDATA[|]]>|<svg>|</svg>|
    |<math>|<mi>|<title>|</title>|<template>|</template>|<table>|<tr>|<td>|</table>|<p>|</p>|<b>|</b>|<br>|</br>|<select>|<option>|
    |<textarea>|<frameset>|<form>|<body>|</body>|</html>|<!doctype|<foreignObject>|<annotation-xml encoding=text/html>|<font color=x>|
    |&amp;|&#x|&copy|&|=| |x|ü|http://|//[|<plaintext>|<style>|<noscript>|</svg|<li>|<nobr>|<button>|<object>|<image>|<dd>|<h1>|<ruby>|
    |<rt>|<frame>|<input type=hidden>"#;

fn nonsense(random: &mut Rng, pieces: usize) -> Vec<u8> {
    let markup: Vec<&str> = PIECES.split('|').collect();
    let mut body = Vec::new();
    for _ in 0..random.usize(..pieces) {
        match random.u8(..20) {
            0 => body.push(random.u8(..)),
            1 => body.push(*random.choice(b"\0\r\n\t").expect("one of four")),
            _ => body.extend_from_slice(random.choice(&markup).expect("one of many").as_bytes()),
        }
    }
    body
}

#[test]
fn nothing_panics_and_cuts_make_no_difference() {
    let mut random = Rng::with_seed(1);
    let tree = gather_html::dom_links().limits(gather_html::HtmlLimits::default().depth(16));
    for _ in 0..2000 {
        let body = nonsense(&mut random, 200);
        let charset = ["utf-8", "windows-1252", "gb18030", "utf-16le", "iso-2022-jp", "x-user-defined"];
        let page = page_of(&format!("text/html; charset={}", charset[random.usize(..charset.len())]), body.clone());
        let whole = parse_page(&gather_html::links(), &page).unwrap();
        let size = random.usize(1..20);
        let cut = parse_chunks(&gather_html::links(), &page.head, body.chunks(size)).unwrap();
        assert_eq!(whole, cut, "cut by {size}: {:?}", String::from_utf8_lossy(&body));
        parse_page(&tree, &page).unwrap();
    }
}

#[test]
fn arbitrary_bytes_do_not_panic() {
    let mut random = Rng::with_seed(2);
    for _ in 0..500 {
        let body: Vec<u8> = (0..random.usize(..500)).map(|_| random.u8(..)).collect();
        links(&page(body));
    }
}

#[test]
fn attribute_values_are_decoded_as_the_tree_does() {
    // Between quotes nothing but the value can differ.
    let mut random = Rng::with_seed(3);
    let pieces = "&|&amp|&amp;|&copy|&copy;|&notin|&notin;|&not|&lt|&gt;|&#|&#x|&#38|&#x41;|&#0;|&#150;|&#xFFFF;|&#xD800;|&#1114112;|&#13;|\
        &NotEqualTilde;|&CounterClockwiseContourIntegral;|&fjlig;|;|=|x|1|Z|\r\n|\r|\n|\0|ü| |?|#|/|%|\\|:";
    let pieces: Vec<&str> = pieces.split('|').collect();
    for _ in 0..5_000 {
        let value: String = (0..random.usize(..8)).map(|_| pieces[random.usize(..pieces.len())]).collect();
        links(&page(format!("<a href=\"{value}\">")));
    }
}

#[test]
fn proper_nesting_gives_the_same_links() {
    let mut random = Rng::with_seed(4);
    for _ in 0..500 {
        let mut body = String::new();
        nested(&mut random, &mut body, 6);
        links(&page(body));
    }
}

/// Markup that nests the way the standard wants it, so that the tree builder moves nothing.
fn nested(random: &mut Rng, body: &mut String, depth: usize) {
    for _ in 0..random.usize(..4) {
        match random.u8(..8) {
            0 => body.push_str(&format!("<a href='{}&amp;{}'>text</a>", random.u8(..), random.alphanumeric())),
            1 => body.push_str("<script>if (a<b) '<a href=no>'</script>"),
            2 => body.push_str("<!-- <a href=no> --><br/><img src=x>"),
            3 => body.push_str("text &lt;a href=no&gt;"),
            _ if depth == 0 => body.push_str("<base href=/base/>"),
            4 => body.push_str("<svg><a href=drawn><circle/></a></svg>"),
            kind => {
                let (outer, inner) = [("ul", "li"), ("section", "div"), ("template", "h1")][usize::from(kind - 5)];
                body.push_str(&format!("<{outer}><{inner}>"));
                nested(random, body, depth - 1);
                body.push_str(&format!("</{inner}></{outer}>"));
            }
        }
    }
}
