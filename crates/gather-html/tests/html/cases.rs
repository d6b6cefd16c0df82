//! Pages in which it is easy to find too many links, too few, or others.

use gather_core::parse_page;

use crate::{addresses, links, page};

/// A body, and what it links to when it is at `http://h/d/p`.
pub(crate) const CASES: &[(&str, &[&str])] = &[
    // How an attribute can be written.
    (r#"<a href="x">"#, &["http://h/d/x"]),
    ("<a href='x'>", &["http://h/d/x"]),
    ("<a href=x>", &["http://h/d/x"]),
    ("<A HREF=x>", &["http://h/d/x"]),
    ("<a\nclass=b\thref \r\n=\n x >", &["http://h/d/x"]),
    ("<a/href=x>", &["http://h/d/x"]),
    ("<a href=x/>", &["http://h/d/x/"]),
    (r#"<a href="x"title=y><a title='"'href=z>"#, &["http://h/d/x", "http://h/d/z"]),
    ("<a href=x href=y HREF=z>", &["http://h/d/x"]),
    ("<a href><a href=''><a href= >", &["http://h/d/p", "http://h/d/p", "http://h/d/p"]),
    ("<a =href=x><a ==x href=y>", &["http://h/d/y"]),
    ("<a <a href=x>", &["http://h/d/x"]),
    ("<a href='a>b'>", &["http://h/d/a%3Eb"]),
    // What is no link.
    ("<area href=x><link href=x><abbr href=x><a:b href=x><a xhref=x><a data-href=x><a name=x>", &[]),
    ("</a href=x>", &[]),
    ("< a href=x><3 a href=x>", &[]),
    ("<a href=x", &[]),
    ("<a href='x", &[]),
    ("<a href='x>y</a><a title='z'>", &["http://h/d/x%3Ey%3C/a%3E%3Ca%20title="]),
    // Addresses.
    ("<a href=' \t\n x \r\n'>", &["http://h/d/x"]),
    ("<a href='x\ny\tz\rw'>", &["http://h/d/xyzw"]),
    (
        "<a href='?q'><a href='#f'><a href=//other/><a href=/>",
        &["http://h/d/p?q", "http://h/d/p#f", "http://other/", "http://h/"],
    ),
    ("<a href=mailto:a@b><a href=javascript:void(0)>", &["mailto:a@b", "javascript:void(0)"]),
    (r"<a href='HTTP:\\H\x\..\y'>", &["http://h/y"]),
    ("<a href='http://bücher.example/ü?ü#ü'>", &["http://xn--bcher-kva.example/%C3%BC?%C3%BC#%C3%BC"]),
    // Character references, which attributes decode otherwise than text.
    ("<a href='?a=1&amp;b=2'>", &["http://h/d/p?a=1&b=2"]),
    ("<a href='?a=1&b=2&copy=3&copy&copyx&copy;'>", &["http://h/d/p?a=1&b=2&copy=3%C2%A9&copyx%C2%A9"]),
    ("<a href='?&#38;&#x26;&#x26&#X41;&#;&#x;&#xg;&'>", &["http://h/d/p?&&&A&#;&#x;&#xg;&"]),
    ("<a href='?&notit;&notin;&nosuch;&AMP&lt='>", &["http://h/d/p?&notit;%E2%88%89&nosuch;&&lt="]),
    (
        "<a href='?&#0;&#x80;&#xD800;&#x110000;&#99999999999;'>",
        &["http://h/d/p?%EF%BF%BD%E2%82%AC%EF%BF%BD%EF%BF%BD%EF%BF%BD"],
    ),
    ("<a href=?a&amp;b&ampc>", &["http://h/d/p?a&b&ampc"]),
    ("<a href='x\0y'>", &["http://h/d/x%EF%BF%BDy"]),
    ("<a href='&#13;&#10;x'>", &["http://h/d/x"]),
    // Text that looks like markup.
    ("<!-- <a href=x> --><a href=y>", &["http://h/d/y"]),
    ("<!--><a href=x>--><a href=y>", &["http://h/d/x", "http://h/d/y"]),
    ("<!-- --!><a href=x>", &["http://h/d/x"]),
    ("<!DOCTYPE a [<a href=x>]><? <a href=y>?><!a <a href=z>", &[]),
    ("<![CDATA[<a href=x>]]><a href=y>", &["http://h/d/y"]),
    ("<svg><![CDATA[<a href=x>]]><a href=y>", &["http://h/d/y"]),
    ("<script>'<a href=x>'</script><a href=y>", &["http://h/d/y"]),
    ("<script><!--<script></script><a href=x>--></script><a href=y>", &["http://h/d/y"]),
    ("<script></scriptx><a href=x></script ><a href=y>", &["http://h/d/y"]),
    ("<style><a href=x></style><title><a href=x></title><a href=y>", &["http://h/d/y"]),
    ("<textarea><a href=x></textarea><xmp><a href=x></xmp><a href=y>", &["http://h/d/y"]),
    ("<iframe><a href=x></iframe><noembed><a href=x></noembed><a href=y>", &["http://h/d/y"]),
    ("<noscript><a href=x></noscript><a href=y>", &["http://h/d/y"]),
    ("<p><noframes><a href=x></noframes><a href=y>", &["http://h/d/y"]),
    ("<a href=y><plaintext><a href=x>", &["http://h/d/y"]),
    ("<template><a href=x><div><a href=x></div></template><a href=y>", &["http://h/d/y"]),
    ("<template><template><a href=x></template><a href=x></template><a href=y>", &["http://h/d/y"]),
    ("<template><p>never closed<a href=x>", &[]),
    // Other languages inside.
    ("<svg><a href=x xlink:href=z><A HREF=y /></svg>", &["http://h/d/x", "http://h/d/y"]),
    ("<svg><a xlink:href=x></svg><math><a href=y></math>", &["http://h/d/y"]),
    (
        "<svg><title><a href=x></a></title><foreignObject><a href=y></a></foreignObject></svg>",
        &["http://h/d/x", "http://h/d/y"],
    ),
    ("<svg><style><a href=x></style></svg>", &["http://h/d/x"]),
    ("<svg><p><a href=x>", &["http://h/d/x"]),
    // Structure.
    (
        "<p><a href=x>1</a><ul><li><a href=y>2</a><li><a href=z>3</a></ul>",
        &["http://h/d/x", "http://h/d/y", "http://h/d/z"],
    ),
    ("<table><tr><td><a href=x>1</a><tr><td><a href=y>2</a></table>", &["http://h/d/x", "http://h/d/y"]),
    ("<select><option><a href=x></a></select>", &["http://h/d/x"]),
    ("</body></html><a href=x>", &["http://h/d/x"]),
    ("<head><a href=x></head><body><a href=y>", &["http://h/d/x", "http://h/d/y"]),
    ("<a href=x></a><a href=x></a>", &["http://h/d/x", "http://h/d/x"]),
    ("\u{FEFF}<a href=x>", &["http://h/d/x"]),
    // A byte order mark that is none, and what shares its first byte.
    ("<a href='\u{FEFF}x'>", &["http://h/d/%EF%BB%BFx"]),
    ("<a href='\u{FEFF}\u{FEFF}'><a href='x\u{FEFF}'>", &["http://h/d/%EF%BB%BF%EF%BB%BF", "http://h/d/x%EF%BB%BF"]),
    ("<base href='\u{FEFF}/b/'><a HREF='？'>", &["http://h/d/%EF%BB%BF/b/%EF%BC%9F"]),
    ("？<a href='&#xFEFF;x'><a href><a id=x>", &["http://h/d/%EF%BB%BFx", "http://h/d/p"]),
    ("", &[]),
    // The base.
    ("<base href=/b/><a href=x>", &["http://h/b/x"]),
    ("<a href=x></a><base href='http://o/&amp;/'>", &["http://o/&/x"]),
    ("<base target=_top><base href=/b/><base href=/c/><a href=x>", &["http://h/b/x"]),
    ("<base href='http://['><base href=/c/><a href=x>", &["http://h/d/x"]),
    ("<base href=data:,x><a href=x>", &["http://h/d/x"]),
    ("<base href=''><a href=''>", &["http://h/d/p"]),
    ("<template><base href=/c/></template><svg><base href=/c/></svg><a href=x>", &["http://h/d/x"]),
    ("<BASE HREF=/b/><a href=#f>", &["http://h/b/#f"]),
];

#[test]
fn links_are_what_the_tree_says() {
    for (body, expected) in CASES {
        let links = links(&page(*body));
        assert_eq!(addresses(&links), *expected, "in {body:?}");
        assert!(links.unresolved.is_empty(), "in {body:?}: {:?}", links.unresolved);
    }
}

#[test]
fn what_is_no_address_is_kept_as_written() {
    let links = links(&page("<a href='http://['><a href=ok><a href=' http://a:b&amp;\r\n'>"));
    assert_eq!(addresses(&links), ["http://h/d/ok"]);
    assert_eq!(links.unresolved, ["http://[", " http://a:b&\n"]);
    assert_eq!(links.len(), 3);
    assert!(!links.is_empty());
}

#[test]
fn misnested_links_are_repeated_and_moved_by_the_tree_alone() {
    // Both as the documentation of `LinkParser` says.
    for (body, streamed, from_tree) in [
        (
            "<a href=x><div><a href=y>",
            vec!["http://h/d/x", "http://h/d/y"],
            vec!["http://h/d/x", "http://h/d/x", "http://h/d/y"],
        ),
        ("<p><a href=x></p><p>text", vec!["http://h/d/x"], vec!["http://h/d/x", "http://h/d/x"]),
        (
            "<table><tr><td><a href=x></a></td></tr><a href=y></a></table>",
            vec!["http://h/d/x", "http://h/d/y"],
            vec!["http://h/d/y", "http://h/d/x"],
        ),
    ] {
        let page = page(body);
        assert_eq!(addresses(&parse_page(&gather_html::links(), &page).unwrap()), streamed, "streamed: {body:?}");
        assert_eq!(addresses(&parse_page(&gather_html::dom_links(), &page).unwrap()), from_tree, "tree: {body:?}");
    }
}

#[test]
fn a_page_whose_address_is_no_base_keeps_what_is_absolute() {
    let mut page = page("<a href=x><a href=http://o/y>");
    page.head.url = "/only/a/path".parse().unwrap();
    let links = links(&page);
    assert_eq!(addresses(&links), ["http://o/y"]);
    assert_eq!(links.unresolved, ["x"]);
}
