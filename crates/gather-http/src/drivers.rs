//! The connections' drivers, owned by their client.
//!
//! hyper spawns one task for each connection and forgets it. Here a client knows its drivers: closing it, or dropping its
//! last clone, cancels them, and whoever closes can wait until the last one, with its socket, is gone.

#[cfg(feature = "http2")]
mod http2;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_util::future::{AbortHandle, Abortable};
use gather_core::Runtime;

/// The drivers of one client.
#[derive(Clone, Default)]
pub(crate) struct Drivers(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    live: HashMap<u64, (Role, AbortHandle)>,
    next: u64,
    closed: bool,
    waiting: Vec<Waker>,
}

/// What a task is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It drives a connection, and is the connection as far as anybody counts.
    Connection,
    /// It does something else for the client: closes idle connections, or what HTTP/2 needs besides.
    Other,
}

impl Drivers {
    /// How many connections there are.
    pub(crate) fn connections(&self) -> usize {
        self.state().live.values().filter(|(role, _)| *role == Role::Connection).count()
    }

    /// Whether the client was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Cancels all and admits no more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.live.values().for_each(|(_, abort)| abort.abort());
    }

    /// Ready when the last driver has been dropped.
    pub(crate) fn poll_gone(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.live.is_empty() {
            return Poll::Ready(());
        }
        if !state.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn enter(&self, role: Role) -> Option<(Entry, futures_util::future::AbortRegistration)> {
        let mut state = self.state();
        if state.closed {
            return None;
        }
        let (abort, registration) = AbortHandle::new_pair();
        let id = state.next;
        state.next += 1;
        state.live.insert(id, (role, abort));
        Some((Entry { drivers: self.clone(), id }, registration))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing inside the lock leaves the state half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A driver's entry in the book; strikes itself out when the driver is gone.
struct Entry {
    drivers: Drivers,
    id: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.drivers.state();
            state.live.remove(&self.id);
            if state.live.is_empty() { std::mem::take(&mut state.waiting) } else { Vec::new() }
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// The executor that hyper is given: spawns on the runtime, on the client's account.
#[derive(Clone)]
pub(crate) struct Executor<R> {
    pub(crate) runtime: R,
    pub(crate) drivers: Drivers,
}

// hyper asks for it; nothing in here is ever pinned.
impl<R> Unpin for Executor<R> {}

impl<R: Runtime> Executor<R> {
    /// Spawns what drives a connection, whose requests pass the gate.
    pub(crate) fn drive(&self, driver: impl Future<Output: Send> + Send + 'static) -> Gate {
        let gate = Gate::default();
        self.enter(Role::Connection, driver, Some(gate.clone()));
        gate
    }

    /// Spawns `task` on the runtime, in the client's books. A closed client spawns nothing.
    pub(crate) fn spawn(&self, task: impl Future<Output: Send> + Send + 'static) {
        self.enter(Role::Other, task, None);
    }

    fn enter(&self, role: Role, task: impl Future<Output: Send> + Send + 'static, gate: Option<Gate>) {
        let Some((entry, registration)) = self.drivers.enter(role) else { return };
        let driver = Some(Abortable::new(task, registration));
        self.runtime.spawn(Driving { driver, gate, _entry: entry });
    }
}

/// Where the requests of a connection are handed to its driver, which is not dropped meanwhile.
///
/// hyper hands them over through a channel that loses a message whose sending began before the receiver was dropped and ended
/// after it. Nobody would ever answer it, and its sender would wait until its own deadline
/// (<https://github.com/hyperium/hyper/issues/4122>).
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<Handing>>);

/// How far the driver is with taking requests.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Handing {
    /// It takes them, or ended in some other way.
    #[default]
    On,
    /// The server, or whoever sent them, wants no more, and those under way go on.
    #[cfg(feature = "http2")]
    Over,
}

impl Gate {
    /// What `send` does happens before the driver is dropped, or after it.
    pub(crate) fn pass<T>(&self, send: impl FnOnce() -> T) -> T {
        let _open = self.lock();
        send()
    }

    /// Whether the connection was in order when it took no more requests, so that one that it has dropped was not sent.
    #[cfg(feature = "http2")]
    pub(crate) fn is_over(&self) -> bool {
        *self.lock() == Handing::Over
    }

    fn lock(&self) -> MutexGuard<'_, Handing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For what hyper spawns by itself.
impl<R, F> hyper::rt::Executor<F> for Executor<R>
where
    R: Runtime,
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        self.spawn(task);
    }
}

pin_project_lite::pin_project! {
    /// A driver and its entry. The order of the fields is the order of their drops: first the socket, then the entry.
    struct Driving<F> {
        #[pin]
        driver: Option<Abortable<F>>,
        gate: Option<Gate>,
        _entry: Entry,
    }

    impl<F> PinnedDrop for Driving<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _shut = this.gate.as_ref().map(Gate::lock);
            this.driver.set(None);
        }
    }
}

impl<F: Future> Future for Driving<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().driver.as_pin_mut().map_or(Poll::Ready(()), |driver| driver.poll(cx).map(drop))
    }
}
