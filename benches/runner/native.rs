//! What a runtime has of its own beside tasks, timers and TCP: a way to look up names, and local sockets.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use async_std::os::unix::net::UnixStream as AsyncStdSocket;
use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
use gather_async_std::AsyncStdHandle;
use gather_http::Connect;
use gather_smol::SmolHandle;
use gather_tokio::TokioHandle;
use smol::net::unix::UnixStream as SmolSocket;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream as TokioSocket;

/// A runtime as its users know it: what they call when they do not go through gather.
pub(crate) trait Native: Connect {
    /// A Unix socket that this runtime's reactor watches.
    type Socket: Give + Take;

    /// The addresses of `name`, by the function that the runtime offers for it.
    fn lookup(&self, name: &str) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;

    /// Two sockets that are connected to each other.
    fn socket_pair(&self) -> io::Result<(Self::Socket, Self::Socket)>;
}

/// The end of a link that a token goes into.
pub(crate) trait Give: Send + 'static {
    /// `None` when nobody is at the other end.
    fn give(&mut self, token: u64) -> impl Future<Output = Option<()>> + Send;
}

/// The end of a link that a token comes out of.
pub(crate) trait Take: Send + 'static {
    /// `None` when nobody is at the other end.
    fn take(&mut self) -> impl Future<Output = Option<u64>> + Send;
}

impl Native for TokioHandle {
    type Socket = TokioSocket;

    async fn lookup(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.collect())
    }

    fn socket_pair(&self) -> io::Result<(TokioSocket, TokioSocket)> {
        let _inside = self.handle().enter();
        TokioSocket::pair()
    }
}

impl Native for SmolHandle {
    type Socket = SmolSocket;

    async fn lookup(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        smol::net::resolve((name, 0)).await
    }

    fn socket_pair(&self) -> io::Result<(SmolSocket, SmolSocket)> {
        SmolSocket::pair()
    }
}

impl Native for AsyncStdHandle {
    type Socket = AsyncStdSocket;

    async fn lookup(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(async_std::net::ToSocketAddrs::to_socket_addrs(&(name, 0)).await?.collect())
    }

    fn socket_pair(&self) -> io::Result<(AsyncStdSocket, AsyncStdSocket)> {
        AsyncStdSocket::pair()
    }
}

/// A token on a socket is its eight bytes, read as one reads a message whose length is known.
macro_rules! token_on_a_socket {
    ($($socket:ty),*) => {$(
        impl Give for $socket {
            async fn give(&mut self, token: u64) -> Option<()> {
                self.write_all(&token.to_le_bytes()).await.ok()
            }
        }

        impl Take for $socket {
            async fn take(&mut self) -> Option<u64> {
                let mut token = [0; 8];
                self.read_exact(&mut token).await.ok()?;
                Some(u64::from_le_bytes(token))
            }
        }
    )*};
}

token_on_a_socket!(TokioSocket, SmolSocket, AsyncStdSocket);
