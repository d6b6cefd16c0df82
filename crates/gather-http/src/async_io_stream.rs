//! A TCP stream on the async-io reactor, which smol and async-std share, in hyper's terms.

use std::io::{self, IoSlice, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_io::Async;
use hyper::rt::{Read, ReadBufCursor, Write};
use socket2::SockRef;

/// `async_io::Async<TcpStream>` for hyper: reads straight into hyper's buffer and writes vectored.
///
/// smol-hyper does this too, but zero-fills all of hyper's spare capacity at every poll and flattens every write; both
/// would show in a comparison of runtimes.
#[derive(Debug)]
pub struct AsyncIoStream {
    socket: Async<TcpStream>,
    /// Whether the last read emptied the socket. The next one then waits for the reactor before it asks the kernel, as
    /// tokio does: a system call less for each response.
    drained: bool,
}

impl AsyncIoStream {
    /// Opens a connection with `TCP_NODELAY` set. Dropping the future abandons the attempt.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let socket = Async::<TcpStream>::connect(address).await?;
        socket.get_ref().set_nodelay(true)?;
        Ok(AsyncIoStream { socket, drained: true })
    }

    fn poll_write_with(
        &self,
        cx: &mut Context<'_>,
        mut write: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match write(self.socket.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.socket.poll_writable(cx))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                written => return Poll::Ready(written),
            }
        }
    }
}

impl Read for AsyncIoStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.drained {
                ready!(self.socket.poll_readable(cx))?;
                self.drained = false;
            }
            match receive(self.socket.get_ref(), &mut buffer) {
                Ok(drained) => {
                    self.drained = drained;
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.drained = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// Receives straight into hyper's buffer; true when the socket had less than there was room for.
///
/// The safe way is to receive into a scratch buffer and copy. On pages of 256 KiB that took 1.09 [1.02, 1.22] times the CPU
/// time, 30 trials of each in turns (`gather-runner --engine smol-single ... concurrency=64 page=fixed:262144`, with this
/// function as it is and with the copy); on small pages it was not told apart.
#[expect(unsafe_code, reason = "hyper's cursor has no safe way to be advanced over bytes that the kernel wrote")]
fn receive(socket: &TcpStream, buffer: &mut ReadBufCursor<'_>) -> io::Result<bool> {
    let room = buffer.remaining();
    // SAFETY: `recv` writes into the slice and never un-initialises what is there.
    let read = SockRef::from(socket).recv(unsafe { buffer.as_mut() })?;
    // SAFETY: the kernel has written the first `read` bytes of that slice.
    unsafe { buffer.advance(read) };
    Ok(read < room && read > 0)
}

impl Write for AsyncIoStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |mut socket| socket.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.get_ref().shutdown(Shutdown::Write))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |mut socket| socket.write_vectored(slices))
    }
}
