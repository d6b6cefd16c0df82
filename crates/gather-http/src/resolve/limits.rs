//! The bounds of looking up names: how many, how long, for how long.

use std::time::Duration;

/// The bounds of one client's lookups. Every field has a safe default.
///
/// ```
/// use std::time::Duration;
/// use gather_http::{Builder, ResolveLimits};
///
/// let limits = ResolveLimits::default().time_to_live(Duration::from_secs(5)).max_lookups(8);
/// # fn example<R: gather_http::Connect>(runtime: R, limits: ResolveLimits) -> Result<(), gather_http::TlsSetupError> {
/// let client = Builder::new().resolve_limits(limits).build(runtime)?;
/// # drop(client); Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolveLimits {
    /// How long an answer is kept that does not say so itself. 30 s by default: `getaddrinfo` tells nobody DNS's time to
    /// live, and 30 s is what Java's resolver settled on for the same want; curl keeps a name for 60 s. Zero keeps nothing.
    pub time_to_live: Duration,
    /// How long a failure is kept. 1 s by default, the least that RFC 9520 (3.2) asks of a resolver: a page with a hundred
    /// links to a dead host costs one lookup, and a name server that was away for a moment is asked again at the next
    /// retry. Zero keeps none.
    pub failure_time_to_live: Duration,
    /// The most names, failed ones included, that are kept. 4,096 by default; the one that would go first goes first.
    pub max_names: usize,
    /// The most addresses of one name that are kept and tried. 32 by default: DNS answers that matter have fewer than ten,
    /// and each is a connection attempt that somebody else chose. 0 is read as 1.
    pub max_addresses: usize,
    /// The most lookups at once; the others wait in line. 32 by default, since each of the system's resolver blocks a thread
    /// of the runtime's pool, which parsers may be waiting for too. 0 is read as 1.
    pub max_lookups: usize,
    /// The time for one lookup, from its turn in the line. 30 s by default: what the C library needs at most for two name
    /// servers that do not answer (`resolv.conf`: 5 s and two attempts each), and then some.
    pub deadline: Duration,
}

impl Default for ResolveLimits {
    fn default() -> Self {
        ResolveLimits {
            time_to_live: Duration::from_secs(30),
            failure_time_to_live: Duration::from_secs(1),
            max_names: 4_096,
            max_addresses: 32,
            max_lookups: MAX_LOOKUPS,
            deadline: Duration::from_secs(30),
        }
    }
}

/// See [`ResolveLimits::max_lookups`].
pub(super) const MAX_LOOKUPS: usize = 32;

impl ResolveLimits {
    /// The same with another [`time_to_live`](ResolveLimits::time_to_live).
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }

    /// The same with another [`failure_time_to_live`](ResolveLimits::failure_time_to_live).
    #[must_use]
    pub fn failure_time_to_live(mut self, time: Duration) -> Self {
        self.failure_time_to_live = time;
        self
    }

    /// The same with another [`max_names`](ResolveLimits::max_names).
    #[must_use]
    pub fn max_names(mut self, names: usize) -> Self {
        self.max_names = names;
        self
    }

    /// The same with another [`max_addresses`](ResolveLimits::max_addresses).
    #[must_use]
    pub fn max_addresses(mut self, addresses: usize) -> Self {
        self.max_addresses = addresses;
        self
    }

    /// The same with another [`max_lookups`](ResolveLimits::max_lookups).
    #[must_use]
    pub fn max_lookups(mut self, lookups: usize) -> Self {
        self.max_lookups = lookups;
        self
    }

    /// The same with another [`deadline`](ResolveLimits::deadline).
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}
