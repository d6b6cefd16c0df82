//! From a `Set-Cookie` header to a cookie that may be kept (RFC 6265 section 5.3, RFC 6265bis section 5.7).

use std::fmt;
use std::time::{Duration, SystemTime};

use cookie_store::{Cookie, CookieDomain, CookieExpiration, RawCookie};
use http::HeaderValue;
use time::OffsetDateTime;
use url::{Host, Url};

use super::{CookieLimits, is_public_suffix};

/// Why a cookie was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// Not a cookie: no name, no `=`, not UTF-8.
    Malformed,
    /// Name and value, or one attribute, are longer than the limit, given here.
    TooLarge(usize),
    /// More cookies in one answer than the limit, given here.
    TooMany(usize),
    /// For a domain that the host is not in.
    Domain,
    /// For a public suffix.
    PublicSuffix,
    /// `Secure`, from a plain connection; or it would hide one that is.
    Insecure,
    /// Named `__Secure-` or `__Host-` without what the prefix promises.
    Prefix,
}

/// Attributes beyond this are ignored by RFC 6265bis section 5.6; here the cookie is, which is what a server that sends
/// such a thing is least surprised by.
const MAX_ATTRIBUTE: usize = 1_024;

/// The longest life, RFC 6265bis section 5.5.
const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

pub(super) fn parse(
    value: &HeaderValue,
    url: &Url,
    now: SystemTime,
    limits: &CookieLimits,
) -> Result<Cookie<'static>, Rejected> {
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| Rejected::Malformed)?;
    let raw = RawCookie::parse(text).map_err(|_| Rejected::Malformed)?;
    if raw.name().len() + raw.value().len() > limits.bytes {
        return Err(Rejected::TooLarge(limits.bytes));
    }
    if [raw.path(), raw.domain()].into_iter().flatten().any(|attribute| attribute.len() > MAX_ATTRIBUTE) {
        return Err(Rejected::TooLarge(MAX_ATTRIBUTE));
    }
    let secure = raw.secure().unwrap_or(false);
    if secure && !is_secure(url) {
        return Err(Rejected::Insecure);
    }
    keeps_its_promise(&raw, secure)?;
    let expires = expiration(&raw, now);
    let mut cookie = Cookie::try_from_raw_cookie(&compact(&raw), url).map_err(|_| Rejected::Domain)?;
    cookie.domain = confined(cookie.domain, url)?;
    cookie.expires = expires;
    Ok(cookie)
}

/// What the two prefixes promise (RFC 6265bis section 4.1.3), in any case of letters.
fn keeps_its_promise(raw: &RawCookie<'_>, secure: bool) -> Result<(), Rejected> {
    let starts_with = |prefix: &str| {
        raw.name().as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    let host_only = raw.domain().is_none() && raw.path() == Some("/");
    if (starts_with("__Secure-") && !secure) || (starts_with("__Host-") && !(secure && host_only)) {
        return Err(Rejected::Prefix);
    }
    Ok(())
}

/// The same cookie without the header that it came in, which it would keep alive in full length, and without an age,
/// which would be counted from the machine's clock.
fn compact(raw: &RawCookie<'_>) -> RawCookie<'static> {
    let mut compact = RawCookie::new(raw.name().to_owned(), raw.value().to_owned());
    if let Some(domain) = raw.domain() {
        compact.set_domain(domain.to_owned());
    }
    if let Some(path) = raw.path() {
        compact.set_path(path.to_owned());
    }
    if raw.secure().unwrap_or(false) {
        compact.set_secure(true);
    }
    if raw.http_only().unwrap_or(false) {
        compact.set_http_only(true);
    }
    compact
}

/// A domain that is not a public suffix. Where it is the host itself, the cookie is for the host only; so it is for
/// addresses, which have no domain.
fn confined(domain: CookieDomain, url: &Url) -> Result<CookieDomain, Rejected> {
    let CookieDomain::Suffix(suffix) = &domain else { return Ok(domain) };
    let is_host = url.host_str() == Some(suffix.as_str());
    match url.host() {
        Some(Host::Domain(_)) if !is_public_suffix(suffix) => Ok(domain),
        Some(Host::Domain(_)) if !is_host => Err(Rejected::PublicSuffix),
        Some(_) if is_host => CookieDomain::host_only(url).map_err(|_| Rejected::Domain),
        _ => Err(Rejected::Domain),
    }
}

/// `Max-Age` before `Expires`, and neither beyond the longest life.
fn expiration(raw: &RawCookie<'_>, now: SystemTime) -> CookieExpiration {
    let now = moment(now);
    let latest = now + MAX_AGE;
    if let Some(age) = raw.max_age() {
        // A negative age is zero by now, and zero has passed at once.
        return CookieExpiration::AtUtc(now.checked_add(age).map_or(latest, |at| at.min(latest)));
    }
    match raw.expires_datetime() {
        Some(at) => CookieExpiration::AtUtc(at.min(latest)),
        None => CookieExpiration::SessionEnd,
    }
}

/// A time of day as the `time` crate counts it, which has no years before 1970 or far beyond our lives here.
pub(super) fn moment(now: SystemTime) -> OffsetDateTime {
    /// The year 9000.
    const LAST: Duration = Duration::from_secs(221_845_392_000);
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    OffsetDateTime::UNIX_EPOCH + since.min(LAST)
}

/// Whether what travels to and from `url` is seen by nobody else.
pub(super) fn is_secure(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || is_loopback
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejected::Malformed => f.write_str("not a cookie"),
            Rejected::TooLarge(limit) => write!(f, "larger than the limit of {limit} bytes"),
            Rejected::TooMany(limit) => write!(f, "more than {limit} cookies in one answer"),
            Rejected::Domain => f.write_str("for a domain that the host is not in"),
            Rejected::PublicSuffix => f.write_str("for a public suffix"),
            Rejected::Insecure => f.write_str("secure, or in the way of a secure one, and from a plain connection"),
            Rejected::Prefix => f.write_str("without what the prefix of its name promises"),
        }
    }
}

impl std::error::Error for Rejected {}
