//! An HTTP/2 connection as one task.
//!
//! hyper makes two of it: one hands requests to h2, the other moves frames between h2 and the socket. Between handing a
//! request over and looking whether the connection is still good, the first may be overtaken by the second: the request is
//! sent, the server takes it on and says `GOAWAY`, and hyper fails the request with that, as if the server had not seen it.
//! Nobody could then tell a request that may be sent again from one that may not. So both halves are polled by one task, one
//! after the other, and a `GOAWAY` reaches those requests alone that the server has not acted upon (RFC 9113, section 6.8).

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use gather_core::{BoxFuture, Runtime};

use super::{Executor, Gate, Handing, Role};

/// The executor that hyper is given for one connection. The first task, which is the half at the socket, it keeps; the others,
/// one for each request, it spawns.
#[derive(Clone)]
pub(crate) struct Halving<R> {
    executor: Executor<R>,
    socket: Arc<Mutex<Socket>>,
}

/// The half of a connection that moves frames.
enum Socket {
    /// hyper has not made it yet.
    Awaited,
    Here(BoxFuture<()>),
    /// It is part of the connection's driver.
    Driven,
}

impl<R: Runtime> Executor<R> {
    /// For one connection of HTTP/2.
    pub(crate) fn halving(&self) -> Halving<R> {
        Halving { executor: self.clone(), socket: Arc::new(Mutex::new(Socket::Awaited)) }
    }
}

impl<R: Runtime> Halving<R> {
    /// Spawns what drives the connection: both halves in one task.
    pub(crate) fn drive(&self, requests: impl Future<Output = hyper::Result<()>> + Send + 'static) -> Gate {
        let gate = Gate::default();
        let socket = match self.replace(Socket::Driven) {
            Socket::Here(socket) => Some(socket),
            Socket::Awaited | Socket::Driven => None,
        };
        let halves = Halves { requests: Some(requests), socket, gate: gate.clone() };
        self.executor.enter(Role::Connection, halves, Some(gate.clone()));
        gate
    }

    fn replace(&self, with: Socket) -> Socket {
        std::mem::replace(&mut *self.socket.lock().unwrap_or_else(PoisonError::into_inner), with)
    }
}

impl<R, F> hyper::rt::Executor<F> for Halving<R>
where
    R: Runtime,
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*socket, Socket::Awaited) {
            *socket = Socket::Here(Box::pin(async move { drop(task.await) }));
            return;
        }
        drop(socket);
        self.executor.spawn(task);
    }
}

pin_project_lite::pin_project! {
    /// Both halves. It ends when both have, which is when the last exchange has and nobody can ask for another.
    struct Halves<Q> {
        #[pin]
        requests: Option<Q>,
        socket: Option<BoxFuture<()>>,
        gate: Gate,
    }
}

impl<Q: Future<Output = hyper::Result<()>>> Future for Halves<Q> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        // First the socket, so that requests are not handed to a connection that the server has left by now.
        if this.socket.as_mut().is_some_and(|socket| socket.as_mut().poll(cx).is_ready()) {
            // Dropped at once: this is what tells h2's streams that there is nothing more to come.
            *this.socket = None;
        }
        if let Some(Poll::Ready(ended)) = this.requests.as_mut().as_pin_mut().map(|requests| requests.poll(cx)) {
            // Requests that wait in here go back to whoever sent them, for another connection. One that waits further on, for a
            // stream where the server allows no more at a time, is dropped: it would be with the other half if it had been sent.
            let mut handing = this.gate.lock();
            if ended.is_ok() {
                *handing = Handing::Over;
            }
            this.requests.set(None);
        }
        if this.socket.is_none() && this.requests.is_none() { Poll::Ready(()) } else { Poll::Pending }
    }
}
