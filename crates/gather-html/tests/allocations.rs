//! What a link costs of memory: nothing but what is kept of it. A binary of its own, for its allocator's sake.

use allocation_counter::measure;
use gather_core::http::{HeaderMap, StatusCode, Version};
use gather_core::{Bytes, Head, Page, parse_page};
use gather_html::scan::{Event, LinkScanner, Values};
use gather_html::{HtmlLimits, Kinds, extract};

fn page(links: usize) -> Page {
    let link =
        "<li><a class=x rel='a b' href='../some/where.html?x=1#y' title=\"> &amp;\">text</a></li><svg><g/></svg>";
    let body = format!("<!doctype html><title>t</title><ul>{}</ul>", link.repeat(links));
    let url = "http://h/d/e/p".parse().expect("an address");
    Page {
        head: Head { url, status: StatusCode::OK, version: Version::HTTP_11, headers: HeaderMap::new() },
        body: Bytes::from(body),
    }
}

fn scan(page: &Page, piece: usize) -> usize {
    let mut count = 0;
    let mut scanner = LinkScanner::new(Kinds::ALL, HtmlLimits::default()).anchor_text();
    for piece in page.body.chunks(piece) {
        scanner.feed(piece, |event| count += usize::from(matches!(event, Event::Link(_)))).expect("within limits");
    }
    scanner.finish(|_| {});
    count
}

#[test]
fn spans_take_none() {
    for piece in [usize::MAX, 1000] {
        let counts = [10, 10_000].map(|links| {
            let page = page(links);
            let info = measure(|| assert_eq!(scan(&page, piece), links));
            info.count_total
        });
        // What is cut between chunks is kept in one buffer, and what is open in a drawing in another; both grow a little.
        assert!(counts[1] <= counts[0] + 6, "{counts:?} allocations in pieces of {piece}");
        assert!(counts[1] <= 8, "{counts:?} allocations in pieces of {piece}");
    }
}

#[test]
fn links_share_theirs() {
    let page = page(10_000);
    let info = measure(|| {
        let found = parse_page(&extract(Kinds::ANCHORS), &page).expect("within limits");
        assert_eq!(found.links().filter(|link| link.address.is_some()).count(), 10_000);
    });
    // Three vectors that double as they grow.
    assert!(info.count_total < 100, "{} allocations", info.count_total);
}

#[test]
fn values_share_theirs() {
    let page = page(10_000);
    let info = measure(|| {
        let mut values = Values::default();
        let mut scanner = LinkScanner::new(Kinds::ANCHORS, HtmlLimits::default());
        let take = |event: Event<'_>| {
            if let Event::Link(link) = event {
                values.push(link.value);
            }
        };
        scanner.feed(&page.body, take).expect("within limits");
        scanner.finish(|_| {});
        let texts = values.finish();
        assert_eq!(texts.iter().filter(|text| *text == "../some/where.html?x=1#y").count(), 10_000);
    });
    // Two vectors that double as they grow, and what is open in a drawing.
    assert!(info.count_total < 60, "{} allocations", info.count_total);
}
