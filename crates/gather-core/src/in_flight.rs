//! The exchanges in flight of one client, so that closing the client ends them: for transports whose own client cannot.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::error::{FetchError, FetchErrorKind, Phase};

/// The exchanges in flight of one client. Clones are the same book.
///
/// Most HTTP clients can be dropped but not closed: who holds a response of theirs keeps its connection open. A transport
/// over such a client gives out its futures and bodies in [`hold`](InFlight::hold), and has with [`close`](InFlight::close)
/// what [`Fetch::poll_close`](crate::Fetch::poll_close) asks for: every future and body is dropped, there and then, even
/// if nobody polls it any more, and whoever polls it gets [`Closed`](FetchErrorKind::Closed).
///
/// ```
/// use gather_core::{FetchError, InFlight, Phase};
///
/// let exchanges = InFlight::new();
/// let head = exchanges.hold(Phase::Head, std::future::pending::<Result<(), FetchError>>());
/// exchanges.close();
/// assert!(exchanges.is_closed());
/// # drop(head);
/// ```
#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    held: HashMap<u64, Arc<dyn End>>,
    next: u64,
    closed: bool,
}

impl InFlight {
    /// An open book without entries.
    pub fn new() -> Self {
        InFlight::default()
    }

    /// Takes a future or a body in, until it ends, is dropped, or [`close`](InFlight::close) is called. `phase` is that of
    /// the error which it then ends with. Into a closed book goes nothing: `exchange` is dropped at once.
    pub fn hold<T: Send + 'static>(&self, phase: Phase, exchange: T) -> Held<T> {
        let slot = Arc::new(Slot { state: Mutex::new(State::Live(exchange, None)), ending: AtomicBool::new(false) });
        let mut book = self.book();
        let id = book.next;
        book.next += 1;
        if book.closed {
            drop(book);
            slot.end();
        } else {
            book.held.insert(id, slot.clone());
        }
        Held { slot, phase, book: self.clone(), id }
    }

    /// Whether [`close`](InFlight::close) was called.
    pub fn is_closed(&self) -> bool {
        self.book().closed
    }

    /// How many are held now.
    pub fn count(&self) -> usize {
        self.book().held.len()
    }

    /// Drops everything that is held, and whatever is to be held from now on. What is being polled at this moment is
    /// dropped by whoever polls it, as soon as that poll returns.
    pub fn close(&self) {
        let held = {
            let mut book = self.book();
            book.closed = true;
            mem::take(&mut book.held)
        };
        // Outside of the lock: destructors and wakers may do anything.
        held.into_values().for_each(|slot| slot.end());
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing inside the lock leaves the book half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let book = self.book();
        f.debug_struct("InFlight").field("held", &book.held.len()).field("closed", &book.closed).finish()
    }
}

/// A future of a head, or the stream of a body, that its client can end. See [`InFlight::hold`].
///
/// A stream is dropped with its last item or its first error, so that its connection does not wait for whoever keeps the
/// stream.
pub struct Held<T> {
    slot: Arc<Slot<T>>,
    phase: Phase,
    book: InFlight,
    id: u64,
}

impl<T, O> Future for Held<T>
where
    T: Future<Output = Result<O, FetchError>> + Unpin,
{
    type Output = Result<O, FetchError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.slot.poll(cx, |exchange, cx| Pin::new(exchange).poll(cx), |_| true) {
            Polled::Live(polled) => polled,
            Polled::Closed | Polled::Over => Poll::Ready(Err(self.closed())),
        }
    }
}

impl<T, O> Stream for Held<T>
where
    T: Stream<Item = Result<O, FetchError>> + Unpin,
{
    type Item = Result<O, FetchError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let is_last = |item: &Option<Self::Item>| !matches!(item, Some(Ok(_)));
        match self.slot.poll(cx, |body, cx| Pin::new(body).poll_next(cx), is_last) {
            Polled::Live(polled) => polled,
            Polled::Closed => Poll::Ready(Some(Err(self.closed()))),
            Polled::Over => Poll::Ready(None),
        }
    }
}

impl<T> Held<T> {
    fn closed(&self) -> FetchError {
        FetchError::new(self.phase, FetchErrorKind::Closed)
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        let slot = self.book.book().held.remove(&self.id);
        drop(slot);
    }
}

impl<T> fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("phase", &self.phase).finish_non_exhaustive()
    }
}

/// Where an exchange lives, within the reach of its owner and of the book.
struct Slot<T> {
    state: Mutex<State<T>>,
    /// Set before the lock is tried: who holds it at that moment looks at this when they are done.
    ending: AtomicBool,
}

enum State<T> {
    /// With the waker of whoever waits for it.
    Live(T, Option<Waker>),
    /// Ended by the book, which its owner does not know yet.
    Closed,
    /// Ended by itself, or its owner knows.
    Over,
}

enum Polled<R> {
    Live(Poll<R>),
    Closed,
    Over,
}

impl<T> Slot<T> {
    fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<R>,
        is_last: impl FnOnce(&R) -> bool,
    ) -> Polled<R> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut over = None;
        let polled = match &mut *state {
            State::Live(exchange, waker) => {
                let polled = poll(exchange, cx);
                match &polled {
                    Poll::Pending if waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) => {}
                    Poll::Pending => *waker = Some(cx.waker().clone()),
                    Poll::Ready(result) if is_last(result) => over = Some(mem::replace(&mut *state, State::Over)),
                    Poll::Ready(_) => {}
                }
                Polled::Live(polled)
            }
            State::Closed => {
                *state = State::Over;
                Polled::Closed
            }
            State::Over => Polled::Over,
        };
        drop(state);
        drop(over);
        if self.ending.load(Ordering::SeqCst) {
            self.end();
        }
        polled
    }
}

impl<T> Slot<T> {
    /// Drops the exchange and wakes its owner.
    fn end(&self) {
        self.ending.store(true, Ordering::SeqCst);
        let ended = {
            let mut state = match self.state.try_lock() {
                Ok(state) => state,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // It is being polled, perhaps further up on this very stack, and ends when that poll returns.
                Err(TryLockError::WouldBlock) => return,
            };
            match &*state {
                State::Live(..) => mem::replace(&mut *state, State::Closed),
                State::Closed | State::Over => return,
            }
        };
        if let State::Live(exchange, waker) = ended {
            drop(exchange);
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

/// What the book can do with an exchange of whatever type.
trait End: Send + Sync {
    fn end(&self);
}

impl<T: Send> End for Slot<T> {
    fn end(&self) {
        Slot::end(self);
    }
}
