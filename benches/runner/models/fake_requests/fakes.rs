//! Sockets that are made up, and the poller that says when they are ready: all of them, at every round.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;

use rustix::pipe::{PipeFlags, pipe_with};
use slab::Slab;

use crate::models::tally::contribution;

/// A request and a response are a number each.
pub(super) const LINE: usize = 8;

/// What each call costs beside itself.
pub(super) enum Price {
    Nothing,
    /// A read of a pipe that is always empty. The other end is kept, or the pipe would be at its end.
    SystemCall {
        empty: OwnedFd,
        _other_end: OwnedFd,
    },
}

impl Price {
    pub(super) fn a_system_call() -> io::Result<Self> {
        let (empty, other_end) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        Ok(Price::SystemCall { empty, _other_end: other_end })
    }

    fn pay(&self) {
        if let Price::SystemCall { empty, .. } = self {
            // It would block, every time; that it was asked is the point.
            let _ = rustix::io::read(empty, &mut [0_u8; 1]);
        }
    }
}

/// Says which of the registered sockets are ready.
#[derive(Default)]
pub(super) struct Poller {
    registered: Slab<()>,
    calls: u64,
}

impl Poller {
    /// The token by which the socket will be named.
    pub(super) fn register(&mut self, price: &Price) -> usize {
        price.pay();
        self.calls += 1;
        self.registered.insert(())
    }

    /// The socket has ended after so many calls.
    pub(super) fn unregister(&mut self, token: usize, calls: u64, price: &Price) {
        price.pay();
        self.calls += 1 + calls;
        self.registered.remove(token);
    }

    /// All that are registered are ready.
    pub(super) fn poll(&mut self, ready: &mut Vec<usize>, price: &Price) {
        price.pay();
        self.calls += 1;
        ready.clear();
        ready.extend(self.registered.iter().map(|(token, ())| token));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.registered.is_empty()
    }

    /// The calls on it and on all sockets that have ended.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }
}

/// Accepts at every second try.
#[derive(Default)]
pub(super) struct Listener {
    pub(super) calls: u64,
    accepted: u64,
}

impl Listener {
    pub(super) fn accept(&mut self, price: &Price) -> io::Result<Stream> {
        price.pay();
        self.calls += 1;
        every_second(self.calls)?;
        self.accepted += 1;
        Ok(Stream { calls: 0, number: self.accepted - 1, written: 0 })
    }
}

/// Reads and writes at every second try.
pub(super) struct Stream {
    pub(super) calls: u64,
    number: u64,
    /// The sum of what has been written: what the answer is made of.
    pub(super) written: u64,
}

impl Stream {
    pub(super) fn read(&mut self, into: &mut [u8; LINE], price: &Price) -> io::Result<()> {
        price.pay();
        self.calls += 1;
        every_second(self.calls)?;
        *into = self.number.to_le_bytes();
        Ok(())
    }

    pub(super) fn write(&mut self, from: [u8; LINE], price: &Price) -> io::Result<()> {
        price.pay();
        self.calls += 1;
        every_second(self.calls)?;
        self.written = self.written.wrapping_add(u64::from_le_bytes(from));
        Ok(())
    }
}

fn every_second(calls: u64) -> io::Result<()> {
    if calls % 2 == 1 { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
}

/// What the server answers: the same for every engine.
pub(super) fn response(request: [u8; LINE]) -> [u8; LINE] {
    contribution(u64::from_le_bytes(request), 1).to_le_bytes()
}
