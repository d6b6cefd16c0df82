//! The other process: an origin that holds a thousand connections on one thread, because threads would cost it more than what
//! is measured.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child as Process, ChildStdin, Command, Stdio};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The argument that makes this program the origin.
pub(crate) const ROLE: &str = "serve-as-the-origin";

/// Says to how many connections all has been sent that will be, and that is no whole answer.
pub(crate) const HANGING: &str = "/hanging";

/// So many bytes of body does `/small-chunks` have, each in a chunk of its own.
pub(crate) const SMALL_CHUNKS: usize = 64 << 10;

/// The origin, in a process that ends with this value.
pub(crate) struct Child {
    process: Process,
    /// It ends when this does, also if we are killed.
    _lifeline: Option<ChildStdin>,
    url: String,
}

impl Child {
    pub(crate) fn start() -> Child {
        let program = std::env::current_exe().expect("the path of this program");
        let mut command = Command::new(program);
        let mut process =
            command.arg(ROLE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process for the origin");
        let mut url = String::new();
        let mut said = BufReader::new(process.stdout.take().expect("its output"));
        said.read_line(&mut url).expect("its address");
        let _lifeline = process.stdin.take();
        Child { process, _lifeline, url: url.trim().to_owned() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until the standard input ends.
pub(crate) fn serve() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    println!("http://{}", listener.local_addr().expect("an address"));
    listener.set_nonblocking(true).expect("a listener that does not block");
    let bomb = bomb();
    let mut connections = Vec::new();
    loop {
        let mut busy = false;
        while let Ok((socket, _)) = listener.accept() {
            busy = true;
            socket.set_nonblocking(true).expect("a socket that does not block");
            connections.push(Connection { socket, asked: Vec::new(), answer: None });
        }
        let hanging = connections.iter().filter(|connection: &&Connection| connection.hangs()).count();
        connections.retain_mut(|connection: &mut Connection| {
            let moved = connection.go_on(&bomb, hanging);
            busy |= matches!(moved, Ok(true));
            moved.is_ok()
        });
        if !busy {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

struct Connection {
    socket: TcpStream,
    /// What has come of the request so far.
    asked: Vec<u8>,
    answer: Option<Answer>,
}

/// What is sent once, what is sent for ever after (unless it is empty), and how much of it has been.
struct Answer {
    once: Vec<u8>,
    again: Vec<u8>,
    sent: usize,
}

impl Connection {
    /// Whether it has had all that it gets.
    fn hangs(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.left().is_empty())
    }

    /// Reads or writes what there is. True when that was something, an error when the other side has gone.
    fn go_on(&mut self, bomb: &[u8], hanging: usize) -> io::Result<bool> {
        let Some(answer) = &mut self.answer else {
            let moved = read(&mut self.socket, &mut self.asked)?;
            if self.asked.ends_with(b"\r\n\r\n") {
                let line = String::from_utf8_lossy(&self.asked);
                let (once, again) = script(line.split(' ').nth(1).unwrap_or_default(), bomb, hanging);
                self.answer = Some(Answer { once, again, sent: 0 });
            }
            return Ok(moved);
        };
        let at = answer.sent;
        // Others want to be served too.
        while answer.sent - at < 1 << 20 {
            let left = answer.left();
            if left.is_empty() {
                return Ok(read(&mut self.socket, &mut Vec::new())? || answer.sent > at);
            }
            match self.socket.write(left) {
                Ok(written) => answer.sent += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(answer.sent > at)
    }
}

impl Answer {
    fn left(&self) -> &[u8] {
        match self.once.get(self.sent..) {
            Some(left) if !left.is_empty() => left,
            _ if self.again.is_empty() => &[],
            _ => &self.again[(self.sent - self.once.len()) % self.again.len()..],
        }
    }
}

fn read(socket: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<bool> {
    let mut bytes = [0; 4096];
    match socket.read(&mut bytes) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(read) => {
            into.extend_from_slice(&bytes[..read]);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is sent once, and what is sent for ever after.
fn script(path: &str, bomb: &[u8], hanging: usize) -> (Vec<u8>, Vec<u8>) {
    let ok = "HTTP/1.1 200 OK\r\n";
    match path {
        "/begun-heads" => (format!("{ok}x: a").into(), Vec::new()),
        "/long-heads" => (format!("{ok}x: {}", "a".repeat(60 << 10)).into(), Vec::new()),
        "/bodies" => (format!("{ok}\r\n").into(), vec![b'a'; 64 << 10]),
        // Few large ones: it is the bytes that have to be reached, and a debug build takes its time over each.
        "/endless-fields" => (ok.into(), format!("x: {}\r\n", "a".repeat(1 << 10)).repeat(64).into()),
        "/endless-early-answers" => {
            let early = format!("HTTP/1.1 103 Early Hints\r\nlink: <{}>\r\n\r\n", "a".repeat(1 << 10));
            (Vec::new(), early.repeat(64).into())
        }
        "/small-chunks" => {
            let chunks = "1\r\nx\r\n".repeat(SMALL_CHUNKS);
            (format!("{ok}transfer-encoding: chunked\r\n\r\n{chunks}").into(), Vec::new())
        }
        "/bomb" => {
            let head = format!("{ok}content-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
            ([head.as_bytes(), bomb].concat(), Vec::new())
        }
        HANGING => (format!("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{hanging:>20}").into(), Vec::new()),
        _ => (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(), Vec::new()),
    }
}

/// 16 MiB of nothing.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let zeros = vec![0; 1 << 20];
    for _ in 0..16 {
        encoder.write_all(&zeros).expect("memory");
    }
    encoder.finish().expect("memory")
}
