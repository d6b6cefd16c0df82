//! Pages made to cost much: they end soon, in a result or in an error that names the limit.

use std::ops::ControlFlow;

use fastrand::Rng;
use gather_core::{Bytes, Page, Parse, Sink, parse_page};
use gather_html::{HtmlLimits, dom, dom_links, links};

use crate::{addresses, page, parse_chunks};

fn repeated(unit: &str, bytes: usize) -> String {
    unit.repeat(bytes / unit.len())
}

/// How many levels the tree has below the document, templates' contents included, and whether it was flattened.
fn depth(page: &Page, limits: HtmlLimits) -> (usize, bool) {
    let parser = dom(|document, _| {
        let mut deepest = 0;
        let mut open = vec![(document.root().clone(), 0)];
        while let Some((node, depth)) = open.pop() {
            deepest = deepest.max(depth);
            let contents = node.as_element().and_then(|element| element.template_contents.clone());
            open.extend(
                node.children()
                    .chain(contents)
                    .filter(|child| child.as_text().is_none())
                    .map(|child| (child, depth + 1)),
            );
        }
        Ok((deepest, document.is_flattened()))
    });
    parse_page(&parser.limits(limits), page).unwrap()
}

#[test]
fn deep_nesting_is_flattened() {
    let limits = HtmlLimits::default();
    for unit in
        ["<ul><li>", "<div>", "<b>", "<font size=1>", "<table><tr><td>", "<svg><g>", "<math><mi>", "<object><b>"]
    {
        let (deepest, is_flattened) = depth(&page(repeated(unit, 16 << 10)), limits);
        assert!(is_flattened, "{unit}");
        assert!((limits.depth / 3..=limits.depth + 4).contains(&deepest), "{unit}: {deepest}");
    }
}

#[test]
fn deep_templates_are_dropped_without_overflow() {
    // Dropped by recursion, ten thousand of them overflow the stack of this thread.
    let limits = HtmlLimits::default().depth(20_000);
    let (deepest, is_flattened) = depth(&page("<template><p>".repeat(9_000)), limits);
    // Each is a level, its contents and its paragraph are others, and html and head stand above them.
    assert_eq!((deepest, is_flattened), (3 * 9_000 + 2, false));
    let error = parse_page(&dom_links().limits(limits.elements(8_000)), &page("<template>".repeat(9_000))).unwrap_err();
    assert!(error.to_string().contains("more elements"), "{error}");
}

#[test]
fn deep_templates_are_flattened() {
    let (deepest, is_flattened) = depth(&page("<template>".repeat(10_000)), HtmlLimits::default());
    assert!(is_flattened && deepest <= 2 * 512, "{deepest}"); // contents count as levels here
}

#[test]
fn nested_lists_lose_nothing() {
    // The page that shows what html5ever does without a limit (servo/html5ever#788). A debug build gets less of it.
    let bytes = if cfg!(debug_assertions) { 32 << 10 } else { 512 << 10 };
    let body = format!("{}<a href=x>deep</a>", repeated("<ul><li>", bytes));
    let page = page(body.clone());
    let parser = dom(|document, _| Ok((document.elements().count(), document.select("a")?.next().map(|a| a.text()))));
    let (elements, text) = parse_page(&parser, &page).unwrap();
    // All the lists and items, html, head, body and the link.
    assert_eq!((elements, text.as_deref()), (bytes / 4 + 4, Some("deep")));
    assert_eq!(addresses(&crate::links(&page)), ["http://h/d/x"]);
    let chunked = parse_chunks(&links(), &page.head, body.as_bytes().chunks(1000)).unwrap();
    assert_eq!(addresses(&chunked), ["http://h/d/x"]);
}

#[test]
fn what_follows_the_depth_is_as_it_would_be() {
    // Forty levels and back again, with a limit of twenty-four: what comes after stands where it belongs.
    let (up, down) = ("<div><p>".repeat(40), "</p></div>".repeat(40));
    let page = page(format!("<main>{up}<i>deep</i>{down}<h1>after</h1></main><footer>end</footer>"));
    let parser = dom(|document, _| {
        let find = |selector| document.select(selector).unwrap().next().map(|element| element.text());
        let divs = document.select("div")?.count();
        Ok((document.is_flattened(), divs, find("i"), find("main > h1"), find("body > footer")))
    });
    let (is_flattened, divs, deep, after, end) =
        parse_page(&parser.limits(HtmlLimits::default().depth(24)), &page).unwrap();
    assert!(is_flattened);
    assert_eq!(divs, 40);
    assert_eq!([deep.as_deref(), after.as_deref(), end.as_deref()], [Some("deep"), Some("after"), Some("end")]);
}

#[test]
fn a_page_within_the_depth_is_not_touched() {
    let nested = format!("{}<br>{}", "<div>".repeat(400), "</div>".repeat(400));
    // html and body are levels too, and the void element is the innermost.
    assert_eq!(depth(&page(nested), HtmlLimits::default()), (403, false));
}

#[test]
fn void_and_text_elements_beyond_the_depth_stay_single() {
    let body = format!(
        "{}<br><img><input><script>'<p>'</script><textarea><p></textarea><svg><path/><g><path/></g></svg>",
        "<div>".repeat(40)
    );
    let parser = dom(|document, _| {
        let count = |selector| document.select(selector).unwrap().count();
        Ok([
            count("br"),
            count("img"),
            count("input"),
            count("script"),
            count("textarea"),
            count("p"),
            count("path"),
            count("g"),
        ])
    });
    let counts = parse_page(&parser.limits(HtmlLimits::default().depth(20)), &page(body)).unwrap();
    assert_eq!(counts, [1, 1, 1, 1, 1, 0, 2, 1]);
}

#[test]
fn too_many_elements_are_an_error_that_names_the_limit() {
    let limits = HtmlLimits::default().elements(1000);
    let within = page("<b>".repeat(900));
    assert!(parse_page(&dom_links().limits(limits), &within).is_ok());
    let error = parse_page(&dom_links().limits(limits), &page("<br>".repeat(1001))).unwrap_err();
    assert!(error.to_string().contains("more elements than the limit of 1000"), "{error}");
}

#[test]
fn reopened_formatting_cannot_multiply_without_end() {
    // Each paragraph reopens two hundred elements: five million out of 100 KB.
    let fonts: String = (0..200).map(|size| format!("<font size={size}>")).collect();
    let error = parse_page(&dom_links(), &page(format!("<p>{fonts}{}", repeated("<p>x", 100 << 10)))).unwrap_err();
    assert!(error.to_string().contains("more elements than the limit of 500000"), "{error}");
}

#[test]
fn streaming_beyond_its_memory_is_an_error_that_names_the_limit() {
    let limits = HtmlLimits::default().memory(64 << 10);
    // A tag that never ends, cut into chunks, and more links than there is room for.
    for body in [format!("<a href='{}", "x".repeat(1 << 20)), "<a href=xxx>".repeat(20_000)] {
        let page = page(body);
        let mut sink = links().limits(limits).start(&page.head);
        let refused = page.body.chunks(10_000).position(|chunk| sink.feed(Bytes::copy_from_slice(chunk)).is_break());
        assert!(refused.is_some(), "it did not stop");
        // Whoever does not listen is not punished with a panic.
        assert_eq!(sink.feed(Bytes::from_static(b"<a href=x>")), ControlFlow::Break(()));
        let error = sink.finish().unwrap_err();
        assert!(error.to_string().contains("more memory than the limit of 65536 bytes"), "{error}");
    }
}

#[test]
fn a_long_base_cannot_multiply_without_end() {
    // Each of the addresses would repeat a hundred kilobytes.
    let page = page(format!("<base href='/{}/'>{}", "x".repeat(100 << 10), "<a href=x></a>".repeat(10_000)));
    for error in [parse_page(&links(), &page).unwrap_err(), parse_page(&dom_links(), &page).unwrap_err()] {
        assert!(error.to_string().contains("more memory than the limit of 67108864 bytes"), "{error}");
    }
}

#[test]
fn no_nonsense_gets_deeper_than_the_limit() {
    let mut random = Rng::with_seed(5);
    let pieces = "<a href=x>|<b>|<font x=1>|<font x=2>|<nobr>|<p>|<div>|<ul>|<li>|<dd>|<table>|<caption>|<colgroup>|<col>|\
        <tbody>|<tr>|<td>|<form>|<button>|<select>|<option>|<optgroup>|<svg>|<foreignObject>|<desc>|<math>|<mi>|\
        <g>|<g/>|<annotation-xml encoding=text/html>|<h1>|<h2>|<object>|<ruby>|<rt>|<br>|<title>|</title>|\
        <script>|</script>|<template>|<frameset>|<x>|<details>|<summary>|<pre>|<image>|</x>|</b>|</p>|</td>|\
        </a>|</svg>|text";
    let pieces: Vec<&str> = pieces.split('|').collect();
    for _ in 0..100 {
        // Few kinds at a time get deeper than a little of everything.
        let kinds: Vec<&str> = (0..random.usize(1..6)).map(|_| pieces[random.usize(..pieces.len())]).collect();
        let body: String = (0..600).map(|_| kinds[random.usize(..kinds.len())]).collect();
        let (deepest, _) = depth(&page(body), HtmlLimits::default().depth(40));
        // Contents of templates are levels here, and a tag may bring elements of its own along (a row, a body of rows).
        assert!(deepest <= 2 * (40 + 3), "{deepest} levels of {kinds:?}");
    }
}
