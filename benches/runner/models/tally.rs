//! Counts what has run: how a model knows that all of its work was done, and shows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_channel::{Receiver, Sender, bounded};

use crate::Failure;
use crate::answer::Answer;
use crate::page::spread;

/// What is left to do, and the sum over what has been done. The last of the work ends the wait for it.
pub(super) struct Tally {
    left: AtomicU64,
    checksum: AtomicU64,
    done: Sender<Result<(), Failure>>,
}

/// The other end: to be waited for by whoever started the work.
pub(super) struct Finish {
    tally: Arc<Tally>,
    done: Receiver<Result<(), Failure>>,
}

impl Tally {
    /// A tally of so many operations.
    pub(super) fn new(operations: u64) -> (Arc<Tally>, Finish) {
        let (sender, done) = bounded(1);
        let tally = Arc::new(Tally { left: AtomicU64::new(operations), checksum: AtomicU64::new(0), done: sender });
        (tally.clone(), Finish { tally, done })
    }

    /// Number `number` has done so many operations.
    pub(super) fn add(&self, number: u64, operations: u64) {
        self.checksum.fetch_add(contribution(number, operations), Ordering::Relaxed);
        if self.left.fetch_sub(operations, Ordering::AcqRel) == operations {
            // There is room: nobody else is the last.
            let _ = self.done.try_send(Ok(()));
        }
    }

    /// Ends the wait: what is left will never be done.
    pub(super) fn fail(&self, failure: Failure) {
        let _ = self.done.try_send(Err(failure));
    }
}

impl Finish {
    /// Waits until all is done; gives the sum.
    pub(super) async fn wait(self) -> Result<u64, Failure> {
        let outcome = self.done.recv().await;
        self.sum(outcome)
    }

    /// As [`wait`](Finish::wait), for a thread.
    pub(super) fn wait_blocking(self) -> Result<u64, Failure> {
        let outcome = self.done.recv_blocking();
        self.sum(outcome)
    }

    fn sum(self, outcome: Result<Result<(), Failure>, async_channel::RecvError>) -> Result<u64, Failure> {
        outcome.map_err(|error| Failure::new("tally", error))??;
        Ok(self.tally.checksum.load(Ordering::Relaxed))
    }
}

/// What `number` adds to the sum by so many operations: work that is missing, doubled or swapped shows.
pub(super) fn contribution(number: u64, operations: u64) -> u64 {
    spread(number).wrapping_mul(operations)
}

/// The answer of so many operations that have added up to `checksum`.
pub(super) fn answer(operations: u64, checksum: u64) -> Answer {
    Answer { pages: operations, checksum, ..Answer::default() }
}
