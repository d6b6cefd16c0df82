//! Pages that want to cost more than their length: megabytes of what a careless reader would read again and again.
//!
//! There is no clock here. What is read again for each byte of a megabyte would not end, and how often things
//! are told is counted.

use gather_core::parse_page;
use gather_html::scan::{Event, LinkScanner};
use gather_html::tokenizer::{Attribute, Content, Tokenizer, Visitor};
use gather_html::{HtmlLimits, Kinds, extract, links};

use crate::{page, parse_chunks};

const LENGTH: usize = 1 << 20;

/// How a page begins, and what it repeats from then on.
const PAGES: [(&str, &str); 30] = [
    ("", "<"),
    ("", "</"),
    ("", "<!"),
    ("", "<!-"),
    ("", "<!--"),
    ("", "<?"),
    ("", "&"),
    ("", "<a "),
    ("", "</a "),
    ("", "<a/"),
    ("<a href='", "x"),
    ("<a href=", "&"),
    ("<a href=\"", "&am"),
    ("<a ", "x"),
    ("<a ", "x "),
    ("<a ", "="),
    ("<a ", "x='>' "),
    ("<!--", "-"),
    ("<!--", "->"),
    ("<!--", "--!"),
    ("<title>", "</titl"),
    ("<script>", "</script"),
    ("<script><!--", "<script>-"),
    ("<svg><![CDATA[", "]"),
    ("<svg>", "<![CDATA["),
    ("", "<svg><g>"),
    ("<svg><foreignObject>", "<b></i>"),
    ("", "<template>"),
    ("<math><mi>", "<p>"),
    ("<plaintext>", "<a href=x>"),
];

fn repeated(beginning: &str, unit: &str, length: usize) -> String {
    format!("{beginning}{}", unit.repeat(length / unit.len()))
}

/// Counts what it is told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    starts: usize,
    attributes: usize,
    whole: usize,
    ends: usize,
    text: usize,
}

impl Visitor for Count {
    fn start_tag(&mut self, _: &[u8], _: usize) -> bool {
        self.starts += 1;
        true
    }

    fn attribute(&mut self, _: Attribute<'_>) {
        self.attributes += 1;
    }

    fn start_tag_end(&mut self, _: &[u8], _: bool) -> Content {
        self.whole += 1;
        Content::Data
    }

    fn end_tag(&mut self, _: &[u8], _: usize) {
        self.ends += 1;
    }

    fn text(&mut self, piece: &[u8]) {
        self.text += piece.len();
    }
}

fn count(page: &str, piece: usize) -> Count {
    let mut count = Count::default();
    let mut tokenizer = Tokenizer::new(Content::Data, usize::MAX);
    let mut fed = 0;
    for piece in page.as_bytes().chunks(piece) {
        tokenizer.feed(piece, &mut count).expect("there is no limit");
        fed += piece.len();
        assert!(tokenizer.kept() <= fed, "kept more than there was");
    }
    tokenizer.finish(&mut count);
    count
}

#[test]
fn nothing_is_told_more_often_than_it_stands_there() {
    for (beginning, unit) in PAGES {
        let page = repeated(beginning, unit, LENGTH);
        let whole = count(&page, page.len());
        let told = whole.starts + whole.attributes + whole.ends;
        // One tag that has no end is told twice: where the chunk ends, and not again.
        assert!(told <= 2 * page.len(), "{told} told of {} bytes of {unit:?}", page.len());
        for piece in [1000, 65_536] {
            let cut = count(&page, piece);
            assert_eq!((cut.whole, cut.ends, cut.text), (whole.whole, whole.ends, whole.text), "{unit:?} in {piece}s");
            let again = cut.starts - cut.whole.min(cut.starts);
            // At the end of a chunk by both ways to read text.
            assert!(again <= 2 * (page.len() / piece + 1), "{again} times again, {unit:?} in {piece}s");
        }
    }
}

#[test]
fn byte_by_byte() {
    for (beginning, unit) in PAGES {
        let page = repeated(beginning, unit, LENGTH / 4);
        let (whole, cut) = (count(&page, page.len()), count(&page, 1));
        assert_eq!((cut.whole, cut.ends, cut.text), (whole.whole, whole.ends, whole.text), "{unit:?}");
        // A tag is told when it is whole, and not before.
        assert_eq!(cut.starts, cut.whole, "{unit:?}");
    }
}

#[test]
fn links_of_such_pages_are_found_or_refused() {
    let limits = HtmlLimits::default().memory(256 << 10);
    for (beginning, unit) in PAGES {
        let page = page(repeated(beginning, unit, LENGTH));
        let whole = parse_page(&links().limits(limits), &page);
        let cut = parse_chunks(&links().limits(limits), &page.head, page.body.chunks(65_536));
        let all = parse_page(&extract(Kinds::ALL).anchor_text().limits(limits), &page);
        // Only what is cut is kept, so one long tag is refused when it comes in pieces.
        for error in [whole.as_ref().err(), cut.as_ref().err(), all.as_ref().err()].into_iter().flatten() {
            assert!(error.to_string().contains("more memory than the limit"), "{unit:?}: {error}");
        }
        if let (Ok(whole), Ok(cut)) = (whole, cut) {
            assert_eq!(whole, cut, "{unit:?}");
        }
    }
}

#[test]
fn many_attributes_are_no_more_than_many() {
    // The first `href` counts, and nothing is compared with all that came before it.
    let page = format!("<a {} href=x {}>", repeated("", "b=c ", LENGTH / 2), repeated("", "href=y ", LENGTH / 2));
    let mut values = Vec::new();
    let mut scanner = LinkScanner::new(Kinds::ANCHORS, HtmlLimits::default());
    let take = |event: Event<'_>| {
        if let Event::Link(link) = event {
            values.push(link.value.to_vec());
        }
    };
    scanner.feed(page.as_bytes(), take).unwrap();
    assert_eq!(values, [b"x"]);
}
