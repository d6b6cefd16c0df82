//! One request on its way: head, body, parser. A state machine by hand, so that it has a name and a known size.

use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{Method, StatusCode, Uri};
use pin_project_lite::pin_project;

use crate::compute::{Compute, run_caught};
use crate::erased::BoxFuture;
use crate::error::{Cause, FetchError, FetchErrorKind, ParseError, Phase, ScrapeError};
use crate::fetch::{Fetch, Request, Response};
use crate::page::{Chunks, Head, Limits};
use crate::parse::{Parse, Sink};
use crate::pipeline::{ScrapeResult, Scraped};
use crate::task::TaskError;

/// After so many chunks in one poll the others get their turn: a body that is always ready must not hold the thread.
const CHUNKS_PER_POLL: usize = 16;

pin_project! {
    pub(super) struct Exchange<F: Fetch, P: Parse, X> {
        ticket: Ticket,
        parser: Arc<P>,
        compute: X,
        limits: Limits,
        #[pin]
        state: State<F, P>,
    }
}

/// What identifies an exchange, in results and in errors.
struct Ticket {
    index: u64,
    url: Uri,
    method: Method,
    received: u64,
    /// The pipeline's polled time at the start.
    started: Duration,
    /// What was added to the deadline because nobody had polled the pipeline when it was over.
    extension: Duration,
    /// How often something has arrived, and what that number was at the last extension.
    arrivals: u64,
    extended_at: Option<u64>,
}

pin_project! {
    #[project = Now]
    enum State<F: Fetch, P: Parse> {
        Head { #[pin] response: F::Future },
        Body { body: F::Body, status: StatusCode, feeding: Feeding<P> },
        Parsing { status: StatusCode, job: BoxFuture<Result<Result<P::Output, ParseError>, TaskError>> },
        /// Over; with the cause while it has not been told.
        Failed { cause: Option<Cause> },
    }
}

/// Where the chunks go: into the parser at once, or into a heap for the job that will parse them elsewhere.
enum Feeding<P: Parse> {
    Inline(P::Sink),
    Collect(Box<Collected>),
    Nothing,
}

/// A whole page on its way to where it will be parsed.
struct Collected {
    head: Head,
    chunks: Chunks,
}

impl<F: Fetch, P: Parse, X: Compute> Exchange<F, P, X> {
    pub(super) fn start(
        fetch: &F,
        (index, request): (u64, Request),
        parser: Arc<P>,
        compute: X,
        limits: Limits,
        started: Duration,
    ) -> Self {
        let (url, method) = (request.uri().clone(), request.method().clone());
        let ticket = Ticket {
            index,
            url,
            method,
            received: 0,
            started,
            extension: Duration::ZERO,
            arrivals: 0,
            extended_at: None,
        };
        let state = match run_caught(|| fetch.fetch(request)) {
            Ok(response) => State::Head { response },
            Err(panic) => State::Failed { cause: Some(Cause::Task(panic)) },
        };
        Exchange { ticket, parser, compute, limits, state }
    }

    /// The polled time at which this exchange's time is over.
    pub(super) fn expires(&self) -> Duration {
        let allowed = self.limits.deadline.saturating_add(self.ticket.extension);
        self.ticket.started.saturating_add(allowed)
    }

    /// Gives `more` time from `elapsed` on. False when nothing has arrived since that was done before: a silent server is
    /// not waited for again and again because our own executor is always late.
    pub(super) fn extend(self: Pin<&mut Self>, elapsed: Duration, more: Duration) -> bool {
        let overdue = elapsed.saturating_sub(self.expires());
        let this = self.project();
        let ticket = this.ticket;
        let arrived = ticket.extended_at != Some(ticket.arrivals);
        if arrived {
            ticket.extended_at = Some(ticket.arrivals);
            ticket.extension += overdue + more.min(this.limits.deadline);
        }
        arrived
    }

    /// The error of this exchange when its time is over.
    pub(super) fn timed_out(&self) -> ScrapeError {
        let phase = if matches!(self.state, State::Head { .. }) { Phase::Head } else { Phase::Body };
        let error = FetchError::new(phase, FetchErrorKind::Timeout(self.limits.deadline));
        let Ticket { index, url, received, .. } = &self.ticket;
        ScrapeError::new(*index, url.clone(), *received, Cause::Fetch(error.with_url(url.clone())))
    }

    fn step(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(StatusCode, P::Output), Cause>> {
        loop {
            let this = self.as_mut().project();
            let mut state = this.state;
            match state.as_mut().project() {
                Now::Head { response } => {
                    let response = ready!(response.poll(cx)).map_err(Cause::Fetch)?;
                    this.ticket.arrivals += 1;
                    let next = open::<F, P, X>(response, this.ticket, this.parser, this.compute, *this.limits)?;
                    state.set(next);
                }
                Now::Body { body, status, feeding } => {
                    ready!(read::<F, P>(body, feeding, this.ticket, *this.limits, cx))?;
                    let status = *status;
                    let parser = this.parser.clone();
                    match mem::replace(feeding, Feeding::Nothing) {
                        Feeding::Inline(sink) => return Poll::Ready(finish(sink).map(|output| (status, output))),
                        Feeding::Collect(page) => {
                            let job = Box::pin(this.compute.compute(move || parse(&*parser, *page)));
                            // The body goes here, before the parsing: its connection is free for the next request.
                            state.set(State::Parsing { status, job });
                        }
                        Feeding::Nothing => unreachable!("the body is left as soon as its parser is taken"),
                    }
                }
                Now::Parsing { status, job } => {
                    let outcome = ready!(job.as_mut().poll(cx));
                    let output = outcome.map_err(Cause::Task)?.map_err(Cause::Parse)?;
                    return Poll::Ready(Ok((*status, output)));
                }
                Now::Failed { cause } => return cause.take().map_or(Poll::Pending, |cause| Poll::Ready(Err(cause))),
            }
        }
    }
}

impl<F: Fetch, P: Parse, X: Compute> Future for Exchange<F, P, X> {
    type Output = ScrapeResult<P::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A panic in a transport or a parser is the error of this one request; the other exchanges go on.
        let step = run_caught(|| self.as_mut().step(cx));
        let mut outcome = match step {
            Ok(outcome) => ready!(outcome),
            Err(panic) => Err(Cause::Task(panic)),
        };
        // So is one in a destructor of theirs.
        if let Err(panic) = run_caught(|| self.as_mut().project().state.set(State::Failed { cause: None })) {
            outcome = Err(Cause::Task(panic));
        }
        let this = self.project();
        let Ticket { index, url, received, .. } = this.ticket;
        let (index, url, received) = (*index, mem::take(url), *received);
        Poll::Ready(match outcome {
            Ok((status, output)) => Ok(Scraped { index, url, status, bytes: received, output }),
            Err(Cause::Fetch(error)) => {
                Err(ScrapeError::new(index, url.clone(), received, Cause::Fetch(error.with_url(url))))
            }
            Err(cause) => Err(ScrapeError::new(index, url, received, cause)),
        })
    }
}

/// From the head to the body: starts the parser, or the heap of chunks for it.
fn open<F: Fetch, P: Parse, X: Compute>(
    response: Response<F::Body>,
    ticket: &Ticket,
    parser: &Arc<P>,
    compute: &X,
    limits: Limits,
) -> Result<State<F, P>, Cause> {
    let (parts, body) = response.into_parts();
    let status = parts.status;
    let head = Head::of(&ticket.url, parts);
    limits.check_announced(&head, &ticket.method).map_err(Cause::Fetch)?;
    let feeding = if compute.is_inline() {
        Feeding::Inline(parser.start(&head))
    } else {
        Feeding::Collect(Box::new(Collected { head, chunks: Chunks::default() }))
    };
    Ok(State::Body { body, status, feeding })
}

/// Reads until the body ends or the parser has enough.
fn read<F: Fetch, P: Parse>(
    body: &mut F::Body,
    feeding: &mut Feeding<P>,
    ticket: &mut Ticket,
    limits: Limits,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Cause>> {
    for _ in 0..CHUNKS_PER_POLL {
        let Some(chunk) = ready!(Pin::new(&mut *body).poll_next(cx)) else {
            return Poll::Ready(Ok(()));
        };
        let chunk = chunk.map_err(Cause::Fetch)?;
        ticket.received += chunk.len() as u64;
        ticket.arrivals += 1;
        limits.check_size(ticket.received).map_err(Cause::Fetch)?;
        if feed(feeding, chunk).is_break() {
            return Poll::Ready(Ok(()));
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

fn feed<P: Parse>(feeding: &mut Feeding<P>, chunk: Bytes) -> ControlFlow<()> {
    match feeding {
        Feeding::Inline(sink) => sink.feed(chunk),
        Feeding::Collect(page) => {
            page.chunks.push(chunk);
            ControlFlow::Continue(())
        }
        Feeding::Nothing => ControlFlow::Break(()),
    }
}

fn finish<S: Sink>(sink: S) -> Result<S::Output, Cause> {
    sink.finish().map_err(Cause::Parse)
}

/// The job of a parser that runs elsewhere: the whole page in one go, so one hand-off a page.
fn parse<P: Parse>(parser: &P, page: Collected) -> Result<P::Output, ParseError> {
    let mut sink = parser.start(&page.head);
    let _ = page.chunks.into_iter().try_for_each(|chunk| sink.feed(chunk));
    sink.finish()
}
