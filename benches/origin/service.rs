//! What is served: turns a request into an answer and says when the answer is due.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use crate::answer::{Answer, Kind};
use crate::args::Settings;
use crate::burn::burn_cpu;
use crate::clock::Clock;
use crate::delays::{Delays, Jitter};
use crate::nginx::Witness;
use crate::page::{Page, Pages};
use crate::random::Random;
use crate::request::Request;
use crate::route::{Flaky, Target, Wish};
use crate::stats::Stats;
use crate::store::Store;
use crate::{fixed, generate, json, token};

/// Everything that the connections share.
#[derive(Debug)]
pub(crate) struct Service {
    /// The origin's time.
    pub(crate) clock: Clock,
    /// What connections wait for.
    pub(crate) delays: Delays,
    /// What was witnessed.
    pub(crate) stats: Stats,
    /// Where a connection's bytes arrive before it is known whether they are worth keeping.
    pub(crate) scratch: Box<[u8]>,
    /// How long the pause takes that was asked for and has not begun.
    pub(crate) freeze_ns: Option<u64>,
    /// Of the server in front of this one, which then counts.
    witness: Option<Witness>,
    pages: Pages,
    fixed: Store<usize>,
    texts: Store<(usize, bool)>,
    drips: Store<(usize, usize)>,
    documents: Store<(u64, usize)>,
    jitter: Jitter,
    burn_us: u64,
    /// How many pages of a chosen size were asked for in this period.
    sized_asked: u64,
    /// Which requests have failed on purpose in this period, by their number.
    failed_once: HashSet<u64, FxBuildHasher>,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// An answer, due as soon as it can be.
    Now(Answer),
    /// An answer that says itself when it is due.
    Later(Answer),
    /// No answer, ever.
    Never,
}

/// The most requests that fail in one period: what is remembered of them takes some ten megabytes.
const MOST_FAILED: usize = 1 << 20;

const SCRATCH_BYTES: usize = 16 << 10;

impl Service {
    /// Serves `pages`.
    pub(crate) fn new(settings: Settings, pages: Pages) -> Service {
        let clock = Clock::start();
        Service {
            clock,
            delays: Delays::default(),
            stats: Stats::new(usize::from(settings.hosts), clock.now_ns()),
            scratch: vec![0; SCRATCH_BYTES].into_boxed_slice(),
            freeze_ns: None,
            witness: None,
            pages,
            fixed: Store::new(),
            texts: Store::new(),
            drips: Store::new(),
            documents: Store::new(),
            jitter: Jitter::new(settings.seed, settings.jitter_percent),
            burn_us: settings.burn_us,
            sized_asked: 0,
            failed_once: HashSet::default(),
        }
    }

    /// From now on somebody else serves, who is asked what was served.
    pub(crate) fn watch(&mut self, front: Witness) {
        self.witness = Some(front);
    }

    /// Answers a request that was received whole at `now_ns`, and counts it.
    pub(crate) fn reply(&mut self, request: &Request, now_ns: u64) -> Reply {
        let (answer, delay_ns) = match request.target {
            Target::Page { index, wish } => self.served(self.pages.get(index), index, wish, now_ns),
            Target::Fixed { bytes, wish } => {
                let page = self.fixed.get(bytes, |bytes| Page::html(fixed::body(*bytes)));
                let order = self.next_sized();
                self.served(page, order, wish, now_ns)
            }
            Target::Text { bytes, gzip, wish } => {
                let make = |&(bytes, gzip): &(usize, bool)| match gzip {
                    true => Page::gzip(&documentation(bytes)),
                    false => Page::html(documentation(bytes)),
                };
                let page = self.texts.get((bytes, gzip), make);
                let order = self.next_sized();
                self.served(page, order, wish, now_ns)
            }
            Target::Drip { bytes, chunks, gap_us, wish } => {
                let make = |key: &(usize, usize)| Page::chunked(&fixed::body(key.0), key.1);
                let page = self.drips.get((bytes, chunks), make);
                let order = self.next_sized();
                let (answer, delay_ns) = self.served(page, order, wish, now_ns);
                (answer.dripping(self.jitter.delay_ns(order, gap_us)), delay_ns)
            }
            Target::Json { index, items, wish } => {
                let make = |key: &(u64, usize)| Page::json(json::document(key.0, key.1));
                let page = self.documents.get((index % json::DOCUMENTS, items), make);
                self.served(page, index, wish, now_ns)
            }
            Target::Silent => {
                self.stats.begin_silent();
                return Reply::Never;
            }
            Target::Stats => {
                let line =
                    self.witness.as_mut().map_or_else(|| Ok(self.stats.line(now_ns)), |front| front.line(now_ns));
                (witnessed(line, now_ns), 0)
            }
            Target::Reset => {
                self.stats.reset(now_ns);
                self.sized_asked = 0;
                self.failed_once.clear();
                let front = self.witness.as_mut().map_or(Ok(()), |front| front.reset(now_ns));
                (witnessed(front.map(|()| "ok".to_owned()), now_ns), 0)
            }
            Target::Freeze { ms, after_ms } => (self.freeze(ms, after_ms, now_ns), 0),
            Target::Refused { status, reason } => (text(Kind::Refused, status, reason, now_ns), 0),
        };
        let answer = answer.wished(request.head_only, request.last);
        if delay_ns == 0 { Reply::Now(answer) } else { Reply::Later(answer) }
    }

    /// All requests for a size name the same page, so their delays go by their order in the period: were the jitter the same for
    /// all, the convoys would be back. Every engine is still served the same delays, though not for the same request.
    fn next_sized(&mut self) -> u64 {
        let order = self.sized_asked;
        self.sized_asked += 1;
        order
    }

    /// The answer with a page, and how much later it is due.
    fn served(&mut self, page: Arc<Page>, index: u64, wish: Wish, now_ns: u64) -> (Answer, u64) {
        self.stats.begin();
        if self.burn_us > 0 {
            burn_cpu(self.burn_us);
        }
        let is_slow = wish.slow_percent > 0 && self.jitter.is_slow(index, wish.slow_percent);
        let delay_ns = self.jitter.delay_ns(index, if is_slow { wish.slow_us } else { wish.delay_us });
        let answer = match wish.flaky.filter(|flaky| self.fails(*flaky)) {
            None => Answer::new(Kind::Served, page, now_ns, delay_ns),
            Some(flaky) => {
                let page = Page::text("503 Service Unavailable", "this request fails when it comes first");
                Answer::new(Kind::Failed, Arc::new(page), now_ns, delay_ns).resetting(flaky.reset)
            }
        };
        (answer, delay_ns)
    }

    /// Whether a request is one of those that fail, and has not done so in this period.
    fn fails(&mut self, flaky: Flaky) -> bool {
        self.jitter.is_slow(flaky.request, flaky.percent)
            && self.failed_once.len() < MOST_FAILED
            && self.failed_once.insert(flaky.request)
    }

    fn freeze(&mut self, ms: u64, after_ms: u64, now_ns: u64) -> Answer {
        if self.freeze_ns.is_some() {
            return text(Kind::Uncounted, "409 Conflict", "a freeze that was asked for has not begun", now_ns);
        }
        self.freeze_ns = Some(ms * 1_000_000);
        self.delays.push(now_ns + after_ms * 1_000_000, token::FREEZE);
        text(Kind::Uncounted, "200 OK", "ok", now_ns)
    }
}

/// What there is to say of a period, or why there is nothing.
fn witnessed(line: io::Result<String>, now_ns: u64) -> Answer {
    match line {
        Ok(line) => text(Kind::Uncounted, "200 OK", &line, now_ns),
        Err(error) => text(Kind::Uncounted, "502 Bad Gateway", &error.to_string(), now_ns),
    }
}

fn text(kind: Kind, status: &str, line: &str, now_ns: u64) -> Answer {
    Answer::new(kind, Arc::new(Page::text(status, line)), now_ns, 0)
}

/// One page of documentation of about `bytes` bytes, always the same.
pub(crate) fn documentation(bytes: usize) -> Vec<u8> {
    generate::page(&mut Random::new(bytes as u64), 0, bytes).into_bytes()
}
