//! One answer on its way: which part of a shared page is written already, and when that began.

use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::Arc;

use crate::clock::Clock;
use crate::page::Page;

/// An answer to one request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What the answer counts as.
    pub(crate) kind: Kind,
    page: Arc<Page>,
    head_only: bool,
    last: bool,
    /// Whether there is a reset in the place of the answer.
    resets: bool,
    /// Whether the socket did not take the current piece at once.
    blocked: bool,
    received_ns: u64,
    /// When the current piece is to be written, with the jitter.
    due_ns: u64,
    /// The moment before the first byte of the current piece was written.
    started_ns: u64,
    /// How long after one piece the next is due.
    gap_ns: u64,
    written: usize,
    /// Where in the body the current piece ends.
    piece_end: usize,
}

/// What an answer counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A page that an engine asked for.
    Served,
    /// The same, but whoever asked had ended the connection before it was written. A client may do that and still listen, so it is
    /// written all the same.
    Abandoned,
    /// A failure on purpose, of a request that was to fail when it came first.
    Failed,
    /// An error.
    Refused,
    /// The lab's own conversation with the origin.
    Uncounted,
}

impl Kind {
    /// Whether the request is in flight until this is written.
    pub(crate) fn is_in_flight(self) -> bool {
        matches!(self, Kind::Served | Kind::Failed)
    }
}

/// How far an answer is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The socket takes no more.
    Blocked,
    /// The next piece is due at that time.
    Piece { due_ns: u64 },
    /// All is written.
    Whole,
}

/// How the delay of an answer was served.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Delay {
    /// From the request's end to the moment before the last piece was written.
    pub(crate) served_ns: u64,
    /// How much of that was not asked for.
    pub(crate) late_ns: u64,
}

impl Answer {
    /// Answers a request that was received at `received_ns` with `page`, `delay_ns` later.
    pub(crate) fn new(kind: Kind, page: Arc<Page>, received_ns: u64, delay_ns: u64) -> Answer {
        let (due_ns, piece_end) = (received_ns + delay_ns, page.piece_end(0));
        Answer {
            kind,
            page,
            head_only: false,
            last: false,
            resets: false,
            blocked: false,
            received_ns,
            due_ns,
            started_ns: 0,
            gap_ns: 0,
            written: 0,
            piece_end,
        }
    }

    /// Writes the page's pieces with `gap_ns` between the beginnings of two.
    pub(crate) fn dripping(mut self, gap_ns: u64) -> Answer {
        self.gap_ns = gap_ns;
        self
    }

    /// Resets the connection instead of writing anything.
    pub(crate) fn resetting(mut self, resets: bool) -> Answer {
        self.resets = resets;
        self
    }

    /// Whether the connection is to be reset when the answer is due.
    pub(crate) fn resets(&self) -> bool {
        self.resets
    }

    /// Answers as the request wished: with or without the body, and as the last answer on its connection or not.
    pub(crate) fn wished(mut self, head_only: bool, last: bool) -> Answer {
        if head_only {
            (self.head_only, self.piece_end) = (true, 0);
        }
        self.last = last;
        self
    }

    /// Whether the connection ends with this answer.
    pub(crate) fn is_last(&self) -> bool {
        self.last
    }

    /// When the current piece is to be written.
    pub(crate) fn due_ns(&self) -> u64 {
        self.due_ns
    }

    /// How much of the answer is content.
    pub(crate) fn body_bytes(&self) -> usize {
        if self.head_only { 0 } else { self.page.content_bytes() }
    }

    /// How the delay was served, once all is written; `None` where none was asked for.
    pub(crate) fn delay(&self) -> Option<Delay> {
        // Never early, by the loop's own clock; saturating, so that a wrong belief here would show as zero and not as centuries.
        let late_ns = self.started_ns.saturating_sub(self.due_ns);
        (self.due_ns > self.received_ns).then(|| Delay { served_ns: self.started_ns - self.received_ns, late_ns })
    }

    /// Writes what the socket takes of the current piece, and says how many bytes. Keeps an offset into the page, and no copy of it.
    pub(crate) fn write_to(&mut self, mut socket: impl Write, clock: Clock) -> io::Result<(usize, Progress)> {
        if self.started_ns == 0 {
            self.started_ns = clock.now_ns();
        }
        let end: &[u8] = if self.last { b"connection: close\r\n\r\n" } else { b"\r\n" };
        let parts = [self.page.head(), end, &self.page.body()[..self.piece_end]];
        let whole: usize = parts.iter().map(|part| part.len()).sum();

        let mut slices = parts.map(IoSlice::new);
        let mut rest = &mut slices[..];
        IoSlice::advance_slices(&mut rest, self.written);
        let count = match socket.write_vectored(rest) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            other => other?,
        };
        self.written += count;
        if self.written < whole {
            self.blocked = true;
            return Ok((count, Progress::Blocked));
        }
        if self.head_only || self.piece_end == self.page.body().len() {
            return Ok((count, Progress::Whole));
        }
        Ok((count, self.next_piece(clock)))
    }

    /// Pieces keep to the schedule of the first one, so that an answer takes as long as was asked. But it is not the origin that is
    /// late when the client reads too slowly: then the schedule moves.
    fn next_piece(&mut self, clock: Clock) -> Progress {
        let due_ns = self.due_ns + self.gap_ns;
        let client_is_late = self.blocked && due_ns > self.received_ns;
        self.due_ns = if client_is_late { due_ns.max(clock.now_ns()) } else { due_ns };
        (self.started_ns, self.blocked) = (0, false);
        self.piece_end = self.page.piece_end(self.piece_end);
        Progress::Piece { due_ns: self.due_ns }
    }
}
