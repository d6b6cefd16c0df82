//! What can be asked for: a request's target, taken apart and checked.

use crate::fixed;
use crate::json;

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A page of the set.
    Page { index: u64, wish: Wish },
    /// A page of so many bytes, at most [`fixed::MOST_BYTES`].
    Fixed { bytes: usize, wish: Wish },
    /// A page of so many bytes in so many writes, which are not more than the bytes, or one.
    Drip { bytes: usize, chunks: usize, gap_us: u64, wish: Wish },
    /// A page of documentation of about so many bytes, at most [`fixed::MOST_BYTES`].
    Text { bytes: usize, gzip: bool, wish: Wish },
    /// A document of JSON with so many records, at most [`json::MOST_ITEMS`].
    Json { index: u64, items: usize, wish: Wish },
    /// No answer.
    Silent,
    /// The period's counters.
    Stats,
    /// A new period.
    Reset,
    /// So long a pause of the whole origin.
    Freeze { ms: u64, after_ms: u64 },
    /// Nothing that is served: the status and the reason.
    Refused { status: &'static str, reason: &'static str },
}

/// How an answer is to be given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// How much later.
    pub(crate) delay_us: u64,
    /// So many of a hundred answers come after `slow_us` instead; at most 100.
    pub(crate) slow_percent: u64,
    /// The other delay.
    pub(crate) slow_us: u64,
    /// Whether the connection ends with the answer.
    pub(crate) close: bool,
    /// Whether it may fail at first.
    pub(crate) flaky: Option<Flaky>,
}

/// How some requests fail when they are made for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flaky {
    /// So many of a hundred; at most 100.
    pub(crate) percent: u64,
    /// By what a request is known when it comes again.
    pub(crate) request: u64,
    /// Whether the connection is reset, instead of an answer that is an error.
    pub(crate) reset: bool,
}

/// Understands the target of a request.
pub(crate) fn route(target: &str) -> Target {
    let target = origin_form(target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match Query::read(query).and_then(|query| find(path, &query)) {
        Ok(target) => target,
        Err(reason) => Target::Refused { status: "400 Bad Request", reason },
    }
}

impl Target {
    /// Whether the target itself asks that its answer be the last on the connection.
    pub(crate) fn closes(&self) -> bool {
        match self {
            Target::Page { wish, .. }
            | Target::Fixed { wish, .. }
            | Target::Drip { wish, .. }
            | Target::Text { wish, .. }
            | Target::Json { wish, .. } => wish.close,
            _ => false,
        }
    }

    /// Whether this is the lab's own conversation with the origin, which is not counted.
    pub(crate) fn is_the_labs_own(&self) -> bool {
        matches!(self, Target::Stats | Target::Reset | Target::Freeze { .. })
    }
}

/// A client that takes the origin for its proxy names it in full; RFC 9112 (3.2.2) asks every server to bear with that.
fn origin_form(target: &str) -> &str {
    match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |start| &rest[start..]),
        None => target,
    }
}

fn find(path: &str, query: &Query) -> Result<Target, &'static str> {
    let wish = query.wish;
    if let Some(index) = path.strip_prefix("/page/") {
        let index = index.parse().map_err(|_| "/page/I takes a number")?;
        return Ok(Target::Page { index, wish });
    }
    if let Some(bytes) = path.strip_prefix("/fixed/") {
        let bytes = page_bytes(bytes).ok_or("/fixed/N takes a number of bytes, at most 67108864")?;
        return Ok(Target::Fixed { bytes, wish });
    }
    if let Some(bytes) = path.strip_prefix("/text/") {
        let bytes = page_bytes(bytes).ok_or("/text/N takes a number of bytes, at most 67108864")?;
        return Ok(Target::Text { bytes, gzip: query.gzip, wish });
    }
    if let Some(bytes) = path.strip_prefix("/drip/") {
        let bytes = page_bytes(bytes).ok_or("/drip/N takes a number of bytes, at most 67108864")?;
        return drip(bytes, query);
    }
    if let Some(index) = path.strip_prefix("/json/") {
        let index = index.parse().map_err(|_| "/json/I takes a number")?;
        return Ok(Target::Json { index, items: query.items.unwrap_or(20), wish });
    }
    Ok(match path {
        "/silent" => Target::Silent,
        "/_stats" => Target::Stats,
        "/_reset" => Target::Reset,
        "/_freeze" => {
            let ms = query.ms.ok_or("/_freeze takes ms, a number of milliseconds")?;
            Target::Freeze { ms, after_ms: query.after_ms }
        }
        _ => Target::Refused {
            status: "404 Not Found",
            reason: "there are /page/I, /fixed/N, /text/N, /drip/N, /json/I, /silent, /_reset, /_stats and /_freeze",
        },
    })
}

fn page_bytes(bytes: &str) -> Option<usize> {
    bytes.parse().ok().filter(|bytes| *bytes <= fixed::MOST_BYTES)
}

fn drip(bytes: usize, query: &Query) -> Result<Target, &'static str> {
    let most = bytes.max(1);
    let chunks = query.chunks.unwrap_or(most.min(20));
    if chunks > most {
        return Err("a drip has at most one chunk for each byte");
    }
    let gap_us = query.gap_us;
    let longest_us = query.wish.delay_us.max(query.wish.slow_us) + gap_us * (chunks as u64 - 1);
    if longest_us > MOST_DELAY_US {
        return Err("a drip with its delay and its gaps lasts at most 600 seconds");
    }
    Ok(Target::Drip { bytes, chunks, gap_us, wish: query.wish })
}

/// The words of a query that mean something here. The others are let through: pages link to pages with all sorts of them.
#[derive(Debug)]
struct Query {
    wish: Wish,
    chunks: Option<usize>,
    gap_us: u64,
    items: Option<usize>,
    gzip: bool,
    ms: Option<u64>,
    after_ms: u64,
}

impl Query {
    fn read(query: &str) -> Result<Query, &'static str> {
        let (wish, gap_us) = (Wish::default(), 5000);
        let mut read = Query { wish, chunks: None, gap_us, items: None, gzip: false, ms: None, after_ms: 0 };
        if query.is_empty() {
            return Ok(read);
        }
        let (mut slow, mut flaky, mut reset) = ((None, None), (None, None), false);
        for (key, value) in query.split('&').map(|word| word.split_once('=').unwrap_or((word, ""))) {
            match key {
                "delay_us" => {
                    let reason = "delay_us is a number of microseconds, at most 600000000";
                    read.wish.delay_us = number(value, 0, MOST_DELAY_US, reason)?;
                }
                "slow_percent" => slow.0 = Some(number(value, 0, 100, "slow_percent is a number from 0 to 100")?),
                "slow_us" => {
                    let reason = "slow_us is a number of microseconds, at most 600000000";
                    slow.1 = Some(number(value, 0, MOST_DELAY_US, reason)?);
                }
                "flaky_percent" => flaky.0 = Some(number(value, 0, 100, "flaky_percent is a number from 0 to 100")?),
                "request" => flaky.1 = Some(number(value, 0, u64::MAX, "request is a number")?),
                "flaky" => reset = word(value, &["status", "reset"], "flaky is status or reset")? == 1,
                "encoding" => read.gzip = word(value, &["identity", "gzip"], "encoding is identity or gzip")? == 1,
                "close" => read.wish.close = number(value, 0, 1, "close is 0 or 1")? == 1,
                "chunks" => {
                    let reason = "chunks is a number of writes, from 1 to 10000";
                    read.chunks = Some(number(value, 1, MOST_CHUNKS, reason)? as usize);
                }
                "gap_us" => {
                    let reason = "gap_us is a number of microseconds, at most 600000000";
                    read.gap_us = number(value, 0, MOST_DELAY_US, reason)?;
                }
                "items" => {
                    let reason = "items is a number of records, at most 10000";
                    read.items = Some(number(value, 0, json::MOST_ITEMS as u64, reason)? as usize);
                }
                "ms" => {
                    let reason = "ms is a number of milliseconds, at most 60000";
                    read.ms = Some(number(value, 0, MOST_FREEZE_MS, reason)?);
                }
                "after_ms" => {
                    let reason = "after_ms is a number of milliseconds, at most 600000";
                    read.after_ms = number(value, 0, MOST_DELAY_US / 1000, reason)?;
                }
                _ => {}
            }
        }
        match slow {
            (None, None) => {}
            (Some(percent), Some(us)) => (read.wish.slow_percent, read.wish.slow_us) = (percent, us),
            _ => return Err("slow_percent and slow_us are given together or not at all"),
        }
        match flaky {
            (Some(percent), Some(request)) => read.wish.flaky = Some(Flaky { percent, request, reset }),
            (Some(_), None) => {
                return Err("flaky_percent needs request, a number that a request keeps when it comes again");
            }
            (None, _) => {}
        }
        Ok(read)
    }
}

fn number(value: &str, least: u64, most: u64, reason: &'static str) -> Result<u64, &'static str> {
    value.parse().ok().filter(|number| (least..=most).contains(number)).ok_or(reason)
}

/// Which of the known words it is.
fn word(value: &str, known: &[&str], reason: &'static str) -> Result<usize, &'static str> {
    known.iter().position(|known| *known == value).ok_or(reason)
}

/// Ten minutes. What waits longer than any client does is `/silent`.
const MOST_DELAY_US: u64 = 600_000_000;

const MOST_CHUNKS: u64 = 10_000;

/// A minute without any answer is more than any client of the lab bears.
const MOST_FREEZE_MS: u64 = 60_000;
