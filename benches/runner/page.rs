//! What a page becomes: the workload's parser, the same for every engine.

use std::hash::Hasher;
use std::hint::black_box;
use std::ops::ControlFlow;

use gather_core::{Bytes, Head, Parse, ParseError, Sink};
use gather_html::{DomSink, Extract, Extracted, Kinds, LinkParser, Links};
use memchr::memchr;
use rustc_hash::FxHasher;

use crate::inject::Inject;
use crate::json::JsonSink;
use crate::workload::{ParseKind, Workload};

/// What is kept of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PageAnswer {
    pub(crate) links: u64,
    pub(crate) checksum: u64,
}

/// The parser of a workload.
#[derive(Debug, Clone)]
pub(crate) struct PageParser {
    kind: ParseKind,
    heavy_every: u64,
    inject: Inject,
}

impl PageParser {
    pub(crate) fn new(workload: &Workload) -> Self {
        PageParser { kind: workload.parse, heavy_every: workload.heavy_every, inject: workload.inject }
    }

    /// The CPU that a page costs beyond its links.
    fn burn(&self, head: &Head) -> u64 {
        let ParseKind::Heavy(microseconds) = self.kind else { return 0 };
        // `/page/I`: the index is the request's.
        let index: Option<u64> = head.url.path().rsplit('/').next().and_then(|index| index.parse().ok());
        if index.unwrap_or(0).is_multiple_of(self.heavy_every) { microseconds } else { 0 }
    }
}

impl Parse for PageParser {
    type Output = PageAnswer;
    type Sink = PageSink;

    fn start(&self, head: &Head) -> PageSink {
        self.inject.burden();
        let burn = self.burn(head);
        match self.kind {
            ParseKind::Length => PageSink::Length(0),
            // Where only some pages are costly the others cost nothing, or the heartbeat would measure the parser.
            ParseKind::Heavy(_) if self.heavy_every > 1 => PageSink::Burn { bytes: 0, burn },
            ParseKind::Links | ParseKind::Heavy(_) => {
                PageSink::Links { sink: Box::new(gather_html::links().start(head)), burn }
            }
            ParseKind::Extract => PageSink::Extract(Box::new(gather_html::extract(Kinds::ANCHORS).start(head))),
            ParseKind::DomLinks => PageSink::Dom(Box::new(gather_html::dom_links().start(head))),
            ParseKind::Json(how) => PageSink::Json(JsonSink::new(how)),
        }
    }
}

/// A page of which so much has arrived.
pub(crate) enum PageSink {
    Length(u64),
    Burn { bytes: u64, burn: u64 },
    Links { sink: Box<<LinkParser as Parse>::Sink>, burn: u64 },
    Extract(Box<<Extract as Parse>::Sink>),
    Dom(Box<DomLinksSink>),
    Json(JsonSink),
}

type DomLinksSink = DomSink<Links>;

impl Sink for PageSink {
    type Output = PageAnswer;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        match self {
            PageSink::Length(bytes) | PageSink::Burn { bytes, .. } => {
                *bytes += chunk.len() as u64;
                ControlFlow::Continue(())
            }
            PageSink::Links { sink, .. } => sink.feed(chunk),
            PageSink::Extract(sink) => sink.feed(chunk),
            PageSink::Dom(sink) => sink.feed(chunk),
            PageSink::Json(sink) => sink.feed(chunk),
        }
    }

    fn finish(self) -> Result<PageAnswer, ParseError> {
        match self {
            PageSink::Length(bytes) => Ok(PageAnswer { links: 0, checksum: spread(bytes) }),
            PageSink::Burn { bytes, burn } => {
                burn_cpu(burn);
                Ok(PageAnswer { links: 0, checksum: spread(bytes) })
            }
            PageSink::Links { sink, burn } => {
                let found = sink.finish()?;
                burn_cpu(burn);
                Ok(PageAnswer::of(&found))
            }
            PageSink::Extract(sink) => Ok(PageAnswer::of_extracted(&sink.finish()?)),
            PageSink::Dom(sink) => Ok(PageAnswer::of(&sink.finish()?)),
            PageSink::Json(sink) => sink.finish(),
        }
    }
}

impl PageAnswer {
    /// Links by their number and their addresses.
    pub(crate) fn of(found: &Links) -> Self {
        let checksum = found.urls.iter().map(|url| contribution(url.as_str())).fold(0, u64::wrapping_add);
        PageAnswer { links: found.urls.len() as u64, checksum }
    }

    /// The same of addresses that are text.
    pub(crate) fn of_extracted(found: &Extracted) -> Self {
        let addresses = found.links().filter_map(|link| link.address);
        addresses.fold(PageAnswer::default(), |sum, address| PageAnswer {
            links: sum.links + 1,
            checksum: sum.checksum.wrapping_add(contribution(address)),
        })
    }
}

/// What a link adds to the checksum; engines in other languages compute the same.
fn contribution(url: &str) -> u64 {
    // Without the query: a link to a place in its own page has the page's, which says how the page was asked for.
    let (address, rest) = url.as_bytes().split_at(memchr(b'?', url.as_bytes()).unwrap_or(url.len()));
    let fragment = memchr(b'#', rest).map_or(&rest[..0], |at| &rest[at + 1..]);
    let mut hasher = FxHasher::default();
    hasher.write(address);
    hasher.write(fragment);
    hasher.finish()
}

/// A number that differs in every bit when the input differs in one, so that sums do not hide a swap.
pub(crate) fn spread(number: u64) -> u64 {
    number.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn burn_cpu(microseconds: u64) {
    burn_nanoseconds(microseconds * 1000);
}

/// About so much of one core: a fixed amount of work, not a fixed time, so that a thread that is interrupted does not get
/// away with less. A step is a shift, an exclusive or and a multiplication that wait for each other, 5 cycles or so on any
/// x86-64 or AArch64 of this decade; a plain linear congruence the compiler would fold, several steps into one.
pub(crate) fn burn_nanoseconds(nanoseconds: u64) {
    const STEPS_PER_MICROSECOND: u64 = 640;
    let mut state = black_box(nanoseconds | 1);
    for _ in 0..nanoseconds * STEPS_PER_MICROSECOND / 1000 {
        state = (state ^ (state >> 29)).wrapping_mul(0x5851_f42d_4c95_7f2d);
    }
    black_box(state);
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::contribution;

    /// The engines in Python have their links summed by a program of their own, which must not drift away from ours.
    #[test]
    fn python_sums_links_as_the_runner_does() {
        let long = |size: usize| format!("http://{}/", "h".repeat(size));
        let mut urls: Vec<String> = (0..40).map(long).collect();
        for url in
            ["http://a/b?delay_us=0", "http://a/b?c#d", "http://a/b#d?c", "http://a/b?#", "http://a/?c?d#e#f", ""]
        {
            urls.push(url.into());
        }
        let program = "import sys, links\nfor line in sys.stdin: print(links.sum_of([line.rstrip('\\n')]))";
        let python = Command::new("python3")
            .args(["-c", program])
            .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/engines/python"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut python) = python else {
            eprintln!("SKIPPED: there is no python3");
            return;
        };
        python.stdin.take().unwrap().write_all((urls.join("\n") + "\n").as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        let sums = String::from_utf8(output.stdout).unwrap();
        let ours: Vec<String> = urls.iter().map(|url| contribution(url).to_string()).collect();
        assert_eq!(sums.lines().collect::<Vec<_>>(), ours);
    }
}
