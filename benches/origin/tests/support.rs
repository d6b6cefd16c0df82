//! An origin on a thread of its own, a client of plain blocking sockets, and a folder that goes away.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::args::Settings;
use crate::origin::{Origin, Stop};
use crate::page::Pages;

/// Three pages, all different; the last is larger than any socket's buffers, so that it cannot be written at one go.
pub(super) fn bodies() -> Vec<Vec<u8>> {
    vec![b"<p>one".to_vec(), crate::fixed::body(5000), crate::fixed::body(16 << 20)]
}

/// An origin that serves until it is dropped; then the test fails if it failed.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    pub(super) fn start() -> Running {
        Running::with(Settings::default())
    }

    pub(super) fn with(settings: Settings) -> Running {
        let origin = Origin::bind(settings, Pages::new("generated", bodies())).expect("a free port");
        let (address, stop) = (origin.address(), origin.stop_handle());
        Running { address, stop, thread: Some(thread::spawn(move || origin.run())) }
    }

    pub(super) fn connect(&self) -> Client {
        Client::new(self.address)
    }

    /// One page over a connection of its own.
    pub(super) fn get(&self, target: &str) -> Answered {
        self.connect().get(target)
    }

    /// The counters, asked over a connection of its own.
    pub(super) fn stats(&self) -> Words {
        words(&self.get("/_stats").text())
    }

    /// Asks for the counters until they are as expected: what a peer does reaches the origin when it does.
    pub(super) fn stats_when(&self, expected: impl Fn(&Words) -> bool) -> Words {
        let start = Instant::now();
        loop {
            let stats = self.stats();
            if expected(&stats) {
                return stats;
            }
            assert!(start.elapsed() < PATIENCE, "the counters never became what was expected: {stats:?}");
            thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        let served = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            served.expect("was started").expect("the origin panicked").expect("the origin failed");
        }
    }
}

/// How long a test waits for what must come, before it says that it did not.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub(super) struct Client {
    pub(super) socket: TcpStream,
    received: Vec<u8>,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Client {
        let socket = TcpStream::connect(address).expect("the origin listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        Client { socket, received: Vec::new() }
    }

    pub(super) fn get(&mut self, target: &str) -> Answered {
        self.ask("GET", target);
        self.answer()
    }

    pub(super) fn ask(&mut self, method: &str, target: &str) {
        self.send(format!("{method} {target} HTTP/1.1\r\nhost: origin\r\n\r\n").as_bytes());
    }

    pub(super) fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the origin reads");
    }

    /// The next answer, with as much body as its head says, out of its chunks if it comes in some.
    pub(super) fn answer(&mut self) -> Answered {
        let mut answered = self.head();
        if answered.header("transfer-encoding") == Some("chunked") {
            answered.body = self.chunks().concat();
            return answered;
        }
        let length = answered.header("content-length").and_then(|length| length.parse().ok()).expect("a length");
        answered.body = self.take(length);
        answered
    }

    /// The chunks of a body, whose head was read.
    pub(super) fn chunks(&mut self) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = self.received.windows(2).position(|window| window == b"\r\n") {
                    break end;
                }
                assert!(self.receive() > 0, "the body was cut off");
            };
            let size = String::from_utf8(self.take(end + 2)).expect("a size is text");
            let size = usize::from_str_radix(size.trim_end(), 16).expect("a size is hexadecimal");
            let mut chunk = self.take(size + 2);
            assert_eq!(chunk.split_off(size), b"\r\n", "what ends a chunk");
            if size == 0 {
                return chunks;
            }
            chunks.push(chunk);
        }
    }

    fn take(&mut self, bytes: usize) -> Vec<u8> {
        while self.received.len() < bytes {
            assert!(self.receive() > 0, "the body was cut off");
        }
        self.received.drain(..bytes).collect()
    }

    /// The next answer's head; its body, if it has one, is left for later.
    pub(super) fn head(&mut self) -> Answered {
        let end = loop {
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(
                self.receive() > 0,
                "the connection ended before an answer: {:?}",
                String::from_utf8_lossy(&self.received)
            );
        };
        let head = String::from_utf8(self.received.drain(..end).collect()).expect("heads are text");
        Answered { head, body: Vec::new() }
    }

    /// Whether the origin has ended the connection, with nothing more sent.
    pub(super) fn is_ended(&mut self) -> bool {
        self.received.is_empty() && self.receive() == 0
    }

    /// Closes the connection so that the origin is told with a reset: what has come is thrown away unread.
    pub(super) fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self.socket, Some(Duration::ZERO)).expect("a socket option");
    }

    /// Reads whatever comes next; 0 at the end.
    pub(super) fn receive(&mut self) -> usize {
        let mut buffer = vec![0; 64 << 10];
        let count = self.socket.read(&mut buffer).expect("the origin answers in time and does not reset");
        self.received.extend_from_slice(&buffer[..count]);
        count
    }
}

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answered {
    pub(super) fn status(&self) -> &str {
        &self.head["HTTP/1.1 ".len()..][..3]
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("this body is text")
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        // nginx writes names as people do.
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// The words of a line, by their keys.
pub(super) type Words = HashMap<String, String>;

pub(super) fn words(line: &str) -> Words {
    let pair = |word: &str| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    line.split_whitespace().map(|word| pair(word).unwrap_or_else(|| panic!("not key=value: {word:?}"))).collect()
}

pub(super) fn number(words: &Words, key: &str) -> u64 {
    let value = words.get(key).unwrap_or_else(|| panic!("no {key} in {words:?}"));
    value.parse().unwrap_or_else(|_| panic!("{key} is not a number: {value}"))
}

/// The values and counts of a histogram's word.
pub(super) fn histogram(word: &str) -> (Vec<u64>, Vec<u64>) {
    let pair = |pair: &str| {
        let (upper, count) = pair.split_once(':').unwrap_or_else(|| panic!("not upper:count: {pair:?}"));
        (upper.parse::<u64>().expect("a value"), count.parse::<u64>().expect("a count"))
    };
    word.split(',').map(pair).unzip()
}

/// An empty folder that is removed with all that is in it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("gather-origin-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}
