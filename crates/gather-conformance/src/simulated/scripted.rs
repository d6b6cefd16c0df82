//! A transport in memory, whose answers are [`Script`]s.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use gather_core::{Capabilities, Clock, Fetch, FetchError, Phase, Request, Response};

use crate::simulated::lock;
use crate::simulated::script::{End, Script};

/// What a [`Scripted`] client has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Exchanges asked for.
    pub started: usize,
    /// Exchanges now between their request and their end.
    pub in_flight: usize,
    /// The most of these at once.
    pub in_flight_max: usize,
    /// Exchanges that came to the end of their script, be it an error.
    pub ended: usize,
    /// Exchanges dropped before that.
    pub cancelled: usize,
    /// Chunks taken, over all bodies.
    pub chunks: usize,
}

/// A transport that answers by [`Script`]s. Its clones are one client.
///
/// ```
/// use gather_conformance::simulated::{Script, Scripted, Simulated};
/// use gather_core::{Host, Limits, fetch_page, get};
/// use std::time::Duration;
///
/// Simulated::new().run(async |clock| {
///     let fetch = Scripted::new(clock.clone(), |_| Script::new().chunk(Duration::from_secs(9), "late"));
///     let page = fetch_page(&fetch, &clock, get("http://test/")?, Limits::default()).await?;
///     assert_eq!(page.body, "late");
///     # Ok::<(), gather_core::FetchError>(())
/// })?;
/// # Ok::<(), gather_core::FetchError>(())
/// ```
#[derive(Clone)]
pub struct Scripted<C> {
    clock: C,
    answer: Arc<dyn Fn(&Request) -> Script + Send + Sync>,
    traffic: Arc<Mutex<Traffic>>,
    promises: Capabilities,
}

impl<C: Clock> Scripted<C> {
    /// A client that answers each request as `answer` says.
    pub fn new(clock: C, answer: impl Fn(&Request) -> Script + Send + Sync + 'static) -> Self {
        Scripted { clock, answer: Arc::new(answer), traffic: Arc::default(), promises: Capabilities::none() }
    }

    /// The same, which says that it enforces this; it does not connect to anything, so nothing is there to enforce.
    #[must_use]
    pub fn promising(mut self, capabilities: Capabilities) -> Self {
        self.promises = capabilities;
        self
    }

    /// What it has seen so far.
    pub fn traffic(&self) -> Traffic {
        *lock(&self.traffic)
    }
}

impl<C: Clock> Fetch for Scripted<C> {
    type Body = ScriptedBody<C>;
    type Future = ScriptedHead<C>;

    fn fetch(&self, request: Request) -> ScriptedHead<C> {
        let script = (self.answer)(&request);
        let exchange = Exchange::start(self.traffic.clone());
        // The time runs from the call, as it does for one that writes to its socket at once.
        let wait = script.head.as_ref().map(|(after, _)| Box::pin(self.clock.sleep(*after)));
        ScriptedHead { parts: Some((script, exchange)), wait, clock: self.clock.clone() }
    }

    fn capabilities(&self) -> Capabilities {
        self.promises
    }
}

impl<C> fmt::Debug for Scripted<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").field("traffic", &*lock(&self.traffic)).finish_non_exhaustive()
    }
}

/// The head of a scripted answer, on its way.
pub struct ScriptedHead<C: Clock> {
    parts: Option<(Script, Exchange)>,
    /// `None` when it never comes.
    wait: Option<Pin<Box<C::Sleep>>>,
    clock: C,
}

impl<C: Clock> Unpin for ScriptedHead<C> {}

impl<C: Clock> Future for ScriptedHead<C> {
    type Output = Result<Response<ScriptedBody<C>>, FetchError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(wait) = &mut self.wait else { return Poll::Pending };
        ready!(wait.as_mut().poll(cx));
        let (mut script, mut exchange) = self.parts.take().expect("a future is not polled after it is done");
        let status = match &script.head {
            Some((_, Err(kind))) => {
                exchange.end();
                return Poll::Ready(Err(FetchError::new(Phase::Head, *kind)));
            }
            Some((_, Ok(status))) => *status,
            None => return Poll::Pending,
        };
        let fields = std::mem::take(&mut script.fields);
        let body = ScriptedBody { script, exchange, wait: None, clock: self.clock.clone() };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = fields;
        // The wait for the first chunk begins with the head.
        response.body_mut().arm();
        Poll::Ready(Ok(response))
    }
}

impl<C: Clock> fmt::Debug for ScriptedHead<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedHead").field("parts", &self.parts).finish_non_exhaustive()
    }
}

/// The body of a scripted answer.
pub struct ScriptedBody<C: Clock> {
    script: Script,
    exchange: Exchange,
    /// For the next part; none is needed for what is there at once.
    wait: Option<Pin<Box<C::Sleep>>>,
    clock: C,
}

impl<C: Clock> ScriptedBody<C> {
    /// Starts the wait for the next part.
    fn arm(&mut self) {
        let after = match (self.script.chunks.front(), &self.script.end) {
            (Some((after, _)), _) | (None, End::Fails(after, _) | End::Repeats(after, _)) => *after,
            (None, End::Done | End::Hangs) => Duration::ZERO,
        };
        self.wait = (!after.is_zero()).then(|| Box::pin(self.clock.sleep(after)));
    }

    fn take_part(&mut self) -> Poll<Option<Result<Bytes, FetchError>>> {
        if let Some((_, bytes)) = self.script.chunks.pop_front() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        match self.script.end.clone() {
            End::Hangs => Poll::Pending,
            End::Repeats(_, bytes) => Poll::Ready(Some(Ok(bytes))),
            End::Done => {
                self.exchange.end();
                Poll::Ready(None)
            }
            End::Fails(_, kind) => {
                self.script.end = End::Done;
                self.exchange.end();
                Poll::Ready(Some(Err(FetchError::new(Phase::Body, kind))))
            }
        }
    }
}

impl<C: Clock> Unpin for ScriptedBody<C> {}

impl<C: Clock> Stream for ScriptedBody<C> {
    type Item = Result<Bytes, FetchError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        let part = ready!(self.take_part());
        if matches!(part, Some(Ok(_))) {
            self.exchange.traffic().chunks += 1;
            self.arm();
        }
        Poll::Ready(part)
    }
}

impl<C: Clock> fmt::Debug for ScriptedBody<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedBody").field("script", &self.script).finish_non_exhaustive()
    }
}

/// An exchange in the books, until it ends or is dropped.
#[derive(Debug)]
struct Exchange {
    traffic: Arc<Mutex<Traffic>>,
    ended: bool,
}

impl Exchange {
    fn start(books: Arc<Mutex<Traffic>>) -> Self {
        let mut traffic = lock(&books);
        traffic.started += 1;
        traffic.in_flight += 1;
        traffic.in_flight_max = traffic.in_flight_max.max(traffic.in_flight);
        drop(traffic);
        Exchange { traffic: books, ended: false }
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        lock(&self.traffic)
    }

    fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            let mut traffic = self.traffic();
            traffic.in_flight -= 1;
            traffic.ended += 1;
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.ended {
            let mut traffic = self.traffic();
            traffic.in_flight -= 1;
            traffic.cancelled += 1;
        }
    }
}
