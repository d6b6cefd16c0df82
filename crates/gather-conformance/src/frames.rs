//! A loopback server of HTTP/2 that says, frame by frame, what it is told to: resets, farewells, bodies without an end.
//!
//! It is plain threads and plain TCP; [`TlsFront::http2`](crate::secure::TlsFront::http2) puts TLS in front of it. It reads no
//! request but to see that one has come, minds no flow control, and is no server for real use.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// What is said to a request, on its stream unless it is about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame {
    /// The head of an answer: status 200, and nothing else.
    Head,
    /// The same with a `content-length`.
    HeadOfLength(u32),
    /// A part of its body.
    Data(&'static [u8]),
    /// The end of its body.
    End,
    /// `RST_STREAM` with this error code.
    Reset(u32),
    /// A [whole answer](page) to the request that began so many before the latest on this connection.
    Page {
        /// 0 is the latest.
        before: u32,
    },
    /// `GOAWAY`: of the requests on this connection the last that is acted upon began so many before the latest.
    GoAway {
        /// 0 is the latest, 1 the one before it.
        before: u32,
        /// The error code; 0 where the server just leaves.
        code: u32,
    },
    /// The end of the connection.
    Close,
}

/// The body of a [whole answer](page).
pub const PAGE: &[u8] = b"a page";

/// A whole answer to a request: status 200, and [`PAGE`] for a body.
pub fn page() -> Vec<Frame> {
    vec![Frame::Head, Frame::Data(PAGE), Frame::End]
}

/// A running server. Dropping it closes every connection and joins every thread; a panic in one of them goes on there.
#[derive(Debug)]
pub struct FrameServer {
    addr: SocketAddr,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    max_streams: Option<u32>,
    answers: Vec<Vec<Frame>>,
    open: Mutex<Open>,
    closing: AtomicBool,
}

#[derive(Debug, Default)]
struct Open {
    requests: usize,
    sockets: Vec<TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

impl FrameServer {
    /// Answers the first request with the first of these, and so on, on whatever connection they come; all further requests
    /// with the last.
    ///
    /// # Panics
    ///
    /// When there is no answer, or the operating system gives it no port or no thread.
    pub fn start(answers: impl IntoIterator<Item = Vec<Frame>>) -> Self {
        FrameServer::start_with(None, answers)
    }

    /// The same, with so many requests at a time on a connection (`SETTINGS_MAX_CONCURRENT_STREAMS`).
    ///
    /// # Panics
    ///
    /// As [`start`](FrameServer::start).
    pub fn limited(streams: u32, answers: impl IntoIterator<Item = Vec<Frame>>) -> Self {
        FrameServer::start_with(Some(streams), answers)
    }

    fn start_with(max_streams: Option<u32>, answers: impl IntoIterator<Item = Vec<Frame>>) -> Self {
        let answers: Vec<_> = answers.into_iter().collect();
        assert!(!answers.is_empty(), "a server with nothing to say");
        let start = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let addr = listener.local_addr()?;
            let state =
                Arc::new(State { max_streams, answers, open: Mutex::default(), closing: AtomicBool::new(false) });
            let accepting = state.clone();
            let acceptor = thread::Builder::new().name("frames-accept".to_owned());
            let acceptor = acceptor.spawn(move || accept(&listener, &accepting))?;
            Ok(FrameServer { addr, state, acceptor: Some(acceptor) })
        };
        start().unwrap_or_else(|error: io::Error| panic!("the server cannot start: {error}"))
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Connections accepted so far.
    pub fn accepted(&self) -> usize {
        self.state.open().sockets.len()
    }

    /// Requests received so far.
    pub fn requests(&self) -> usize {
        self.state.open().requests
    }
}

impl Drop for FrameServer {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::SeqCst);
        // The acceptor may sit in `accept`; a connection of our own brings it out to see that it is over.
        let woken = TcpStream::connect(self.addr);
        let mut panicked = self.acceptor.take().and_then(|thread| thread.join().err());
        drop(woken);
        let Open { sockets, threads, .. } = std::mem::take(&mut *self.state.open());
        for socket in sockets {
            // It may be closed already.
            let _ = socket.shutdown(Shutdown::Both);
        }
        for thread in threads {
            panicked = thread.join().err().or(panicked);
        }
        if let Some(panic) = panicked
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

impl State {
    fn open(&self) -> MutexGuard<'_, Open> {
        // A panic in one of the threads is reported when it is joined.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is to say to the next request.
    fn next_answer(&self) -> &[Frame] {
        let mut open = self.open();
        open.requests += 1;
        &self.answers[(open.requests - 1).min(self.answers.len() - 1)]
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for socket in listener.incoming() {
        if state.closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let kept = socket.try_clone().expect("a second handle to a socket");
        let serving = state.clone();
        // Counted before anything is said on it.
        state.open().sockets.push(kept);
        // How a client leaves is no news.
        let serve = move || drop(serve(&socket, &serving));
        let thread = thread::Builder::new().name("frames".to_owned()).spawn(serve).expect("a thread");
        state.open().threads.push(thread);
    }
}

/// RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types of frames (section 6), and their flags.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
/// A setting (section 6.5.2).
const MAX_CONCURRENT_STREAMS: [u8; 2] = [0, 3];
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200`, as number 8 of HPACK's static table (RFC 7541, appendix A).
const STATUS_200: &[u8] = &[0x88];

/// `content-length`, as number 28 of the same table, with a value that follows and is not to be kept (section 6.2.2).
const CONTENT_LENGTH: &[u8] = &[0x0f, 28 - 15];

fn serve(mut socket: &TcpStream, state: &State) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut preface = [0; PREFACE.len()];
    socket.read_exact(&mut preface)?;
    if preface != PREFACE {
        return Err(io::Error::other("no HTTP/2"));
    }
    let limit = state.max_streams.map(|streams| [&MAX_CONCURRENT_STREAMS[..], &streams.to_be_bytes()].concat());
    say(socket, SETTINGS, 0, 0, &limit.unwrap_or_default())?;
    let mut latest = 0;
    loop {
        let mut header = [0; 9];
        socket.read_exact(&mut header)?;
        let [a, b, c, kind, flags, stream @ ..] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        socket.read_exact(&mut payload)?;
        let stream = u32::from_be_bytes(stream);
        // Requests begin in the order of their streams, and end in any.
        latest = latest.max(stream);
        match kind {
            SETTINGS | PING if flags & ACK == 0 => {
                let echo = if kind == PING { &payload[..] } else { &[] };
                say(socket, kind, ACK, 0, echo)?;
            }
            HEADERS | DATA if flags & END_STREAM != 0 => {
                for frame in state.next_answer() {
                    answer(socket, *frame, stream, latest)?;
                }
            }
            _ => {}
        }
    }
}

fn answer(mut socket: &TcpStream, frame: Frame, stream: u32, latest: u32) -> io::Result<()> {
    // The streams of a client have odd numbers (RFC 9113, section 5.1.1), and each of its requests has the next.
    let earlier = |requests: u32| latest.saturating_sub(2 * requests);
    match frame {
        Frame::Head => say(socket, HEADERS, END_HEADERS, stream, STATUS_200),
        Frame::HeadOfLength(length) => {
            let digits = length.to_string();
            // At most ten of them.
            let value = [CONTENT_LENGTH, &[digits.len() as u8], digits.as_bytes()].concat();
            say(socket, HEADERS, END_HEADERS, stream, &[STATUS_200, &value].concat())
        }
        Frame::Data(bytes) => say(socket, DATA, 0, stream, bytes),
        Frame::End => say(socket, DATA, END_STREAM, stream, &[]),
        Frame::Reset(code) => say(socket, RST_STREAM, 0, stream, &code.to_be_bytes()),
        Frame::Page { before } => {
            say(socket, HEADERS, END_HEADERS, earlier(before), STATUS_200)?;
            say(socket, DATA, END_STREAM, earlier(before), PAGE)
        }
        Frame::GoAway { before, code } => {
            say(socket, GOAWAY, 0, 0, &[earlier(before).to_be_bytes(), code.to_be_bytes()].concat())
        }
        Frame::Close => {
            socket.shutdown(Shutdown::Write)?;
            // What is closed with bytes unread is reset, and what was said before may be lost with it.
            io::copy(&mut socket, &mut io::sink())?;
            Err(io::Error::other("closed, as asked"))
        }
    }
}

/// In one write, so that a reader gets a frame whole.
fn say(mut socket: &TcpStream, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
    let [_, a, b, c] = u32::try_from(payload.len()).map_err(io::Error::other)?.to_be_bytes();
    let mut frame = vec![a, b, c, kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    socket.write_all(&frame)
}
