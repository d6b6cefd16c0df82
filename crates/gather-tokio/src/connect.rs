//! TCP connections on tokio.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use gather_http::Connect;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::runtime::TokioHandle;

impl Connect for TokioHandle {
    type Stream = TokioIo<TcpStream>;

    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        let connect = async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        };
        Inside { runtime: self.handle().clone(), future: Box::pin(connect) }
    }
}

/// Polls its future inside the runtime, so that "there is no reactor running" cannot happen whichever executor polls it.
struct Inside<F> {
    runtime: Handle,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Inside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let _inside = this.runtime.enter();
        this.future.as_mut().poll(cx)
    }
}
