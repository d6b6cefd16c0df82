//! Many futures polled as one, in places that are used again: the engine room of `gather` and of the pipeline.
//!
//! `FuturesUnordered` would do, at the price of one allocation for each future and without a way to drop one of them. Here
//! a place and its waker are allocated once and serve thousands of futures, one after the other.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// A set of futures of one type.
pub(crate) struct Slots<F> {
    places: Vec<Place<F>>,
    free: Vec<usize>,
    /// Places whose future is to be polled, taken from `shared.woken` in one swap.
    batch: VecDeque<usize>,
    shared: Arc<Shared>,
}

struct Place<F> {
    future: Pin<Box<Option<F>>>,
    wake: Arc<PlaceWaker>,
    waker: Waker,
}

/// What came out of [`Slots::poll_next`].
pub(crate) enum Event<T> {
    /// The future in this place is done; the place is free again.
    Done(usize, T),
    /// The waker of [`Slots::side_waker`] was called.
    Side,
}

/// The number under which the side waker reports.
const SIDE: usize = usize::MAX;

impl<F> Slots<F> {
    pub(crate) fn new() -> Self {
        Slots { places: Vec::new(), free: Vec::new(), batch: VecDeque::new(), shared: Arc::default() }
    }

    /// How many futures are in the set.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts `future` into a free place and marks it to be polled. Returns the place.
    pub(crate) fn insert(&mut self, future: F) -> usize {
        let index = self.free.pop().unwrap_or_else(|| self.add_place());
        let place = &mut self.places[index];
        place.future.as_mut().set(Some(future));
        if !place.wake.queued.swap(true, Ordering::AcqRel) {
            self.batch.push_back(index);
        }
        index
    }

    fn add_place(&mut self) -> usize {
        let index = self.places.len();
        let wake = Arc::new(PlaceWaker { index, queued: AtomicBool::new(false), shared: self.shared.clone() });
        self.places.push(Place { future: Box::pin(None), waker: Waker::from(wake.clone()), wake });
        index
    }

    /// Drops the future in `index`.
    pub(crate) fn remove(&mut self, index: usize) {
        let place = &mut self.places[index];
        if place.future.is_some() {
            self.free.push(index); // first: the destructor may panic
            place.future.as_mut().set(None);
        }
    }

    /// The futures and their places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &F)> {
        self.places.iter().enumerate().filter_map(|(index, place)| Some((index, Option::as_ref(&place.future)?)))
    }

    /// The future in `index`, if there is one.
    pub(crate) fn get(&self, index: usize) -> Option<&F> {
        Option::as_ref(&self.places.get(index)?.future)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<Pin<&mut F>> {
        self.places.get_mut(index)?.future.as_mut().as_pin_mut()
    }

    /// A waker that makes [`poll_next`](Slots::poll_next) return [`Event::Side`]: for a timer beside the futures, which
    /// is then polled when it is due and not with each of them.
    pub(crate) fn side_waker(&self) -> Waker {
        Waker::from(Arc::new(PlaceWaker { index: SIDE, queued: AtomicBool::new(false), shared: self.shared.clone() }))
    }
}

impl<F: Future> Slots<F> {
    /// Polls what has been woken, in the order in which it was, until a future is done.
    ///
    /// Pending means that every woken future has been polled once and that `cx` is woken for the next; a future that wakes
    /// itself again and again gets its turn with the others and cannot keep this call from returning.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Event<F::Output>> {
        self.shared.parent.register(cx.waker());
        // Behind what waits already: first come, first served, so that futures which are always ready overtake nobody.
        self.take_woken();
        let mut taken_again = false;
        loop {
            let Some(index) = self.batch.pop_front() else {
                // Woken since the last look, perhaps by one of the futures just polled: once more, then yield.
                if taken_again || !self.take_woken() {
                    return Poll::Pending;
                }
                taken_again = true;
                continue;
            };
            if index == SIDE {
                return Poll::Ready(Event::Side);
            }
            if let Poll::Ready(output) = self.poll_place(index) {
                return Poll::Ready(Event::Done(index, output));
            }
        }
    }

    /// Polls the future in `index` now; its place is free again if it is done.
    pub(crate) fn poll_place(&mut self, index: usize) -> Poll<F::Output> {
        let place = &mut self.places[index];
        // Cleared before the poll, so that a wake-up during it is not lost. A swap, and not a store, because it has to be
        // ordered before the reads of the poll: whoever still saw `true` has published what this poll must see.
        place.wake.queued.swap(false, Ordering::AcqRel);
        let Some(future) = place.future.as_mut().as_pin_mut() else {
            return Poll::Pending; // woken by a future that has left since
        };
        let output = std::task::ready!(future.poll(&mut Context::from_waker(&place.waker)));
        place.future.as_mut().set(None);
        self.free.push(index);
        Poll::Ready(output)
    }

    /// Moves what has been woken to the end of the batch. Two queues that swap their memory, so neither grows anew.
    fn take_woken(&mut self) -> bool {
        let mut woken = self.shared.woken();
        if self.batch.is_empty() {
            std::mem::swap(&mut self.batch, &mut *woken);
        } else {
            self.batch.append(&mut woken);
        }
        !self.batch.is_empty()
    }
}

#[derive(Default)]
struct Shared {
    woken: Mutex<VecDeque<usize>>,
    parent: AtomicWaker,
}

impl Shared {
    fn woken(&self) -> MutexGuard<'_, VecDeque<usize>> {
        // Nothing inside the lock can panic half-way.
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct PlaceWaker {
    index: usize,
    queued: AtomicBool,
    shared: Arc<Shared>,
}

impl Wake for PlaceWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // The side waker is never polled through a place, so it is never marked: it may be queued twice, harmlessly.
        if self.index == SIDE || !self.queued.swap(true, Ordering::AcqRel) {
            self.shared.woken().push_back(self.index);
            self.shared.parent.wake();
        }
    }
}

impl<F> std::fmt::Debug for Slots<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots").field("len", &self.len()).finish_non_exhaustive()
    }
}
