//! The results of a scrape, one by one, and the threads behind them.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use gather_core::ScrapeResult;

/// The results of a scrape, in the order in which they are done: an iterator, made by
/// [`BlockingScraper::scrape`](crate::BlockingScraper::scrape).
///
/// [`next`](Iterator::next) blocks until there is a result. One for each request, none lost, ends by itself. The threads
/// work ahead of whoever takes the results, by no more than `concurrency` results that wait here (and 1,024 at most); then they wait too. No
/// deadline runs meanwhile. [`Strategy::Sequential`](crate::Strategy::Sequential) has no threads: its exchanges are made
/// inside `next`.
///
/// Dropping it starts no further exchange, **blocks** until those under way have come to their end or their deadline,
/// and joins every thread. A panic in the requests' iterator unwinds through `next`, after the results that were under
/// way.
#[must_use = "dropping the results stops the scrape"]
pub struct Results<T> {
    source: Source<T>,
}

enum Source<T> {
    Here(Box<dyn Iterator<Item = ScrapeResult<T>> + Send>),
    Threads { results: Receiver<ScrapeResult<T>>, crew: JoinHandle<()> },
    Ended,
}

impl<T> Results<T> {
    /// Results that are made when they are asked for.
    pub(crate) fn here(results: impl Iterator<Item = ScrapeResult<T>> + Send + 'static) -> Self {
        Results { source: Source::Here(Box::new(results)) }
    }

    /// Results that `crew` sends. It ends when nobody receives them any more.
    pub(crate) fn of_threads(results: Receiver<ScrapeResult<T>>, crew: JoinHandle<()>) -> Self {
        Results { source: Source::Threads { results, crew } }
    }

    /// Ends the threads. Returns what they panicked with.
    fn join(&mut self) -> std::thread::Result<()> {
        match std::mem::replace(&mut self.source, Source::Ended) {
            Source::Threads { results, crew } => {
                drop(results);
                crew.join()
            }
            Source::Here(_) | Source::Ended => Ok(()),
        }
    }
}

impl<T> Iterator for Results<T> {
    type Item = ScrapeResult<T>;

    fn next(&mut self) -> Option<ScrapeResult<T>> {
        let next = match &mut self.source {
            Source::Here(results) => results.next(),
            Source::Threads { results, .. } => results.recv().ok(),
            Source::Ended => None,
        };
        if next.is_none() {
            self.join().unwrap_or_else(|payload| resume_unwind(payload));
        }
        next
    }
}

impl<T> std::iter::FusedIterator for Results<T> {}

impl<T> Drop for Results<T> {
    fn drop(&mut self) {
        // A panic is for whoever asks for results; nobody does any more.
        let _ = self.join();
    }
}

impl<T> fmt::Debug for Results<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("ended", &matches!(self.source, Source::Ended)).finish()
    }
}
