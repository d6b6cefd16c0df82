//! Parsing alone: pages that are in memory before the clock starts, one after the other on one thread, their links counted.
//!
//! The ways differ in what they give of each link, and so in what they cost; all of them must find the same number. Engines
//! from outside do the same with the parsers of their language.

use std::hint::black_box;

use gather_core::{Page, Parse, ParseError, parse_page};
use gather_html::scan::{Event, LinkScanner, Values};
use gather_html::{HtmlLimits, Kinds, Links};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::blocking;
use crate::engines::serve_trials;
use crate::page::PageAnswer;
use crate::target::Target;
use crate::workload::Workload;

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    by: Way,
}

/// What becomes of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Its value as it stands in the page, borrowed.
    Spans,
    /// The value decoded, kept with the page's others in one string.
    Values,
    /// Its address, resolved against the page, as text.
    Extract,
    /// The same as a parsed `Url`.
    Links,
    /// The same out of a tree.
    Tree,
}

const WAYS: [(&str, Way); 5] = [
    ("spans", Way::Spans),
    ("values", Way::Values),
    ("extract", Way::Extract),
    ("links", Way::Links),
    ("tree", Way::Tree),
];

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let params = Params { by: own.pick("by", &WAYS, Way::Links)? };
        own.finish()?;
        match workload.silent_percent {
            0 => Ok(params),
            _ => Err("silent_percent: there would be pages that never come".to_owned()),
        }
    }
}

/// Fetches the pages, then goes through them as often as it is told.
pub(crate) fn serve(run: &Run) -> Result<(), Failure> {
    let Params { by } = Params::of(&run.workload)?;
    let pages = pages(run)?;
    serve_trials(run, |requests| {
        let mut answer = Answer::default();
        for page in pages.iter().cycle().take(usize::try_from(requests).unwrap_or(usize::MAX)) {
            let links = count(by, page)? as u64;
            answer.add_page(page.body.len() as u64, PageAnswer { links, checksum: 0 });
        }
        Ok(answer.into())
    })
}

/// What the tree finds, with the addresses of its links.
pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let mut answer = Answer::default();
    let judged: Vec<(u64, PageAnswer)> = pages(run)?
        .iter()
        .map(|page| Ok((page.body.len() as u64, PageAnswer::of(&links(&gather_html::dom_links(), page)?))))
        .collect::<Result<_, Failure>>()?;
    for (bytes, found) in judged.iter().cycle().take(usize::try_from(requests).unwrap_or(usize::MAX)) {
        answer.add_page(*bytes, *found);
    }
    Ok(answer)
}

/// As many as the workload asks for, one by one.
fn pages(run: &Run) -> Result<Vec<Page>, Failure> {
    let target = Target::new(&run.workload, run.origin)?;
    let mut fetch = blocking::one_by_one(run.workload.limits());
    (0..run.workload.requests).map(|index| fetch(&target.request(index))).collect()
}

fn count(by: Way, page: &Page) -> Result<usize, Failure> {
    let mut count = 0;
    match by {
        Way::Spans => scan(page, |value| {
            black_box(value);
            count += 1;
        })?,
        Way::Values => {
            let mut values = Values::default();
            scan(page, |value| values.push(value))?;
            count = black_box(values.finish()).len();
        }
        Way::Extract => {
            let found = parse_page(&gather_html::extract(Kinds::ANCHORS), page).map_err(failed)?;
            count = found.links().filter(|link| link.address.is_some()).count();
        }
        Way::Links => count = links(&gather_html::links(), page)?.urls.len(),
        Way::Tree => count = links(&gather_html::dom_links(), page)?.urls.len(),
    }
    Ok(count)
}

/// Calls `take` with every `href` of an `a`, as it stands in the page.
fn scan(page: &Page, mut take: impl FnMut(&[u8])) -> Result<(), Failure> {
    let mut scanner = LinkScanner::new(Kinds::ANCHORS, HtmlLimits::default());
    let mut take = |event: Event<'_>| {
        if let Event::Link(link) = event {
            take(link.value);
        }
    };
    scanner.feed(&page.body, &mut take).map_err(|error| Failure::new("parse", error))?;
    scanner.finish(take);
    Ok(())
}

fn links(parser: &impl Parse<Output = Links>, page: &Page) -> Result<Links, Failure> {
    parse_page(parser, page).map_err(failed)
}

fn failed(error: ParseError) -> Failure {
    Failure::new("parse", error)
}
