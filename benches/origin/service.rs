//! What is served: turns a request into an answer and says when the answer is due.

use std::sync::Arc;

use crate::answer::{Answer, Kind};
use crate::args::Settings;
use crate::clock::Clock;
use crate::delays::{Delays, Jitter};
use crate::fixed::FixedPages;
use crate::page::{Page, Pages};
use crate::request::{Request, Target};
use crate::stats::Stats;

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
    pages: Pages,
    fixed: FixedPages,
    jitter: Jitter,
    /// How many fixed pages were asked for in this period.
    fixed_asked: u64,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// An answer, due as soon as it can be.
    Now(Answer),
    /// An answer, due at that time.
    At(u64, Answer),
    /// No answer, ever.
    Never,
}

const SCRATCH_BYTES: usize = 16 << 10;

impl Service {
    /// Serves `pages`.
    pub(crate) fn new(settings: Settings, pages: Pages) -> Service {
        let clock = Clock::start();
        Service {
            clock,
            delays: Delays::default(),
            stats: Stats::new(clock.now_ns()),
            scratch: vec![0; SCRATCH_BYTES].into_boxed_slice(),
            pages,
            fixed: FixedPages::default(),
            jitter: Jitter::new(settings.seed, settings.jitter_percent),
            fixed_asked: 0,
        }
    }

    /// Answers a request that was received whole at `now_ns`, and counts it.
    pub(crate) fn reply(&mut self, request: &Request, now_ns: u64) -> Reply {
        let reply = match request.target {
            Target::Page { index, delay_us } => {
                self.stats.begin();
                self.page(self.pages.get(index), index, delay_us, now_ns)
            }
            Target::Fixed { bytes, delay_us } => {
                self.stats.begin();
                // All these requests name the same page, so their jitter goes by their order in the period: were it the same for
                // all, the convoys would be back. Every engine is still served the same delays, though not for the same request.
                let order = self.fixed_asked;
                self.fixed_asked += 1;
                let page = self.fixed.get(bytes);
                self.page(page, order, delay_us, now_ns)
            }
            Target::Silent => {
                self.stats.begin_silent();
                return Reply::Never;
            }
            Target::Stats => text(Kind::Uncounted, "200 OK", &self.stats.line(now_ns), now_ns),
            Target::Reset => {
                self.stats.reset(now_ns);
                self.fixed_asked = 0;
                text(Kind::Uncounted, "200 OK", "ok", now_ns)
            }
            Target::Refused { status, reason } => text(Kind::Refused, status, reason, now_ns),
        };
        reply.wished(request)
    }

    fn page(&self, page: Arc<Page>, index: u64, delay_us: u64, now_ns: u64) -> Reply {
        let delay_ns = self.jitter.delay_ns(index, delay_us);
        let answer = Answer::new(Kind::Served, page, now_ns, delay_ns);
        if delay_ns == 0 { Reply::Now(answer) } else { Reply::At(now_ns + delay_ns, answer) }
    }
}

fn text(kind: Kind, status: &str, line: &str, now_ns: u64) -> Reply {
    Reply::Now(Answer::new(kind, Arc::new(Page::text(status, line)), now_ns, 0))
}

impl Reply {
    fn wished(self, request: &Request) -> Reply {
        match self {
            Reply::Now(answer) => Reply::Now(answer.wished(request.head_only, request.last)),
            Reply::At(due_ns, answer) => Reply::At(due_ns, answer.wished(request.head_only, request.last)),
            Reply::Never => Reply::Never,
        }
    }
}
