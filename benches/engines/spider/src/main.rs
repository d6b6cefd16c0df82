//! The crate spider as an engine of the lab: a crawl of the trial's pages, following none of their links.

mod lab;

use std::io::{Write as _, stdin, stdout};
use std::process::ExitCode;
use std::time::Duration;

use spider::CaseInsensitiveString;
use spider::hashbrown::HashSet;
use spider::page::Page;
use spider::website::{CrawlStatus, Website};
use tokio::runtime;
use tokio::sync::broadcast;

use crate::lab::{End, Run, Usage};

/// As pinned in Cargo.toml.
const VERSION: &str = "spider-2.53.9";
/// What this engine understands; ignoring another word would make the comparison a different one.
const KNOWN: [&str; 9] =
    ["model", "requests", "concurrency", "delay_us", "page", "parse", "compute", "deadline_ms", "silent_percent"];

fn main() -> ExitCode {
    let Err(end) = Run::from_arguments(std::env::args().skip(1)).and_then(|run| serve(&run)) else {
        return ExitCode::SUCCESS;
    };
    let (line, failed) = end.line();
    match say(&line) {
        Ok(()) if !failed => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn serve(run: &Run) -> Result<(), End> {
    check(run)?;
    run.pin()?;
    let built = match run.threads {
        0 | 1 => runtime::Builder::new_current_thread().enable_all().build(),
        threads => runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build(),
    };
    let runtime = built.map_err(|error| End::failed("engine", error))?;
    let mut website = website(run)?;
    say(&format!("ready engine={} version={VERSION} threads={} profile={}", run.engine, run.threads, profile()))?;
    let requests = run.number("requests", 1000)?;
    for line in stdin().lines() {
        let line = line.map_err(|error| End::failed("input", error))?;
        let requests = lab::command(&line, requests)?;
        lab::ask(run.origin, "/_reset")?;
        let usage = Usage::start();
        let found = runtime.block_on(crawl(run, &mut website, requests))?;
        let used = usage.stop();
        let origin = lab::ask(run.origin, "/_stats")?;
        let origin: Vec<String> = origin.split_whitespace().map(|word| format!("origin_{word}")).collect();
        let Found { pages, bytes, links, errors } = found;
        say(&format!(
            "trial requests={requests} {used} pages={pages} bytes={bytes} links={links} errors={errors} timeouts=0 {}",
            origin.join(" ")
        ))?;
    }
    Ok(())
}

/// Refuses what spider does not do.
fn check(run: &Run) -> Result<(), End> {
    let unsupported = |reason: &str| Err(End::Unsupported(reason.into()));
    if let Some((key, _)) = run.words.iter().find(|(key, _)| !KNOWN.contains(&key.as_str())) {
        return Err(End::Unsupported(format!("this engine does not know the parameter {key}")));
    }
    match (run.text("model"), run.text("page"), run.text("parse"), run.text("compute")) {
        (Some(model), ..) if model != "fetch" => unsupported("this engine only fetches"),
        (_, Some(page), ..) if page != "corpus" => unsupported("a crawler fetches an address only once"),
        (_, _, Some("links"), _) if run.number("silent_percent", 0)? > 0 => unsupported("timeouts are not told apart"),
        (_, _, Some("links"), None | Some("inline")) => Ok(()),
        (_, _, Some("links"), _) => unsupported("this engine parses where it fetches"),
        _ => unsupported("spider extracts links from every page, no more and no less"),
    }
}

/// The crawler, kept from trial to trial with its client, as the other engines keep theirs.
fn website(run: &Run) -> Result<Website, End> {
    let mut website = Website::new(&format!("http://{}/", run.origin));
    website.with_respect_robots_txt(false).with_delay(0).with_retry(0).with_return_page_links(true);
    website.with_concurrency_limit(Some(run.number("concurrency", 64)?));
    website.with_request_timeout(Some(Duration::from_millis(run.number("deadline_ms", 30_000)? as u64)));
    // Links are found and kept, and not followed: what the pages link to is not on the origin.
    website.with_on_should_crawl_callback(Some(|_| false));
    Ok(website)
}

#[derive(Default)]
struct Found {
    pages: u64,
    bytes: u64,
    links: usize,
    errors: u64,
}

async fn crawl(run: &Run, website: &mut Website, requests: usize) -> Result<Found, End> {
    let delay = run.number("delay_us", 0)?;
    let pages: HashSet<CaseInsensitiveString> =
        (0..requests).map(|index| format!("http://{}/page/{index}?delay_us={delay}", run.origin).into()).collect();
    website.clear_all().await;
    website.set_extra_links(pages);
    // A crawl that was not active before would forget these addresses and start at the root.
    website.set_status(CrawlStatus::Active);
    // Room for all, since whoever listens too slowly loses pages.
    let arriving = website.subscribe(requests);
    let listener = tokio::spawn(listen(arriving));
    website.crawl().await;
    website.unsubscribe();
    listener.await.map_err(|error| End::failed("engine", error))?
}

async fn listen(mut arriving: broadcast::Receiver<Page>) -> Result<Found, End> {
    let mut found = Found::default();
    loop {
        match arriving.recv().await {
            Ok(page) if page.status_code.is_success() => {
                found.pages += 1;
                found.bytes += page.get_html_bytes_u8().len() as u64;
                found.links += page.page_links.as_ref().map_or(0, |links| links.len());
            }
            Ok(_) => found.errors += 1,
            Err(broadcast::error::RecvError::Closed) => return Ok(found),
            Err(error) => return Err(End::failed("engine", error)),
        }
    }
}

fn profile() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

fn say(line: &str) -> Result<(), End> {
    let mut out = stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| End::failed("output", error))
}
