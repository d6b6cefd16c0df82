//! The way of one exchange through isahc.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gather_core::addresses::AddressPolicy;
use gather_core::{ConnectDeadline, FetchError, FetchErrorKind, InFlight, Phase, Request, Response, framing};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderValue, Method, StatusCode, Uri, Version, uri};
use isahc::AsyncBody;
use isahc::config::{Configurable, RedirectPolicy};
use isahc::net::Dialer;

use crate::agent::Agent;
use crate::body::{Chunks, IsahcBody};
use crate::error::{self, Limits};
use crate::resolve;

/// A request as it will be sent, as often as there are addresses to try.
pub(crate) struct Exchange {
    parts: Parts,
    body: Bytes,
    policy: AddressPolicy,
    deadline: Option<Duration>,
    max_fields: usize,
}

impl Exchange {
    /// # Errors
    ///
    /// When the address has no host, or a scheme other than http and https.
    pub(crate) fn new(request: Request, max_fields: usize) -> Result<Self, FetchError> {
        let (mut parts, body) = request.into_parts();
        parts.uri = without_userinfo(parts.uri)?;
        let policy = AddressPolicy::of(&parts.extensions);
        let deadline = parts.extensions.get::<ConnectDeadline>().map(|deadline| deadline.0);
        Ok(Exchange { parts, body, policy, deadline, max_fields })
    }

    pub(crate) fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Host and port, which decide on the connection.
    pub(crate) fn host(&self) -> &str {
        self.parts.uri.authority().map_or("", Authority::as_str)
    }

    pub(crate) fn policy(&self) -> &AddressPolicy {
        &self.policy
    }

    /// Sends the request. A policy is enforced by telling curl the address to connect to, which it takes from nowhere else
    /// then. Connections are kept by that address too, so one that was made under another policy is not used unless it
    /// leads to the same permitted address.
    pub(crate) async fn send(
        self,
        agent: Arc<Agent>,
        limit: Option<Duration>,
        in_flight: InFlight,
    ) -> Result<Response<IsahcBody>, FetchError> {
        let begin = Instant::now();
        let limits = Limits { connect: self.deadline, exchange: limit };
        let (response, chunks) = self.answer(&agent, limits, begin).await?.into_parts();
        Ok(http::Response::from_parts(response, IsahcBody::new(chunks, &in_flight)))
    }

    async fn answer(&self, agent: &Arc<Agent>, limits: Limits, begin: Instant) -> Result<Response<Chunks>, FetchError> {
        if !self.policy.restricts() {
            return self.attempt(agent, None, limits, begin).await;
        }
        let mut last = None;
        for address in resolve::permitted(&self.parts.uri, &self.policy, self.deadline).await? {
            match self.attempt(agent, Some(address.into()), limits, begin).await {
                // Nothing was sent: the next address may do.
                Err(error) if error.phase() == Phase::Connect && !error.is_timeout() => last = Some(error),
                outcome => return outcome,
            }
        }
        Err(last.unwrap_or_else(|| FetchError::new(Phase::Resolve, FetchErrorKind::Refused)))
    }

    async fn attempt(
        &self,
        agent: &Arc<Agent>,
        dialer: Option<Dialer>,
        limits: Limits,
        begin: Instant,
    ) -> Result<Response<Chunks>, FetchError> {
        let client = agent.client().ok_or_else(|| FetchError::new(Phase::Connect, FetchErrorKind::Closed))?;
        let request = self.request(dialer, begin)?;
        let response = client.send_async(request).await;
        let response = response.map_err(|cause| error::of_head(cause, limits, begin.elapsed()))?;
        // curl has limits of its own on a head, far beyond this one.
        if response.headers().len() > self.max_fields {
            return Err(FetchError::new(Phase::Head, FetchErrorKind::TooMany(self.max_fields as u64)));
        }
        framing::check(&self.parts.method, &response)?;
        let framing = Framing::of(&self.parts.method, &response);
        let mut response = response.map(|body| {
            let chunked = framing == Framing::Chunked;
            Chunks::new(body, chunked, limits, begin, agent.clone())
        });
        // A head that is cut off is a head to curl. What is cut off with it is the framing, so an answer that has none has to
        // have a body to be believed. There is nothing to wait for: isahc has told us of the head because of the body or
        // the end.
        if framing == Framing::Close && response.body_mut().is_empty().await {
            let why = "the answer announces no length, and ended before it had a body: its head may have been cut off";
            return Err(FetchError::new(Phase::Head, FetchErrorKind::Interrupted).with_source(why));
        }
        Ok(response)
    }

    fn request(&self, dialer: Option<Dialer>, begin: Instant) -> Result<http::Request<AsyncBody>, FetchError> {
        let mut request = http::Request::builder()
            .method(self.parts.method.clone())
            .uri(self.parts.uri.clone())
            // Also with a client that was handed in: what the contract says of a call holds for it too.
            .redirect_policy(RedirectPolicy::None)
            .automatic_decompression(false)
            .expect_continue(false);
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.parts.headers.clone());
            // curl takes a request without a body for one that cannot have any (RFC 9110, 8.6).
            if self.body.is_empty() && matches!(self.parts.method, Method::POST | Method::PUT | Method::PATCH) {
                headers.entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
            }
        }
        if let Some(dialer) = dialer {
            request = request.dial(dialer);
        }
        if let Some(deadline) = self.deadline {
            // Of the time for connecting, what looking up has left of it. curl counts whole milliseconds and takes 0 for no
            // limit: one more, so that it does not strike early.
            let left = deadline.saturating_sub(begin.elapsed()) + Duration::from_millis(1);
            request = request.connect_timeout(left);
        }
        let body = if self.body.is_empty() { AsyncBody::empty() } else { AsyncBody::from(self.body.to_vec()) };
        request.body(body).map_err(|error| FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(error))
    }
}

/// How an answer says where its body ends (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// By a length, by the rules of HTTP/2, or by having none.
    Known,
    Chunked,
    /// By closing the connection.
    Close,
}

impl Framing {
    fn of<B>(method: &Method, response: &http::Response<B>) -> Self {
        let bodiless =
            *method == Method::HEAD || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        match response.headers() {
            _ if bodiless || response.version() >= Version::HTTP_2 => Framing::Known,
            headers if headers.contains_key(TRANSFER_ENCODING) => Framing::Chunked,
            headers if headers.contains_key(CONTENT_LENGTH) => Framing::Known,
            _ => Framing::Close,
        }
    }
}

/// curl would send a user name and password; what is sent of these is policy.
fn without_userinfo(uri: Uri) -> Result<Uri, FetchError> {
    let invalid = |why: &str| FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(why.to_owned());
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().unwrap_or_default().is_empty() {
        return Err(invalid("the address has no host, or a scheme other than http and https"));
    }
    let Some((_, host)) = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@')) else {
        return Ok(uri);
    };
    let host = host.parse().map_err(|_| invalid("the host is not one"))?;
    let mut parts: uri::Parts = uri.into_parts();
    parts.authority = Some(host);
    Uri::from_parts(parts).map_err(|_| invalid("the address is not one"))
}
