//! A loopback origin of plain `std` threads whose answers are scripted by the path. One thread for each connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gather_core::{Request, get};

/// Serves until it is dropped, which closes every connection, joins every thread and passes their panics on.
pub(crate) struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    accepted: usize,
    closed: usize,
    requests: usize,
    /// How many requests wait at the gate now, and how often it has opened.
    at_gate: usize,
    openings: usize,
    in_flight: usize,
    in_flight_max: usize,
    streams: Vec<TcpStream>,
}

impl Origin {
    pub(crate) fn start() -> Origin {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let acceptor = thread::spawn({
            let shared = shared.clone();
            move || accept(&listener, &shared)
        });
        Origin { address, shared, acceptor: Some(acceptor) }
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        get(format!("http://{}{path}", self.address)).unwrap()
    }

    /// An address where nobody listens.
    pub(crate) fn nobody() -> Request {
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        get(format!("http://{address}/")).unwrap()
    }

    pub(crate) fn accepted(&self) -> usize {
        self.shared.state.lock().unwrap().accepted
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.state.lock().unwrap().requests
    }

    pub(crate) fn in_flight_max(&self) -> usize {
        self.shared.state.lock().unwrap().in_flight_max
    }

    /// Waits until the origin has closed so many connections.
    pub(crate) fn wait_closed(&self, connections: usize) {
        let state = self.shared.state.lock().unwrap();
        let patience = Duration::from_secs(30);
        let waited = self.shared.changed.wait_timeout_while(state, patience, |state| state.closed < connections);
        assert!(!waited.unwrap().1.timed_out(), "the origin did not close {connections} connections");
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state.lock().unwrap();
            state.stopping = true;
            state.streams.drain(..).for_each(|stream| _ = stream.shutdown(Shutdown::Both));
            self.shared.changed.notify_all();
        }
        let _ = TcpStream::connect(self.address); // wakes the acceptor
        let joined = self.acceptor.take().unwrap().join();
        if !thread::panicking() {
            joined.expect("a thread of the origin panicked");
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        let mut state = shared.state.lock().unwrap();
        if state.stopping {
            break;
        }
        state.accepted += 1;
        state.streams.push(stream.try_clone().unwrap());
        drop(state);
        let shared = shared.clone();
        threads.push(thread::spawn(move || {
            // An error is the client going away, or a script that closes.
            let _ = serve(&stream, &shared);
            // The clone that is kept for stopping must not keep the connection open.
            let _ = stream.shutdown(Shutdown::Both);
            shared.state.lock().unwrap().closed += 1;
            shared.changed.notify_all();
        }));
    }
    threads.into_iter().for_each(|thread| thread.join().expect("a connection's thread panicked"));
}

/// The first byte that a client sends who expects TLS.
const TLS_HANDSHAKE: u8 = 22;

fn serve(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream);
    if input.fill_buf()?.first() == Some(&TLS_HANDSHAKE) {
        return send(stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    }
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if input.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let lower = head.to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        input.read_exact(&mut body)?;
        {
            let mut state = shared.state.lock().unwrap();
            state.requests += 1;
            state.in_flight += 1;
            state.in_flight_max = state.in_flight_max.max(state.in_flight);
        }
        let mut answering = InFlight { shared, ended: false };
        answer(stream, method, path, &head, &body, &mut answering)?;
    }
}

/// One request in flight. It ends before the last byte of its answer is written, or its client would be faster.
struct InFlight<'a> {
    shared: &'a Shared,
    ended: bool,
}

impl InFlight<'_> {
    fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.shared.state.lock().unwrap().in_flight -= 1;
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

fn answer(
    stream: &TcpStream,
    method: &str,
    path: &str,
    head: &str,
    body: &[u8],
    answering: &mut InFlight<'_>,
) -> std::io::Result<()> {
    let (script, number) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let n: usize = number.parse().unwrap_or(0);
    let page = vec![b'x'; n];
    let close = || Err(std::io::ErrorKind::ConnectionAborted.into());
    let mut whole = |answer: &[u8]| {
        answering.end();
        send(stream, answer)
    };
    match script {
        "length" if method == "HEAD" => whole(format!("HTTP/1.1 200 OK\r\ncontent-length: {n}\r\n\r\n").as_bytes()),
        "length" => whole(&[format!("HTTP/1.1 200 OK\r\ncontent-length: {n}\r\n\r\n").as_bytes(), &page].concat()),
        "status" => whole(format!("HTTP/1.1 {n} As Asked\r\ncontent-length: 2\r\n\r\nok").as_bytes()),
        "empty" => whole(b"HTTP/1.1 204 No Content\r\n\r\n"),
        "chunked" => {
            send(stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            for chunk in page.chunks(1000) {
                send(stream, &[format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())?;
            }
            whole(b"0\r\n\r\n")
        }
        "until-close" => {
            send(stream, b"HTTP/1.1 200 OK\r\n\r\n")?;
            whole(&page)?;
            close()
        }
        "echo" => {
            let answer = [head.as_bytes(), body].concat();
            whole(
                &[format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len()).as_bytes(), &answer].concat(),
            )
        }
        // Says nothing of closing, and does.
        "bye" => {
            whole(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbye")?;
            close()
        }
        "gate" => {
            wait_at_gate(answering.shared, n);
            answering.end();
            send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nopen")
        }
        "drip-head" => drip(stream, b"HTTP/1.1 200 OK\r\nx: ", b"x", answering.shared),
        "drip-body" => drip(stream, b"HTTP/1.1 200 OK\r\n\r\n", b"x", answering.shared),
        "endless-head" => endless(stream, b"HTTP/1.1 200 OK\r\nx: "),
        "endless-body" => endless(stream, b"HTTP/1.1 200 OK\r\n\r\n"),
        "silent" => drip(stream, b"", b"", answering.shared),
        "cut" => close(),
        "raw" => {
            let (_, answer) = RAW.iter().find(|(name, _)| *name == number).expect("there is no such answer");
            whole(answer)?;
            close()
        }
        other => panic!("there is no script `{other}`"),
    }
}

fn send(mut stream: &TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes)
}

/// Answers given as bytes, after which the connection is closed.
pub(crate) const RAW: &[(&str, &[u8])] = &[
    ("garbage", b"SSH-2.0-OpenSSH_9.6\r\n"),
    ("cut-head", b"HTTP/1.1 200 OK\r\ncontent-le"),
    ("cut-length", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"),
    ("cut-chunk", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nonly this"),
    ("both-lengths", b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("conflicting-lengths", b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd"),
    ("bad-length", b"HTTP/1.1 200 OK\r\ncontent-length: three\r\n\r\nabc"),
    ("bad-chunk-size", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
    ("bad-status", b"HTTP/1.1 2x0 OK\r\n\r\n"),
    ("announced-too-large", b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n"),
];

fn endless(mut stream: &TcpStream, head: &[u8]) -> std::io::Result<()> {
    stream.write_all(head)?;
    let bytes = [b'x'; 4096];
    loop {
        stream.write_all(&bytes)?;
    }
}

/// A byte every ten milliseconds, for as long as somebody listens; but not for ever, so that who does fails.
fn drip(mut stream: &TcpStream, head: &[u8], drop: &[u8], shared: &Shared) -> std::io::Result<()> {
    stream.write_all(head)?;
    for _ in 0..1000 {
        stream.write_all(drop)?;
        let state = shared.state.lock().unwrap();
        if shared
            .changed
            .wait_timeout_while(state, Duration::from_millis(10), |state| !state.stopping)
            .unwrap()
            .0
            .stopping
        {
            break;
        }
    }
    Err(std::io::ErrorKind::ConnectionAborted.into())
}

/// Holds requests back until `n` of them are there.
fn wait_at_gate(shared: &Shared, n: usize) {
    let mut state = shared.state.lock().unwrap();
    state.at_gate += 1;
    if state.at_gate == n {
        state.at_gate = 0;
        state.openings += 1;
        shared.changed.notify_all();
        return;
    }
    let opening = state.openings;
    drop(shared.changed.wait_while(state, |state| state.openings == opening && !state.stopping).unwrap());
}
