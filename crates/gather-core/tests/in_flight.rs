//! The book of exchanges in flight: what closing does to futures and bodies, polled or not.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_core::Stream;
use gather_core::{Bytes, FetchError, FetchErrorKind, InFlight, Phase};

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future or body that never ends, and tells when it is dropped.
struct Endless(Arc<()>);

impl Future for Endless {
    type Output = Result<(), FetchError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let _ = &self.0;
        Poll::Pending
    }
}

impl Stream for Endless {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn poll_next<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn closing_drops_what_nobody_polls() {
    let (book, alive) = (InFlight::new(), Arc::new(()));
    let body = book.hold(Phase::Body, Endless(alive.clone()));
    let never_polled = book.hold(Phase::Head, Endless(alive.clone()));
    assert_eq!((book.count(), Arc::strong_count(&alive)), (2, 3));
    book.close();
    assert_eq!((book.count(), Arc::strong_count(&alive)), (0, 1), "dropped while their owners keep them");
    drop((body, never_polled));
}

#[test]
fn closing_wakes_and_the_error_has_its_phase() {
    let (book, woken) = (InFlight::new(), Arc::new(Woken::default()));
    let mut head = book.hold(Phase::Head, Endless(Arc::new(())));
    let waker = Waker::from(woken.clone());
    let polled = Pin::new(&mut head).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    book.close();
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    let Poll::Ready(Err(error)) = poll(&mut head) else { panic!("not ended") };
    assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::Closed));
}

#[test]
fn a_body_that_is_closed_errs_once_and_ends() {
    let book = InFlight::new();
    let mut body = book.hold(Phase::Body, Endless(Arc::new(())));
    assert!(poll_next(&mut body).is_pending());
    book.close();
    let Poll::Ready(Some(Err(error))) = poll_next(&mut body) else { panic!("not ended") };
    assert_eq!((error.phase(), error.kind()), (Phase::Body, FetchErrorKind::Closed));
    assert!(matches!(poll_next(&mut body), Poll::Ready(None)));
}

#[test]
fn what_has_ended_is_not_told_of_the_closing() {
    let (book, alive) = (InFlight::new(), Arc::new(()));
    let once = {
        let alive = alive.clone();
        let mut chunks = vec![Bytes::from_static(b"chunk")];
        yields(move || {
            let _ = &alive;
            chunks.pop().map(Ok)
        })
    };
    let mut body = book.hold(Phase::Body, once);
    assert!(matches!(poll_next(&mut body), Poll::Ready(Some(Ok(chunk))) if chunk == "chunk"));
    assert!(matches!(poll_next(&mut body), Poll::Ready(None)));
    assert_eq!(Arc::strong_count(&alive), 1, "a body that has ended is gone although its owner keeps it");
    book.close();
    assert!(matches!(poll_next(&mut body), Poll::Ready(None)));

    let book = InFlight::new();
    let mut head = book.hold(Phase::Head, ready(Ok::<_, FetchError>(1)));
    assert!(matches!(poll(&mut head), Poll::Ready(Ok(1))));
    book.close();
}

#[test]
fn into_a_closed_book_goes_nothing() {
    let (book, alive) = (InFlight::new(), Arc::new(()));
    book.close();
    let mut late = book.hold(Phase::Connect, Endless(alive.clone()));
    assert_eq!((book.count(), Arc::strong_count(&alive)), (0, 1));
    assert!(matches!(poll(&mut late), Poll::Ready(Err(error)) if error.phase() == Phase::Connect));
}

#[test]
fn dropping_takes_out_of_the_book() {
    let book = InFlight::new();
    drop(book.hold(Phase::Head, Endless(Arc::new(()))));
    assert_eq!(book.count(), 0);
}

/// A future that closes its own client while it is polled: the lock it is under must not be waited for.
#[test]
fn closing_from_inside_of_a_poll_is_no_deadlock() {
    let book = InFlight::new();
    let closing = book.clone();
    let closes = Box::pin(poll_fn(move |_| -> Poll<Result<(), FetchError>> {
        closing.close();
        Poll::Pending
    }));
    let mut head = pin!(book.hold(Phase::Head, closes));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(head.as_mut().poll(&mut cx).is_pending());
    let Poll::Ready(Err(error)) = head.as_mut().poll(&mut cx) else { panic!("not ended") };
    assert_eq!(error.kind(), FetchErrorKind::Closed);
}

/// A stream of what a closure yields, until it yields nothing.
fn yields<T: Unpin>(next: impl FnMut() -> Option<T> + Unpin) -> impl Stream<Item = T> + Unpin {
    struct Yields<F>(F);
    impl<T, F: FnMut() -> Option<T> + Unpin> Stream for Yields<F> {
        type Item = T;
        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
            Poll::Ready((self.0)())
        }
    }
    Yields(next)
}
