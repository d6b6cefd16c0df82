//! How fast `a[href]` is found on some six hundred pages of the toolchain's documentation, on one core, in bytes of HTML
//! per second: by gather-html's layers, of which each costs what it adds, and by others.
//!
//! | | what it gives of each link |
//! |---|---|
//! | `spans` | the value as it stands in the page, borrowed |
//! | `spans_in_16_kib` | the same, fed in pieces as a socket gives them |
//! | `owned` | the value with character references decoded, all of a page in one string that outlives it |
//! | `boxed` | the same, each in a string of its own: what an allocation costs |
//! | `extract` | that, its place and its address, resolved against the page |
//! | `links` | its address as a parsed `Url` |
//! | `lol_html`, `html5gum`, `scraper` | its value: as these crates are used, without resolving |
//! | `dom_links` | what `links` gives, out of kuchikikiki's tree |
//!
//! All have to find as many links on every page before anything is timed.
#![forbid(unsafe_code)]

mod pages;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput};
use gather_core::{Page, Parse, parse_page};
use gather_html::scan::{Event, LinkScanner, Texts, Values};
use gather_html::tokenizer::Attribute;
use gather_html::{HtmlLimits, Kinds, Links};
use html5gum::{DefaultEmitter, Token, Tokenizer};
use lol_html::{HtmlRewriter, Settings, element};
use scraper::{Html, Selector};

/// What a socket gives at a time.
const PIECE: usize = 16 << 10;

type Engine = (&'static str, fn(&Page) -> usize);

const ENGINES: [Engine; 10] = [
    ("spans", |page| spans(page, page.body.len().max(1))),
    ("spans_in_16_kib", |page| spans(page, PIECE)),
    ("owned", |page| owned(page).len()),
    ("boxed", boxed),
    ("extract", |page| parse_page(&gather_html::extract(Kinds::ANCHORS), page).expect("within limits").links().len()),
    ("links", |page| links(&gather_html::links(), page)),
    ("lol_html", with_lol_html),
    ("html5gum", with_html5gum),
    ("scraper", with_scraper),
    ("dom_links", |page| links(&gather_html::dom_links(), page)),
];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let pages = sample();
    if pages.is_empty() {
        eprintln!("links: skipped, the Rust documentation is not installed (rustup component add rust-docs)");
        return;
    }
    let bytes: usize = pages.iter().map(|page| page.body.len()).sum();
    for page in &pages {
        let found = ENGINES.map(|(_, count)| count(page));
        assert!(found.iter().all(|count| *count == found[0]), "{found:?} links on {}", page.head.url);
    }
    println!("{} pages, {bytes} bytes", pages.len());
    let mut group = criterion.benchmark_group("links");
    group.throughput(Throughput::BytesDecimal(bytes as u64));
    // One iteration is all the pages, some hundred milliseconds for a tree.
    group.sample_size(20);
    for (name, count) in ENGINES {
        group.bench_function(name, |bencher| bencher.iter(|| pages.iter().map(count).sum::<usize>()));
    }
    group.finish();
    hostile(&mut criterion);
    criterion.final_summary();
}

/// 64 MB of what asks to be read again and again, in one piece and in sixteenths of a megabyte: as fast as anything, per
/// byte.
fn hostile(criterion: &mut Criterion) {
    // Run once, to see that it runs, it is without optimization too.
    let length = if std::env::args().any(|argument| argument == "--bench") { 64 << 20 } else { 1 << 20 };
    let pages = [
        ("less_than", "", "<"),
        ("open_tags", "", "<a "),
        ("comments", "", "<!--"),
        ("ampersands", "<a href='", "&"),
        ("endless_attribute", "<a href='", "x"),
        ("attributes", "<a ", "x "),
        ("escaped_scripts", "<script><!--", "<script>-"),
        ("drawings", "", "<svg><g>"),
    ];
    let mut group = criterion.benchmark_group("links/hostile");
    group.throughput(Throughput::BytesDecimal(length as u64)).sample_size(10);
    for (name, beginning, unit) in pages {
        let page = pages::page("hostile", format!("{beginning}{}", unit.repeat(length / unit.len())).into_bytes());
        for (cut, piece) in [("whole", length + beginning.len()), ("cut", 64 << 10)] {
            group.bench_function(format!("{name}/{cut}"), |bencher| bencher.iter(|| feed(&page, piece)));
        }
    }
    group.finish();
}

/// Feeds a page of which one tag may be all there is.
fn feed(page: &Page, piece: usize) -> usize {
    let mut scanner = LinkScanner::new(Kinds::ALL, HtmlLimits::default().memory(usize::MAX));
    let mut count = 0;
    for piece in page.body.chunks(piece) {
        scanner.feed(piece, |_| count += 1).expect("there is no limit");
    }
    scanner.finish(|_| count += 1);
    count
}

/// Every fifth page of the documentation of `std`, the book, the reference and cargo that has fewer than 200 KiB, by name:
/// some six hundred. Empty where it is not installed.
fn sample() -> Vec<Page> {
    let Some(folder) = pages::folder() else { return Vec::new() };
    let mut paths = Vec::new();
    for part in ["std", "book", "reference", "cargo"] {
        collect(&folder.join(part), &mut paths);
    }
    // As bytes, the way `sort` has them in the C locale: paths of their own sort by component.
    paths.sort_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
    let chosen = paths.into_iter().enumerate().filter(|(number, _)| number % 5 == 4);
    let name = |path: &Path| path.strip_prefix(&folder).expect("a page of the folder").display().to_string();
    chosen.map(|(_, path)| pages::page(&name(&path), fs::read(&path).expect("a readable page"))).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|name| name == "html") {
            // As `find -size -200k` counts: in whole blocks of 1 KiB.
            let length = entry.metadata().map_or(u64::MAX, |file| file.len());
            if length.div_ceil(1024) < 200 {
                paths.push(path);
            }
        }
    }
}

fn spans(page: &Page, piece: usize) -> usize {
    let mut scanner = LinkScanner::new(Kinds::ANCHORS, HtmlLimits::default());
    let mut count = 0;
    for piece in page.body.chunks(piece) {
        let take = |event: Event<'_>| {
            if let Event::Link(link) = event {
                black_box(link.value);
                count += 1;
            }
        };
        scanner.feed(piece, take).expect("within limits");
    }
    scanner.finish(|_| {});
    count
}

fn owned(page: &Page) -> Texts {
    let mut scanner = LinkScanner::new(Kinds::ANCHORS, HtmlLimits::default());
    let mut values = Values::default();
    let take = |event: Event<'_>| {
        if let Event::Link(link) = event {
            values.push(link.value);
        }
    };
    scanner.feed(&page.body, take).expect("within limits");
    scanner.finish(|_| {});
    values.finish()
}

fn boxed(page: &Page) -> usize {
    let mut scanner = LinkScanner::new(Kinds::ANCHORS, HtmlLimits::default());
    let mut values: Vec<Box<str>> = Vec::new();
    let take = |event: Event<'_>| {
        if let Event::Link(link) = event {
            let attribute = Attribute { name: b"href", value: link.value, offset: link.offset };
            values.push(attribute.text().into());
        }
    };
    scanner.feed(&page.body, take).expect("within limits");
    scanner.finish(|_| {});
    values.len()
}

fn links(parser: &impl Parse<Output = Links>, page: &Page) -> usize {
    parse_page(parser, page).expect("within limits").len()
}

fn with_lol_html(page: &Page) -> usize {
    let mut count = 0;
    let handler = element!("a[href]", |element| {
        count += usize::from(element.get_attribute("href").is_some());
        Ok(())
    });
    let mut scanner = HtmlRewriter::new(Settings::new().append_element_content_handler(handler), |_: &[u8]| {});
    scanner.write(&page.body).expect("broken HTML is not an error");
    scanner.end().expect("broken HTML is not an error");
    count
}

fn with_html5gum(page: &Page) -> usize {
    let mut count = 0;
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true); // else it takes scripts for markup
    for token in Tokenizer::new_with_emitter(&*page.body, emitter) {
        if let Ok(Token::StartTag(tag)) = token
            && *tag.name == b"a"
        {
            count += usize::from(tag.attributes.get(&b"href"[..]).map(black_box).is_some());
        }
    }
    count
}

fn with_scraper(page: &Page) -> usize {
    let document = Html::parse_document(&String::from_utf8_lossy(&page.body));
    let selector = Selector::parse("a[href]").expect("a selector");
    document.select(&selector).filter_map(|link| link.attr("href").map(black_box)).count()
}
