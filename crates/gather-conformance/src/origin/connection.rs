//! One connection: a thread that reads requests and sees the other side leave, a thread that answers.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use socket2::SockRef;

use crate::origin::answers::{Next, Wire};
use crate::origin::state::State;

/// A request as it came.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Two threads for each connection: a test machine has memory for the stacks of thousands, if they are small.
const STACK: usize = 128 << 10;

/// The largest head that is read, and the most header fields in it.
const HEAD: usize = 64 << 10;
const FIELDS: usize = 128;

/// The first byte of a TLS connection. Who sends it would wait for an answer while we wait for the end of a line.
const TLS_HANDSHAKE: u8 = 0x16;

/// What the kernel keeps of an answer that nobody reads. Small, so that a reader that stops is soon noticed.
const SEND_BUFFER: usize = 64 << 10;

/// Accepts until the origin ends.
pub(super) fn accept(listener: &TcpListener, state: &Arc<State>) {
    loop {
        let accepted = listener.accept();
        if state.lock().is_closing() {
            return;
        }
        // Too few descriptors, or a client that left before it was accepted: its own test will tell.
        let Ok((socket, _)) = accepted else { continue };
        if let Err(error) = start(socket, state) {
            eprintln!("origin: a connection could not be served: {error}");
        }
    }
}

fn start(socket: TcpStream, state: &Arc<State>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    SockRef::from(&socket).set_send_buffer_size(SEND_BUFFER)?;
    let kept = socket.try_clone()?;
    let id = state.update(|inner| inner.opened(kept));
    let shared = state.clone();
    let serve = move || serve(id, &socket, &shared);
    let thread = thread::Builder::new().name(format!("origin-{id}")).stack_size(STACK).spawn(serve);
    state.update(|inner| match thread {
        Ok(thread) => {
            inner.keep_thread(thread);
            Ok(())
        }
        Err(error) => {
            inner.closed(id);
            Err(error)
        }
    })
}

/// Serves one connection until either side ends it.
fn serve(id: usize, socket: &TcpStream, state: &State) {
    // One request waits while another is answered: more would be pipelining, which nobody does.
    let (sender, requests) = sync_channel(1);
    thread::scope(|scope| {
        let reader = thread::Builder::new().name(format!("origin-{id}-read")).stack_size(STACK);
        let reading = reader.spawn_scoped(scope, move || {
            // How it ended is no news: a client may leave as it likes.
            let _ = read_requests(id, socket, state, &sender);
            state.update(|inner| inner.closed(id));
        });
        if reading.is_ok() {
            let _ = answer_requests(id, socket, state, &requests);
        }
        state.update(|inner| inner.closed(id));
        let _ = socket.shutdown(Shutdown::Both);
        drop(requests);
    });
}

fn read_requests(id: usize, socket: &TcpStream, state: &State, requests: &SyncSender<Received>) -> io::Result<()> {
    let mut reader = BufReader::new(socket);
    while let Some(request) = read_request(&mut reader)? {
        state.update(|inner| inner.received(id));
        if requests.send(request).is_err() {
            break;
        }
    }
    Ok(())
}

fn answer_requests(id: usize, socket: &TcpStream, state: &State, requests: &Receiver<Received>) -> io::Result<()> {
    (&mut &*socket).write_all(state.greeting)?;
    for request in requests {
        let next = Wire::new(id, socket, state, &request).answer()?;
        if next == Next::Abandon {
            break;
        }
        state.update(|inner| inner.counts.served += 1);
        match next {
            Next::Request => {}
            // The next turn waits until the reader has seen the other side leave.
            Next::HalfClose => socket.shutdown(Shutdown::Write)?,
            Next::Close | Next::Abandon => break,
        }
    }
    Ok(())
}

/// The next request, or `None` when the other side has ended between two.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Received>> {
    if reader.fill_buf()?.first() == Some(&TLS_HANDSHAKE) {
        return Err(io::Error::other("TLS, which is not spoken here"));
    }
    let mut head = Vec::new();
    loop {
        let before = head.len();
        let read = reader.by_ref().take(HEAD as u64).read_until(b'\n', &mut head)?;
        if read == 0 {
            return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if head.len() > HEAD {
            return Err(io::Error::other("a request head that is too large"));
        }
        if before > 0 && head[before..] == *b"\r\n" {
            break;
        }
    }
    let mut received = parse_head(&head)?;
    let length = received.headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Ok(0), |(_, value)| value.parse()).map_err(io::Error::other)?;
    received.body.resize(length, 0);
    reader.read_exact(&mut received.body)?;
    Ok(Some(received))
}

fn parse_head(head: &[u8]) -> io::Result<Received> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    request.parse(head).map_err(io::Error::other)?;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Ok(Received {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        headers: request.headers.iter().map(|field| (field.name.to_lowercase(), text(field.value))).collect(),
        body: Vec::new(),
    })
}
