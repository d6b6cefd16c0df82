//! The answers of servers that mean harm: those of the tables, and those that are about when, not what.

use std::io;

use crate::hostile::{self, Answer, Then};
use crate::origin::answers::{Next, Wire};

/// So many bytes are written at once where the same ones come again and again.
const BURST: usize = 64 << 10;

impl Wire<'_> {
    /// The answer of this name. A law that misspells one must not get an answer that looks right.
    pub(super) fn hostile(&self, name: &str) -> io::Result<Next> {
        let case = hostile::all().find(|case| case.name == name);
        let case = case.unwrap_or_else(|| panic!("the origin was asked for the case `{name}`, which is in no table"));
        let Answer { before, again, times, after } = case.answer;
        if times == 0 {
            // In one piece, so that all of it is there when the client looks at any of it.
            self.send_last(&[before, after].concat())?;
        } else {
            self.flood(before, again, times)?;
            self.send_last(after)?;
        }
        Ok(match case.then {
            Then::Stays => Next::Request,
            Then::Closes => Next::Close,
            Then::HalfCloses => Next::HalfClose,
        })
    }

    /// Sends `before`, and then `again` so many times, or until the other side is gone.
    fn flood(&self, before: &[u8], again: &[u8], times: usize) -> io::Result<()> {
        self.send(before)?;
        let at_once = (BURST / again.len()).clamp(1, times);
        let burst = again.repeat(at_once);
        let mut left = times;
        while left > 0 {
            let now = at_once.min(left);
            self.send(&burst[..now * again.len()])?;
            left -= if times == usize::MAX { 0 } else { now };
        }
        Ok(())
    }

    pub(super) fn unasked(&self, gate: &str, text: &str) -> io::Result<Next> {
        let sent = self.say(text).and_then(|_| match self.at_gate(gate) {
            true => self.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil").map(|()| Next::Request),
            false => Ok(Next::Abandon),
        });
        // Also where the connection had gone by then, as each does that is for one request: either way it is decided.
        self.state.update(|inner| inner.pour(gate).ended = true);
        sent
    }

    pub(super) fn drip_head(&self, pause: usize) -> io::Result<Next> {
        for byte in b"HTTP/1.1 200 OK\r\nx: ".iter().chain(b"and so on ".iter().cycle()) {
            self.send(std::slice::from_ref(byte))?;
            if !self.pause(pause) {
                break;
            }
        }
        Ok(Next::Abandon)
    }

    pub(super) fn open_end(&self, text: &str) -> io::Result<Next> {
        self.send(
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{text}\r\n0\r\n", text.len())
                .as_bytes(),
        )?;
        // Nothing, for as long as somebody waits.
        self.at_gate("");
        Ok(Next::Abandon)
    }
}
