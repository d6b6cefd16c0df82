//! ureq as a [`BlockingFetch`]: the client that one would take.

mod agents;
#[cfg(feature = "tls")]
mod connector;
mod error;
mod pulled;
mod resolver;

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Head, Phase, Request};
use http::uri::Scheme;
use ureq::{Agent, Body, Error, Timeout};

use crate::codec::{Framing, has_content};
use crate::deadline::Deadline;
use crate::fetch::{BlockingFetch, Receive};
use crate::raw::MAX_IDLE;
use crate::resolve::{Lookup, permitted};
use crate::ureq_client::agents::Agents;
#[cfg(feature = "tls")]
use crate::ureq_client::connector::watched;
use crate::ureq_client::error::{of_body, of_head};
pub use crate::ureq_client::pulled::{UreqBody, UreqFetch};
use crate::ureq_client::resolver::with_addresses;

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
/// on the calling thread, as by `Raw` (but for every request, which is ureq's way); that alone may exceed the deadline. So a
/// request's [`AddressPolicy`] is enforced as well, on the address that is connected to, and connections are kept apart
/// that were opened under different ones. [`with_agent`](Ureq::with_agent) takes an agent that has ureq's resolver, or
/// another one.
///
/// As a [`Fetch`](gather_core::Fetch) it is [`UreqFetch`].
#[derive(Debug, Clone)]
pub struct Ureq {
    agents: Arc<Agents>,
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
        Ureq { agents: Arc::new(Agents::ours(connections)) }
    }

    /// A client over an agent of your own: its pool, its TLS, its resolver. What one exchange means (no redirects, no
    /// statuses as errors, the deadline) is set for each request, whatever the agent says.
    ///
    /// Where it connects to is then not known here: a request that an [`AddressPolicy`] restricts is
    /// [`Forbidden`](FetchErrorKind::Forbidden).
    pub fn with_agent(agent: Agent) -> Self {
        Ureq { agents: Arc::new(Agents::Theirs(agent)) }
    }

    /// Makes an exchange up to the head of its answer.
    fn begin(&self, request: &Request, limits: &Limits, lookup: Lookup) -> Result<http::Response<Body>, FetchError> {
        if request.uri().scheme() == Some(&Scheme::HTTPS) && !cfg!(feature = "tls") {
            let error = FetchError::new(Phase::Request, FetchErrorKind::Invalid);
            return Err(error.with_source("https needs gather-blocking's feature `tls`"));
        }
        let policy = AddressPolicy::of(request.extensions());
        let agent = self.agents.under(&policy)?;
        let connecting = Deadline::starting_now(limits.connect.unwrap_or(limits.total));
        let addresses = match request.uri().host() {
            Some(host) if !host.is_empty() && self.agents.enforce_policies() => {
                permitted(request.uri(), &policy, &connecting, lookup)?
            }
            // Theirs looks it up; and what has no host ureq refuses.
            _ => Vec::new(),
        };
        let left = limits.connect.map(|_| connecting.remaining(Phase::Connect)).transpose()?;
        let (response, reached) = watched(|| with_addresses(addresses, || run(&agent, request, limits, left)));
        let response = response.map_err(|error| of_head(error, limits, reached))?;
        let framing = Framing::of(request.method(), response.status(), response.version(), response.headers());
        framing.map_err(|error| error.into_fetch_error(Phase::Head))?;
        Ok(response)
    }

    fn try_fetch(&self, request: &Request, limit: Duration, receiver: &mut dyn Receive) -> Result<(), FetchError> {
        let limits = Limits::whole(limit);
        let (parts, body) = self.begin(request, &limits, Lookup::OnThisThread)?.into_parts();
        let url = request.uri().clone();
        let head = Head { url, status: parts.status, version: parts.version, headers: parts.headers };
        if receiver.head(&head).is_break() {
            return Ok(());
        }
        let mut reader = body.into_reader();
        let mut buffer = BytesMut::new();
        while let Some(chunk) = read(&mut reader, &mut buffer).map_err(|error| of_body(error, &limits))? {
            if receiver.chunk(chunk).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Without TLS ureq's own errors say enough.
#[cfg(not(feature = "tls"))]
fn watched<T>(run: impl FnOnce() -> T) -> (T, Phase) {
    (run(), Phase::Head)
}

/// What ureq is told about time.
#[derive(Debug, Clone, Copy)]
struct Limits {
    total: Duration,
    connect: Option<Duration>,
    head: Option<Duration>,
    idle: Option<Duration>,
}

impl Limits {
    fn whole(total: Duration) -> Self {
        Limits { total, connect: None, head: None, idle: None }
    }

    /// The limit behind a timeout of ureq's.
    fn behind(&self, timeout: Timeout) -> Duration {
        let limit = match timeout {
            Timeout::Resolve | Timeout::Connect => self.connect,
            Timeout::RecvResponse => self.head,
            Timeout::PerRead | Timeout::PerWrite => self.idle,
            _ => None,
        };
        limit.unwrap_or(self.total)
    }
}

fn run(
    agent: &Agent,
    request: &Request,
    limits: &Limits,
    connecting: Option<Duration>,
) -> Result<http::Response<Body>, Error> {
    let at_most_a_year = |limit: Duration| limit.min(A_YEAR);
    let blank = request.clone().map(|_| ());
    let blank = agent
        .configure_request(blank)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(at_most_a_year(limits.total)))
        .timeout_connect(connecting.map(at_most_a_year))
        .timeout_recv_response(limits.head.map(at_most_a_year))
        .timeout_per_read(limits.idle.map(at_most_a_year))
        .timeout_per_write(limits.idle.map(at_most_a_year))
        .build();
    // For ureq an empty body is one all the same, which a GET must not have; and without any a POST announces chunks.
    if has_content(request) { agent.run(blank.map(|()| request.body().to_vec())) } else { agent.run(blank) }
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

/// Reads the next bytes of a body. None is its end.
fn read(reader: &mut impl Read, buffer: &mut BytesMut) -> io::Result<Option<Bytes>> {
    buffer.resize(READ, 0);
    let read = reader.read(buffer)?;
    Ok(if read == 0 { None } else { Some(buffer.split_to(read).freeze()) })
}
