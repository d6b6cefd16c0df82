//! ureq as a [`BlockingFetch`]: the client that one would take.

mod error;
mod resolver;

use std::io::{self, Read};
use std::time::Duration;

use bytes::BytesMut;
use gather_core::{FetchError, FetchErrorKind, Head, Limits, Phase, Request};
use http::uri::Scheme;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Error};

use crate::codec::Framing;
use crate::fetch::{BlockingFetch, Receive};
use crate::raw::{MAX_IDLE, MAX_IDLE_AGE};
use crate::ureq_client::error::{of_body, of_head};
use crate::ureq_client::resolver::CallingThread;

/// ureq 3, as one would write it: an agent with its pool of connections, one exchange a call.
///
/// `https` needs the feature `tls`. Left to ureq: its header fields (`user-agent`, `accept`), its limits on heads
/// (64 KiB), its leniency (a chunked body may end without its last, empty line). Turned off: redirects, statuses as
/// errors, the proxy of the environment. Added: a response that announces two different ends is refused, as by
/// [`Raw`](crate::Raw).
///
/// One thing is not as ureq has it. Under a deadline its own resolver starts a thread for every request, kept-alive
/// connection or not and numeric addresses included, which multiplies the cost of a request on the loopback interface and
/// leaves a thread behind when a lookup hangs. Nobody who waits on threads would want that, so here the host is looked up
/// on the calling thread, as by `Raw` (but for every request, which is ureq's way); that alone may exceed the deadline. [`with_agent`](Ureq::with_agent) takes an agent
/// that has ureq's resolver, or another one.
#[derive(Debug, Clone)]
pub struct Ureq {
    agent: Agent,
}

/// What is asked of ureq in one read; the size of its own examples, and of what the kernel tends to have.
const READ: usize = 16 << 10;

/// ureq adds the deadline to the time of day, and panics when that is too much.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

impl Ureq {
    /// A client without connections yet. It keeps as many idle as [`Raw`](crate::Raw) does.
    pub fn new() -> Self {
        Ureq::with_max_idle(MAX_IDLE)
    }

    /// The same with another number of idle connections, over all hosts together.
    pub fn with_max_idle(connections: usize) -> Self {
        let config = Agent::config_builder()
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .max_idle_age(MAX_IDLE_AGE)
            .timeout_global(Some(Limits::default().deadline))
            .proxy(None)
            .build();
        Ureq::with_agent(Agent::with_parts(config, DefaultConnector::new(), CallingThread))
    }

    /// A client over an agent of your own: its pool, its TLS, its resolver. What one exchange means (no redirects, no
    /// statuses as errors, the deadline) is set for each request, whatever the agent says.
    pub fn with_agent(agent: Agent) -> Self {
        Ureq { agent }
    }

    fn try_fetch(&self, request: &Request, limit: Duration, receiver: &mut dyn Receive) -> Result<(), FetchError> {
        if request.uri().scheme() == Some(&Scheme::HTTPS) && !cfg!(feature = "tls") {
            let error = FetchError::new(Phase::Request, FetchErrorKind::Invalid);
            return Err(error.with_source("https needs gather-blocking's feature `tls`"));
        }
        let response = self.run(request, limit).map_err(|error| of_head(error, limit))?;
        let (parts, body) = response.into_parts();
        let framing = Framing::of(request.method(), parts.status, parts.version, &parts.headers);
        framing.map_err(|error| error.into_fetch_error(Phase::Head))?;
        let url = request.uri().clone();
        let head = Head { url, status: parts.status, version: parts.version, headers: parts.headers };
        if receiver.head(&head).is_break() {
            return Ok(());
        }
        read(body, receiver).map_err(|error| of_body(error, limit))
    }

    fn run(&self, request: &Request, limit: Duration) -> Result<http::Response<Body>, Error> {
        let blank = request.clone().map(|_| ());
        let blank = self
            .agent
            .configure_request(blank)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(limit.min(A_YEAR)))
            .build();
        // For ureq an empty body is one all the same, which a GET must not have.
        if request.body().is_empty() {
            self.agent.run(blank)
        } else {
            self.agent.run(blank.map(|()| request.body().to_vec()))
        }
    }
}

impl BlockingFetch for Ureq {
    fn fetch(&self, request: &Request, deadline: Duration, receiver: &mut dyn Receive) -> Result<(), FetchError> {
        self.try_fetch(request, deadline, receiver).map_err(|error| error.with_url(request.uri().clone()))
    }
}

impl Default for Ureq {
    fn default() -> Self {
        Ureq::new()
    }
}

fn read(body: Body, receiver: &mut dyn Receive) -> io::Result<()> {
    let mut reader = body.into_reader();
    let mut buffer = BytesMut::new();
    loop {
        buffer.resize(READ, 0);
        let read = reader.read(&mut buffer)?;
        if read == 0 || receiver.chunk(buffer.split_to(read).freeze()).is_break() {
            return Ok(());
        }
    }
}
