//! Proxies: which one for which address, and how each is spoken to.
//!
//! [`Proxies`] is the choice, a value without I/O. What is said to a proxy is sans-IO too (`tunnel.rs`, `socks5.rs`): bytes in,
//! bytes or a typed error out. `handshake.rs` carries those bytes, and is all that touches a connection.
//!
//! hyper-util has all of this as well. Its matcher takes a proxy that it cannot parse for none and goes out directly, reads
//! `HTTP_PROXY` (CVE-2016-5385), and knows neither curl's trailing dots nor addresses under `*`; its tunnels have errors that
//! cannot be named, drop what the other side has already said, and fail on another 2xx than 200. So it is written here.

use std::fmt;
use std::sync::Arc;

use http::Uri;

mod address;
mod bypass;
mod environment;
mod error;
mod handshake;
mod route;
mod socks5;
mod stream;
mod tunnel;

#[cfg(test)]
mod tests;

pub use address::{InvalidProxy, Proxy, ProxyKind};
pub use environment::InvalidProxyVariable;
pub use error::{ProxyError, ProxyFault, SocksReply};
pub(crate) use handshake::{Via, connect};
pub(crate) use route::Route;
pub(crate) use stream::Proxied;

use bypass::Bypass;

/// Which proxy a request goes through. By default none.
///
/// It is asked with the address of each request, also of each redirect, which is a request of its own. A proxy's own address
/// is connected to whatever the request's [`AddressPolicy`](gather_core::addresses::AddressPolicy) says: the user has chosen
/// it. What the policy is about is where the proxy is asked to go; who judges that is [`JudgedBy`].
///
/// `Proxy-Authorization` is sent to proxies and nowhere else: not to an origin, not inside a tunnel, whoever put it into the
/// request.
///
/// ```
/// use gather_http::Proxies;
///
/// let proxies = Proxies::all("http://proxy.example:3128".parse()?).bypassing("localhost,127.0.0.0/8");
/// assert!(proxies.of(&"http://example.com/".parse()?)?.is_some());
/// assert!(proxies.of(&"http://127.0.0.1:8000/".parse()?)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    http: Choice,
    https: Choice,
    bypass: Bypass,
    judged_by: JudgedBy,
}

/// What addresses of one scheme go through.
#[derive(Clone, Default)]
enum Choice {
    #[default]
    Direct,
    Through(Arc<Proxy>),
    /// The environment names something that is no proxy. To go out directly would be to do what it forbids.
    Invalid(InvalidProxyVariable),
}

/// Who sees to it that a request for public addresses only, as requests that were found in a page are, reaches no other when
/// a proxy is in the way. A client cannot see what a proxy makes of a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JudgedBy {
    /// The client, which is the default. It looks the name up itself, refuses what the policy refuses, and hands the proxy
    /// an address instead of the name: in a tunnel, also for `http://`, which some HTTP proxies do not permit. A
    /// [`Socks5h`](ProxyKind::Socks5h) proxy is there so that names are *not* looked up here, so restricted requests for a
    /// name fail with [`NotJudged`](ProxyFault::NotJudged).
    #[default]
    Client,
    /// The proxy, which is trusted to do so. It is handed names; addresses, `localhost` and numbers that pass for addresses
    /// (`http://2130706433/`) are still judged here.
    Proxy,
}

impl Proxies {
    /// No proxy for anything.
    pub fn none() -> Self {
        Proxies::default()
    }

    /// This proxy for everything.
    pub fn all(proxy: Proxy) -> Self {
        let proxy = Arc::new(proxy);
        Proxies { http: Choice::Through(proxy.clone()), https: Choice::Through(proxy), ..Proxies::none() }
    }

    /// The same with this proxy for `http://` addresses.
    #[must_use]
    pub fn for_http(mut self, proxy: Proxy) -> Self {
        self.http = Choice::Through(Arc::new(proxy));
        self
    }

    /// The same with this proxy for `https://` addresses.
    #[must_use]
    pub fn for_https(mut self, proxy: Proxy) -> Self {
        self.https = Choice::Through(Arc::new(proxy));
        self
    }

    /// The same with this list of hosts that are asked directly, instead of the one before.
    ///
    /// The list is read as curl reads `no_proxy`, entries separated by commas or blanks: a name stands for itself and everything below
    /// it, with or without a dot before or behind it; an address for itself, in CIDR notation for a network (in which 0
    /// bits are read as all of them); `*`, alone, for everything. Beyond curl, an entry may have a port, to which it is then confined. What is none of these matches nothing. Names are not
    /// looked up: an address in the list does not match a name that stands for it.
    #[must_use]
    pub fn bypassing(mut self, list: &str) -> Self {
        self.bypass = Bypass::parse(list);
        self
    }

    /// The same with another judge of where restricted requests may go.
    #[must_use]
    pub fn judged_by(mut self, judge: JudgedBy) -> Self {
        self.judged_by = judge;
        self
    }

    /// Whether every proxy that the environment names is one.
    ///
    /// # Errors
    ///
    /// The first variable that is not.
    pub fn check(&self) -> Result<(), InvalidProxyVariable> {
        for choice in [&self.http, &self.https] {
            if let Choice::Invalid(error) = choice {
                return Err(error.clone());
            }
        }
        Ok(())
    }

    /// The proxy for an address; `None` for one that is asked directly.
    ///
    /// # Errors
    ///
    /// When the environment names something for it that is no proxy.
    pub fn of(&self, url: &Uri) -> Result<Option<&Proxy>, InvalidProxyVariable> {
        Ok(self.shared(url)?.map(|proxy| &**proxy))
    }

    fn shared(&self, url: &Uri) -> Result<Option<&Arc<Proxy>>, InvalidProxyVariable> {
        let (choice, default_port) = match url.scheme_str() {
            Some("http") => (&self.http, 80),
            Some("https") => (&self.https, 443),
            _ => return Ok(None),
        };
        if matches!(choice, Choice::Direct) {
            return Ok(None);
        }
        if self.bypass.covers(url.host().unwrap_or_default(), url.port_u16().unwrap_or(default_port)) {
            return Ok(None);
        }
        match choice {
            Choice::Direct => Ok(None),
            Choice::Through(proxy) => Ok(Some(proxy)),
            Choice::Invalid(error) => Err(error.clone()),
        }
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Direct => f.write_str("Direct"),
            Choice::Through(proxy) => proxy.fmt(f),
            Choice::Invalid(error) => error.fmt(f),
        }
    }
}
