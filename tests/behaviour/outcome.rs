//! What one request brought: head, body and error, from a bare transport and from a client alike.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use gather_client::{Client, ClientBody};
use gather_core::http::{HeaderMap, StatusCode, Version};
use gather_core::{Bytes, Clock, Fetch, FetchError, Request, Response, timeout};

/// What a request can be given to, `Send` or not.
pub(crate) trait Sends {
    type Body: Stream<Item = Result<Bytes, FetchError>> + Unpin;

    async fn send(&self, request: Request) -> Result<Response<Self::Body>, FetchError>;
}

/// A transport alone.
pub(crate) struct Bare<F>(pub(crate) F);

impl<F: Fetch> Sends for Bare<F> {
    type Body = F::Body;

    async fn send(&self, request: Request) -> Result<Response<F::Body>, FetchError> {
        self.0.fetch(request).await
    }
}

impl<F: Fetch, C: Clock> Sends for Client<F, C> {
    type Body = ClientBody<F::Body, C>;

    async fn send(&self, request: Request) -> Result<Response<Self::Body>, FetchError> {
        Client::send(self, request).await
    }
}

/// What came back, as far as it came.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) head: Option<(StatusCode, Version, HeaderMap)>,
    pub(crate) body: Vec<u8>,
    /// Phase and kind.
    pub(crate) error: Option<String>,
    /// The error with everything behind it, for people.
    pub(crate) explained: String,
}

/// No case takes a second; a transport that hangs is to say in which.
const PATIENCE: Duration = Duration::from_secs(25);

impl Outcome {
    /// Makes one request and reads what comes to its end.
    pub(crate) async fn of<S: Sends, C: Clock>(sends: &S, request: Request, clock: &C) -> Outcome {
        let mut outcome = Outcome::default();
        if timeout(clock, PATIENCE, outcome.come(sends, request)).await.is_err() {
            outcome.error = Some(format!("nothing more within {PATIENCE:?}"));
        }
        outcome
    }

    /// A request that never was made.
    pub(crate) fn refused(why: String) -> Outcome {
        Outcome { error: Some(why), ..Outcome::default() }
    }

    async fn come<S: Sends>(&mut self, sends: &S, request: Request) {
        let (parts, mut body) = match sends.send(request).await {
            Ok(response) => response.into_parts(),
            Err(error) => return self.fail(&error),
        };
        self.head = Some((parts.status, parts.version, parts.headers));
        while let Some(chunk) = body.next().await {
            match chunk {
                Ok(chunk) => self.body.extend_from_slice(&chunk),
                Err(error) => return self.fail(&error),
            }
        }
    }

    fn fail(&mut self, error: &FetchError) {
        self.error = Some(format!("{:?} {:?}", error.phase(), error.kind()));
        let mut next: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = next {
            self.explained += &format!(": {error}");
            next = error.source();
        }
    }
}
