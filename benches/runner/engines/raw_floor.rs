//! The floor: a non-blocking loop over epoll by hand, without any runtime and with as few words as HTTP allows.
//!
//! Nothing that fetches pages through the kernel's sockets one read and one write at a time can be cheaper. The codec is
//! the one that the blocking controls use.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::BytesMut;
use gather_blocking::codec::{Decoder, Piece, blank_head, encode};
use gather_core::{Head, Parse, Request, Sink};
use http::Method;
use rustix::event::epoll;
use rustix::io::Errno;
use std::os::fd::OwnedFd;

use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::serve_trials;
use crate::page::{PageParser, PageSink};
use crate::target::Target;

/// Serves from the loop.
pub(crate) fn serve(run: &Run) -> Result<(), Failure> {
    let mut floor = Floor::new(run).map_err(|error| Failure::new("engine", error))?;
    let target = Target::new(&run.workload, run.origin)?;
    serve_trials(run, |requests| {
        let answer = floor.trial(target.requests(requests));
        answer.map(Into::into).map_err(|error| Failure::new("engine", error))
    })
}

/// Opens so many connections, makes an exchange on each, and holds them while `look` looks.
pub(crate) fn hold<T>(
    run: &Run,
    request: &Request,
    connections: u64,
    look: impl FnOnce() -> T,
) -> io::Result<(Answer, T)> {
    let mut floor = Floor::new(run)?;
    // With as many places as requests all are sent before the first answer is read, each on a connection of its own.
    floor.concurrency = usize::try_from(connections).map_err(io::Error::other)?;
    let answer = floor.trial((0..connections).map(|_| request.clone()))?;
    let seen = look();
    if !floor.is_quiet()? {
        return Err(io::Error::other("a connection was closed while it was to be idle"));
    }
    Ok((answer, seen))
}

struct Floor {
    epoll: OwnedFd,
    origin: SocketAddr,
    concurrency: usize,
    parser: PageParser,
    connections: Vec<Connection>,
    events: Vec<epoll::Event>,
    scratch: Vec<u8>,
}

/// A connection and the exchange on it.
struct Connection {
    socket: TcpStream,
    out: Vec<u8>,
    input: BytesMut,
    head: Head,
    decoder: Decoder,
    sink: Option<PageSink>,
    received: u64,
    busy: bool,
}

impl Floor {
    fn new(run: &Run) -> io::Result<Self> {
        Ok(Floor {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            origin: run.origin,
            concurrency: run.workload.concurrency,
            parser: PageParser::new(&run.workload),
            connections: Vec::new(),
            events: Vec::with_capacity(256),
            scratch: vec![0; ROOM],
        })
    }

    fn trial(&mut self, mut requests: impl Iterator<Item = Request>) -> io::Result<Answer> {
        let mut answer = Answer::default();
        let mut idle: VecDeque<usize> = (0..self.connections.len()).collect();
        let mut busy = 0;
        while busy < self.concurrency {
            let Some(request) = requests.next() else { break };
            let token = match idle.pop_front() {
                Some(token) => token,
                None => self.open()?,
            };
            self.connections[token].send(&request)?;
            busy += 1;
        }
        while busy > 0 {
            self.wait()?;
            let mut events = std::mem::take(&mut self.events);
            for event in events.drain(..) {
                let token = event.data.u64() as usize;
                if self.connections[token].receive(&mut self.scratch, &self.parser, &mut answer)? {
                    match requests.next() {
                        Some(request) => self.connections[token].send(&request)?,
                        None => busy -= 1,
                    }
                }
            }
            self.events = events;
        }
        Ok(answer)
    }

    fn open(&mut self) -> io::Result<usize> {
        let socket = TcpStream::connect(self.origin)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let token = self.connections.len();
        // Level-triggered and never changed again: one epoll_ctl in a connection's life.
        epoll::add(&self.epoll, &socket, epoll::EventData::new_u64(token as u64), epoll::EventFlags::IN)?;
        self.connections.push(Connection {
            socket,
            out: Vec::new(),
            input: BytesMut::new(),
            head: blank_head(),
            decoder: Decoder::new(&Method::GET),
            sink: None,
            received: 0,
            busy: false,
        });
        Ok(token)
    }

    /// Whether nothing has happened on any connection.
    fn is_quiet(&mut self) -> io::Result<bool> {
        let now = rustix::time::Timespec::default();
        self.events.clear();
        let events = epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), Some(&now))?;
        Ok(events == 0)
    }

    fn wait(&mut self) -> io::Result<()> {
        let patience = rustix::time::Timespec::try_from(Duration::from_secs(60)).ok();
        loop {
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), patience.as_ref()) {
                Ok(0) => return Err(io::Error::new(io::ErrorKind::TimedOut, "the origin is silent")),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// How much is asked of a socket at once.
const ROOM: usize = 64 << 10;

impl Connection {
    fn send(&mut self, request: &Request) -> io::Result<()> {
        self.out.clear();
        encode(request, &mut self.out).map_err(io::Error::other)?;
        self.head.url = request.uri().clone();
        self.decoder = Decoder::new(request.method());
        (self.received, self.busy) = (0, true);
        // A request is a hundred bytes on a connection with nothing under way: it fits the socket's buffer.
        self.socket.write_all(&self.out)
    }

    /// Reads what is there. True when the exchange is over and the connection free.
    fn receive(&mut self, scratch: &mut [u8], parser: &PageParser, answer: &mut Answer) -> io::Result<bool> {
        // Read beside the buffer and copied: to initialise room in the buffer would cost more than the copy.
        let read = match self.socket.read(scratch) {
            Ok(read) => read,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        self.input.extend_from_slice(&scratch[..read]);
        if read == 0 || !self.busy {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the origin closed the connection"));
        }
        self.decode(parser, answer)
    }

    fn decode(&mut self, parser: &PageParser, answer: &mut Answer) -> io::Result<bool> {
        if self.sink.is_none() {
            if !self.decoder.head(&mut self.input, &mut self.head).map_err(io::Error::other)? {
                return Ok(false);
            }
            self.sink = Some(parser.start(&self.head));
        }
        loop {
            match self.decoder.body(&mut self.input).map_err(io::Error::other)? {
                Piece::More => return Ok(false),
                Piece::End => break,
                Piece::Data(chunk) => {
                    self.received += chunk.len() as u64;
                    if let Some(sink) = &mut self.sink {
                        let _ = sink.feed(chunk);
                    }
                }
            }
        }
        self.busy = false;
        match self.sink.take() {
            Some(sink) if self.head.status.is_success() => {
                answer.add_page(self.received, sink.finish().map_err(io::Error::other)?);
            }
            _ => answer.errors += 1,
        }
        Ok(true)
    }
}
