//! Selectors, and closures over the whole tree.

use gather_core::{ParseError, Sink, parse_page};
use gather_html::{dom, select};

use crate::page;

#[track_caller]
fn texts(selector: &str, body: &'static str) -> Vec<String> {
    let parser = select(selector, |element| Some(element.text())).expect("a selector");
    parse_page(&parser, &page(body)).unwrap()
}

#[test]
fn selects_by_css() {
    let body = "<h1>Title</h1><p class='a b'>1<p id=x>2<div><p class=b>3<em> and 4</em></div>";
    for (selector, expected) in [
        ("h1", &["Title"] as &[_]),
        ("p", &["1", "2", "3 and 4"]),
        ("P", &["1", "2", "3 and 4"]),
        ("p.b", &["1", "3 and 4"]),
        (".a.b, #x", &["1", "2"]),
        ("div > p em", &[" and 4"]),
        ("p:not(.b)", &["2"]),
        ("p + p", &["2"]),
        ("[class~=a]", &["1"]),
        ("p:first-child", &["3 and 4"]),
        ("article", &[]),
    ] {
        assert_eq!(texts(selector, body), expected, "{selector}");
    }
}

#[test]
fn selects_attributes_of_those_that_have_them() {
    let images = select("img", |image| image.attribute("src")).unwrap();
    assert_eq!(parse_page(&images, &page("<img src=a><img><IMG SRC='&amp;'>")).unwrap(), ["a", "&"]);
}

#[test]
fn what_is_no_selector_is_an_error_at_once() {
    for selector in [
        "",
        " ",
        "p[",
        "a >",
        "a >> b",
        "a,",
        ",",
        "p }",
        "p]",
        "p{}",
        "<p>",
        "@import",
        ">>",
        "p:nth-child(",
        "::nonsense",
        "{}",
    ] {
        let Err(error) = select(selector, |_| Some(())) else { panic!("{selector:?} is accepted") };
        assert!(error.to_string().contains(&format!("{selector:?}")), "{error}");
    }
    let inside = dom(|document, _| Ok(document.select("p[")?.count()));
    let error = parse_page(&inside, &page("<p>")).unwrap_err();
    assert!(error.to_string().contains("not a CSS selector"), "{error}");
}

#[test]
fn a_closure_reads_the_whole_tree() {
    let parser = dom(|document, head| {
        let title = document.select("title")?.next().map(|title| title.text());
        let first = document.root().first_child().is_some();
        Ok((title, document.elements().count(), first, head.url.path().to_owned(), document.is_flattened()))
    });
    let (title, elements, has_child, path, is_flattened) =
        parse_page(&parser, &page("<!doctype html><title>T</title><template><p></template><p>x")).unwrap();
    // html, head, title, template, body, p: not the one inside the template.
    assert_eq!((title.as_deref(), elements, has_child, &*path, is_flattened), (Some("T"), 6, true, "/d/p", false));
}

#[test]
fn a_refusal_of_the_closure_arrives() {
    let parser = dom(|_, head| Err::<(), _>(ParseError::new(format!("{} has no price", head.url))));
    let error = parse_page(&parser, &page("")).unwrap_err();
    assert!(error.to_string().ends_with("http://h/d/p has no price"), "{error}");
}

#[test]
fn sinks_may_move_between_threads() {
    fn is_send(_: impl Sink + Send) {}
    fn starts_send_sinks<P: gather_core::Parse<Sink: Send> + Clone>(parser: P) {
        is_send(parser.clone().start(&page("").head));
    }
    starts_send_sinks(gather_html::links());
    starts_send_sinks(gather_html::dom_links());
    starts_send_sinks(select("a", |element| Some(element.text())).unwrap());
}
