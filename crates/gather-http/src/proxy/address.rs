//! One proxy: what it speaks, where it is, and who asks; parsed from what people write into `http_proxy`.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyKind {
    /// HTTP: `http://` addresses are asked for whole (RFC 9112, section 3.2.2), `https://` ones through a tunnel
    /// (`CONNECT`; RFC 9110, section 9.3.6).
    Http,
    /// The same over TLS. The proxy's certificate is verified like any other.
    Https,
    /// SOCKS 5 (RFC 1928), which is given addresses that were looked up here.
    Socks5,
    /// SOCKS 5, which is given names and looks them up itself: the name servers that this machine uses learn nothing.
    Socks5h,
}

impl ProxyKind {
    /// The scheme that says so.
    pub fn scheme(self) -> &'static str {
        match self {
            ProxyKind::Http => "http",
            ProxyKind::Https => "https",
            ProxyKind::Socks5 => "socks5",
            ProxyKind::Socks5h => "socks5h",
        }
    }

    /// The port where none is given, which is curl's choice: 443 for `https`, 1080 for all others.
    pub fn default_port(self) -> u16 {
        if self == ProxyKind::Https { 443 } else { 1080 }
    }

    pub(crate) fn is_http(self) -> bool {
        matches!(self, ProxyKind::Http | ProxyKind::Https)
    }
}

/// A proxy: `[scheme://][user[:password]@]host[:port]`, as curl reads it.
///
/// The scheme is `http` (also where there is none), `https`, `socks5` or `socks5h`. User name and password are
/// percent-decoded. A path is ignored. [`Display`](fmt::Display) and [`Debug`] show no user name and no password.
///
/// ```
/// use gather_http::{Proxy, ProxyKind};
///
/// let proxy: Proxy = "http://ada:s%40cret@proxy.example:3128".parse()?;
/// assert_eq!((proxy.kind(), proxy.host(), proxy.port()), (ProxyKind::Http, "proxy.example", 3128));
/// assert_eq!(proxy.to_string(), "http://proxy.example:3128");
/// assert!(!format!("{proxy:?}").contains("cret"));
/// # Ok::<(), gather_http::InvalidProxy>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: ProxyKind,
    /// Where to connect to: http or https, host and port, and nothing else.
    address: Uri,
    credentials: Option<Credentials>,
}

/// In the form in which they are sent.
#[derive(Clone, PartialEq, Eq)]
enum Credentials {
    /// The value of `Proxy-Authorization`, marked sensitive.
    Basic(HeaderValue),
    /// For RFC 1929: each of at most 255 bytes, the name of at least one.
    Password { user: Box<[u8]>, password: Box<[u8]> },
}

impl Proxy {
    /// What it speaks.
    pub fn kind(&self) -> ProxyKind {
        self.kind
    }

    /// Its host; an IPv6 address is in brackets.
    pub fn host(&self) -> &str {
        self.address.host().unwrap_or_default()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port_u16().unwrap_or(self.kind.default_port())
    }

    /// Whether it is told a user name and a password.
    pub fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    /// The same with a user name and a password, which are sent to the proxy and to nobody else: as basic credentials
    /// (RFC 7617, in UTF-8), to a SOCKS proxy as RFC 1929 has it.
    ///
    /// # Errors
    ///
    /// [`InvalidProxy::Credentials`]: for an HTTP proxy a name with a colon, and control characters; for a SOCKS proxy an
    /// empty name, and more than 255 bytes of either.
    pub fn with_credentials(self, user: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Result<Self, InvalidProxy> {
        let (user, password) = (user.as_ref(), password.as_ref());
        let credentials = if self.kind.is_http() { basic(user, password)? } else { rfc1929(user, password)? };
        Ok(Proxy { credentials: Some(credentials), ..self })
    }

    /// Where to connect to.
    pub(crate) fn address(&self) -> &Uri {
        &self.address
    }

    /// The value of `Proxy-Authorization`.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        match &self.credentials {
            Some(Credentials::Basic(value)) => Some(value),
            _ => None,
        }
    }

    /// User name and password for SOCKS.
    pub(crate) fn user_and_password(&self) -> Option<(&[u8], &[u8])> {
        match &self.credentials {
            Some(Credentials::Password { user, password }) => Some((user, password)),
            _ => None,
        }
    }
}

fn basic(user: &[u8], password: &[u8]) -> Result<Credentials, InvalidProxy> {
    if user.contains(&b':') {
        return Err(InvalidProxy::Credentials("a user name must not have a colon"));
    }
    if user.iter().chain(password).any(u8::is_ascii_control) {
        return Err(InvalidProxy::Credentials("they must not have control characters"));
    }
    let value = format!("Basic {}", STANDARD.encode([user, b":", password].concat()));
    // Base64 is always a valid field value.
    let mut value = HeaderValue::try_from(value).map_err(|_| InvalidProxy::Credentials("they cannot be sent"))?;
    value.set_sensitive(true);
    Ok(Credentials::Basic(value))
}

fn rfc1929(user: &[u8], password: &[u8]) -> Result<Credentials, InvalidProxy> {
    if user.is_empty() {
        return Err(InvalidProxy::Credentials("SOCKS needs a user name"));
    }
    if user.len() > 255 || password.len() > 255 {
        return Err(InvalidProxy::Credentials("SOCKS takes at most 255 bytes of each"));
    }
    Ok(Credentials::Password { user: user.into(), password: password.into() })
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        // What stands for bytes that were not Unicode would make another password out of one.
        if text.contains('\u{FFFD}') {
            return Err(InvalidProxy::NotUnicode);
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let kind = kind(scheme)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (userinfo, place) = match authority.rsplit_once('@') {
            Some((userinfo, place)) => (Some(userinfo), place),
            None => (None, authority),
        };
        let (host, port) = host_and_port(place)?;
        let port = port.unwrap_or(kind.default_port());
        let scheme = if kind == ProxyKind::Https { "https" } else { "http" };
        let address = Uri::builder().scheme(scheme).authority(format!("{host}:{port}")).path_and_query("/").build();
        let proxy = Proxy { kind, address: address.map_err(|_| InvalidProxy::Host)?, credentials: None };
        let Some(userinfo) = userinfo else { return Ok(proxy) };
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
        proxy.with_credentials(decoded(user), decoded(password))
    }
}

fn kind(scheme: &str) -> Result<ProxyKind, InvalidProxy> {
    let known = [ProxyKind::Http, ProxyKind::Https, ProxyKind::Socks5, ProxyKind::Socks5h];
    let found = known.into_iter().find(|kind| kind.scheme().eq_ignore_ascii_case(scheme));
    found.ok_or_else(|| {
        // In front of what looks like a scheme there may be half of a password.
        let is_scheme = scheme.len() <= 16 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
        InvalidProxy::Scheme(if is_scheme { scheme.to_ascii_lowercase() } else { "?".to_owned() })
    })
}

fn host_and_port(place: &str) -> Result<(&str, Option<u16>), InvalidProxy> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(InvalidProxy::Host)?;
            address.parse::<Ipv6Addr>().map_err(|_| InvalidProxy::Host)?;
            let port = if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(InvalidProxy::Host)?) };
            (&place[..address.len() + 2], port)
        }
        None => {
            let (name, port) = place.split_once(':').map_or((place, None), |(name, port)| (name, Some(port)));
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            if name.is_empty() || name.len() > 253 || !name.bytes().all(allowed) {
                return Err(InvalidProxy::Host);
            }
            (name, port)
        }
    };
    let port = match port {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse::<u16>().ok().filter(|port| *port != 0).ok_or(InvalidProxy::Port)?)
        }
        Some(_) => return Err(InvalidProxy::Port),
        None => None,
    };
    Ok((host, port))
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.kind.scheme(), self.host(), self.port())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self}{})", if self.has_credentials() { ", credentials redacted" } else { "" })
    }
}

/// Why a text is no [`Proxy`]. It does not repeat the text, in which there may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidProxy {
    /// A scheme, given here, other than `http`, `https`, `socks5` and `socks5h`. SOCKS 4 is none of them: it has neither
    /// IPv6 nor passwords.
    Scheme(String),
    /// No host, or something that is none: an IPv6 address without brackets, a name that is not ASCII.
    Host,
    /// Not a number from 1 to 65535.
    Port,
    /// A user name or password that the proxy's protocol cannot carry, with the reason.
    Credentials(&'static str),
    /// Bytes that are not Unicode.
    NotUnicode,
}

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the address of a proxy: ")?;
        match self {
            InvalidProxy::Scheme(scheme) => write!(f, "the scheme `{scheme}`, not http, https, socks5 or socks5h"),
            InvalidProxy::Host => f.write_str("it has no valid host"),
            InvalidProxy::Port => f.write_str("the port is not a number from 1 to 65535"),
            InvalidProxy::Credentials(why) => write!(f, "user name and password: {why}"),
            InvalidProxy::NotUnicode => f.write_str("it is not Unicode"),
        }
    }
}

impl std::error::Error for InvalidProxy {}
