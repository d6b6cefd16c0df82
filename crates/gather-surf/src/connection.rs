//! A connection of its own for each exchange: opened here, spoken over by surf's HTTP/1.1.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use async_io::Async;
use futures_io::{AsyncRead, AsyncWrite};
use surf::http::{Request, Response};

/// Opens a connection with `TCP_NODELAY` set.
pub(crate) async fn open(address: SocketAddr) -> io::Result<Connection> {
    let stream = Async::<TcpStream>::connect(address).await?;
    stream.get_ref().set_nodelay(true)?;
    Ok(Connection { stream, head: Some(Head::default()), fruitless: Fruitless::default() })
}

/// How many bytes have been read since the body's reader was last given some: shared by the two ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fruitless(Arc<AtomicU64>);

impl Fruitless {
    /// Something came of them.
    pub(crate) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn add(&self, bytes: usize) -> io::Result<()> {
        let before = self.0.fetch_add(bytes as u64, Ordering::Relaxed);
        if before > FRUITLESS_LIMIT {
            return Err(io::Error::new(ErrorKind::InvalidData, TooMuch { limit: FRUITLESS_LIMIT }));
        }
        Ok(())
    }
}

/// So many bytes may be nothing but framing, one after the other. A buffer of 8 KiB full of chunks of one byte comes of
/// 48 KiB.
const FRUITLESS_LIMIT: u64 = 256 << 10;

/// The backend that is given its connection along with the request.
///
/// The exchange opens it, and not the backend, so that what goes wrong there is told apart from what goes wrong later, and
/// errors keep their type on the way.
#[derive(Debug)]
pub(crate) struct OwnConnection;

/// A connection on its way to the backend. The extensions of a request have to be `Sync`, and are only lent.
pub(crate) struct Handed(Mutex<Option<Connection>>);

impl Handed {
    pub(crate) fn new(connection: Connection) -> Self {
        Handed(Mutex::new(Some(connection)))
    }
}

#[surf::utils::async_trait]
impl surf::HttpClient for OwnConnection {
    async fn send(&self, request: Request) -> Result<Response, surf::Error> {
        let handed = request.ext().get::<Handed>();
        let connection = handed.and_then(|handed| handed.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        let none = || surf::Error::from_str(500, "the request came without its connection");
        async_h1::connect(connection.ok_or_else(none)?, request).await
    }
}

/// A stream that ends with an error when the head of the answer does not end, or nothing comes of what is read.
///
/// async-h1 looks at the length of a head after each line, and a line may be endless. It panics over a field that is not
/// ASCII. And the size of a chunk may have zeros in front without an end: it reads on within the same poll, so that no timer
/// strikes and no task on that thread gets on as long as the server is quick.
pub(crate) struct Connection {
    stream: Async<TcpStream>,
    /// None when the head has been read.
    head: Option<Head>,
    fruitless: Fruitless,
}

impl Connection {
    pub(crate) fn fruitless(&self) -> Fruitless {
        self.fruitless.clone()
    }
}

/// What has been seen of a head.
#[derive(Default)]
struct Head {
    length: u64,
    last: [u8; 4],
}

/// More than async-h1 would read in one head.
const LIMIT: u64 = 16 << 10;

impl Head {
    /// Looks at the next bytes. True says that the head ends among them, where async-h1 will see its end.
    fn ends_in(&mut self, bytes: &[u8]) -> io::Result<bool> {
        for &byte in bytes {
            if !byte.is_ascii() {
                return Err(io::Error::new(ErrorKind::InvalidData, NotAscii));
            }
            self.length += 1;
            self.last = [self.last[1], self.last[2], self.last[3], byte];
            if self.last == *b"\r\n\r\n" || self.last.ends_with(b"\n\n") {
                return Ok(true);
            }
        }
        if self.length > LIMIT {
            return Err(io::Error::new(ErrorKind::InvalidData, TooMuch { limit: LIMIT }));
        }
        Ok(false)
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        match &mut self.head {
            Some(head) => {
                if head.ends_in(&buffer[..read])? {
                    self.head = None;
                }
            }
            None => self.fruitless.add(read)?,
        }
        Poll::Ready(Ok(read))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

/// Why nothing more was read.
#[derive(Debug)]
pub(crate) struct TooMuch {
    pub(crate) limit: u64,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes are all head or framing, and no end of it", self.limit)
    }
}

impl std::error::Error for TooMuch {}

#[derive(Debug)]
struct NotAscii;

impl fmt::Display for NotAscii {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the head is not all ASCII, which surf cannot carry")
    }
}

impl std::error::Error for NotAscii {}
