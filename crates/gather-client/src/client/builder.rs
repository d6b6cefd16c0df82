//! How a client is to be. The defaults are those of a careful person.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gather_core::addresses::AddressPolicy;
use gather_core::{Clock, Fetch, FetchError, FetchErrorKind, Phase};
use http::HeaderValue;

use super::{CarelessPools, Client, DrainLimits};
use crate::cache::{AsyncStore, Cache};
use crate::cookies::Jar;
use crate::credentials::Keyring;
use crate::decode::{DecodeLimits, accept_encoding};
use crate::redirect::RedirectPolicy;
use crate::retry::{RetryBudgets, RetryPolicy};

/// How long the parts of a request may take. Each is a limit of its own.
///
/// ```
/// use std::time::Duration;
/// use gather_client::Deadlines;
///
/// // A large file from a slow server: as long as it takes, but not in silence.
/// let patient = Deadlines::default().total(Duration::from_secs(3_600)).idle(Duration::from_secs(10));
/// assert_eq!(patient.head, Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// Resolving the name, opening the connection and agreeing on TLS, where the transport heeds it. Default: 10 s.
    pub connect: Duration,
    /// From sending a request to the head of its answer, for each attempt, connecting included. Default: 30 s.
    pub head: Duration,
    /// Without a byte of a body that is waited for. Default: 20 s.
    pub idle: Duration,
    /// For one thing that is asked of the cache's store, where that takes time at all; then the answer goes on without it.
    /// Default: 2 s.
    pub store: Duration,
    /// The whole, from the first attempt over redirects, retries and their waits to the last byte. Default: 120 s.
    pub total: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let [connect, head, idle, store, total] = [10, 30, 20, 2, 120].map(Duration::from_secs);
        Deadlines { connect, head, idle, store, total }
    }
}

impl Deadlines {
    /// These with another time for [connecting](Deadlines::connect).
    #[must_use]
    pub fn connect(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// These with another time for the [head](Deadlines::head).
    #[must_use]
    pub fn head(mut self, limit: Duration) -> Self {
        self.head = limit;
        self
    }

    /// These with another time for [idleness](Deadlines::idle).
    #[must_use]
    pub fn idle(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// These with another time for the cache's [store](Deadlines::store).
    #[must_use]
    pub fn store(mut self, limit: Duration) -> Self {
        self.store = limit;
        self
    }

    /// These with another time for [everything](Deadlines::total).
    #[must_use]
    pub fn total(mut self, limit: Duration) -> Self {
        self.total = limit;
        self
    }
}

impl Deadlines {
    /// The error of a head that did not come within this time: that for a head, or what was left of the whole.
    pub(super) fn struck(&self, limit: Duration) -> FetchError {
        let struck = if limit < self.head { self.total } else { self.head };
        FetchError::new(Phase::Head, FetchErrorKind::Timeout(struck))
    }

    /// The error of a request whose whole time is over before there was a head.
    pub(super) fn over(&self) -> FetchError {
        FetchError::new(Phase::Head, FetchErrorKind::Timeout(self.total))
    }
}

/// Settings of a [`Client`].
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use gather_client::{Client, ClientBuilder, Deadlines};
/// use gather_core::{Clock, Fetch};
///
/// fn client<F: Fetch, C: Clock>(transport: F, clock: C) -> Client<F, C> {
///     ClientBuilder::new(SystemTime::now)
///         .deadlines(Deadlines::default().total(Duration::from_secs(30)))
///         .build(transport, clock)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct ClientBuilder(Settings);

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) wall: fn() -> SystemTime,
    pub(super) deadlines: Deadlines,
    pub(super) decode: DecodeLimits,
    pub(super) redirect: Arc<RedirectPolicy>,
    pub(super) retry: Arc<RetryPolicy>,
    pub(super) budgets: RetryBudgets,
    pub(super) jar: Option<Jar>,
    pub(super) keyring: Keyring,
    pub(super) cache: Option<(Cache, Arc<dyn AsyncStore>)>,
    pub(super) addresses: AddressPolicy,
    /// For requests that a server chose; where nothing is said, the above, or else public addresses.
    pub(super) discovered: Option<AddressPolicy>,
    pub(super) user_agent: Option<HeaderValue>,
    pub(super) seed: u64,
    pub(super) statistics_hosts: usize,
    pub(super) drain: DrainLimits,
    pub(super) careless_pools: CarelessPools,
    /// The value of `Accept-Encoding`, which is put together once.
    pub(super) accepted: HeaderValue,
}

impl ClientBuilder {
    /// The defaults: redirects followed, failures retried within a budget, bodies decoded under limits, cookies kept in
    /// memory, no cache, every address for what the user gives and public ones for what a server chooses.
    ///
    /// `wall` is the time of day, `SystemTime::now` outside of tests: cookies, caches and `Retry-After` speak in dates.
    #[must_use]
    pub fn new(wall: fn() -> SystemTime) -> Self {
        ClientBuilder(Settings {
            wall,
            deadlines: Deadlines::default(),
            decode: DecodeLimits::default(),
            redirect: Arc::default(),
            retry: Arc::default(),
            budgets: RetryBudgets::default(),
            jar: Some(Jar::default()),
            keyring: Keyring::default(),
            cache: None,
            addresses: AddressPolicy::Any,
            discovered: None,
            user_agent: None,
            seed: fastrand::u64(..),
            statistics_hosts: 1_000,
            drain: DrainLimits::default(),
            careless_pools: CarelessPools::Refuse,
            accepted: accept_encoding(),
        })
    }

    /// How long the parts of a request may take.
    #[must_use]
    pub fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.0.deadlines = deadlines;
        self
    }

    /// How large bodies may be, on the wire and decoded.
    #[must_use]
    pub fn decode(mut self, limits: DecodeLimits) -> Self {
        self.0.decode = limits;
        self
    }

    /// What redirects are followed.
    #[must_use]
    pub fn redirect(mut self, policy: RedirectPolicy) -> Self {
        self.0.redirect = Arc::new(policy);
        self
    }

    /// What is tried again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.0.retry = Arc::new(policy);
        self
    }

    /// How much of what fails may be tried again: a budget for each origin, by default, or a
    /// [`RetryBudget`](crate::retry::RetryBudget) for all. Clients that are given clones share it.
    #[must_use]
    pub fn retry_budget(mut self, budgets: impl Into<RetryBudgets>) -> Self {
        self.0.budgets = budgets.into();
        self
    }

    /// The jar that cookies go into and come from, shared with its clones; `None` for neither.
    #[must_use]
    pub fn cookies(mut self, jar: Option<Jar>) -> Self {
        self.0.jar = jar;
        self
    }

    /// Credentials, each for its origin.
    #[must_use]
    pub fn credentials(mut self, keyring: Keyring) -> Self {
        self.0.keyring = keyring;
        self
    }

    /// Keeps answers in `store`, which clones of it share: in a [`MemoryStore`](crate::cache::MemoryStore), or in a store
    /// that blocks, on a runtime's blocking pool ([`Offloaded`](crate::cache::Offloaded)).
    #[must_use]
    pub fn cache(mut self, cache: Cache, store: impl AsyncStore + 'static) -> Self {
        self.0.cache = Some((cache, Arc::new(store)));
        self
    }

    /// Which addresses may be reached. A request with an [`AddressPolicy`] of its own goes by that, and what a server
    /// sends elsewhere to public addresses only, whatever is set here but for what it allows by name.
    #[must_use]
    pub fn addresses(mut self, policy: AddressPolicy) -> Self {
        self.0.addresses = policy;
        self
    }

    /// Which addresses may be reached by what the user has not chosen: where a redirect leads to another origin, and requests
    /// that are marked as [`Discovered`](gather_core::addresses::Discovered). By default those that
    /// [`addresses`](ClientBuilder::addresses) allows, and where it allows all of them, public ones. A request with an
    /// [`AddressPolicy`] of its own goes by that.
    ///
    /// ```
    /// use gather_client::ClientBuilder;
    /// use gather_core::addresses::AddressPolicy;
    ///
    /// // What the user types may be anywhere; what a page names, on the Internet or in the intranet's one network.
    /// let intranet = AddressPolicy::public().allowing("10.1.0.0/16".parse()?);
    /// let settings = ClientBuilder::new(std::time::SystemTime::now).discovered_addresses(intranet);
    /// # drop(settings);
    /// # Ok::<(), gather_core::addresses::InvalidNetwork>(())
    /// ```
    #[must_use]
    pub fn discovered_addresses(mut self, policy: AddressPolicy) -> Self {
        self.0.discovered = Some(policy);
        self
    }

    /// The `User-Agent` of requests that have none.
    #[must_use]
    pub fn user_agent(mut self, agent: HeaderValue) -> Self {
        self.0.user_agent = Some(agent);
        self
    }

    /// How many hosts [`statistics`](Client::statistics) tell apart; further ones are added up. Default: 1,000, which take
    /// 4 MiB once there are so many.
    #[must_use]
    pub fn statistics_hosts(mut self, most: usize) -> Self {
        self.0.statistics_hosts = most;
        self
    }

    /// How much is read of answers that redirect or are asked for again, for the sake of their connections.
    #[must_use]
    pub fn drain(mut self, limits: DrainLimits) -> Self {
        self.0.drain = limits;
        self
    }

    /// Whether a transport is used whose pool is [careless](gather_core::Deviation::CarelessPool). By default it is refused.
    #[must_use]
    pub fn careless_pools(mut self, pools: CarelessPools) -> Self {
        self.0.careless_pools = pools;
        self
    }

    /// What the jitter of retries begins with. A random number by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Makes the client of a transport and a clock.
    pub fn build<F: Fetch, C: Clock>(self, transport: F, clock: C) -> Client<F, C> {
        Client::new(transport, clock, self.0)
    }
}
