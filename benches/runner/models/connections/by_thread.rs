//! A thread for each connection, blocked in `read`: what waiting costs without a runtime.
//!
//! The stacks that the kernel has for them are in no figure of the process, only in that of its cgroup.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use bytes::BytesMut;
use gather_blocking::codec::{Decoder, Piece, blank_head, encode};
use gather_core::{Request, get};
use http::Method;

use super::{OPENING, failed, outcome, url};
use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::models::memory::Memory;
use crate::models::threads;
use crate::session::Outcome;
use crate::usage;

pub(crate) fn run(run: &Run, connections: u64) -> Result<Outcome, Failure> {
    usage::raise_descriptor_limit(connections + 64)?;
    let request = get(url(run)).map_err(failed)?;
    // One that does not count: it brings the code into memory.
    hold(run, &request, 1, || ())?;
    let before = Memory::now();
    let (answer, during) = hold(run, &request, connections, Memory::now)?;
    Ok(outcome(answer, connections, &before, &during))
}

/// Has so many threads wait on connections of their own while `look` looks, and then ends them.
fn hold<T>(run: &Run, request: &Request, connections: u64, look: impl FnOnce() -> T) -> Result<(Answer, T), Failure> {
    let (opened, openings) = channel();
    let mut held = Vec::new();
    let mut threads = Vec::new();
    for number in 0..connections {
        if number >= OPENING as u64 {
            held.push(next(&openings)?);
        }
        threads.push(wait_on_thread(run, request.clone(), opened.clone())?);
    }
    while (held.len() as u64) < connections {
        held.push(next(&openings)?);
    }
    let seen = look();
    if threads.iter().any(JoinHandle::is_finished) {
        return Err(failed("a connection was closed while it was to be idle"));
    }
    let mut answer = Answer::default();
    for (socket, bytes) in held {
        socket.shutdown(Shutdown::Both).map_err(failed)?;
        answer.pages += 1;
        answer.bytes += bytes;
    }
    for thread in threads {
        thread.join().map_err(|_| failed("a thread panicked"))?.map_err(failed)?;
    }
    Ok((answer, seen))
}

/// A connection that has had its exchange: what ends it, and the size of the page.
type Opened = io::Result<(Arc<TcpStream>, u64)>;

fn next(openings: &Receiver<Opened>) -> Result<(Arc<TcpStream>, u64), Failure> {
    openings.recv().map_err(failed)?.map_err(failed)
}

fn wait_on_thread(run: &Run, request: Request, opened: Sender<Opened>) -> Result<JoinHandle<io::Result<()>>, Failure> {
    let origin = run.origin;
    threads::spawn(move || {
        let mut connection = match TcpStream::connect(origin) {
            Ok(stream) => Connection { stream: Arc::new(stream), input: BytesMut::new(), room: vec![0; ROOM] },
            Err(error) => {
                let _ = opened.send(Err(error));
                return Ok(());
            }
        };
        let exchange = connection.exchange(&request);
        // Nobody listens any more after the first failure.
        let _ = opened.send(exchange.map(|bytes| (connection.stream.clone(), bytes)));
        drop(opened);
        match (&*connection.stream).read(&mut connection.room)? {
            0 => Ok(()),
            _ => Err(io::Error::other("an answer that nobody asked for")),
        }
    })
}

/// A connection with the buffers that it keeps for the next exchange.
struct Connection {
    /// Shared with whoever ends the wait.
    stream: Arc<TcpStream>,
    input: BytesMut,
    room: Vec<u8>,
}

/// What is asked of the system in one read, as the client of the blocking controls does.
const ROOM: usize = 8 << 10;

impl Connection {
    /// The size of the page.
    fn exchange(&mut self, request: &Request) -> io::Result<u64> {
        let mut output = Vec::new();
        encode(request, &mut output).map_err(io::Error::other)?;
        self.stream.set_nodelay(true)?;
        (&*self.stream).write_all(&output)?;
        let (mut decoder, mut head) = (Decoder::new(&Method::GET), blank_head());
        while !decoder.head(&mut self.input, &mut head).map_err(io::Error::other)? {
            self.fill()?;
        }
        if !head.status.is_success() {
            return Err(io::Error::other(format!("the origin said {}", head.status)));
        }
        let mut bytes = 0;
        loop {
            match decoder.body(&mut self.input).map_err(io::Error::other)? {
                Piece::More => self.fill()?,
                Piece::Data(chunk) => bytes += chunk.len() as u64,
                Piece::End => return Ok(bytes),
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let read = (&*self.stream).read(&mut self.room)?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the origin closed the connection"));
        }
        self.input.extend_from_slice(&self.room[..read]);
        Ok(())
    }
}
