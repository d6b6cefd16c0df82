//! How a connection stands in the statistics: whose it is, and how its peer ended it.

use crate::route::Target;
use crate::stats::{PeerEnd, Stats};

/// What is counted of one connection.
#[derive(Debug)]
pub(crate) struct Standing {
    counted: Counted,
    host: u16,
    /// How the peer ended the connection, if it did so first.
    end: Option<PeerEnd>,
    end_counted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Accepted in this period; nothing was asked yet.
    Newly { period: u64 },
    /// An engine's.
    Yes,
    /// The lab's own: its first request was one of those below `/_`.
    No,
}

impl Standing {
    /// The connection was just accepted by `host`.
    pub(crate) fn new(host: u16, stats: &mut Stats) -> Standing {
        Standing { counted: Counted::Newly { period: stats.accept(host) }, host, end: None, end_counted: false }
    }

    /// Decides with the first request whether the connection stands in the statistics, and later if the lab's own is put to use.
    pub(crate) fn ask(&mut self, target: &Target, stats: &mut Stats) {
        let uncounted = target.is_the_labs_own();
        self.counted = match self.counted {
            Counted::Newly { period } if uncounted => {
                stats.disown(self.host, period);
                Counted::No
            }
            Counted::No if !uncounted => {
                stats.accept(self.host);
                Counted::Yes
            }
            Counted::Newly { .. } => Counted::Yes,
            other => other,
        };
    }

    /// Takes note that the peer has ended the connection. A reset outdoes a close, and nothing outdoes a reset.
    pub(crate) fn note_end(&mut self, end: PeerEnd) {
        if self.end != Some(PeerEnd::Reset) {
            self.end = Some(end);
        }
    }

    /// How the peer ended the connection, if it did so first.
    pub(crate) fn end(&self) -> Option<PeerEnd> {
        self.end
    }

    /// Counts how the peer ended the connection, once, when it is known whose it is.
    pub(crate) fn count_end(&mut self, stats: &mut Stats) {
        if let Some(end) = self.end
            && self.counted == Counted::Yes
            && !self.end_counted
        {
            self.end_counted = true;
            stats.end(end);
        }
    }

    /// The connection is closed.
    pub(crate) fn leave(&mut self, stats: &mut Stats) {
        if self.counted != Counted::No {
            // Whoever never asked for anything was no conversation of the lab's.
            self.counted = Counted::Yes;
            self.count_end(stats);
            stats.close();
        }
    }
}
