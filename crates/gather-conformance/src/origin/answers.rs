//! The answers, faults above all: what each path of the origin sends.

use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;
use std::time::Duration;

use socket2::SockRef;

use crate::origin::connection::Received;
use crate::origin::state::State;

/// The `length` bytes with which the origin fills the bodies of `/bytes`, `/chunked` and `/pour`: each tells its position, so
/// that a byte that is lost or belongs elsewhere shows.
pub fn pattern(length: usize) -> Vec<u8> {
    let mut pattern = Pattern::default();
    (0..length).map(|_| pattern.next_byte()).collect()
}

/// The same, byte by byte: for bodies that are compared as they arrive.
#[derive(Debug, Clone, Default)]
pub struct Pattern {
    position: u64,
}

impl Pattern {
    /// Whether `bytes` are what comes next.
    pub fn accepts(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| *byte == self.next_byte())
    }

    fn next_byte(&mut self) -> u8 {
        // 251 is prime, so that no buffer's size is a multiple of the period.
        let byte = (self.position % 251) as u8;
        self.position += 1;
        byte
    }
}

/// What happens to the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It waits for the next request.
    Request,
    /// It closes, the answer having been given as scripted.
    Close,
    /// Its sending side closes.
    HalfClose,
    /// It closes, the answer being of no use to anybody any more.
    Abandon,
}

/// A request being answered.
pub(super) struct Wire<'a> {
    id: usize,
    socket: &'a TcpStream,
    pub(super) state: &'a State,
    request: &'a Received,
}

const POUR_CHUNK: usize = 64 << 10;
const POUR_PATIENCE: Duration = Duration::from_millis(100);
/// So many patiences without a byte taken are a stall.
const POUR_STALL: u32 = 5;

impl<'a> Wire<'a> {
    pub(super) fn new(id: usize, socket: &'a TcpStream, state: &'a State, request: &'a Received) -> Self {
        Wire { id, socket, state, request }
    }

    pub(super) fn answer(&self) -> io::Result<Next> {
        let path = self.path();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        match segments[..] {
            ["say", text] => self.say(text),
            ["echo"] => self.echo(),
            ["status", status] => self.status(number(status)),
            ["bytes", length] => self.whole("200 OK", "", &pattern(number(length))),
            ["chunked", count, size] => self.chunked(number(count), number(size)),
            ["until-close", length] => self.until_close(number(length)),
            ["close", text] => self.whole("200 OK", "connection: close\r\n", text.as_bytes()).map(|_| Next::Close),
            ["last", text] => self.say(text).map(|_| Next::Close),
            ["half-closed", text] => self.say(text).map(|_| Next::HalfClose),
            ["early", text] => {
                self.send(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n")?;
                self.say(text)
            }
            ["gate", name, text] => {
                if self.at_gate(name) {
                    self.say(text)
                } else {
                    Ok(Next::Abandon)
                }
            }
            ["body-gate", name] => self.body_gate(name),
            ["pour", name, length] => self.pour(name, number(length)),
            ["late", pause, text] => {
                if self.pause(number(pause)) {
                    self.say(text)
                } else {
                    Ok(Next::Abandon)
                }
            }
            ["drip", count, pause] => self.drip(number(count), number(pause)),
            ["fields", count] => {
                let fields: String = (0..number(count)).map(|place| format!("x-{place}: y\r\n")).collect();
                self.whole("200 OK", &fields, b"fields")
            }
            ["field", length] => self.whole("200 OK", &format!("x: {}\r\n", "y".repeat(number(length))), b"field"),
            ["redirects", hop] => {
                self.whole("302 Found", &format!("location: /redirects/{}\r\n", number(hop) + 1), b"")
            }
            ["redirect", ref to @ ..] => {
                let to = if *to == ["redirect"] { path.to_owned() } else { format!("/{}", to.join("/")) };
                self.whole("302 Found", &format!("location: {to}\r\n"), b"")
            }
            ["redirect-with", length, ref to @ ..] => {
                let location = format!("location: /{}\r\n", to.join("/"));
                self.whole("302 Found", &location, &pattern(number(length)))
            }
            _ => self.fault(&segments),
        }
    }

    /// Answers that break the protocol, or never end.
    fn fault(&self, segments: &[&str]) -> io::Result<Next> {
        match *segments {
            ["silent"] => {
                self.state.wait(self.id, |_| false);
                return Ok(Next::Abandon);
            }
            ["hostile", name] => return self.hostile(name),
            ["unasked", gate, text] => return self.unasked(gate, text),
            ["drip-head", pause] => return self.drip_head(number(pause)),
            ["open-end", text] => return self.open_end(text),
            ["endless"] => return self.endless(CHUNKED, b"6\r\nnever \r\n"),
            // Fields so long that a limit on bytes is met before one on their number, however much a read brings.
            ["endless-head"] => {
                let field = format!("x-and-so-on: {}\r\n", "and so on ".repeat(800));
                return self.endless("HTTP/1.1 200 OK\r\n", field.as_bytes());
            }
            ["garbage"] => self.send_last(b"\x00\xff this is not HTTP, and never was\r\n\r\n\x01\x02")?,
            ["bad-chunk"] => {
                self.send(CHUNKED.as_bytes())?;
                self.send_last(b"5\r\nhello\r\nfive\r\nhello\r\n0\r\n\r\n")?;
            }
            ["long"] => {
                self.send_last(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello, and twenty more..")?;
            }
            ["cut", "before-head"] => {}
            ["cut", "in-head"] => self.send_last(b"HTTP/1.1 200 OK\r\ncontent-le")?,
            ["cut", "in-body"] => self.send_last(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly so much")?,
            ["cut", "in-chunks"] => {
                self.send(CHUNKED.as_bytes())?;
                self.send_last(b"5\r\nhello\r\n64\r\nonly so much")?;
            }
            ["reset", "in-body"] => {
                // Without lingering a close is a reset.
                SockRef::from(self.socket).set_linger(Some(Duration::ZERO))?;
                self.send_last(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly so much")?;
            }
            _ => return self.whole("404 Not Found", "", b"no such page"),
        }
        Ok(Next::Close)
    }

    pub(super) fn say(&self, text: &str) -> io::Result<Next> {
        self.whole("200 OK", "", text.as_bytes())
    }

    fn status(&self, status: usize) -> io::Result<Next> {
        let line = format!("{status} As Asked");
        match status {
            // These have no body, and a 304 may announce the length of the one that it stands for.
            204 => self.send_last(format!("HTTP/1.1 {line}\r\n\r\n").as_bytes())?,
            304 => self.send_last(format!("HTTP/1.1 {line}\r\ncontent-length: 1000\r\n\r\n").as_bytes())?,
            _ => return self.whole(&line, "", format!("status {status}").as_bytes()),
        }
        Ok(Next::Request)
    }

    fn echo(&self) -> io::Result<Next> {
        let Received { method, target, headers, body } = self.request;
        let fields: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let mut text = format!("{method} {target}\n{fields}\n").into_bytes();
        text.extend_from_slice(body);
        self.whole("200 OK", "", &text)
    }

    fn chunked(&self, count: usize, size: usize) -> io::Result<Next> {
        let bytes = pattern(count * size);
        self.send(CHUNKED.as_bytes())?;
        for chunk in bytes.chunks(size.max(1)) {
            self.send_chunk(chunk)?;
        }
        self.send_last(b"0\r\n\r\n")?;
        Ok(Next::Request)
    }

    fn until_close(&self, length: usize) -> io::Result<Next> {
        self.send(b"HTTP/1.1 200 OK\r\n\r\n")?;
        self.send_body(&pattern(length))?;
        Ok(Next::Close)
    }

    fn body_gate(&self, name: &str) -> io::Result<Next> {
        self.send(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n")?;
        self.send_body(b"first")?;
        if !self.at_gate(name) {
            return Ok(Next::Abandon);
        }
        self.send_last(b"second")?;
        Ok(Next::Request)
    }

    fn drip(&self, count: usize, pause: usize) -> io::Result<Next> {
        self.send(CHUNKED.as_bytes())?;
        for _ in 0..count {
            if !self.pause(pause) {
                return Ok(Next::Abandon);
            }
            self.send_chunk(b"drip.")?;
        }
        self.send_last(b"0\r\n\r\n")?;
        Ok(Next::Request)
    }

    /// Sends `head` and then `again`, until the other side is gone.
    fn endless(&self, head: &str, again: &[u8]) -> io::Result<Next> {
        self.send(head.as_bytes())?;
        let many = again.repeat(100);
        loop {
            self.send(&many)?;
        }
    }

    fn pour(&self, name: &str, length: usize) -> io::Result<Next> {
        self.send(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").as_bytes())?;
        self.socket.set_write_timeout(Some(POUR_PATIENCE))?;
        let poured = self.pour_bytes(name, length);
        self.state.update(|inner| inner.pour(name).ended = true);
        self.socket.set_write_timeout(None)?;
        poured.map(|()| Next::Request)
    }

    /// Writes as much as the other side takes, and notes when it takes nothing.
    fn pour_bytes(&self, name: &str, length: usize) -> io::Result<()> {
        // A chunk longer than the period, so that a part of it can start anywhere in the pattern.
        let bytes = pattern(POUR_CHUNK + 251);
        let (mut written, mut patience, mut finishing) = (0, 0, false);
        while written < length {
            if length - written <= POUR_CHUNK && !finishing {
                self.state.update(|inner| inner.finishing(self.id));
                finishing = true;
            }
            let start = written % 251;
            let end = start + POUR_CHUNK.min(length - written);
            match (&mut &*self.socket).write(&bytes[start..end]) {
                Ok(taken) => {
                    written += taken;
                    patience = 0;
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => patience += 1,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            self.state.update(|inner| {
                let pour = inner.pour(name);
                pour.written = written as u64;
                pour.stalled = patience >= POUR_STALL;
            });
        }
        Ok(())
    }

    /// An answer with a length. To a HEAD request: the same without its body.
    fn whole(&self, status: &str, fields: &str, body: &[u8]) -> io::Result<Next> {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{fields}\r\n", body.len());
        if self.request.method == "HEAD" {
            self.send_last(head.as_bytes())?;
            return Ok(Next::Request);
        }
        // In one write, so that head and body come together as they do from most servers.
        let mut answer = head.into_bytes();
        answer.extend_from_slice(body);
        self.send_last(&answer)?;
        self.state.update(|inner| inner.counts.body_bytes += body.len() as u64);
        Ok(Next::Request)
    }

    fn send_chunk(&self, chunk: &[u8]) -> io::Result<()> {
        let mut framed = format!("{:x}\r\n", chunk.len()).into_bytes();
        framed.extend_from_slice(chunk);
        framed.extend_from_slice(b"\r\n");
        self.send(&framed)?;
        self.state.update(|inner| inner.counts.body_bytes += chunk.len() as u64);
        Ok(())
    }

    fn send_body(&self, bytes: &[u8]) -> io::Result<()> {
        self.send(bytes)?;
        self.state.update(|inner| inner.counts.body_bytes += bytes.len() as u64);
        Ok(())
    }

    /// Sends what an answer ends with.
    pub(super) fn send_last(&self, bytes: &[u8]) -> io::Result<()> {
        self.state.update(|inner| inner.finishing(self.id));
        self.send(bytes)
    }

    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        (&mut &*self.socket).write_all(bytes)
    }

    pub(super) fn at_gate(&self, name: &str) -> bool {
        self.state.wait(self.id, |inner| inner.open_gates.contains(name))
    }

    pub(super) fn pause(&self, milliseconds: usize) -> bool {
        self.state.pause(self.id, Duration::from_millis(milliseconds as u64))
    }

    /// The path alone: without a query, and without the scheme and host that a proxy would be sent.
    fn path(&self) -> &str {
        let target = self.request.target.as_str();
        let after_host = target.strip_prefix("http://").map(|rest| rest.find('/').map_or("/", |slash| &rest[slash..]));
        let path = after_host.unwrap_or(target);
        path.split('?').next().unwrap_or(path)
    }
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// A number of a path. A law that misspells one must not get an answer that looks right.
fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("the origin was asked for `{text}`, which is not a number"))
}
