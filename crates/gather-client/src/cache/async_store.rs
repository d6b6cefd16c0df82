//! Stores that nobody waits for by blocking a thread.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use gather_core::BoxFuture;

use super::{Entry, Key};

/// A [`CacheStore`](super::CacheStore) as a client can use it: its methods return at once, and what is not known at once is
/// a future. [`MemoryStore`](super::MemoryStore) is one, since nothing in it takes long;
/// [`Offloaded`](super::Offloaded) makes one of a store that blocks, like [`DiskStore`](super::DiskStore), which is none
/// itself, so that a disk cannot stop an executor by mistake.
///
/// All three methods are required, none may block, and each promises what the method of that name promises there. What a
/// store says is waited for no longer than [`Deadlines::store`](crate::Deadlines::store); an error, and silence, mean that
/// nothing is stored, and cost nobody their answer.
pub trait AsyncStore: fmt::Debug + Send + Sync {
    /// What is stored under `key`. An entry that cannot be read any more is none.
    ///
    /// Dropping the future gives the question up.
    fn get(&self, key: &Key) -> StoreFuture<Option<Entry>>;

    /// Stores `entry` in place of what was there.
    ///
    /// Dropping the future before it is ready leaves the old or the new entry, or neither.
    fn put(&self, key: &Key, entry: Entry) -> StoreFuture<()>;

    /// Removes what is stored under `key`, if anything is.
    ///
    /// Dropping the future before it is ready leaves it there or not.
    fn remove(&self, key: &Key) -> StoreFuture<()>;
}

/// What a store says: known already, for which nothing is allocated, or later.
///
/// ```
/// use gather_client::cache::StoreFuture;
///
/// let known = StoreFuture::ready(Ok(7));
/// assert_eq!(known.try_now().expect("it is known").expect("no error"), 7);
/// let later = StoreFuture::later(async { Ok(7) });
/// assert!(later.try_now().is_err());
/// ```
#[must_use = "futures do nothing unless awaited"]
pub struct StoreFuture<T>(State<T>);

enum State<T> {
    Ready(io::Result<T>),
    Later(BoxFuture<io::Result<T>>),
    Over,
}

impl<T> StoreFuture<T> {
    /// What is known.
    pub fn ready(result: io::Result<T>) -> Self {
        StoreFuture(State::Ready(result))
    }

    /// What is still to be found out.
    pub fn later(future: impl Future<Output = io::Result<T>> + Send + 'static) -> Self {
        StoreFuture(State::Later(Box::pin(future)))
    }

    /// What is said, if that is known already.
    ///
    /// # Errors
    ///
    /// The future itself, if it has to be awaited.
    pub fn try_now(self) -> Result<io::Result<T>, Self> {
        match self.0 {
            State::Ready(result) => Ok(result),
            later => Err(StoreFuture(later)),
        }
    }
}

// Nothing is pinned inside but what has a box of its own.
impl<T> Unpin for StoreFuture<T> {}

impl<T> Future for StoreFuture<T> {
    type Output = io::Result<T>;

    /// # Panics
    ///
    /// When it was ready before.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if let State::Later(future) = &mut self.0 {
            let polled = future.as_mut().poll(cx);
            if polled.is_ready() {
                self.0 = State::Over;
            }
            return polled;
        }
        match std::mem::replace(&mut self.0, State::Over) {
            State::Ready(result) => Poll::Ready(result),
            _ => panic!("a future is not polled after it is done"),
        }
    }
}

impl<T> fmt::Debug for StoreFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.0 {
            State::Ready(_) => "ready",
            State::Later(_) => "later",
            State::Over => "over",
        };
        f.debug_tuple("StoreFuture").field(&state).finish()
    }
}
