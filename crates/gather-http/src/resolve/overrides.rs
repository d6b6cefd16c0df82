//! Names whose addresses the program says itself.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use gather_core::BoxFuture;

use crate::resolve::{Resolve, ResolveError, ResolveErrorKind, Resolved};

/// A resolver that knows the addresses of some names, and leaves the others to another one: what `curl --resolve` is for.
///
/// An address that is pinned here is judged by a request's [address policy](gather_core::addresses) like any other.
///
/// ```
/// use std::net::Ipv4Addr;
/// use gather_http::{Builder, Overrides, SystemResolver};
///
/// # fn example<R: gather_http::Connect>(runtime: R) -> Result<(), gather_http::TlsSetupError> {
/// let staging = Ipv4Addr::new(192, 0, 2, 7).into();
/// let overrides = Overrides::new().pin("www.example.com", [staging]).or_else(SystemResolver::new(runtime.clone()));
/// // Asks 192.0.2.7 for https://www.example.com/, with that name in the certificate and in the request.
/// let client = Builder::new().resolver(overrides).build(runtime)?;
/// # drop(client); Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Overrides {
    pinned: HashMap<Box<str>, Vec<IpAddr>>,
    others: Option<Arc<dyn Resolve>>,
}

impl Overrides {
    /// Knows no name. Until there is [another resolver](Overrides::or_else) a name that is not pinned does not exist, so that
    /// a program can be kept to the hosts that it names.
    pub fn new() -> Self {
        Overrides::default()
    }

    /// The same with these addresses for `name`, in the order in which they are to be tried, instead of any it was pinned to.
    /// Case does not matter, nor does a dot at the end. A name with no address is blocked.
    #[must_use]
    pub fn pin(mut self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.pinned.insert(key(name), addresses.into_iter().collect());
        self
    }

    /// The same with `resolver` for all other names, instead of any that was there.
    #[must_use]
    pub fn or_else(mut self, resolver: impl Resolve) -> Self {
        self.others = Some(Arc::new(resolver));
        self
    }
}

impl Resolve for Overrides {
    fn resolve(&self, name: &str) -> BoxFuture<Result<Resolved, ResolveError>> {
        if let Some(addresses) = self.pinned.get(&key(name)) {
            let pinned = Resolved::new(addresses.iter().copied());
            return Box::pin(async { Ok(pinned) });
        }
        match &self.others {
            Some(others) => others.resolve(name),
            None => {
                let unknown = ResolveError::new(name, ResolveErrorKind::NotFound);
                Box::pin(async { Err(unknown) })
            }
        }
    }
}

fn key(name: &str) -> Box<str> {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase().into()
}

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrides").field("pinned", &self.pinned).finish_non_exhaustive()
    }
}
