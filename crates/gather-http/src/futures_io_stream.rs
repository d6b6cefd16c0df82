//! Any stream of the `futures-io` traits in hyper's terms: for runtimes that have nothing better to hand over.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};
use hyper::rt::{Read, ReadBufCursor, Write};

/// A `futures_io::AsyncRead + AsyncWrite` for hyper.
///
/// These traits read into initialised memory only, so what was read is copied from a scratch buffer once: cheaper than
/// initialising all of hyper's spare capacity at every poll.
pub struct FuturesIoStream<S> {
    stream: S,
    scratch: Box<[u8]>,
}

/// The most that one read brings: what fits a socket's usual answer.
const SCRATCH: usize = 16 << 10;

impl<S> FuturesIoStream<S> {
    /// Wraps `stream`. Allocates 16 KiB.
    pub fn new(stream: S) -> Self {
        FuturesIoStream { stream, scratch: vec![0; SCRATCH].into() }
    }
}

impl<S: AsyncRead + Unpin> Read for FuturesIoStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let want = buffer.remaining().min(this.scratch.len());
        let read = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut this.scratch[..want]))?;
        buffer.put_slice(&this.scratch[..read]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Write for FuturesIoStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}

impl<S> fmt::Debug for FuturesIoStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FuturesIoStream")
    }
}
