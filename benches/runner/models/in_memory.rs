//! The scrape without a network: the whole engine over connections in memory, or the pipeline alone over pages in memory.
//!
//! Nothing here depends on a kernel, on another process or on the time, so the instructions of a trial repeat nearly to
//! the last one. It says what our layers cost and nothing about how fast pages are fetched.

use std::time::SystemTime;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use gather_blocking::codec::blank_head;
use gather_client::ClientBuilder;
use gather_core::{AnyFetch, Fetch, MakeFetch, Page, Parse, Request, Runtime, Scraper, Sink, parse_page};
use gather_http::{Client, Connect, ConnectExt};

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::asynchronous::Engine;
use crate::memory::Memory;
use crate::models::fetch::deadlines::Deadlines;
use crate::models::fetch::{Policy, sum};
use crate::page::PageParser;
use crate::session::Outcome;
use crate::target::{PageKind, Target};
use crate::wire::Wired;
use crate::workload::{ParseKind, Place, Workload};

/// What is this model's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    over: Over,
    policy: Policy,
    through: Through,
    bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// Connections in memory, at whose other end somebody answers: pool, hyper and pipeline.
    Http,
    /// Pages that are simply there, after one wake-up: the pipeline alone.
    Pages,
}

/// What the pages come through, which shows in the time of a page that is simply there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Through {
    /// The pipeline, compiled for this client.
    Generic,
    /// The pipeline over a client whose type is erased: a future and a body in a box each.
    Erased,
    /// No pipeline: the client's futures in a set, as one writes it where nothing can fail.
    Hand,
}

impl Params {
    pub(crate) fn of(workload: &Workload) -> Result<Self, String> {
        let mut own = workload.own_keys();
        let over = own.pick("over", &[("http", Over::Http), ("pages", Over::Pages)], Over::Http)?;
        let policy = own.pick("policy", &Policy::WORDS, Policy::Nothing)?;
        let ways = [("generic", Through::Generic), ("erased", Through::Erased), ("hand", Through::Hand)];
        let through = own.pick("through", &ways, Through::Generic)?;
        own.finish()?;
        if through != Through::Generic && (over, policy) != (Over::Pages, Policy::Nothing) {
            return Err("through: goes with over=pages and policy=none".to_owned());
        }
        if workload.compute != Place::Inline {
            return Err("compute: model memory parses inline only".to_owned());
        }
        if workload.silent_percent > 0 || workload.delay_us > 0 {
            return Err("model memory waits for nothing: no silent_percent, no delay_us".to_owned());
        }
        match workload.page {
            PageKind::Fixed(bytes) => Ok(Params { over, policy, through, bytes }),
            _ => Err("page: model memory has only fixed:BYTES".to_owned()),
        }
    }
}

pub(crate) async fn run<R: Connect>(engine: &Engine<'_, R>, requests: u64) -> Result<Outcome, Failure> {
    let Params { over, policy, through, bytes } = Params::of(&engine.run.workload)?;
    let page = page(bytes);
    let wired = Wired::new(engine.runtime.clone(), &page);
    let pages = Memory::waking().with_page(page);
    let policies = ClientBuilder::new(SystemTime::now);
    let answer = match (over, policy) {
        (Over::Http, Policy::Nothing) => scrape(engine, wired.scraper(), requests).await,
        (Over::Http, Policy::Client) => {
            let client = move |wired: &Wired<R>| Client::with(policies.clone(), wired.client(), wired.clone());
            scrape(engine, Scraper::new(wired, client), requests).await
        }
        (Over::Pages, Policy::Nothing) => match through {
            Through::Generic => {
                let pages = move |_: &R| pages.clone();
                scrape(engine, Scraper::new(engine.runtime.clone(), pages), requests).await
            }
            Through::Erased => {
                let pages = AnyFetch::new(pages);
                let pages = move |_: &R| pages.clone();
                scrape(engine, Scraper::new(engine.runtime.clone(), pages), requests).await
            }
            Through::Hand => by_hand(engine, &pages, requests).await?,
        },
        (Over::Pages, Policy::Client) => {
            let client = move |runtime: &R| policies.clone().build(pages.clone(), runtime.clone());
            scrape(engine, Scraper::new(engine.runtime.clone(), client), requests).await
        }
    };
    Ok(answer.into())
}

async fn scrape<R, C, M>(engine: &Engine<'_, R>, scraper: Scraper<C, M>, requests: u64) -> Answer
where
    R: Connect,
    C: Runtime,
    M: MakeFetch<C, Fetch: gather_core::SendFetch> + Send + Sync + 'static,
{
    let workload = &engine.run.workload;
    let scraper = scraper.parse(PageParser::new(workload)).limits(workload.limits()).concurrency(workload.concurrency);
    let requests = engine.target.requests(requests);
    let none = Deadlines::default();
    if engine.driven { sum(scraper.drive(requests), &none).await } else { sum(scraper.scrape(requests), &none).await }
}

/// The same without a pipeline, and so without what it promises: limits, deadlines, errors that lose nothing.
async fn by_hand<R: Connect>(engine: &Engine<'_, R>, pages: &Memory, requests: u64) -> Result<Answer, Failure> {
    let workload = &engine.run.workload;
    let parser = &PageParser::new(workload);
    let exchange = async |request: Request| {
        let mut head = blank_head();
        head.url = request.uri().clone();
        let mut body = pages.fetch(request).await.map_err(failed)?.into_body();
        let (mut sink, mut bytes) = (parser.start(&head), 0);
        while let Some(chunk) = body.next().await.transpose().map_err(failed)? {
            bytes += chunk.len() as u64;
            if sink.feed(chunk).is_break() {
                break;
            }
        }
        Ok::<_, Failure>((bytes, sink.finish().map_err(failed)?))
    };
    let exchanges = engine.target.requests(requests).map(exchange);
    let mut found = stream::iter(exchanges).buffer_unordered(workload.concurrency);
    let mut answer = Answer::default();
    while let Some(page) = found.next().await {
        let (bytes, page) = page?;
        answer.add_page(bytes, page);
    }
    Ok(answer)
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new("memory", error)
}

/// The one page, parsed the slow way as often as it is fetched.
pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let params = Params::of(&run.workload)?;
    let mut judge = run.workload.clone();
    if matches!(judge.parse, ParseKind::Links | ParseKind::Extract) {
        judge.parse = ParseKind::DomLinks;
    }
    let mut head = blank_head();
    let url = Target::new(&judge, run.origin)?.url(0);
    head.url = url.parse().map_err(|error| Failure::new("oracle", error))?;
    let page = Page { head, body: page(params.bytes) };
    let found = parse_page(&PageParser::new(&judge), &page).map_err(|error| Failure::new("oracle", error))?;
    let mut answer = Answer::default();
    (0..requests).for_each(|_| answer.add_page(params.bytes, found));
    Ok(answer)
}

/// A page of exactly so many bytes with a link in every line.
fn page(bytes: u64) -> Bytes {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    let mut page = String::from("<!doctype html><title>A page in memory</title>\n");
    for number in 0.. {
        let line = format!("<p>The way to <a href=\"/page/{number}\">page {number}</a> is short.\n");
        if page.len() + line.len() > bytes {
            break;
        }
        page.push_str(&line);
    }
    // Whatever does not fit another line is blank.
    page.truncate(bytes);
    page.extend(std::iter::repeat_n(' ', bytes - page.len()));
    page.into()
}
