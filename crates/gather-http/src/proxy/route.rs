//! How a host is reached: decided once for a host under a policy, from what is known without asking anybody.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Phase};
use http::Uri;
use rustls::ClientConfig;

use super::address::{Proxy, ProxyKind};
use super::error::{ProxyError, ProxyFault};
use super::handshake::Via;
use super::{JudgedBy, Proxies};
use crate::connection::HeadLimits;

/// The way to a host.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    /// A connection of our own.
    Direct,
    /// Requests are sent to the proxy, with the whole address in them.
    Forward(Arc<Proxy>),
    /// The proxy connects, and passes bytes on.
    Tunnel(Arc<Proxy>, Destination),
}

/// What the proxy is told of where to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// What the address has: a name that the proxy looks up, or an IP address.
    AsGiven,
    /// An address that was looked up here and is permitted.
    LookedUp,
}

impl Route {
    /// The way to the host of `url` under `policy`. `only_tunnels` where the engine speaks something else than HTTP/1 to it.
    ///
    /// # Errors
    ///
    /// When the environment names no valid proxy; when the policy forbids it, or nobody could tell whether it does.
    pub(crate) fn choose(
        proxies: &Proxies,
        url: &Uri,
        policy: &AddressPolicy,
        only_tunnels: bool,
    ) -> Result<Route, FetchError> {
        let invalid = |error| FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(error);
        let Some(proxy) = proxies.shared(url).map_err(invalid)? else { return Ok(Route::Direct) };
        let destination = destination(proxies.judged_by, proxy, url.host().unwrap_or_default(), policy)?;
        let forwards = proxy.kind().is_http() && destination == Destination::AsGiven && !only_tunnels;
        Ok(match url.scheme_str() {
            Some("http") if forwards => Route::Forward(proxy.clone()),
            _ => Route::Tunnel(proxy.clone(), destination),
        })
    }

    /// What a connection is made with, where a proxy is in the way.
    pub(crate) fn via(&self, tls: Arc<ClientConfig>, limits: HeadLimits) -> Option<Via> {
        match self {
            Route::Direct => None,
            route => Some(Via { route: route.clone(), tls, limits }),
        }
    }

    /// The proxy that requests are sent to whole.
    pub(crate) fn forwards(&self) -> Option<&Arc<Proxy>> {
        match self {
            Route::Forward(proxy) => Some(proxy),
            _ => None,
        }
    }
}

fn destination(
    judge: JudgedBy,
    proxy: &Arc<Proxy>,
    host: &str,
    policy: &AddressPolicy,
) -> Result<Destination, FetchError> {
    if proxy.kind() == ProxyKind::Socks5 {
        return Ok(Destination::LookedUp);
    }
    if !policy.restricts() {
        return Ok(Destination::AsGiven);
    }
    if let Some(address) = known_address(host) {
        policy.check(address)?;
    }
    let is_address = bare(host).parse::<IpAddr>().is_ok();
    match judge {
        JudgedBy::Proxy if is_address || !ends_in_a_number(host) => Ok(Destination::AsGiven),
        JudgedBy::Client if is_address => Ok(Destination::AsGiven),
        JudgedBy::Client if proxy.kind() != ProxyKind::Socks5h => Ok(Destination::LookedUp),
        _ => Err(ProxyError::new(proxy, ProxyFault::NotJudged).into_fetch()),
    }
}

/// The address that a host stands for wherever it is looked up: its own, or loopback (RFC 6761, section 6.3).
fn known_address(host: &str) -> Option<IpAddr> {
    let name = bare(host).trim_end_matches('.').to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    bare(host).parse().ok()
}

/// Whether the last label is a number, which makes the host an address in one of its older forms (WHATWG URL, "ends in a
/// number checker"): no name does, and resolvers disagree about which address it is.
fn ends_in_a_number(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let is_decimal = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Without the brackets of an IPv6 address.
pub(super) fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
