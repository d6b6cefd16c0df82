//! Cookies: a jar that is shared by its clones, with limits, and without a clock of its own.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

#[cfg(feature = "cookie-file")]
mod file;
mod public_suffix;
mod set_cookie;
mod shelf;

#[cfg(feature = "cookie-file")]
pub use file::{LoadReport, Refused};
pub use public_suffix::{is_public_suffix, registrable_domain};
pub use set_cookie::Rejected;

use shelf::Shelf;

/// How much a [`Jar`] keeps and takes.
///
/// ```
/// use gather_client::cookies::{CookieLimits, Jar};
///
/// let small = Jar::new(CookieLimits { total: 100, per_site: 10, ..CookieLimits::default() });
/// assert!(small.is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieLimits {
    /// Cookies of one site, which is a [registrable domain](registrable_domain) with all below it. Beyond, the expired
    /// go first, then the oldest without `Secure`, then the oldest. Default: 180, as in Chromium.
    pub per_site: usize,
    /// Cookies altogether. Beyond, the oldest go. Default: 3,000, as in RFC 6265 section 6.1.
    pub total: usize,
    /// Bytes of name and value of one cookie. Default: 4,096 (RFC 6265bis section 5.6).
    pub bytes: usize,
    /// `Set-Cookie` headers that are looked at in one answer. Default: 50.
    pub per_response: usize,
    /// Bytes of the `Cookie` header of a request; what comes last in its order is left out. Default: 16,384.
    pub header_bytes: usize,
}

impl Default for CookieLimits {
    fn default() -> Self {
        CookieLimits { per_site: 180, total: 3_000, bytes: 4_096, per_response: 50, header_bytes: 16_384 }
    }
}

/// Cookies as RFC 6265 keeps them, with what its successor (RFC 6265bis) adds: no cookies for public suffixes, the
/// prefixes `__Secure-` and `__Host-`, `Secure` cookies that a plain connection can neither set nor overwrite, and at
/// most 400 days of life.
///
/// Clones share one jar; for sessions that must not mix make one jar for each. The time of day is an argument
/// everywhere. `Secure` means `https`, or the machine itself (`localhost`, 127.0.0.0/8, `::1`). Dates in `Expires` are
/// read by the `cookie` crate, which knows the forms of HTTP and Netscape; with any other the cookie lasts as long as
/// the jar.
///
/// ```
/// use std::time::SystemTime;
/// use gather_client::{Url, cookies::Jar};
/// use gather_core::http::{HeaderMap, HeaderValue, header::SET_COOKIE};
///
/// let jar = Jar::default();
/// let now = SystemTime::UNIX_EPOCH;
/// let answer = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("id=7; Domain=example.com; Max-Age=60"))]);
/// jar.store(&Url::parse("http://www.example.com/login")?, &answer, now);
/// assert_eq!(jar.header(&Url::parse("http://shop.example.com/")?, now).expect("a cookie"), "id=7");
/// assert_eq!(jar.header(&Url::parse("http://example.org/")?, now), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Jar {
    limits: CookieLimits,
    shelf: Arc<Mutex<Shelf>>,
}

/// What became of the `Set-Cookie` headers of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// Cookies set, changed or removed.
    pub accepted: usize,
    /// Why each of the others was not, in their order. One [`Rejected::TooMany`] stands for all beyond
    /// [`per_response`](CookieLimits::per_response).
    pub rejected: Vec<Rejected>,
}

impl Jar {
    /// An empty jar.
    pub fn new(limits: CookieLimits) -> Self {
        Jar { limits, shelf: Arc::default() }
    }

    /// Takes the cookies of an answer that came from `url`.
    ///
    /// Never fails: a cookie that cannot be taken is one that a browser would ignore, and the report says why.
    pub fn store(&self, url: &Url, headers: &HeaderMap, now: SystemTime) -> Stored {
        let mut stored = Stored::default();
        let given = headers.get_all(SET_COOKIE);
        if given.iter().next().is_none() {
            return stored;
        }
        let mut shelf = self.lock();
        for (number, value) in given.iter().enumerate() {
            if number == self.limits.per_response {
                stored.rejected.push(Rejected::TooMany(self.limits.per_response));
                break;
            }
            match set_cookie::parse(value, url, now, &self.limits)
                .and_then(|new| shelf.put(new, url, now, &self.limits))
            {
                Ok(()) => stored.accepted += 1,
                Err(why) => stored.rejected.push(why),
            }
        }
        stored
    }

    /// The `Cookie` header of a request to `url`, marked sensitive: longer paths first, then the older cookies (RFC 6265
    /// section 5.4). `None` when there are no cookies for it.
    pub fn header(&self, url: &Url, now: SystemTime) -> Option<HeaderValue> {
        let mut text = String::new();
        for (name, value) in self.lock().matching(url, now) {
            let separator = if text.is_empty() { "" } else { "; " };
            if text.len() + separator.len() + name.len() + 1 + value.len() > self.limits.header_bytes {
                break;
            }
            text.extend([separator, name, "=", value]);
        }
        let mut header = HeaderValue::from_bytes(text.as_bytes()).ok().filter(|header| !header.is_empty())?;
        header.set_sensitive(true);
        Some(header)
    }

    /// How many cookies there are, expired ones that nothing has displaced yet included.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all.
    pub fn clear(&self) {
        *self.lock() = Shelf::default();
    }

    /// A panic elsewhere while the lock was held leaves nothing half done that would be unsafe to use.
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many, not which: cookies are secrets.
impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar").field("limits", &self.limits).field("cookies", &self.len()).finish()
    }
}
