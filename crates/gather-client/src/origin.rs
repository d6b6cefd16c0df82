//! Where an address points to, as far as trust is concerned: scheme, host and port; and the way between `url` and `http`.

use std::fmt;

use gather_core::{FetchError, FetchErrorKind, Phase};
use http::Uri;
use url::{Host, Position, Url};

/// The origin of an address (RFC 6454, WHATWG URL "origin"): secrets that were given for one origin go to no other.
///
/// Hosts are compared as the WHATWG URL standard writes them, so that `http://EXAMPLE.com:80/` and
/// `http://example.com/` are one origin, and so are `http://2130706433/` and `http://127.0.0.1/`.
///
/// ```
/// use gather_client::{Url, origin::Origin};
///
/// let origin = Origin::of(&Url::parse("https://example.com/a?b")?)?;
/// assert_eq!(origin.to_string(), "https://example.com:443");
/// assert_ne!(origin, Origin::of(&Url::parse("http://example.com:443/")?)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host<String>,
    port: u16,
}

/// The schemes that HTTP is fetched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Origin {
    /// The origin of `url`.
    ///
    /// # Errors
    ///
    /// Phase [`Request`](Phase::Request), kind [`Invalid`](FetchErrorKind::Invalid), when the scheme is neither `http`
    /// nor `https`.
    pub fn of(url: &Url) -> Result<Self, FetchError> {
        let invalid = |why: &str| FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(why.to_owned());
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => return Err(invalid(&format!("`{other}` is not a scheme that is fetched over HTTP"))),
        };
        let host = url.host().ok_or_else(|| invalid("no host"))?.to_owned();
        let port = url.port_or_known_default().ok_or_else(|| invalid("no port"))?;
        Ok(Origin { scheme, host, port })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, in the canonical form.
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port, the scheme's own where the address names none.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// `url` as a transport takes it: without fragment and without user name and password.
///
/// # Errors
///
/// Phase [`Request`](Phase::Request), kind [`Invalid`](FetchErrorKind::Invalid), for what [`http::Uri`] does not take:
/// addresses above 65,534 bytes, and hosts with characters that URLs allow and URIs do not.
pub fn to_uri(url: &Url) -> Result<Uri, FetchError> {
    let bare = without_userinfo(url.clone());
    let text = bare.as_str();
    let text = text.split_once('#').map_or(text, |(address, _fragment)| address);
    text.parse().map_err(|error: http::uri::InvalidUri| {
        FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(error)
    })
}

/// The address of a request as a URL.
///
/// # Errors
///
/// Phase [`Request`](Phase::Request), kind [`Invalid`](FetchErrorKind::Invalid), when it is not absolute or does not
/// parse as a URL.
pub fn to_url(uri: &Uri) -> Result<Url, FetchError> {
    let invalid = || FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_url(uri.clone());
    let url = Url::parse(&uri.to_string()).map_err(|error| invalid().with_source(error))?;
    if url.has_host() { Ok(url) } else { Err(invalid().with_source("no host")) }
}

/// The origin of a `url` that has no user name in it, as the text that it begins with: the same text for the same origin,
/// since `Url` writes hosts in the canonical form and leaves the scheme's own port out. To look something up by, for which
/// an [`Origin`] would have to be made.
pub(crate) fn origin_text(url: &Url) -> &str {
    debug_assert!(url.username().is_empty() && url.password().is_none(), "a user name is not part of an origin");
    &url[..Position::BeforePath]
}

/// `url` without user name and password.
pub(crate) fn without_userinfo(mut url: Url) -> Url {
    // They fail for addresses that cannot have a user name, which therefore have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}
