//! Names into addresses: what a resolver is, what it answers, and the bounds that hold whichever one is asked.

mod cache;
mod error;
mod limits;
mod overrides;
mod system;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gather_core::BoxFuture;

pub(crate) use cache::Names;
pub use error::{ResolveError, ResolveErrorKind};
pub use limits::ResolveLimits;
pub use overrides::Overrides;
pub use system::SystemResolver;

/// Something that knows the addresses of names.
///
/// [`Builder::resolver`](crate::Builder::resolver) puts it in the place of the system's. It is asked for one name at a
/// time, never for a numeric address, and each name once however many requests wait for it; what it answers is kept for as
/// long as it says. Limits, deadline and the request's [address policy](gather_core::addresses) are not its business: they
/// are enforced on whatever it answers, at the moment of connecting.
///
/// A resolver that panics fails the lookup and nothing else.
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use gather_core::BoxFuture;
/// use gather_http::{Resolve, ResolveError, ResolveErrorKind, Resolved};
///
/// /// Every name under `.local.test` is this machine; there are no others.
/// struct LocalTest;
///
/// impl Resolve for LocalTest {
///     fn resolve(&self, name: &str) -> BoxFuture<Result<Resolved, ResolveError>> {
///         let answer = match name.ends_with(".local.test") {
///             true => Ok(Resolved::new([Ipv4Addr::LOCALHOST.into()])),
///             false => Err(ResolveError::new(name, ResolveErrorKind::NotFound)),
///         };
///         Box::pin(async { answer })
///     }
/// }
/// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
/// let client = gather_http::Builder::new().resolver(LocalTest).build(runtime)?;
/// # drop(client); Ok(()) }
/// ```
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of `name`: of any length up to 254 bytes, in lower case (names are compared without case, RFC 4343),
    /// with a dot at its end where the URL had one.
    ///
    /// The future is polled by a task on the client's runtime. It is dropped when the
    /// [deadline](ResolveLimits::deadline) is over or the client is closed, and not when a request that waits for it is.
    ///
    /// # Errors
    ///
    /// Whatever the resolver says; every request that waits for the name gets the same one. An answer without an address
    /// need not be made an error: it is one.
    fn resolve(&self, name: &str) -> BoxFuture<Result<Resolved, ResolveError>>;
}

impl<R: Resolve + ?Sized> Resolve for Arc<R> {
    fn resolve(&self, name: &str) -> BoxFuture<Result<Resolved, ResolveError>> {
        (**self).resolve(name)
    }
}

/// What a resolver found: addresses in the order in which it prefers them, and for how long they hold.
///
/// ```
/// use std::net::Ipv4Addr;
/// use std::time::Duration;
///
/// let found = gather_http::Resolved::new([Ipv4Addr::new(192, 0, 2, 1).into()]).time_to_live(Duration::from_secs(300));
/// assert_eq!(found.addresses().len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    addresses: Vec<SocketAddr>,
    time_to_live: Option<Duration>,
}

impl Resolved {
    /// These addresses, for as long as the client keeps an answer that says nothing of it
    /// ([`ResolveLimits::time_to_live`]).
    pub fn new(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Resolved::from_sockets(addresses.into_iter().map(|address| SocketAddr::new(address, 0)))
    }

    /// As [`new`](Resolved::new), from socket addresses, which know the zone of a link-local IPv6 address. Their ports are
    /// not used: the URL's is.
    pub fn from_sockets(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Resolved { addresses: addresses.into_iter().collect(), time_to_live: None }
    }

    /// The same, to be kept for `time` (DNS's TTL). Nothing is kept for more than a day; with no time at all the answer
    /// serves those who are waiting for it, and is forgotten.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = Some(time);
        self
    }

    /// The addresses.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}
