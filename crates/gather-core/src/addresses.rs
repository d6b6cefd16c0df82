//! Which addresses a request may reach: the public Internet, or everything, or what a program allows by name.
//!
//! A page names hosts, and whoever writes a page chooses what they resolve to: `http://intranet/` on a name server of
//! one's own, 127.0.0.1 behind a harmless name. A program that follows what it finds therefore looks at the *resolved*
//! address, at the moment it connects, at every redirect and for every answer of the name server. This module is that
//! look, as plain values: it opens nothing and resolves nothing. Transports enforce it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::Extensions;

use crate::error::{FetchError, FetchErrorKind, Phase};

mod network;
mod special;

pub use network::{InvalidNetwork, Network};
pub use special::{SPECIAL_NETWORKS, SpecialNetwork, is_public, special_network};

/// Which addresses a request may be sent to.
///
/// It rides in the request's [`Extensions`]; a transport asks [`of`](AddressPolicy::of) for it and hands every resolved
/// address to [`check`](AddressPolicy::check), or all of them to [`permitted`](AddressPolicy::permitted), before it
/// connects. A transport that cannot (because its own resolver is out of reach) must refuse such requests.
///
/// ```
/// use gather_core::addresses::AddressPolicy;
///
/// let policy = AddressPolicy::public().allowing("10.1.0.0/16".parse()?);
/// assert!(policy.permits([93, 184, 215, 14].into()));
/// assert!(policy.permits([10, 1, 2, 3].into()));
/// assert!(!policy.permits([10, 2, 2, 3].into()));
/// assert!(!policy.permits([127, 0, 0, 1].into()));
/// # Ok::<(), gather_core::addresses::InvalidNetwork>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressPolicy {
    /// Every address: right for what the user typed.
    #[default]
    Any,
    /// Public addresses ([`is_public`]), and whatever lies in one of these networks.
    Public {
        /// Networks that may be reached although they are not public. Shared, so that clones cost nothing.
        allow: Arc<[Network]>,
    },
}

/// Marks a request whose address was found in a page or given by a server, rather than by the user.
///
/// Put it into the request's [`Extensions`]: unless an [`AddressPolicy`] is there too, the request is then held to
/// [`AddressPolicy::public`].
///
/// ```
/// use gather_core::addresses::{AddressPolicy, Discovered};
///
/// let mut request = gather_core::get("http://example.com/")?;
/// assert_eq!(AddressPolicy::of(request.extensions()), AddressPolicy::Any);
/// request.extensions_mut().insert(Discovered);
/// assert_eq!(AddressPolicy::of(request.extensions()), AddressPolicy::public());
/// # Ok::<(), gather_core::FetchError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Discovered;

impl AddressPolicy {
    /// Public addresses and nothing else.
    pub fn public() -> Self {
        AddressPolicy::Public { allow: Arc::new([]) }
    }

    /// The same with one more network that may be reached. [`Any`](AddressPolicy::Any) stays what it is.
    ///
    /// An entry is compared with the address as it stands: `127.0.0.0/8` does not open `::ffff:127.0.0.1`.
    #[must_use]
    pub fn allowing(self, network: Network) -> Self {
        match self {
            AddressPolicy::Any => AddressPolicy::Any,
            AddressPolicy::Public { allow } => {
                AddressPolicy::Public { allow: allow.iter().copied().chain([network]).collect() }
            }
        }
    }

    /// The policy a request is under: the one in its extensions, else [`public`](AddressPolicy::public) if it is marked
    /// [`Discovered`], else [`Any`](AddressPolicy::Any).
    pub fn of(extensions: &Extensions) -> Self {
        match (extensions.get::<AddressPolicy>(), extensions.get::<Discovered>()) {
            (Some(policy), _) => policy.clone(),
            (None, Some(Discovered)) => AddressPolicy::public(),
            (None, None) => AddressPolicy::Any,
        }
    }

    /// Whether there is anything to enforce. A transport that cannot enforce it refuses requests for which this is true.
    pub fn restricts(&self) -> bool {
        *self != AddressPolicy::Any
    }

    /// Whether `address` may be connected to.
    pub fn permits(&self, address: IpAddr) -> bool {
        self.check(address).is_ok()
    }

    /// Whether `address` may be connected to, with the reason why not.
    ///
    /// # Errors
    ///
    /// Phase [`Connect`](Phase::Connect), kind [`Forbidden`](FetchErrorKind::Forbidden); the source is a
    /// [`ForbiddenAddress`].
    pub fn check(&self, address: IpAddr) -> Result<(), FetchError> {
        let AddressPolicy::Public { allow } = self else { return Ok(()) };
        if is_public(address) || allow.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        Err(FetchError::new(Phase::Connect, FetchErrorKind::Forbidden).with_source(ForbiddenAddress { address }))
    }

    /// Those of a name's `addresses` that may be connected to, in their order.
    ///
    /// Connect to these very addresses: to resolve the name again is to let the answer change in between (DNS
    /// rebinding).
    ///
    /// # Errors
    ///
    /// The error of [`check`](AddressPolicy::check) for the first address, when there are some and none is permitted.
    pub fn permitted(&self, addresses: impl IntoIterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, FetchError> {
        let mut permitted = Vec::new();
        let mut refused = None;
        for address in addresses {
            match self.check(address.ip()) {
                Ok(()) => permitted.push(address),
                Err(error) => drop(refused.get_or_insert(error)),
            }
        }
        match refused {
            Some(error) if permitted.is_empty() => Err(error),
            _ => Ok(permitted),
        }
    }
}

/// An address that the [`AddressPolicy`] of a request does not permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForbiddenAddress {
    /// What the host resolved to.
    pub address: IpAddr,
}

impl fmt::Display for ForbiddenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match special_network(self.address) {
            Some(special) => write!(f, "{} is not public: {} ({})", self.address, special.name, special.network),
            None => write!(f, "{} is not public: not assigned for use on the Internet", self.address),
        }
    }
}

impl std::error::Error for ForbiddenAddress {}
