//! One answer on its way: which part of a shared page is written already, and when that began.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;

use crate::clock::Clock;
use crate::page::Page;

/// An answer to one request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What the answer counts as.
    pub(crate) kind: Kind,
    /// When the request was received whole.
    pub(crate) received_ns: u64,
    /// How much later the answer was to start, with the jitter.
    pub(crate) delay_ns: u64,
    /// The moment before the first byte was written; 0 until then.
    pub(crate) first_byte_ns: u64,
    page: Arc<Page>,
    head_only: bool,
    last: bool,
    written: usize,
}

/// What an answer counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A page that an engine asked for.
    Served,
    /// An error.
    Refused,
    /// The lab's own conversation with the origin.
    Uncounted,
}

impl Answer {
    /// Answers a request that was received at `received_ns` with `page`, `delay_ns` later.
    pub(crate) fn new(kind: Kind, page: Arc<Page>, received_ns: u64, delay_ns: u64) -> Answer {
        Answer { kind, received_ns, delay_ns, first_byte_ns: 0, page, head_only: false, last: false, written: 0 }
    }

    /// Answers as the request wished: with or without the body, and as the last answer on its connection or not.
    pub(crate) fn wished(mut self, head_only: bool, last: bool) -> Answer {
        self.head_only = head_only;
        self.last = last;
        self
    }

    /// Whether the connection ends with this answer.
    pub(crate) fn is_last(&self) -> bool {
        self.last
    }

    /// How much of the answer is body.
    pub(crate) fn body_bytes(&self) -> usize {
        self.body().len()
    }

    /// Writes what the socket takes; `true` when all is written. Keeps an offset into the page, and no copy of it.
    pub(crate) fn write_to(&mut self, mut socket: impl Write, clock: Clock) -> io::Result<bool> {
        if self.written == 0 {
            self.first_byte_ns = clock.now_ns();
        }
        let end: &[u8] = if self.last { b"connection: close\r\n\r\n" } else { b"\r\n" };
        let parts = [self.page.head(), end, self.body()];
        let whole: usize = parts.iter().map(|part| part.len()).sum();

        let mut slices = parts.map(IoSlice::new);
        let mut rest = &mut slices[..];
        IoSlice::advance_slices(&mut rest, self.written);
        self.written += socket.write_vectored(rest)?;
        Ok(self.written == whole)
    }

    fn body(&self) -> &[u8] {
        if self.head_only { &[] } else { self.page.body() }
    }
}
