//! A page that is scraped is never held whole: what has arrived is looked through and let go. A binary of its own, for its
//! allocator's sake.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use allocation_counter::measure;
use futures_lite::stream::{Stream, StreamExt};
use gather_conformance::simulated::{Simulated, SimulatedHandle};
use gather_core::{Bytes, Fetch, FetchError, Host, Limits, Page, Parse, ParseError, Request, Response, Scraper, get};
use gather_html::{Kinds, extract, links};

const CHUNK_BYTES: usize = 64 * 1024;
const CHUNKS: usize = 512;
const CUT: &[u8] = b"<i lang=";

/// A page of 32 MB, one link in each of its chunks; a chunk is made when it is asked for.
#[derive(Clone)]
struct Long(Arc<Mutex<Vec<u64>>>);

impl Fetch for Long {
    type Body = LongBody;
    type Future = Ready<Result<Response<LongBody>, FetchError>>;

    fn fetch(&self, request: Request) -> Self::Future {
        drop(request);
        ready(Ok(Response::new(LongBody { made: 0, alive: self.0.clone(), out: Vec::new() })))
    }
}

struct LongBody {
    made: usize,
    /// How many chunks are somewhere, each time that the next one is asked for.
    alive: Arc<Mutex<Vec<u64>>>,
    out: Vec<Bytes>,
}

impl Stream for LongBody {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // A chunk that nobody else has any more is let go here too.
        self.out.retain(|chunk| !chunk.is_unique());
        let alive = self.out.len() as u64;
        self.alive.lock().unwrap().push(alive);
        if self.made == CHUNKS {
            return Poll::Ready(None);
        }
        self.made += 1;
        // A tag is cut by the end of each chunk, and goes on in the next.
        let rest = if self.made == 1 { "" } else { "en>" };
        let mut text = format!("{rest}<p><a class=c href='page{}.html'>a link</a>", self.made).into_bytes();
        text.resize(CHUNK_BYTES - CUT.len(), b'.');
        text.extend(CUT);
        let chunk = Bytes::from(text);
        self.out.push(chunk.clone());
        Poll::Ready(Some(Ok(chunk)))
    }
}

/// Scrapes the long page; how many chunks were alive at most when the next was asked for, and the most bytes at a time.
fn scrape<P: Parse>(parser: P, count: impl Fn(&P::Output) -> usize) -> (u64, u64) {
    let alive = Arc::new(Mutex::new(Vec::with_capacity(CHUNKS + 1)));
    let request = get("http://h/long/").expect("an address");
    let info = measure(|| {
        Simulated::new().run(async |clock: SimulatedHandle| {
            let scraper = Scraper::over(clock, Long(alive.clone())).parse(parser);
            let mut pages = scraper.limits(Limits::default().max_body(1 << 30)).scrape([request]);
            let page = pages.next().await.expect("a result").expect("a page");
            assert_eq!((page.bytes as usize, count(&page.output)), (CHUNKS * CHUNK_BYTES, CHUNKS));
        });
    });
    let most = alive.lock().unwrap().iter().copied().max().expect("some chunks");
    (most, info.bytes_max)
}

#[test]
fn links_let_go_of_what_they_have_seen() {
    let (chunks, bytes) = scrape(links(), |links| links.urls.len());
    assert!(chunks <= 1, "{chunks} chunks alive");
    assert!(bytes < 1 << 20, "{bytes} bytes for a page of {}", CHUNKS * CHUNK_BYTES);
}

#[test]
fn so_does_all_that_can_be_extracted() {
    let (chunks, bytes) = scrape(extract(Kinds::ALL), |found| found.links().count());
    assert!(chunks <= 1, "{chunks} chunks alive");
    assert!(bytes < 1 << 20, "{bytes} bytes for a page of {}", CHUNKS * CHUNK_BYTES);
}

/// That the two above can fail.
#[test]
fn a_parser_of_whole_pages_holds_all_of_it() {
    let (chunks, bytes) = scrape(|page: &Page| Ok::<_, ParseError>(page.body.len() / CHUNK_BYTES), |chunks| *chunks);
    assert_eq!(chunks as usize, CHUNKS);
    assert!(bytes as usize >= CHUNKS * CHUNK_BYTES, "{bytes} bytes");
}
