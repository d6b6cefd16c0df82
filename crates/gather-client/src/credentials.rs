//! Credentials that belong to one origin and are sent to no other.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gather_core::{FetchError, FetchErrorKind, Phase};
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::origin::{Origin, without_userinfo};

/// What is sent as `Authorization`. Its `Debug` shows the scheme and nothing else, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    scheme: &'static str,
    header: HeaderValue,
}

impl Credentials {
    /// A user name and a password (RFC 7617, in UTF-8).
    ///
    /// # Errors
    ///
    /// When the name has a colon, or either has control characters: section 2 of the RFC.
    ///
    /// ```
    /// let credentials = gather_client::credentials::Credentials::basic("Aladdin", "open sesame")?;
    /// assert_eq!(credentials.header(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    /// assert!(!format!("{credentials:?}").contains("QWxhZGRpbj"));
    /// # Ok::<(), gather_client::credentials::InvalidCredentials>(())
    /// ```
    pub fn basic(user: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Result<Self, InvalidCredentials> {
        let (user, password) = (user.as_ref(), password.as_ref());
        if user.contains(&b':') {
            return Err(InvalidCredentials::Colon);
        }
        if user.iter().chain(password).any(u8::is_ascii_control) {
            return Err(InvalidCredentials::Control);
        }
        Credentials::new("Basic", &STANDARD.encode([user, b":", password].concat()))
    }

    /// A token (RFC 6750).
    ///
    /// # Errors
    ///
    /// When it is not of the form `b64token` (section 2.1): letters, digits and `-._~+/`, then any number of `=`.
    pub fn bearer(token: &str) -> Result<Self, InvalidCredentials> {
        let body = token.trim_end_matches('=');
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        if body.is_empty() || !body.bytes().all(allowed) {
            return Err(InvalidCredentials::Token);
        }
        Credentials::new("Bearer", token)
    }

    fn new(scheme: &'static str, rest: &str) -> Result<Self, InvalidCredentials> {
        let mut header = HeaderValue::try_from(format!("{scheme} {rest}")).map_err(|_| InvalidCredentials::Token)?;
        header.set_sensitive(true);
        Ok(Credentials { scheme, header })
    }

    /// The value of the header, marked sensitive.
    pub fn header(&self) -> &HeaderValue {
        &self.header
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, redacted)", self.scheme)
    }
}

/// Takes the user name and password out of `url` and makes credentials of them, which belong to its origin only.
///
/// `None` when there are none. `url` is without them afterwards in any case, also after an error.
///
/// # Errors
///
/// When they make no [basic](Credentials::basic) credentials, or the address has no [origin](Origin::of).
///
/// ```
/// use gather_client::{Url, credentials::take_userinfo};
///
/// let mut url = Url::parse("https://user:s%40cret@example.com/a")?;
/// let (origin, credentials) = take_userinfo(&mut url)?.expect("some");
/// assert_eq!(url.as_str(), "https://example.com/a");
/// assert_eq!(origin.to_string(), "https://example.com:443");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn take_userinfo(url: &mut Url) -> Result<Option<(Origin, Credentials)>, FetchError> {
    let bare = without_userinfo(url.clone());
    let given = std::mem::replace(url, bare);
    if given.username().is_empty() && given.password().is_none() {
        return Ok(None);
    }
    let origin = Origin::of(&given)?;
    let user: Vec<u8> = percent_decode_str(given.username()).collect();
    let password: Vec<u8> = percent_decode_str(given.password().unwrap_or("")).collect();
    let credentials = Credentials::basic(user, password)
        .map_err(|error| FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_source(error))?;
    Ok(Some((origin, credentials)))
}

/// Credentials by origin. Never more than 1,000.
///
/// ```
/// use gather_client::Url;
/// use gather_client::credentials::{Credentials, Keyring};
/// use gather_client::origin::Origin;
/// use gather_core::http::HeaderMap;
///
/// let mut keyring = Keyring::new();
/// let api = Url::parse("https://api.example.com/")?;
/// keyring.insert(Origin::of(&api)?, Credentials::bearer("mF_9.B5f-4.1JqM")?)?;
///
/// let mut fields = HeaderMap::new();
/// keyring.authorize(&Url::parse("https://example.com/")?, &mut fields);
/// assert!(fields.is_empty(), "another origin");
/// keyring.authorize(&api.join("orders")?, &mut fields);
/// assert_eq!(fields["authorization"], "Bearer mF_9.B5f-4.1JqM");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    by_origin: HashMap<Origin, Credentials>,
}

/// How many origins a [`Keyring`] holds: whoever has more looks them up elsewhere and asks for one at a time.
const MAX_ORIGINS: usize = 1_000;

impl Keyring {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_origin.is_empty()
    }

    /// Without any.
    pub fn new() -> Self {
        Keyring::default()
    }

    /// Sets the credentials of an origin; those it had are forgotten.
    ///
    /// # Errors
    ///
    /// When there are 1,000 already and this would be one more: [`InvalidCredentials::TooMany`].
    pub fn insert(&mut self, origin: Origin, credentials: Credentials) -> Result<(), InvalidCredentials> {
        if self.by_origin.len() >= MAX_ORIGINS && !self.by_origin.contains_key(&origin) {
            return Err(InvalidCredentials::TooMany(MAX_ORIGINS));
        }
        self.by_origin.insert(origin, credentials);
        Ok(())
    }

    /// Forgets those of an origin.
    pub fn remove(&mut self, origin: &Origin) -> Option<Credentials> {
        self.by_origin.remove(origin)
    }

    /// Adds `Authorization` to the headers of a request to `url`, if there are credentials of exactly that origin and
    /// the request has none of its own. Do it for each exchange anew, on a copy of the request, and they cannot travel
    /// along a redirect.
    pub fn authorize(&self, url: &Url, headers: &mut HeaderMap) {
        let Ok(origin) = Origin::of(url) else { return };
        if let Some(credentials) = self.by_origin.get(&origin)
            && !headers.contains_key(AUTHORIZATION)
        {
            headers.insert(AUTHORIZATION, credentials.header.clone());
        }
    }
}

/// What cannot be sent as credentials. It does not say what was given: that is a secret, or half of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidCredentials {
    /// A user name with a colon, which the server would read as the end of it.
    Colon,
    /// Control characters.
    Control,
    /// Not a bearer token.
    Token,
    /// More origins than a [`Keyring`] holds, given here.
    TooMany(usize),
}

impl fmt::Display for InvalidCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidCredentials::Colon => f.write_str("a user name must not have a colon"),
            InvalidCredentials::Control => f.write_str("credentials must not have control characters"),
            InvalidCredentials::Token => f.write_str("a bearer token has letters, digits, `-._~+/` and `=` at its end"),
            InvalidCredentials::TooMany(limit) => write!(f, "credentials of more than {limit} origins"),
        }
    }
}

impl std::error::Error for InvalidCredentials {}
