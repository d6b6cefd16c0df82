//! One request on its way: the client pushes, the size limit is watched, the parser is fed.

use std::ops::ControlFlow;

use bytes::Bytes;
use gather_core::{
    Cause, FetchError, FetchErrorKind, Head, Limits, Parse, Phase, Request, ScrapeError, ScrapeResult, Scraped, Sink,
};
use http::StatusCode;

use crate::fetch::{BlockingFetch, Receive};
use crate::work::caught;

/// Makes one exchange of a scrape and parses it on this thread, a panic being the error of that request alone.
pub(crate) fn scrape_one<C, P>(
    client: &C,
    parser: &P,
    limits: Limits,
    (index, request): (u64, Request),
) -> ScrapeResult<P::Output>
where
    C: BlockingFetch + ?Sized,
    P: Parse,
{
    let mut intake = Intake::new(parser, limits);
    let fetched = caught(|| client.fetch(&request, limits.deadline, &mut intake));
    let received = intake.received;
    let outcome = fetched.and_then(|fetched| caught(|| intake.finish(fetched, &request)));
    let url = request.into_parts().0.uri;
    match outcome.map_err(Cause::Task).flatten() {
        Ok((status, output)) => Ok(Scraped::new(index, url, status, received, output)),
        Err(cause) => Err(ScrapeError::new(index, url, received, cause)),
    }
}

/// The receiver between a client and a parser.
pub(crate) struct Intake<'a, P: Parse> {
    parser: &'a P,
    limits: Limits,
    /// How many bytes of the body arrived.
    received: u64,
    started: Option<(StatusCode, P::Sink)>,
    too_large: bool,
}

impl<'a, P: Parse> Intake<'a, P> {
    pub(crate) fn new(parser: &'a P, limits: Limits) -> Self {
        Intake { parser, limits, received: 0, started: None, too_large: false }
    }

    /// Says what became of the exchange, whose client came back with `fetched`.
    pub(crate) fn finish(
        self,
        fetched: Result<(), FetchError>,
        request: &Request,
    ) -> Result<(StatusCode, P::Output), Cause> {
        let failed = |phase, kind| FetchError::new(phase, kind).with_url(request.uri().clone());
        fetched.map_err(|error| Cause::Fetch(error.with_url(request.uri().clone())))?;
        if self.too_large {
            return Err(Cause::Fetch(failed(Phase::Body, FetchErrorKind::TooLarge(self.limits.max_body))));
        }
        // Only a client that breaks its contract comes back without a head.
        let headless =
            || Cause::Fetch(failed(Phase::Head, FetchErrorKind::Other).with_source("the client gave no head"));
        let (status, sink) = self.started.ok_or_else(headless)?;
        sink.finish().map(|output| (status, output)).map_err(Cause::Parse)
    }

    fn check_size(&mut self, bytes: u64) -> ControlFlow<()> {
        self.too_large = bytes > self.limits.max_body;
        if self.too_large { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl<P: Parse> Receive for Intake<'_, P> {
    fn head(&mut self, head: &Head) -> ControlFlow<()> {
        self.check_size(head.content_length().unwrap_or(0))?;
        self.started = Some((head.status, self.parser.start(head)));
        ControlFlow::Continue(())
    }

    fn chunk(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.received += chunk.len() as u64;
        self.check_size(self.received)?;
        match &mut self.started {
            Some((_, sink)) => sink.feed(chunk),
            None => ControlFlow::Break(()),
        }
    }
}
