//! What the origin's threads share: counts, gates, and who waits for either.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What the origin has seen since it started.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Connections accepted.
    pub accepted: usize,
    /// Connections open now: neither side has ended them.
    pub open: usize,
    /// Requests received whole.
    pub requests: usize,
    /// Which connection, counted from 0 as they were accepted, the last of them came over. A client may open connections
    /// that it does not need yet, so how many there are does not say which was used.
    pub last_connection: usize,
    /// Answers written whole.
    pub served: usize,
    /// Requests received whole, on connections that are open, to whose answers the last bytes are not being written yet.
    /// A client that has an answer whole finds it counted out, so `in_flight_max` never says more than was so.
    pub in_flight: usize,
    /// The most that were in flight at once.
    pub in_flight_max: usize,
    /// Bytes of bodies written, over all answers.
    pub body_bytes: u64,
    pours: BTreeMap<String, Pour>,
}

impl Counts {
    /// How the stream of `/pour/NAME/…` gets on; all zero before it was asked for. What `/unasked/NAME/…` sends unasked has
    /// `ended` once it is sent, or the connection had gone before.
    pub fn pour(&self, name: &str) -> Pour {
        self.pours.get(name).copied().unwrap_or_default()
    }
}

/// A body that is written as fast as the other side takes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pour {
    /// Bytes that the kernel has taken so far.
    pub written: u64,
    /// Whether the other side has taken nothing for half a second: every buffer on the way is full.
    pub stalled: bool,
    /// Whether it has ended: all is written, or the connection is gone.
    pub ended: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    inner: Mutex<Inner>,
    changed: Condvar,
    /// What every connection begins with.
    pub(super) greeting: &'static [u8],
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) counts: Counts,
    pub(super) open_gates: HashSet<String>,
    connections: HashMap<usize, Connection>,
    threads: Vec<JoinHandle<()>>,
    watchers: Vec<Waker>,
    closing: bool,
}

#[derive(Debug)]
struct Connection {
    /// To shut it down when the origin ends while a thread sits in a read or a write.
    socket: TcpStream,
    in_flight: usize,
}

impl State {
    pub(super) fn greeting(greeting: &'static [u8]) -> Self {
        State { greeting, ..State::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic in one of the origin's threads is reported when it is joined; the others need not trip over it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something, and tells everybody who waits.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.lock();
        let result = change(&mut inner);
        let watchers = std::mem::take(&mut inner.watchers);
        drop(inner);
        self.changed.notify_all();
        // Outside the lock: a waker may run anything.
        watchers.into_iter().for_each(Waker::wake);
        result
    }

    /// Waits on behalf of connection `id` until `ready`. False when that cannot matter any more: the other side has gone,
    /// or the origin ends.
    pub(super) fn wait(&self, id: usize, ready: impl Fn(&Inner) -> bool) -> bool {
        let useless = |inner: &Inner| inner.closing || !inner.connections.contains_key(&id);
        let waiting = |inner: &mut Inner| !useless(inner) && !ready(inner);
        let inner = self.changed.wait_while(self.lock(), waiting).unwrap_or_else(PoisonError::into_inner);
        !useless(&inner)
    }

    /// Lets `pause` pass, on behalf of connection `id`. False as for [`wait`](State::wait).
    pub(super) fn pause(&self, id: usize, pause: Duration) -> bool {
        let useless = |inner: &Inner| inner.closing || !inner.connections.contains_key(&id);
        let end = Instant::now() + pause;
        let mut inner = self.lock();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if useless(&inner) || left.is_zero() {
                return !useless(&inner);
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends everything.
    pub(super) fn close(&self) {
        self.update(|inner| {
            inner.closing = true;
            for connection in inner.connections.values() {
                // It may be gone already.
                let _ = connection.socket.shutdown(Shutdown::Both);
            }
        });
    }

    pub(super) fn take_threads(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut self.lock().threads)
    }
}

impl Inner {
    pub(super) fn watch(&mut self, waker: &Waker) {
        if !self.watchers.iter().any(|known| known.will_wake(waker)) {
            self.watchers.push(waker.clone());
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing
    }

    /// Takes a connection in; its number.
    pub(super) fn opened(&mut self, socket: TcpStream) -> usize {
        let id = self.counts.accepted;
        self.counts.accepted += 1;
        self.counts.open += 1;
        self.connections.insert(id, Connection { socket, in_flight: 0 });
        id
    }

    pub(super) fn keep_thread(&mut self, thread: JoinHandle<()>) {
        self.threads.push(thread);
    }

    /// The connection has ended, from whichever side. Only the first call counts.
    pub(super) fn closed(&mut self, id: usize) {
        if let Some(connection) = self.connections.remove(&id) {
            self.counts.open -= 1;
            self.counts.in_flight -= connection.in_flight;
        }
    }

    pub(super) fn received(&mut self, id: usize) {
        self.counts.requests += 1;
        self.counts.last_connection = id;
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.in_flight += 1;
            self.counts.in_flight += 1;
            self.counts.in_flight_max = self.counts.in_flight_max.max(self.counts.in_flight);
        }
    }

    /// The last bytes of an answer are about to be written.
    pub(super) fn finishing(&mut self, id: usize) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.in_flight -= 1;
            self.counts.in_flight -= 1;
        }
    }

    pub(super) fn pour(&mut self, name: &str) -> &mut Pour {
        self.counts.pours.entry(name.to_owned()).or_default()
    }
}
