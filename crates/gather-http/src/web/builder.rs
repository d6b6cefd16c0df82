//! One builder for the client and the engine below it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gather_client::cache::{AsyncStore, Cache};
use gather_client::cookies::Jar;
use gather_client::credentials::Keyring;
use gather_client::decode::DecodeLimits;
use gather_client::redirect::RedirectPolicy;
use gather_client::retry::{RetryBudgets, RetryPolicy};
use gather_client::{Deadlines, DrainLimits};
use gather_core::Ambient;
use gather_core::addresses::AddressPolicy;
use http::HeaderValue;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use super::Client;
use crate::builder::Builder;
use crate::connect::Connect;
use crate::proxy::Proxies;
use crate::resolve::{Resolve, ResolveLimits};
use crate::tls::{ClientIdentity, TlsSetupError, TlsVersion};

/// Settings of a [`Client`]: those of its policies and those of its engine in one place. What is not set is as in
/// [`Client::new`].
///
/// Each setting is that of the same name of [`gather_client::ClientBuilder`] or of [`Builder`], which say all about it.
///
/// ```no_run
/// use std::time::Duration;
/// use gather_client::Deadlines;
/// use gather_client::decode::DecodeLimits;
/// use gather_http::TlsVersion;
/// # use gather_core::http::HeaderValue;
///
/// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
/// let client = gather_http::Client::builder()
///     .user_agent(HeaderValue::from_static("guide/1.0 (+https://example.com/guide)"))
///     .deadlines(Deadlines::default().total(Duration::from_secs(30)))
///     .decode(DecodeLimits::default().decoded(64 << 20))
///     .min_tls_version(TlsVersion::Tls13)
///     .build_on(runtime)?;
/// # drop(client); Ok(()) }
/// ```
pub struct ClientBuilder<R> {
    policies: gather_client::ClientBuilder,
    engine: Builder,
    runtime: PhantomData<fn(R)>,
}

impl<R: Connect> ClientBuilder<R> {
    pub(super) fn new() -> Self {
        ClientBuilder {
            policies: gather_client::ClientBuilder::new(SystemTime::now),
            engine: Builder::new().proxies(Proxies::from_environment()),
            runtime: PhantomData,
        }
    }

    /// The client on the runtime that this is called on. Opens no connection.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    ///
    /// # Panics
    ///
    /// Outside of the runtime, as [`Ambient::ambient`] does.
    pub fn build(self) -> Result<Client<R>, TlsSetupError>
    where
        R: Ambient,
    {
        self.build_on(R::ambient())
    }

    /// The client on this runtime. Opens no connection.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn build_on(self, runtime: R) -> Result<Client<R>, TlsSetupError> {
        Ok(Client::with(self.policies, self.engine.build(runtime.clone())?, runtime))
    }

    /// How long the parts of a request may take. That for connecting is the engine's, too.
    #[must_use]
    pub fn deadlines(mut self, deadlines: Deadlines) -> Self {
        // Said once to the engine it need not ride along with each request.
        self.engine = self.engine.connect_deadline(deadlines.connect);
        self.policies = self.policies.deadlines(deadlines);
        self
    }
}

/// Settings that are handed on as they are.
macro_rules! handed_on {
    ($part:ident: $($(#[$attribute:meta])* $name:ident($($value:ident: $type:ty),*);)*) => {
        impl<R: Connect> ClientBuilder<R> {$(
            $(#[$attribute])*
            #[must_use]
            pub fn $name(mut self $(, $value: $type)*) -> Self {
                self.$part = self.$part.$name($($value),*);
                self
            }
        )*}
    };
}

handed_on! { policies:
    /// How large bodies may be, on the wire and decoded: [`decode`](gather_client::ClientBuilder::decode).
    decode(limits: DecodeLimits);
    /// What redirects are followed: [`redirect`](gather_client::ClientBuilder::redirect).
    redirect(policy: RedirectPolicy);
    /// What is tried again: [`retry`](gather_client::ClientBuilder::retry).
    retry(policy: RetryPolicy);
    /// How much of what fails may be: [`retry_budget`](gather_client::ClientBuilder::retry_budget).
    retry_budget(budgets: impl Into<RetryBudgets>);
    /// The jar of cookies, or none: [`cookies`](gather_client::ClientBuilder::cookies).
    cookies(jar: Option<Jar>);
    /// Credentials, each for its origin: [`credentials`](gather_client::ClientBuilder::credentials).
    credentials(keyring: Keyring);
    /// Keeps answers: [`cache`](gather_client::ClientBuilder::cache).
    cache(cache: Cache, store: impl AsyncStore + 'static);
    /// Which addresses may be reached: [`addresses`](gather_client::ClientBuilder::addresses).
    addresses(policy: AddressPolicy);
    /// Which of them by what the user has not chosen: [`discovered_addresses`](gather_client::ClientBuilder::discovered_addresses).
    discovered_addresses(policy: AddressPolicy);
    /// The `User-Agent`: [`user_agent`](gather_client::ClientBuilder::user_agent).
    user_agent(agent: HeaderValue);
    /// How many hosts are counted apart: [`statistics_hosts`](gather_client::ClientBuilder::statistics_hosts).
    statistics_hosts(most: usize);
    /// How much is read of what nobody wants: [`drain`](gather_client::ClientBuilder::drain).
    drain(limits: DrainLimits);
    /// What the jitter of retries begins with: [`seed`](gather_client::ClientBuilder::seed).
    seed(seed: u64);
}

handed_on! { engine:
    /// How many idle connections are kept for a host: [`max_idle_per_host`](Builder::max_idle_per_host).
    max_idle_per_host(connections: usize);
    /// And for how long: [`idle_timeout`](Builder::idle_timeout).
    idle_timeout(timeout: Duration);
    /// The largest head: [`max_head_bytes`](Builder::max_head_bytes).
    max_head_bytes(bytes: usize);
    /// The most fields in it: [`max_header_fields`](Builder::max_header_fields).
    max_header_fields(fields: usize);
    /// HTTP/1.1 alone: [`http1_only`](Builder::http1_only).
    http1_only();
    /// HTTP/2 without asking: [`http2_prior_knowledge`](Builder::http2_prior_knowledge).
    #[cfg(feature = "http2")]
    http2_prior_knowledge();
    /// Who is asked for addresses: [`resolver`](Builder::resolver).
    resolver(resolver: impl Resolve);
    /// How, and how long answers are kept: [`resolve_limits`](Builder::resolve_limits).
    resolve_limits(limits: ResolveLimits);
    /// When another address is tried as well: [`connection_attempt_delay`](Builder::connection_attempt_delay).
    connection_attempt_delay(delay: Duration);
    /// Through which proxies, in place of the environment's: [`proxies`](Builder::proxies).
    proxies(proxies: Proxies);
    /// More roots to trust: [`extra_root_certificates`](Builder::extra_root_certificates).
    extra_root_certificates(certificates: impl IntoIterator<Item = CertificateDer<'static>>);
    /// All roots to trust: [`root_certificates`](Builder::root_certificates).
    root_certificates(certificates: impl IntoIterator<Item = CertificateDer<'static>>);
    /// The system's roots: [`platform_roots`](Builder::platform_roots).
    #[cfg(feature = "platform-roots")]
    platform_roots();
    /// Who the client is: [`client_identity`](Builder::client_identity).
    client_identity(identity: ClientIdentity);
    /// The oldest version of TLS: [`min_tls_version`](Builder::min_tls_version).
    min_tls_version(version: TlsVersion);
    /// No verification at all: [`danger_accept_any_certificate`](Builder::danger_accept_any_certificate).
    danger_accept_any_certificate();
    /// A configuration of TLS of your own: [`tls`](Builder::tls).
    tls(config: Arc<ClientConfig>);
}

impl<R> Clone for ClientBuilder<R> {
    fn clone(&self) -> Self {
        ClientBuilder { policies: self.policies.clone(), engine: self.engine.clone(), runtime: PhantomData }
    }
}

impl<R> fmt::Debug for ClientBuilder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("policies", &self.policies).field("engine", &self.engine).finish()
    }
}
