//! Where the tree decides what is markup: drawings, formulas, templates, frames.

use fastrand::Rng;
use gather_core::parse_page;

use crate::{addresses, links, page};

#[track_caller]
fn check(body: &str, expected: &[&str]) {
    let links = links(&page(body.to_owned()));
    let expected: Vec<_> = expected.iter().map(|name| format!("http://h/d/{name}")).collect();
    assert_eq!(addresses(&links), expected, "in {body:?}");
}

#[test]
fn drawings_hold_markup_where_html_holds_text() {
    check("<svg><script><a href=x></a></script></svg><script><a href=y></script>", &["x"]);
    check(
        "<svg><style><a href=x></a></style><title><a href=y></a></title><textarea><a href=z></a></svg>",
        &["x", "y", "z"],
    );
    check(
        "<svg><noscript><a href=x></a></noscript><xmp><a href=y></a></xmp><iframe><a href=z></a></iframe></svg>",
        &["x", "y", "z"],
    );
    check("<svg><plaintext><a href=x></a></plaintext></svg><a href=y>", &["x", "y"]);
    check("<svg/><style><a href=x></style><svg /><math/><title><a href=x></title><a href=y>", &["y"]);
    check("<svg><svg><g/></svg><style><a href=x></a></style></svg><style><a href=no></style>", &["x"]);
    check("<SVG><STYLE><A HREF=x></A></STYLE></SVG><STYLE><A HREF=no></STYLE>", &["x"]);
}

#[test]
fn html_stands_in_drawings_at_integration_points() {
    check(
        "<svg><foreignObject><style><a href=no></style><p><a href=x></a></p></foreignObject><style><a href=y></a></style>",
        &["x", "y"],
    );
    check(
        "<svg><desc><title><a href=no></title></desc><title><style><a href=no></style></title><style><a href=x>",
        &["x"],
    );
    check("<svg><foreignObject><div><p>text</div></foreignObject><style><a href=x></a></style></svg>", &["x"]);
    check("<svg><foreignObject><p>text<div>text</div></foreignObject><style><a href=x></a></style></svg>", &["x"]);
    check("<svg><foreignObject><p>text</foreignObject><style><a href=no></style></svg>", &[]);
    check("<svg><foreignObject><br><img><input><hr></foreignObject><style><a href=x></a></style></svg>", &["x"]);
    check(
        "<svg><foreignObject><svg><style><a href=x></a></style></svg><style><a href=no></style></foreignObject></svg>",
        &["x"],
    );
    check("<svg><foreignObject><tr><td></foreignObject><style><a href=x></a></style></svg>", &["x"]);
    check("<svg><foreignObject><table><tr><td></table></foreignObject><style><a href=x></a></style></svg>", &["x"]);
}

#[test]
fn formulas() {
    check(
        "<math><mi><style><a href=no></style></mi><style><a href=x></a></style></math><style><a href=no></style>",
        &["x"],
    );
    check("<math><mtext><mglyph><style><a href=x></a></style></mglyph></mtext></math>", &["x"]);
    check("<math><annotation-xml><style><a href=x></a></style></annotation-xml></math>", &["x"]);
    check("<math><annotation-xml encoding=text/html><style><a href=no></style></annotation-xml></math>", &[]);
    check(
        "<math><annotation-xml encoding='APPLICATION/xhtml&#43;xml'><style><a href=no></style></annotation-xml></math>",
        &[],
    );
    check("<math><annotation-xml encoding=text/xml><style><a href=x></a></style></annotation-xml></math>", &["x"]);
    check(
        "<math><annotation-xml><svg><foreignObject><style><a href=no></style></foreignObject></svg></annotation-xml></math>",
        &[],
    );
    check("<math><svg><foreignObject><style><a href=x></a></style></foreignObject></svg></math>", &["x"]);
}

#[test]
fn html_ends_drawings() {
    for tag in [
        "b",
        "div",
        "p",
        "table",
        "img",
        "h1",
        "ul",
        "span",
        "meta",
        "pre",
        "font color=x",
        "font Face",
        "font size=''",
    ] {
        check(&format!("<svg><g><{tag}><style><a href=no></style>"), &[]);
    }
    for tag in ["font", "font x=y", "a", "section", "main", "button", "form", "input", "select", "link", "td"] {
        check(&format!("<svg><g><{tag}><style><a href=x></a></style>"), &["x"]);
    }
    check("<svg><g></p><style><a href=no></style>", &[]);
    check("<svg><g></br><style><a href=no></style>", &[]);
    check("<svg><g></svg><style><a href=no></style>", &[]);
    check("<svg><g></x><style><a href=x></a></style>", &["x"]);
    check("<div><svg><g></div><style><a href=no></style>", &[]);
    check("<svg><g></body></html><style><a href=x></a></style>", &["x"]);
    check("<math><mi><g></mi></math><style><a href=no></style>", &[]);
}

#[test]
fn sections_of_text_are_for_drawings_alone() {
    check(
        "<svg><![CDATA[<a href=no>]]]]><a href=x></a><![CDATA[]]></svg><![CDATA[<a href=no>]]><a href=y>",
        &["x", "y"],
    );
    check("<svg><![cdata[<a href=x></a>]]></svg>", &[]);
    check("<svg><desc><![CDATA[><a href=x></a>]]></desc></svg>", &[]);
    check("<svg><desc><b><![CDATA[><a href=x></a>]]></desc></svg>", &["x"]);
    check("<svg><![CDATA[<a href=no>", &[]);
}

#[test]
fn templates_hold_no_part_of_the_page() {
    check("<template><svg><a href=no></a></template><a href=x></a><style><a href=no></style>", &["x"]);
    check("<template><svg><foreignObject><a href=no></template><a href=x>", &["x"]);
    check("<svg><template><a href=x></a></template></svg><a href=y>", &["x", "y"]);
    check("<svg><foreignObject><template><a href=no></a></template><a href=x></a></foreignObject></svg>", &["x"]);
    check("<svg><foreignObject><template></foreignObject></svg><a href=no></a></template><a href=x>", &["x"]);
    check("</template><a href=x></a><template></template></template><a href=y>", &["x", "y"]);
    check("<head><template><a href=no></template></head><body><a href=x>", &["x"]);
    check("<template><frameset><a href=no></template><a href=x>", &["x"]);
}

#[test]
fn framesets() {
    check(
        "<head><title>t</title></head>\n<frameset><frame src=x><a href=no></a><script><a href=no></script></frameset>",
        &[],
    );
    check("<frameset></frameset><noframes><a href=no></noframes><a href=no></a></html><a href=no>", &[]);
    check("<frameset><svg><a href=no></svg></frameset>", &[]);
    check("<script>x</script><style>x</style> \n<!-- x --><frameset><a href=no>", &[]);
    check("<script>x</script><style>x</style>\u{FEFF} \n<!-- x --><frameset><a href=x>", &["x"]);
    check("\u{FEFF}<!doctype html> <html><head></head> </html> <frameset><a href=no>", &[]);
    check("<div><p></p></div><frameset><a href=no>", &[]);
    check("text<frameset><a href=x>", &["x"]);
    check("<body><frameset><a href=x>", &["x"]);
    check("<li><frameset><a href=x>", &["x"]);
    check("<br><frameset><a href=x>", &["x"]);
    check("</br><frameset><a href=x>", &["x"]);
    check("<p>&nbsp;<frameset><a href=x>", &["x"]);
    check("<svg>text</svg><frameset><a href=x>", &["x"]);
    check("<textarea></textarea><frameset><a href=x>", &["x"]);
}

/// Pages with all of this inside each other, each element closed where it should be.
fn nested(random: &mut Rng, body: &mut String, kind: &str, depth: usize) {
    const IN_HTML: &[(&str, &str)] = &[
        ("div", "html"),
        ("section", "html"),
        ("ul><li", "html"),
        ("table><tr><td", "html"),
        ("b", "html"),
        ("template", "html"),
        ("svg", "svg"),
        ("math", "math"),
        ("title", ""),
        ("style", ""),
        ("script", ""),
        ("textarea", ""),
        ("noscript", ""),
        ("xmp", ""),
        ("iframe", ""),
        ("noembed", ""),
        ("noframes", ""),
        ("h2", "html"),
        ("span", "html"),
        ("article", "html"),
    ];
    const IN_SVG: &[(&str, &str)] = &[
        ("g", "svg"),
        ("style", "svg"),
        ("script", "svg"),
        ("title", "html"),
        ("desc", "html"),
        ("foreignObject", "html"),
        ("template", "svg"),
        ("svg", "svg"),
        ("font", "svg"),
        ("noscript", "svg"),
        ("section", "svg"),
        ("math", "svg"),
        ("a href=drawn", "svg"),
        ("linearGradient", "svg"),
    ];
    const IN_MATH: &[(&str, &str)] = &[
        ("mrow", "math"),
        ("mi", "html"),
        ("mtext", "html"),
        ("annotation-xml", "math"),
        ("style", "math"),
        ("annotation-xml encoding='text/html'", "html"),
        ("svg", "math"),
        ("title", "math"),
        ("xmp", "math"),
    ];
    let elements = match kind {
        "svg" => IN_SVG,
        "math" => IN_MATH,
        _ => IN_HTML,
    };
    for _ in 0..random.usize(..4) {
        match random.u8(..8) {
            0 => body.push_str("<a href=x></a>"),
            1 => body.push_str("<!-- <a href=no> --><!x><?y>"),
            2 => body.push_str("text & <![CDATA[<i>]]>"),
            3 if kind == "html" => body.push_str("<br/><img src=x><input type=hidden>"),
            3 => body.push_str("<circle/><path d='>'/>"),
            _ if depth == 0 => {}
            _ => {
                let (tags, inside) = *random.choice(elements).expect("some");
                body.push_str(&format!("<{tags}>"));
                if inside.is_empty() {
                    body.push_str("<a href=no><!-- </a> <svg>");
                } else {
                    nested(random, body, inside, depth - 1);
                }
                for name in tags.split('>').rev() {
                    body.push_str(&format!("</{}>", name.split(' ').next().expect("a name")));
                }
            }
        }
    }
}

#[test]
fn whatever_is_closed_is_what_the_tree_says() {
    let mut random = Rng::with_seed(7);
    let mut found = 0;
    for _ in 0..3000 {
        let mut body = String::from("<!doctype html><body>");
        nested(&mut random, &mut body, "html", 7);
        found += links(&page(body)).len();
    }
    assert!(found > 500, "{found} links");
}

#[test]
fn what_is_not_closed_is_what_the_tree_says() {
    // All that opens, closes and hides in drawings, in any order. What needs more than that to be told is left out: end
    // tags of what may be open around a drawing, and framesets after links.
    let pieces = "<a href=x></a>|<a href=y></a>|<svg>|</svg>|<math>|</math>|<mtext>|</mtext>|<foreignObject>|</foreignObject>|<desc>|</desc>|\
        <title>|</title>|<style>|</style>|<script>|</script>|<template>|</template>|<div>|<p>|</p>|<g>|</g>|<![CDATA[|]]>|<!--|-->|<br>|</br>|\
        <textarea>|</textarea>|<annotation-xml encoding=text/html>|<annotation-xml>|</annotation-xml>|text|<svg/>|<noscript>|</noscript>|\
        <font>|<font color=x>|<section>|<xmp>|</xmp>|<mglyph>|<img>|<plaintext>| ";
    let pieces: Vec<&str> = pieces.split('|').collect();
    let mut random = Rng::with_seed(9);
    let mut found = 0;
    for _ in 0..4000 {
        let body: String = (0..random.usize(1..14)).map(|_| pieces[random.usize(..pieces.len())]).collect();
        found += links(&page(body)).len();
    }
    assert!(found > 500, "{found} links");
}

#[test]
fn what_needs_a_tree_is_as_documented() {
    // The first number is of links here, the second of those in the tree; the table of `LinkParser` says why.
    for (body, streamed, in_tree) in [
        ("<a href=x></a><frameset>", 1, 0),
        ("<svg></div><style><a href=x></a></style>", 0, 1),
        ("<x><svg></x><style><a href=x></a></style>", 1, 0),
        ("<svg><foreignObject><b><div></b></foreignObject><style><a href=x></a></style>", 1, 0),
    ] {
        let page = page(body);
        let counts = [
            parse_page(&gather_html::links(), &page).unwrap().len(),
            parse_page(&gather_html::dom_links(), &page).unwrap().len(),
        ];
        assert_eq!(counts, [streamed, in_tree], "streamed and in the tree: {body:?}");
    }
}
