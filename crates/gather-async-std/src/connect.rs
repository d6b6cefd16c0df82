//! TCP connections on async-std.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use async_std::net::TcpStream;
use gather_core::{Clock, Runtime};
use gather_http::{AsyncIoStream, Connect, FuturesIoStream};

use crate::runtime::{AsyncStdHandle, Sleep};

impl Connect for AsyncStdHandle {
    type Stream = AsyncIoStream;

    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<AsyncIoStream>> + Send + 'static {
        AsyncIoStream::connect(address)
    }
}

/// The same runtime with async-std's own socket type: what a program written against async-std's public API gets, one copy
/// of every byte read included.
#[derive(Debug, Clone, Copy)]
pub struct AsyncStdNetHandle(AsyncStdHandle);

impl AsyncStdNetHandle {
    /// As [`AsyncStdHandle::current`].
    pub fn current() -> Self {
        AsyncStdNetHandle(AsyncStdHandle::current())
    }
}

impl Clock for AsyncStdNetHandle {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.sleep(duration)
    }
}

impl Runtime for AsyncStdNetHandle {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task);
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        self.0.spawn_blocking(job);
    }

    fn workers(&self) -> NonZeroUsize {
        self.0.workers()
    }
}

impl Connect for AsyncStdNetHandle {
    type Stream = FuturesIoStream<TcpStream>;

    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        open(address)
    }
}

async fn open(address: SocketAddr) -> io::Result<FuturesIoStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(FuturesIoStream::new(stream))
}
