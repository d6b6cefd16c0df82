//! Which redirects are followed, and which headers are left behind.

use http::header::{self, HeaderName};

/// What redirects are followed.
///
/// ```
/// use gather_client::redirect::{Downgrade, RedirectPolicy};
/// use gather_core::http::HeaderName;
///
/// let strict = RedirectPolicy {
///     downgrade: Downgrade::Refuse,
///     credential_headers: vec![HeaderName::from_static("x-api-key")],
///     ..RedirectPolicy::default()
/// };
/// assert_eq!(strict.max_hops, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectPolicy {
    /// Whether any is. Default: [`Follow::Always`].
    pub follow: Follow,
    /// How many are followed for one request. Default: 10.
    pub max_hops: u32,
    /// What becomes of a redirect from `https` to `http`. Default: [`Downgrade::Follow`], as browsers and curl do;
    /// credentials have been removed by then, because the origin is another.
    pub downgrade: Downgrade,
    /// Headers that are removed besides those of [`CREDENTIAL_HEADERS`] when the origin changes. Values that are marked
    /// [sensitive](http::HeaderValue::set_sensitive) are always removed. Default: none.
    pub credential_headers: Vec<HeaderName>,
}

/// Whether redirects are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// They are.
    Always,
    /// Every answer is returned as it is.
    Never,
}

/// What becomes of a redirect from `https` to `http`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downgrade {
    /// It is followed.
    Follow,
    /// It is an error: [`RedirectError::Downgrade`](super::RedirectError::Downgrade).
    Refuse,
}

impl Default for RedirectPolicy {
    fn default() -> Self {
        RedirectPolicy {
            follow: Follow::Always,
            max_hops: 10,
            downgrade: Downgrade::Follow,
            credential_headers: Vec::new(),
        }
    }
}

/// Request headers that are removed when scheme, host or port changes, and stay removed for the rest of the chain.
///
/// `Authorization` is what the Fetch standard removes. Cookies and the proxy's credentials are equally meant for one origin
/// only, and `Origin` and `Referer` tell the new one about the old.
pub const CREDENTIAL_HEADERS: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::COOKIE,
    HeaderName::from_static("cookie2"),
    header::PROXY_AUTHORIZATION,
    header::ORIGIN,
    header::REFERER,
];

/// Request headers that describe a body, and go with it: the Fetch standard's "request-body-header names" and what
/// frames one.
pub const BODY_HEADERS: [HeaderName; 10] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_DISPOSITION,
    header::TRANSFER_ENCODING,
    header::TRAILER,
    header::EXPECT,
];
