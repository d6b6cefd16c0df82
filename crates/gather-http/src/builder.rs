//! How a client is to be: pool, protocol, limits of the head, TLS.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::client::{HyperFetch, Inner};
use crate::connect::Connect;
use crate::connection::{HeadLimits, HttpVersions, Protocol};
use crate::dial::Dialer;
use crate::drivers::{Drivers, Executor};
use crate::pool::Pool;
use crate::proxy::Proxies;
use crate::resolve::{Names, Resolve, ResolveLimits, SystemResolver};
use crate::tls::TlsSetupError;

mod tls;

use tls::Tls;

/// Settings of a [`HyperFetch`].
///
/// ```
/// use std::time::Duration;
/// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
/// let client = gather_http::Builder::new().idle_timeout(Duration::from_secs(10)).build(runtime)?;
/// # drop(client); Ok(()) }
/// ```
#[derive(Clone)]
pub struct Builder {
    max_idle_per_host: usize,
    idle_timeout: Duration,
    max_head_bytes: usize,
    max_header_fields: usize,
    versions: HttpVersions,
    resolver: Option<Arc<dyn Resolve>>,
    resolve_limits: ResolveLimits,
    connection_attempt_delay: Duration,
    connect_deadline: Duration,
    tls: Tls,
    proxies: Proxies,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            // As many as a pipeline of any size has had in use: a smaller number would close and open connections in
            // every round of a wide scrape. The idle timeout is what empties the pool.
            max_idle_per_host: usize::MAX,
            idle_timeout: Duration::from_secs(90),
            max_head_bytes: 64 << 10,
            max_header_fields: 100,
            versions: HttpVersions::Negotiated,
            resolver: None,
            resolve_limits: ResolveLimits::default(),
            connection_attempt_delay: Duration::from_millis(250),
            // That of gather-client, which then has nothing to add to a request.
            connect_deadline: Duration::from_secs(10),
            tls: Tls::default(),
            proxies: Proxies::none(),
        }
    }
}

impl Builder {
    /// The defaults: connections kept for 90 s of idleness, heads of at most 64 KiB and 100 fields, HTTP/2 where the
    /// server offers it by ALPN, Mozilla's root certificates, no proxy.
    #[must_use]
    pub fn new() -> Self {
        Builder::default()
    }

    /// How many idle connections to keep for one host. 0 keeps none: one connection for each exchange.
    #[must_use]
    pub fn max_idle_per_host(mut self, connections: usize) -> Self {
        self.max_idle_per_host = connections;
        self
    }

    /// How long an idle connection is kept; it is closed then, or up to a quarter of that time later.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// The largest head of a response, in bytes, together with the answers of the 100 class before it: 64 KiB by default.
    /// Over HTTP/1 it is also the largest read buffer of a connection, and raised to 8 KiB if less; four times as much may
    /// frame a body, besides 16 bytes for each byte of it. Over HTTP/2 it is the limit that is announced to the server
    /// (`SETTINGS_MAX_HEADER_LIST_SIZE`) and held, where each field counts 32 bytes more than it has (RFC 9113, 6.5.2). What is
    /// larger is [`TooLarge`](gather_core::FetchErrorKind::TooLarge).
    ///
    /// ```
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
    /// let client = gather_http::Builder::new().max_head_bytes(16 << 10).max_header_fields(50).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn max_head_bytes(mut self, bytes: usize) -> Self {
        self.max_head_bytes = bytes;
        self
    }

    /// The most header fields of a response: 100 by default, as hyper has it. More are
    /// [`TooMany`](gather_core::FetchErrorKind::TooMany). Over HTTP/2 they are counted once they are there, which the size bounds:
    /// 64 KiB are at most 1,985 fields.
    #[must_use]
    pub fn max_header_fields(mut self, fields: usize) -> Self {
        self.max_header_fields = fields;
        self
    }

    /// Speaks HTTP/1.1 alone, and offers nothing else by ALPN. By default HTTP/2 is offered where the feature `http2` is on
    /// and the server is reached over TLS, and whatever it chooses is spoken.
    ///
    /// ```
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
    /// let client = gather_http::Builder::new().http1_only().build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn http1_only(mut self) -> Self {
        self.versions = HttpVersions::Http1;
        self
    }

    /// Speaks HTTP/2 without asking, also over plain TCP (RFC 9113, 3.3); takes back
    /// [`http1_only`](Builder::http1_only). A server that does not speak it is an error. Needs the feature `http2`.
    ///
    /// ```
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
    /// let client = gather_http::Builder::new().http2_prior_knowledge().build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.versions = HttpVersions::Http2;
        self
    }

    /// Asks `resolver` for the addresses of names instead of the system: a resolver of your own, or
    /// [`Overrides`](crate::Overrides) for some of them. Its answers are kept, bounded and judged like any other's.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolve) -> Self {
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// How many names are looked up at once, how long that may take, and how many are kept for how long.
    #[must_use]
    pub fn resolve_limits(mut self, limits: ResolveLimits) -> Self {
        self.resolve_limits = limits;
        self
    }

    /// How long one address of a host is tried alone before the next one is tried as well, IPv6 and IPv4 in turns; the first
    /// connection wins. 250 ms by default, and never less than 10 ms or more than 2 s (RFC 8305, 5 and 8).
    ///
    /// ```
    /// use std::time::Duration;
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
    /// let client = gather_http::Builder::new().connection_attempt_delay(Duration::from_millis(100)).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn connection_attempt_delay(mut self, delay: Duration) -> Self {
        self.connection_attempt_delay = delay;
        self
    }

    /// How long resolving, connecting and agreeing on TLS may take together, for requests without a
    /// [`ConnectDeadline`](gather_core::ConnectDeadline) of their own: 10 s by default. To wait for somebody else's connection that
    /// may be shared counts as connecting. What takes longer is a [`Timeout`](gather_core::FetchErrorKind::Timeout).
    ///
    /// ```
    /// use std::time::Duration;
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
    /// let client = gather_http::Builder::new().connect_deadline(Duration::from_secs(3)).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn connect_deadline(mut self, limit: Duration) -> Self {
        self.connect_deadline = limit;
        self
    }

    /// Sends requests through proxies. By default none, whatever the environment says:
    /// [`Proxies::from_environment`] asks it.
    ///
    /// The limits of a head are those of a proxy's answers as well.
    ///
    /// ```
    /// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), Box<dyn std::error::Error>> {
    /// use gather_http::{Builder, Proxies};
    ///
    /// let proxies = Proxies::all("socks5h://127.0.0.1:9050".parse()?).bypassing("localhost");
    /// let client = Builder::new().proxies(proxies).build(runtime)?;
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Makes the client. Opens no connection.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn build<R: Connect>(self, runtime: R) -> Result<HyperFetch<R>, TlsSetupError> {
        let Builder {
            max_idle_per_host,
            idle_timeout,
            max_head_bytes,
            max_header_fields,
            versions,
            resolver,
            resolve_limits,
            connection_attempt_delay,
            connect_deadline,
            tls,
            proxies,
        } = self;
        let mut config = tls.into_config()?;
        config.alpn_protocols.clear(); // which versions of HTTP are offered is for this builder to say
        let executor = Executor { runtime, drivers: Drivers::default() };
        let protocol = Protocol { head: HeadLimits::new(max_head_bytes, max_header_fields), versions };
        let only_tunnels = versions.may_be_http2(false);
        let pool = Arc::new(Pool::new(max_idle_per_host, idle_timeout, proxies, only_tunnels));
        let tls = Arc::new(config);
        let resolver = resolver.unwrap_or_else(|| {
            Arc::new(SystemResolver::new(executor.runtime.clone()).max_threads(resolve_limits.max_lookups))
        });
        let names = Arc::new(Names::new(executor.clone(), resolver, resolve_limits));
        let attempt_delay = connection_attempt_delay.clamp(SHORTEST_ATTEMPT_DELAY, LONGEST_ATTEMPT_DELAY);
        let dialer = Arc::new(Dialer { runtime: executor.runtime.clone(), names, attempt_delay });
        let offering = offering(&tls, versions);
        Ok(HyperFetch::from_inner(Inner { dialer, offering, tls, protocol, connect_deadline, executor, pool }))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("max_idle_per_host", &self.max_idle_per_host)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_head_bytes", &self.max_head_bytes)
            .field("max_header_fields", &self.max_header_fields)
            .field("versions", &self.versions)
            .field("resolve_limits", &self.resolve_limits)
            .field("tls", &self.tls)
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

/// RFC 8305, 5: the next attempt must not begin sooner than this,
const SHORTEST_ATTEMPT_DELAY: Duration = Duration::from_millis(10);
/// and should not begin later.
const LONGEST_ATTEMPT_DELAY: Duration = Duration::from_secs(2);

/// The same with the versions of HTTP to agree on (ALPN). A server that is offered none speaks HTTP/1.1.
fn offering(tls: &ClientConfig, versions: HttpVersions) -> Arc<ClientConfig> {
    let mut config = tls.clone();
    config.alpn_protocols = match versions {
        #[cfg(feature = "http2")]
        HttpVersions::Negotiated => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        #[cfg(feature = "http2")]
        HttpVersions::Http2 => vec![b"h2".to_vec()],
        _ => Vec::new(),
    };
    Arc::new(config)
}
