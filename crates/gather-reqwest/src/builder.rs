//! How a client is to be: pool, protocol, limits of the head, TLS, and which runtime.

use std::fmt;
use std::time::Duration;

use gather_core::addresses::AddressPolicy;
use reqwest::redirect;
use tokio::runtime::Handle;

use crate::connect::{GuardedResolver, WithinDeadline};
use crate::fetch::ReqwestFetch;
use crate::pools::Pools;

/// As many as the hyper engine takes.
pub(crate) const MAX_HEADER_FIELDS: usize = 100;

/// Settings of a [`ReqwestFetch`] whose reqwest client this crate makes.
///
/// What is policy is off and stays off: redirects, retries, cookies, decompression, `referer`. Whoever wants reqwest's own
/// hands in a client of their own.
///
/// ```
/// use std::time::Duration;
///
/// let client = gather_reqwest::Builder::new().idle_timeout(Duration::from_secs(10)).build()?;
/// # Ok::<(), gather_reqwest::SetupError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Builder {
    settings: Settings,
    handle: Option<Handle>,
}

/// What each of a client's reqwest clients is made with.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    max_idle_per_host: usize,
    idle_timeout: Duration,
    max_header_fields: usize,
    #[cfg(feature = "http2")]
    max_http2_head_bytes: u32,
    #[cfg(feature = "http2")]
    http2_prior_knowledge: bool,
    environment_proxies: bool,
    pub(crate) max_policies: usize,
    #[cfg(feature = "rustls")]
    tls: crate::tls::Tls,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            // Those of the hyper engine.
            max_idle_per_host: usize::MAX,
            idle_timeout: Duration::from_secs(90),
            max_header_fields: MAX_HEADER_FIELDS,
            #[cfg(feature = "http2")]
            max_http2_head_bytes: 64 << 10,
            #[cfg(feature = "http2")]
            http2_prior_knowledge: false,
            environment_proxies: false,
            // A program has few policies: none, public, public and its own networks.
            max_policies: 8,
            #[cfg(feature = "rustls")]
            tls: crate::tls::Tls::default(),
        }
    }
}

impl Builder {
    /// The defaults: connections kept for 90 s of idleness, heads of at most 100 fields, HTTP/2 where the server offers it
    /// by ALPN, Mozilla's root certificates, no proxy, the runtime that each request is made on.
    #[must_use]
    pub fn new() -> Self {
        Builder::default()
    }

    /// Uses this tokio runtime, whichever executor polls the futures. It has to have its I/O and its timer enabled, to be
    /// driven by threads of its own (a multi-threaded runtime is), and to outlive the exchanges.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    /// let client = gather_reqwest::Builder::new().on(runtime.handle().clone()).build()?;
    /// // From here on `client` may be used under smol, or any other executor.
    /// # drop(client); Ok(()) }
    /// ```
    #[must_use]
    pub fn on(mut self, runtime: Handle) -> Self {
        self.handle = Some(runtime);
        self
    }

    /// How many idle connections to keep for one host. 0 keeps none: one connection for each exchange.
    #[must_use]
    pub fn max_idle_per_host(mut self, connections: usize) -> Self {
        self.settings.max_idle_per_host = connections;
        self
    }

    /// How long an idle connection is kept.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.idle_timeout = timeout;
        self
    }

    /// The most header fields of a response; 100 by default, as in the hyper engine.
    #[must_use]
    pub fn max_header_fields(mut self, fields: usize) -> Self {
        self.settings.max_header_fields = fields;
        self
    }

    /// The largest head of an HTTP/2 response, in bytes as RFC 9113, 6.5.2 counts them. That of an HTTP/1 response is
    /// hyper's own, about 400 KiB.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn max_http2_head_bytes(mut self, bytes: u32) -> Self {
        self.settings.max_http2_head_bytes = bytes;
        self
    }

    /// Speaks HTTP/2 without asking, also over plain TCP.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.settings.http2_prior_knowledge = true;
        self
    }

    /// Uses the proxies that the environment names (`http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`). A proxy reaches
    /// whatever it reaches, so the client then enforces no address policy, and refuses requests that are under one.
    #[must_use]
    pub fn proxies_from_environment(mut self) -> Self {
        self.settings.environment_proxies = true;
        self
    }

    /// For how many address policies connections are kept at the same time, [`Any`](AddressPolicy::Any) not counted; for one
    /// more, the idle connections of the oldest are closed. 8 by default, at least 1.
    #[must_use]
    pub fn max_policies(mut self, policies: usize) -> Self {
        self.settings.max_policies = policies;
        self
    }

    /// Trusts `certificates`, and only these, as roots. Those that cannot be read are left out.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn root_certificates(
        mut self,
        certificates: impl IntoIterator<Item = rustls::pki_types::CertificateDer<'static>>,
    ) -> Self {
        self.settings.tls = crate::tls::Tls::roots(certificates);
        self
    }

    /// Uses a rustls configuration of your own. Its ALPN protocols are set by the client.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls(mut self, config: rustls::ClientConfig) -> Self {
        self.settings.tls = crate::tls::Tls::Config(Box::new(config));
        self
    }

    /// Makes the client. Opens no connection, and needs no runtime yet.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn build(self) -> Result<ReqwestFetch, SetupError> {
        let Builder { settings, handle } = self;
        let any = settings.client(&AddressPolicy::Any)?;
        let (max_fields, http2) = (settings.max_header_fields, settings.speaks_http2());
        let pools = Pools::Made { any, settings: Box::new(settings), restricted: Default::default() };
        Ok(ReqwestFetch::from_pools(pools, handle, max_fields, http2))
    }
}

impl Settings {
    /// A reqwest client that reaches what `policy` permits.
    pub(crate) fn client(&self, policy: &AddressPolicy) -> Result<reqwest::Client, SetupError> {
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // Off by its absence, unless another crate of the program has turned the feature on.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .no_hickory_dns()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(self.max_idle_per_host)
            .pool_idle_timeout(self.idle_timeout)
            .http1_max_headers(self.max_header_fields)
            .connector_layer(WithinDeadline);
        let client = if self.environment_proxies { client } else { client.no_proxy() };
        let client = if policy.restricts() { client.dns_resolver(GuardedResolver(policy.clone())) } else { client };
        #[cfg(feature = "http2")]
        let client = client.http2_max_header_list_size(self.max_http2_head_bytes);
        #[cfg(feature = "http2")]
        let client = if self.http2_prior_knowledge { client.http2_prior_knowledge() } else { client };
        #[cfg(feature = "rustls")]
        let client = client.tls_backend_preconfigured(self.tls.config(self.offers())?);
        client.build().map_err(|error| SetupError(error.without_url().into()))
    }

    /// Whether what a request reaches is what its host resolves to.
    pub(crate) fn enforces_policies(&self) -> bool {
        !self.environment_proxies
    }

    fn speaks_http2(&self) -> bool {
        #[cfg(feature = "http2")]
        return cfg!(feature = "rustls") || self.http2_prior_knowledge;
        #[cfg(not(feature = "http2"))]
        false
    }

    /// The protocols for ALPN. reqwest sets them for the TLS configurations that it makes itself, and only for those.
    #[cfg(feature = "rustls")]
    fn offers(&self) -> Vec<Vec<u8>> {
        #[cfg(feature = "http2")]
        return if self.http2_prior_knowledge {
            vec![b"h2".to_vec()]
        } else {
            vec![b"h2".to_vec(), b"http/1.1".to_vec()]
        };
        #[cfg(not(feature = "http2"))]
        vec![b"http/1.1".to_vec()]
    }
}

/// A client cannot be made as asked.
#[derive(Debug)]
pub struct SetupError(pub(crate) gather_core::BoxError);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the client cannot be set up: {}", self.0)
    }
}

impl std::error::Error for SetupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}
