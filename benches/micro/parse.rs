//! How fast links are found, in bytes of HTML per second: as they stream, out of the tree, and by the bare scanner.
//!
//! `links` and `dom_links` resolve each address; `lol_html` is another streaming parser, as one would use it
//! alone, and only counts them. The difference is what resolving, decoding and the exceptions of the standard cost.
#![forbid(unsafe_code)]

#[path = "../origin/generate.rs"]
mod generate;
mod pages;
#[path = "../origin/random.rs"]
#[expect(dead_code, reason = "the pages need the numbers, and not the hash that the origin's delays need")]
mod random;

use criterion::{Criterion, Throughput};
use gather_core::{Page, Parse, parse_page};
use gather_html::Links;
use lol_html::{HtmlRewriter, Settings, element};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    contest(&mut criterion, "parse/generated", &pages::generated());
    match pages::documentation() {
        pages if pages.is_empty() => {
            eprintln!(
                "parse/documentation: skipped, the Rust documentation is not installed (rustup component add rust-docs)"
            );
        }
        pages => contest(&mut criterion, "parse/documentation", &pages),
    }
    criterion.final_summary();
}

fn contest(criterion: &mut Criterion, name: &str, pages: &[Page]) {
    let (links, dom_links) = (gather_html::links(), gather_html::dom_links());
    for page in pages {
        let (streamed, from_tree) = (found(&links, page), found(&dom_links, page));
        assert_eq!(streamed, from_tree, "{name}: both parsers have to find the same links on {}", page.head.url);
        assert_eq!(scan(page), streamed.len(), "{name}: the bare scanner has to find as many on {}", page.head.url);
    }
    let mut group = criterion.benchmark_group(name);
    let bytes: usize = pages.iter().map(|page| page.body.len()).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    // One iteration is all the pages, some tens of milliseconds for the tree.
    group.sample_size(20);
    group.bench_function("links", |bencher| bencher.iter(|| total(pages, |page| found(&links, page).len())));
    group.bench_function("dom_links", |bencher| bencher.iter(|| total(pages, |page| found(&dom_links, page).len())));
    group.bench_function("lol_html", |bencher| bencher.iter(|| total(pages, scan)));
    group.finish();
}

fn total(pages: &[Page], count: impl Fn(&Page) -> usize) -> usize {
    pages.iter().map(count).sum()
}

fn found(parser: &impl Parse<Output = Links>, page: &Page) -> Links {
    parse_page(parser, page).expect("broken HTML is not an error")
}

/// Counts the links with lol_html alone.
fn scan(page: &Page) -> usize {
    let mut count = 0;
    let handler = element!("a[href]", |element| {
        count += usize::from(element.get_attribute("href").is_some());
        Ok(())
    });
    let settings = Settings::new().append_element_content_handler(handler);
    let mut scanner = HtmlRewriter::new(settings, |_: &[u8]| {});
    scanner.write(&page.body).expect("broken HTML is not an error");
    scanner.end().expect("broken HTML is not an error");
    count
}
