//! The signal that a client is closed, as its exchanges see it.

use std::task::{Context, Poll};

use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::Shared;

/// The client's end. Dropped without a word, it says that the client will never be closed.
pub(crate) type Signal = oneshot::Sender<()>;

/// An exchange's end.
#[derive(Clone)]
pub(crate) struct Closed(Option<Shared<oneshot::Receiver<()>>>);

pub(crate) fn closing() -> (Signal, Closed) {
    let (signal, closed) = oneshot::channel();
    (signal, Closed(Some(closed.shared())))
}

impl Closed {
    /// For what need not hear of it.
    pub(crate) fn never() -> Self {
        Closed(None)
    }

    /// Whether the client is closed; if not, `cx` is woken when it is. Not to be asked again after it said yes.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(signal) = &mut self.0 else { return false };
        match signal.poll_unpin(cx) {
            Poll::Pending => false,
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(oneshot::Canceled)) => {
                self.0 = None;
                false
            }
        }
    }
}
