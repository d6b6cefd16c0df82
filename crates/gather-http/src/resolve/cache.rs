//! The names of one client: each looked up once at a time, kept for a while, and never more of them than the limits say.
//!
//! A lookup waits for its turn as a future that all who want the name share; when the last of them leaves, it leaves the
//! line. Once begun it is a task of the client's, and goes on to its end or its deadline whoever still waits: a thread in
//! `getaddrinfo` cannot be stopped, and who gave up a slow name will ask for it again.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_lock::{Semaphore, SemaphoreGuardArc};
use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use gather_core::{BoxFuture, TaskError, timeout};

use crate::connect::Connect;
use crate::dial::interleaved;
use crate::drivers::Executor;
use crate::resolve::{Resolve, ResolveError, ResolveErrorKind, ResolveLimits, Resolved};

/// What is known of a name: its addresses in the order in which to try them, or why there are none.
pub(crate) type Answer = Result<Arc<[SocketAddr]>, ResolveError>;

/// A lookup that any number of requests wait for.
type Flight = Shared<BoxFuture<Answer>>;

pub(crate) struct Names<R: Connect> {
    executor: Executor<R>,
    resolver: Arc<dyn Resolve>,
    limits: ResolveLimits,
    turns: Arc<Semaphore>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    known: HashMap<Box<str>, Known>,
    flights: HashMap<Box<str>, (u64, InFlight)>,
    last: u64,
}

struct Known {
    answer: Answer,
    until: Instant,
}

enum InFlight {
    /// Waiting for its turn, for as long as somebody waits for it.
    Queued(WeakShared<BoxFuture<Answer>>),
    /// Begun: held here, so that whoever comes later joins it even when everybody else has left.
    Begun(Flight),
}

impl<R: Connect> Names<R> {
    pub(crate) fn new(executor: Executor<R>, resolver: Arc<dyn Resolve>, limits: ResolveLimits) -> Self {
        let turns = Arc::new(Semaphore::new(limits.max_lookups.max(1)));
        Names { executor, resolver, limits, turns, book: Mutex::default() }
    }

    /// The addresses of `host`: known, being looked up, or looked up now.
    ///
    /// Dropping the future leaves the lookup to those who wait for it too.
    pub(crate) async fn look_up(self: &Arc<Self>, host: &str) -> Answer {
        // A bound on what is kept: DNS has no name of more than 253 characters and a dot (RFC 1035, 2.3.4).
        if host.is_empty() || host.len() > 254 {
            return Err(ResolveError::new(host, ResolveErrorKind::Invalid));
        }
        let name = host.to_ascii_lowercase().into_boxed_str();
        match self.join(name) {
            Ok(answer) => answer,
            Err(flight) => flight.await,
        }
    }

    /// The answer, or else the lookup that will bring it.
    fn join(self: &Arc<Self>, name: Box<str>) -> Result<Answer, Flight> {
        let now = self.now();
        let mut book = self.book();
        if let Some(known) = book.known.get(&name)
            && now < known.until
        {
            return Ok(known.answer.clone());
        }
        let in_flight = match book.flights.get(&name) {
            Some((_, InFlight::Queued(flight))) => flight.upgrade(),
            Some((_, InFlight::Begun(flight))) => Some(flight.clone()),
            None => None,
        };
        if let Some(flight) = in_flight {
            return Err(flight);
        }
        book.last += 1;
        let place = Place { names: self.clone(), name: name.clone(), number: book.last };
        let flight = fly(place).boxed().shared();
        if let Some(queued) = flight.downgrade() {
            let number = book.last;
            book.flights.insert(name, (number, InFlight::Queued(queued)));
        }
        Err(flight)
    }

    /// Asks the resolver, under the deadline.
    async fn ask(&self, name: &str) -> Result<Resolved, ResolveError> {
        let lookup = AssertUnwindSafe(async { self.resolver.resolve(name).await }).catch_unwind();
        match timeout(&self.executor.runtime, self.limits.deadline, lookup).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(panic)) => Err(ResolveError::caused_by(name, ResolveErrorKind::Other, TaskError::from_panic(panic))),
            Err(late) => Err(ResolveError::new(name, ResolveErrorKind::TimedOut(late.limit))),
        }
    }

    /// What is kept of an answer, and for how long.
    fn judge(&self, name: &str, found: Result<Resolved, ResolveError>) -> (Answer, Duration) {
        let failed = |error| (Err(error), self.limits.failure_time_to_live);
        match found {
            Ok(found) if found.addresses.is_empty() => failed(ResolveError::new(name, ResolveErrorKind::NoAddress)),
            Ok(Resolved { addresses, time_to_live }) => {
                let addresses = interleaved(addresses, self.limits.max_addresses.max(1));
                (Ok(addresses.into()), time_to_live.unwrap_or(self.limits.time_to_live).min(A_DAY))
            }
            Err(error) => failed(error),
        }
    }

    fn now(&self) -> Instant {
        self.executor.runtime.now()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing inside the lock leaves the book half-changed.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name server may say any number; what holds for more than a day is worth a lookup a day.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Waits for a turn, then for the lookup, which is a task of its own from there on.
async fn fly<R: Connect>(place: Place<R>) -> Answer {
    let turn = place.names.turns.acquire_arc().await;
    place.begin();
    let (report, outcome) = oneshot::channel();
    let closed = ResolveError::new(&place.name, ResolveErrorKind::Closed);
    let executor = place.names.executor.clone();
    executor.spawn(async move {
        let answer = place.land(turn).await;
        // Perhaps nobody is waiting any more; the answer is in the book.
        let _ = report.send(answer);
    });
    // A client that is closed drops its tasks, and a runtime that goes down drops all.
    outcome.await.unwrap_or(Err(closed))
}

/// A lookup's place in the book; strikes itself out however the lookup ends.
struct Place<R: Connect> {
    names: Arc<Names<R>>,
    name: Box<str>,
    number: u64,
}

impl<R: Connect> Place<R> {
    /// From here on the book holds the lookup itself.
    fn begin(&self) {
        let mut book = self.names.book();
        if let Some((number, in_flight)) = book.flights.get_mut(&self.name)
            && *number == self.number
            && let InFlight::Queued(queued) = in_flight
            && let Some(flight) = queued.upgrade()
        {
            *in_flight = InFlight::Begun(flight);
        }
    }

    /// Looks the name up and writes down what was found.
    async fn land(self, turn: SemaphoreGuardArc) -> Answer {
        let found = self.names.ask(&self.name).await;
        drop(turn);
        let (answer, keep) = self.names.judge(&self.name, found);
        let now = self.names.now();
        if let Some(until) = now.checked_add(keep)
            && now < until
        {
            let known = Known { answer: answer.clone(), until };
            self.names.book().keep(self.name.clone(), known, now, self.names.limits.max_names);
        }
        answer
    }
}

impl<R: Connect> Drop for Place<R> {
    fn drop(&mut self) {
        let struck = {
            let mut book = self.names.book();
            let mine = book.flights.get(&self.name).is_some_and(|(number, _)| *number == self.number);
            if mine { book.flights.remove(&self.name) } else { None }
        };
        // Outside the lock: the last handle to a lookup drops all that it holds.
        drop(struck);
    }
}

impl Book {
    fn keep(&mut self, name: Box<str>, known: Known, now: Instant, max_names: usize) {
        if self.known.len() >= max_names && !self.known.contains_key(&name) {
            self.known.retain(|_, known| now < known.until);
            while !self.known.is_empty() && self.known.len() >= max_names {
                let first = self.known.iter().min_by_key(|(_, known)| known.until).map(|(name, _)| name.clone());
                let _ = first.and_then(|first| self.known.remove(&first));
            }
        }
        if max_names > 0 {
            self.known.insert(name, known);
        }
    }
}
