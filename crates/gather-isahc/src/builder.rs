//! How a client is to be: threads, pool, protocol, TLS.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use isahc::HttpClient;
use isahc::config::{Configurable, RedirectPolicy, VersionNegotiation};

use crate::agent::{Agent, Agents};
use crate::fetch::IsahcFetch;

/// As many as the hyper engine takes.
pub(crate) const MAX_HEADER_FIELDS: usize = 100;

/// Settings of an [`IsahcFetch`] whose isahc clients this crate makes.
///
/// What is policy is off and stays off: redirects, cookies, decompression, `Expect: 100-continue`.
///
/// ```no_run
/// use std::time::Duration;
///
/// let client = gather_isahc::Builder::new().idle_timeout(Duration::from_secs(10)).build()?;
/// # Ok::<(), gather_isahc::SetupError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Builder {
    shards: NonZeroUsize,
    settings: Settings,
}

/// What each of a client's isahc clients is made with.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    max_idle: NonZeroUsize,
    idle_timeout: Duration,
    pub(crate) max_exchange: Duration,
    max_header_fields: usize,
    environment_proxies: bool,
    http2_prior_knowledge: bool,
    #[cfg(feature = "rustls")]
    tls: Option<isahc::tls::TlsConfig>,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            shards: NonZeroUsize::MIN,
            settings: Settings {
                // Above what a pipeline has in flight, so that it is the idle timeout that closes connections, as in the
                // hyper engine; and below the number of descriptors that a process may usually have.
                max_idle: NonZeroUsize::new(512).unwrap_or(NonZeroUsize::MIN),
                idle_timeout: Duration::from_secs(90),
                max_exchange: Duration::from_secs(300),
                max_header_fields: MAX_HEADER_FIELDS,
                environment_proxies: false,
                http2_prior_knowledge: false,
                #[cfg(feature = "rustls")]
                tls: None,
            },
        }
    }
}

impl Builder {
    /// The defaults: one thread, connections kept for 90 s of idleness and at most 512 of them, HTTP/2 where the server
    /// offers it by ALPN, the roots that isahc's TLS trusts, no proxy.
    #[must_use]
    pub fn new() -> Self {
        Builder::default()
    }

    /// How many threads share the work, by host. See [`IsahcFetch::sharded`].
    #[must_use]
    pub fn shards(mut self, threads: NonZeroUsize) -> Self {
        self.shards = threads;
        self
    }

    /// How many idle connections each thread keeps, over all hosts; the oldest is closed for one more.
    #[must_use]
    pub fn max_idle(mut self, connections: NonZeroUsize) -> Self {
        self.settings.max_idle = connections;
        self
    }

    /// For how long an idle connection may still be used. In whole seconds; curl closes it when it looks for one the next
    /// time.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.idle_timeout = timeout;
        self
    }

    /// How long an exchange may take, from the lookup of the name to the end of the body; then it fails with
    /// [`Timeout`](gather_core::FetchErrorKind::Timeout). 5 minutes by default, a second at least.
    ///
    /// It is there for exchanges that have been dropped: isahc notices that nobody wants an answer when some of it comes, so
    /// a server that never says anything keeps its connection until this time is over. Deadlines for exchanges that are
    /// wanted belong above the transport.
    #[must_use]
    pub fn max_exchange(mut self, time: Duration) -> Self {
        self.settings.max_exchange = time.max(Duration::from_secs(1));
        self
    }

    /// The most header fields of a response; 100 by default, as in the hyper engine. curl itself takes 5,000, and 300 KiB of
    /// them.
    #[must_use]
    pub fn max_header_fields(mut self, fields: usize) -> Self {
        self.settings.max_header_fields = fields;
        self
    }

    /// Uses the proxies that the environment names, as curl does. A proxy reaches whatever it reaches, so the client then
    /// enforces no address policy, and refuses requests that are under one.
    #[must_use]
    pub fn proxies_from_environment(mut self) -> Self {
        self.settings.environment_proxies = true;
        self
    }

    /// Speaks HTTP/2 without asking, also over plain TCP.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.settings.http2_prior_knowledge = true;
        self
    }

    /// Uses a TLS configuration of your own: other roots, a client certificate.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls(mut self, config: isahc::tls::TlsConfig) -> Self {
        self.settings.tls = Some(config);
        self
    }

    /// Makes the client and starts its threads. Opens no connection.
    ///
    /// # Errors
    ///
    /// When there is no thread to be had, or TLS cannot be set up.
    pub fn build(self) -> Result<IsahcFetch, SetupError> {
        let Builder { shards, settings } = self;
        let clients = (0..shards.get()).map(|_| settings.client().map(Agent::new)).collect::<Result<_, _>>()?;
        let (enforces, http2) = (!settings.environment_proxies, settings.speaks_http2());
        let max_fields = settings.max_header_fields;
        Ok(IsahcFetch::from_agents(Agents::new(clients, Some(settings)), enforces, max_fields, http2))
    }
}

impl Settings {
    fn client(&self) -> Result<HttpClient, SetupError> {
        let client = self.configure().connection_cache_size(self.max_idle.get());
        client.connection_cache_ttl(self.idle_timeout).build().map_err(SetupError)
    }

    /// A client each of whose connections serves one exchange.
    pub(crate) fn client_without_pool(&self) -> Result<HttpClient, SetupError> {
        self.configure().connection_cache_size(0).build().map_err(SetupError)
    }

    fn configure(&self) -> isahc::HttpClientBuilder {
        let version = match (self.http2_prior_knowledge, cfg!(feature = "http2")) {
            (true, _) => VersionNegotiation::http2(),
            (false, true) => VersionNegotiation::latest_compatible(),
            (false, false) => VersionNegotiation::http11(),
        };
        let client = HttpClient::builder()
            .redirect_policy(RedirectPolicy::None)
            .automatic_decompression(false)
            .expect_continue(false)
            .tcp_nodelay()
            .timeout(self.max_exchange)
            .version_negotiation(version);
        let client = if self.environment_proxies { client } else { client.proxy(None) };
        #[cfg(feature = "rustls")]
        let client = match &self.tls {
            Some(config) => client.tls_config(config.clone()),
            None => client,
        };
        client
    }

    fn speaks_http2(&self) -> bool {
        self.http2_prior_knowledge || cfg!(all(feature = "http2", feature = "rustls"))
    }
}

/// A client cannot be made as asked.
#[derive(Debug)]
pub struct SetupError(isahc::Error);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the client cannot be set up: {}", self.0)
    }
}

impl std::error::Error for SetupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
