//! How many bytes an HTTP/1 connection may read before something has to come of them; and, of any connection, with which
//! alert of TLS the other side has ended it.
//!
//! hyper bounds one head and the data of a body is bounded by whoever reads it, but two things in between are not: answers of
//! the 100 class, which hyper skips one after the other for as long as they come, and what frames a chunk, whose size may
//! begin with zeros without end. Neither ever reaches a user, whose limits therefore never strike, and while the bytes keep
//! coming the driver never lets go of its thread. So the bytes are counted where they are read, against an allowance that
//! progress renews.
//!
//! TLS 1.3 lets a client speak before the server has judged the client's certificate (RFC 8446, section 4.4.2), so that verdict
//! arrives where answers are read. HTTP/2 passes it on as text, and a driver that has ended before there was a request passes
//! nothing on at all. So it is written down here as well.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use hyper_util::rt::TokioIo;
use rustls::AlertDescription;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What one connection has read and may read. Either number is written on one side only, so neither write is ever lost: `read`
/// by the connection's driver, `granted` by whoever has the exchange.
#[derive(Debug)]
pub(crate) struct Allowance {
    read: AtomicU64,
    granted: AtomicU64,
    max_head_bytes: u64,
    alert: OnceLock<AlertDescription>,
}

/// So many heads' worth of framing every body may have. The driver reads at most two buffers ahead of the reader, each as
/// large as a head may be; chunk extensions and trailers, which hyper bounds by itself, fit in as well.
const HEADS_OF_FRAMING: u64 = 4;

/// And so much for each byte of data: a chunk of one byte whose size is padded to eight digits is 13 bytes long.
const FRAMING_PER_BYTE: u64 = 16;

impl Allowance {
    pub(crate) fn new(max_head_bytes: usize) -> Arc<Self> {
        // A server that speaks before it is asked gets no allowance for it: hyper refuses that itself.
        Arc::new(Allowance {
            read: AtomicU64::new(0),
            granted: AtomicU64::new(u64::MAX),
            max_head_bytes: max_head_bytes as u64,
            alert: OnceLock::new(),
        })
    }

    /// The alert of TLS that was read, if there was one.
    pub(crate) fn alert(&self) -> Option<AlertDescription> {
        self.alert.get().copied()
    }

    /// A request goes out: what comes now is heads, and has to end in an answer.
    pub(crate) fn expect_head(&self) {
        self.grant(self.read.load(Ordering::Relaxed) + self.max_head_bytes);
    }

    /// The answer's head is there: what comes now is its body.
    pub(crate) fn expect_body(&self) {
        self.grant(self.read.load(Ordering::Relaxed) + HEADS_OF_FRAMING * self.max_head_bytes);
    }

    /// So much of the body has been handed out.
    pub(crate) fn progress(&self, bytes: usize) {
        self.grant(self.granted.load(Ordering::Relaxed).saturating_add(FRAMING_PER_BYTE * bytes as u64));
    }

    /// Whether as much has been read as a head may have.
    pub(crate) fn is_spent(&self) -> bool {
        self.read.load(Ordering::Relaxed) >= self.granted.load(Ordering::Relaxed)
    }

    fn grant(&self, until: u64) {
        self.granted.store(until, Ordering::Relaxed);
    }
}

/// A stream for hyper that reads no further than its allowance.
pub(crate) type Allowed<S> = TokioIo<Counting<TokioIo<S>>>;

/// `stream`, under `allowance`.
pub(crate) fn allowed<S>(stream: S, allowance: Arc<Allowance>) -> Allowed<S> {
    TokioIo::new(Counting { stream: TokioIo::new(stream), allowance })
}

/// Counts what is read. It speaks tokio's traits, because hyper's cursor does not tell how much was put into it; hyper-util
/// translates in both directions without a copy, and a runtime is no part of it.
pub(crate) struct Counting<S> {
    stream: S,
    allowance: Arc<Allowance>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counting<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // hyper reads only when what it has is not enough. So whatever was read under this allowance has come to nothing yet.
        if self.allowance.is_spent() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, Spent)));
        }
        let before = buffer.filled().len();
        if let Err(error) = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer)) {
            let tls = error.get_ref().and_then(|source| source.downcast_ref());
            if let Some(rustls::Error::AlertReceived(alert)) = tls {
                // The first one counts: after it the connection is over.
                let _ = self.allowance.alert.set(*alert);
            }
            return Poll::Ready(Err(error));
        }
        let read = (buffer.filled().len() - before) as u64;
        let so_far = self.allowance.read.load(Ordering::Relaxed);
        self.allowance.read.store(so_far + read, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counting<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}

/// The allowance is used up. Found again, behind hyper's own error, when that is translated.
#[derive(Debug)]
pub(crate) struct Spent;

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many bytes came to nothing: answers of the 100 class, or the framing of chunks")
    }
}

impl Error for Spent {}
