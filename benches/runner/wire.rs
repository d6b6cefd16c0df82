//! A runtime whose connections lead nowhere: what is written to them is answered in memory, by the same page every time.

use std::future::{Future, ready};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use gather_core::{Clock, Runtime};
use gather_http::{Connect, Read, ReadBufCursor, Write};

/// A runtime, with connections in memory in the place of its own.
#[derive(Debug, Clone)]
pub(crate) struct Wired<R> {
    runtime: R,
    answer: Bytes,
}

impl<R> Wired<R> {
    pub(crate) fn new(runtime: R, page: &[u8]) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n", page.len());
        Wired { runtime, answer: [head.as_bytes(), page].concat().into() }
    }
}

impl<R: Clock> Clock for Wired<R> {
    type Sleep = R::Sleep;

    fn now(&self) -> Instant {
        self.runtime.now()
    }

    fn sleep(&self, duration: Duration) -> R::Sleep {
        self.runtime.sleep(duration)
    }
}

impl<R: Runtime> Runtime for Wired<R> {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        self.runtime.spawn_blocking(job);
    }

    fn workers(&self) -> NonZeroUsize {
        self.runtime.workers()
    }
}

impl<R: Runtime> Connect for Wired<R> {
    type Stream = Wire;

    fn connect(&self, _: SocketAddr) -> impl Future<Output = io::Result<Wire>> + Send + 'static {
        ready(Ok(Wire { answer: self.answer.clone(), tail: [0; 4], coming: Bytes::new(), reader: None }))
    }
}

/// Our end of a connection. Whenever a request has been written, an answer can be read.
#[derive(Debug)]
pub(crate) struct Wire {
    answer: Bytes,
    /// The last bytes that were written: a blank line ends a request, since none has a body.
    tail: [u8; 4],
    /// What is left to be read.
    coming: Bytes,
    reader: Option<Waker>,
}

impl Wire {
    fn take(&mut self, written: &[u8]) {
        let last = written.len().min(4);
        self.tail.rotate_left(last);
        self.tail[4 - last..].copy_from_slice(&written[written.len() - last..]);
        if self.tail == *b"\r\n\r\n" {
            self.tail = [0; 4];
            self.coming = self.answer.clone();
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
    }
}

impl Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut room: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if self.coming.is_empty() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = self.coming.len().min(room.remaining());
        room.put_slice(&self.coming[..count]);
        self.coming.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, written: &[u8]) -> Poll<io::Result<usize>> {
        self.take(written);
        Poll::Ready(Ok(written.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    // As the sockets do, so that hyper writes as it does to them.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        written: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        written.iter().for_each(|part| self.take(part));
        Poll::Ready(Ok(written.iter().map(|part| part.len()).sum()))
    }
}
