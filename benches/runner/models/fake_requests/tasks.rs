//! The same with futures: a task for each connection on the runtime, and a reactor that wakes them.
//!
//! A runtime cannot be told to turn somebody else's reactor when it has nothing else to do. So the task that finds that all
//! others wait turns it: as often as the loop by hand does, on every runtime and on any number of threads.

use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_channel::oneshot;
use gather_core::Runtime;

use super::fakes::{LINE, Listener, Poller, Price, Stream, response};
use crate::Failure;
use crate::answer::Answer;

/// Serves so many connections.
pub(super) async fn serve<R: Runtime>(runtime: &R, connections: u64, price: Arc<Price>) -> Result<Answer, Failure> {
    let (done, all_done) = oneshot::channel();
    // This task is awake.
    let shared = Shared { awake: 1, done: Some(done), ..Shared::default() };
    let reactor = Arc::new(Reactor { shared: Mutex::new(shared), price });
    let mut listener = Listener::default();
    let token = reactor.register();
    for _ in 0..connections {
        let stream = reactor.retry(token, |price| listener.accept(price)).await;
        reactor.lock().awake += 1;
        runtime.spawn(connection(reactor.clone(), stream));
    }
    reactor.leave(token, listener.calls, None);
    all_done.await.map_err(|error| Failure::new("fake-requests", error))
}

async fn connection(reactor: Arc<Reactor>, mut stream: Stream) {
    let token = reactor.register();
    let mut request = [0; LINE];
    reactor.retry(token, |price| stream.read(&mut request, price)).await;
    let response = response(request);
    reactor.retry(token, |price| stream.write(response, price)).await;
    reactor.leave(token, stream.calls, Some(stream.written));
}

struct Reactor {
    shared: Mutex<Shared>,
    price: Arc<Price>,
}

#[derive(Default)]
struct Shared {
    poller: Poller,
    /// By token.
    waiting: Vec<Waiting>,
    /// Tasks that do not wait for a socket.
    awake: usize,
    answer: Answer,
    done: Option<oneshot::Sender<Answer>>,
    /// Kept from round to round for its room.
    ready: Vec<usize>,
    to_wake: Vec<Waker>,
}

#[derive(Default)]
enum Waiting {
    #[default]
    Nobody,
    Task(Waker),
    /// Its socket is ready, and it has not seen that yet.
    Woken,
}

impl Reactor {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self) -> usize {
        let mut shared = self.lock();
        let token = shared.poller.register(&self.price);
        if shared.waiting.len() <= token {
            shared.waiting.resize_with(token + 1, Waiting::default);
        }
        token
    }

    /// Tries until it does not block.
    async fn retry<T>(&self, token: usize, mut attempt: impl FnMut(&Price) -> io::Result<T>) -> T {
        loop {
            // There is one error: that it would block.
            if let Ok(done) = attempt(&self.price) {
                return done;
            }
            poll_fn(|cx| self.poll_ready(token, cx)).await;
        }
    }

    fn poll_ready(&self, token: usize, cx: &Context<'_>) -> Poll<()> {
        let mut shared = self.lock();
        match &mut shared.waiting[token] {
            Waiting::Woken => {
                shared.waiting[token] = Waiting::Nobody;
                return Poll::Ready(());
            }
            // Polled for another reason than the socket: it waits already.
            Waiting::Task(waker) => waker.clone_from(cx.waker()),
            Waiting::Nobody => {
                shared.waiting[token] = Waiting::Task(cx.waker().clone());
                self.fall_asleep(shared);
            }
        }
        Poll::Pending
    }

    /// The end of a task and its socket, with what it has written if it was a connection.
    fn leave(&self, token: usize, calls: u64, written: Option<u64>) {
        let mut shared = self.lock();
        shared.poller.unregister(token, calls, &self.price);
        if let Some(written) = written {
            shared.answer.pages += 1;
            shared.answer.bytes += LINE as u64;
            shared.answer.checksum = shared.answer.checksum.wrapping_add(written);
        }
        self.fall_asleep(shared);
    }

    /// One task less that is awake. The last one turns the reactor.
    fn fall_asleep(&self, mut shared: MutexGuard<'_, Shared>) {
        shared.awake -= 1;
        if shared.awake > 0 {
            return;
        }
        if shared.poller.is_empty() {
            let answer = Answer { links: shared.poller.calls(), ..shared.answer };
            if let Some(done) = shared.done.take() {
                let _ = done.send(answer);
            }
            return;
        }
        let (mut ready, mut to_wake) = (std::mem::take(&mut shared.ready), std::mem::take(&mut shared.to_wake));
        shared.poller.poll(&mut ready, &self.price);
        for token in ready.drain(..) {
            if let Waiting::Task(waker) = std::mem::replace(&mut shared.waiting[token], Waiting::Woken) {
                to_wake.push(waker);
            }
        }
        shared.awake = to_wake.len();
        shared.ready = ready;
        // A waker may run anything, so not under the lock.
        drop(shared);
        to_wake.drain(..).for_each(Waker::wake);
        self.lock().to_wake = to_wake;
    }
}
