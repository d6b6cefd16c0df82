//! A blocking HTTP/1.1 client behind `Fetch`: a thread for each exchange, which a bounded channel slows down.

use std::future::poll_fn;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;

use bytes::Bytes;
use futures_channel::{mpsc, oneshot};
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use gather_core::{Capabilities, Fetch, FetchError, FetchErrorKind, Phase, Request, Response};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use crate::host::block_on;

#[derive(Debug, Clone, Default)]
pub(crate) struct ThreadFetch(Arc<Mutex<Pool>>);

#[derive(Debug, Default)]
struct Pool {
    /// With the port they lead to: all hosts of these tests are the loopback.
    idle: Vec<(u16, Arc<TcpStream>)>,
    busy: Vec<Arc<TcpStream>>,
    closed: bool,
}

type Chunks = mpsc::Receiver<Result<Bytes, FetchError>>;

impl Fetch for ThreadFetch {
    type Body = Body;
    type Future = BoxFuture<'static, Result<Response<Body>, FetchError>>;

    fn fetch(&self, request: Request) -> Self::Future {
        let client = self.clone();
        Box::pin(async move {
            let url = request.uri().clone();
            let (report, head) = oneshot::channel();
            let cut = Cut::default();
            let exchange = Exchange { client, socket: cut.0.clone(), head_only: request.method() == Method::HEAD };
            thread::spawn(move || exchange.run(&request, report));
            let outcome = head.await.unwrap_or_else(|_| Err(FetchError::new(Phase::Head, FetchErrorKind::Closed)));
            let (response, chunks) = outcome.map_err(|error| error.with_url(url))?;
            Ok(response.map(|()| Body { chunks, _cut: cut }))
        })
    }

    fn poll_close(&self, _: &mut Context<'_>) -> Poll<()> {
        let mut pool = lock(&self.0);
        pool.closed = true;
        let idle = std::mem::take(&mut pool.idle).into_iter().map(|(_, socket)| socket);
        for socket in std::mem::take(&mut pool.busy).into_iter().chain(idle) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        Poll::Ready(())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::none().cancellation(true).streaming(true)
    }
}

pub(crate) struct Body {
    chunks: Chunks,
    _cut: Cut,
}

impl Stream for Body {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.poll_next_unpin(cx)
    }
}

/// An exchange's connection: none yet, one, or given up.
#[derive(Default)]
enum Socket {
    #[default]
    None,
    Open(Arc<TcpStream>),
    GivenUp,
}

/// Cuts the connection when the future or the body of an unfinished exchange is dropped.
#[derive(Default)]
struct Cut(Arc<Mutex<Socket>>);

impl Drop for Cut {
    fn drop(&mut self) {
        if let Socket::Open(socket) = std::mem::replace(&mut *lock(&self.0), Socket::GivenUp) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

struct Exchange {
    client: ThreadFetch,
    socket: Arc<Mutex<Socket>>,
    head_only: bool,
}

impl Exchange {
    fn run(self, request: &Request, report: oneshot::Sender<Result<(Response<()>, Chunks), FetchError>>) {
        let socket = match self.connect(request) {
            Ok(socket) => socket,
            Err(error) => return drop(report.send(Err(error))),
        };
        let mut reader = BufReader::new(&*socket);
        let head = send(&socket, request).and_then(|()| read_head(&mut reader));
        let framed = head.and_then(|response| Ok((framing(&response, self.head_only)?, response)));
        let (framing, response) = match framed {
            Ok(framed) => framed,
            Err(error) => return drop(report.send(Err(fetch_error(Phase::Head, error)))),
        };
        let keep = framing != Framing::UntilClose
            && response.headers().get(CONNECTION).is_none_or(|value| value.as_bytes() != b"close");
        let (mut sender, chunks) = mpsc::channel(0);
        if report.send(Ok((response, chunks))).is_err() {
            return;
        }
        match read_body(&mut reader, framing, &mut sender) {
            Ok(()) => self.park(&socket, keep && reader.buffer().is_empty()),
            Err(error) => drop(deliver(&mut sender, Err(fetch_error(Phase::Body, error)))),
        }
        // The sender goes here, after the connection was parked: whoever sees the end finds it idle.
    }

    fn connect(&self, request: &Request) -> Result<Arc<TcpStream>, FetchError> {
        let invalid = || FetchError::new(Phase::Request, FetchErrorKind::Invalid);
        let host = request.uri().host().ok_or_else(invalid)?;
        let port = request.uri().port_u16().unwrap_or(80);
        let idle = self.take_idle(port).filter(|socket| is_quiet(socket));
        let socket = match idle {
            Some(socket) => socket,
            None => Arc::new(TcpStream::connect((host, port)).map_err(|error| fetch_error(Phase::Connect, error))?),
        };
        let mut pool = lock(&self.client.0);
        let mut mine = lock(&self.socket);
        if pool.closed || matches!(*mine, Socket::GivenUp) {
            return Err(FetchError::new(Phase::Connect, FetchErrorKind::Closed));
        }
        pool.busy.push(socket.clone());
        *mine = Socket::Open(socket.clone());
        Ok(socket)
    }

    fn take_idle(&self, port: u16) -> Option<Arc<TcpStream>> {
        let idle = &mut lock(&self.client.0).idle;
        let place = idle.iter().position(|(to, _)| *to == port)?;
        Some(idle.swap_remove(place).1)
    }

    fn park(&self, socket: &Arc<TcpStream>, reusable: bool) {
        let mut pool = lock(&self.client.0);
        let mut mine = lock(&self.socket);
        pool.busy.retain(|busy| !Arc::ptr_eq(busy, socket));
        if reusable && !pool.closed && matches!(*mine, Socket::Open(_)) {
            *mine = Socket::None;
            let port = socket.peer_addr().map_or(0, |to| to.port());
            pool.idle.push((port, socket.clone()));
        } else {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mine = std::mem::take(&mut *lock(&self.socket));
        if let Socket::Open(socket) = mine {
            lock(&self.client.0).busy.retain(|busy| !Arc::ptr_eq(busy, &socket));
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// Whether an idle connection is still there and says nothing.
fn is_quiet(socket: &TcpStream) -> bool {
    let look = || {
        socket.set_nonblocking(true)?;
        let seen = socket.peek(&mut [0]);
        socket.set_nonblocking(false)?;
        seen
    };
    matches!(look(), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

fn send(mut socket: &TcpStream, request: &Request) -> io::Result<()> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let host = request.uri().authority().map_or("", |host| host.as_str());
    let mut text = format!("{} {target} HTTP/1.1\r\nhost: {host}\r\n", request.method()).into_bytes();
    for (name, value) in request.headers() {
        text.extend_from_slice(format!("{name}: ").as_bytes());
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(format!("content-length: {}\r\n\r\n", request.body().len()).as_bytes());
    text.extend_from_slice(request.body());
    socket.write_all(&text)
}

/// The first head that is final.
fn read_head(reader: &mut impl BufRead) -> io::Result<Response<()>> {
    loop {
        let response = parse_head(&read_lines(reader)?)?;
        if !response.status().is_informational() {
            return Ok(response);
        }
    }
}

fn read_lines(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut reader = reader.take(64 << 10);
    loop {
        let before = head.len();
        if reader.read_until(b'\n', &mut head)? == 0 {
            return Err(if reader.limit() == 0 {
                bad("a head that is too long")
            } else {
                ErrorKind::UnexpectedEof.into()
            });
        }
        if head[before..] == *b"\r\n" {
            return Ok(head);
        }
    }
}

fn parse_head(head: &[u8]) -> io::Result<Response<()>> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Response::new(&mut fields);
    parsed.parse(head).map_err(bad)?;
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(parsed.code.unwrap_or_default()).map_err(bad)?;
    for field in parsed.headers {
        let name: HeaderName = field.name.parse().map_err(bad)?;
        response.headers_mut().append(name, HeaderValue::from_bytes(field.value).map_err(bad)?);
    }
    Ok(response)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

fn framing(response: &Response<()>, head_only: bool) -> io::Result<Framing> {
    let headers = response.headers();
    Ok(match (response.status(), headers.get(CONTENT_LENGTH)) {
        _ if head_only => Framing::Length(0),
        (StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED, _) => Framing::Length(0),
        _ if headers.contains_key(TRANSFER_ENCODING) => Framing::Chunked,
        (_, None) => Framing::UntilClose,
        (_, Some(length)) => Framing::Length(length.to_str().map_err(bad)?.parse().map_err(bad)?),
    })
}

type Sender = mpsc::Sender<Result<Bytes, FetchError>>;

fn read_body(reader: &mut impl BufRead, framing: Framing, sender: &mut Sender) -> io::Result<()> {
    match framing {
        Framing::Length(length) => read_part(reader, length, true, sender),
        Framing::UntilClose => read_part(reader, u64::MAX, false, sender),
        Framing::Chunked => loop {
            let line = read_line(reader)?;
            // What stands behind a semicolon is an extension, which nobody needs to know.
            let size = line.split(';').next().unwrap_or_default().trim_end();
            let size = u64::from_str_radix(size, 16).map_err(bad)?;
            if size == 0 {
                // Trailers, up to an empty line.
                while !read_line(reader)?.is_empty() {}
                return Ok(());
            }
            read_part(reader, size, true, sender)?;
            let mut end = [0; 2];
            reader.read_exact(&mut end)?;
        },
    }
}

/// A line of a chunked body without its end.
fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

fn read_part(reader: &mut impl BufRead, length: u64, exact: bool, sender: &mut Sender) -> io::Result<()> {
    let mut left = length;
    while left > 0 {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return if exact { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) };
        }
        let size = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let chunk = Bytes::copy_from_slice(&buffer[..size]);
        reader.consume(size);
        left -= size as u64;
        deliver(sender, Ok(chunk))?;
    }
    Ok(())
}

/// Blocks until the body's reader has room for it.
fn deliver(sender: &mut Sender, chunk: Result<Bytes, FetchError>) -> io::Result<()> {
    block_on(poll_fn(|cx| sender.poll_ready(cx))).map_err(io::Error::other)?;
    sender.start_send(chunk).map_err(io::Error::other)
}

fn bad(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason)
}

fn fetch_error(phase: Phase, error: io::Error) -> FetchError {
    let kind = match error.kind() {
        ErrorKind::ConnectionRefused => FetchErrorKind::Refused,
        ErrorKind::InvalidData => FetchErrorKind::Protocol,
        _ => FetchErrorKind::Interrupted,
    };
    FetchError::new(phase, kind).with_source(error)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
