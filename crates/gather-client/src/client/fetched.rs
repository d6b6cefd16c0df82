//! What came back, whole, with the short ways to what it says.

#[cfg(feature = "html")]
use std::borrow::Cow;
use std::fmt;

use gather_core::{Bytes, Page};
#[cfg(feature = "html")]
use gather_core::{ParseError, parse_page};
#[cfg(feature = "html")]
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, Uri};

#[cfg(feature = "html")]
use crate::charset::{CharsetSource, sniff};
use crate::charset::{Declared, SniffLimits};
#[cfg(feature = "json")]
use crate::json::{self, JsonError};
use crate::text::{Text, decode_text};

/// A page that a [`Client`](super::Client) has fetched: whole and decoded.
///
/// ```
/// use gather_client::{Client, Fetched, StatusError};
/// use gather_core::{Clock, Fetch};
///
/// async fn title<F: Fetch + 'static, C: Clock>(
///     client: &Client<F, C>,
/// ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
///     let fetched: Fetched = client.get("https://example.com/").await?.ok()?;
///     Ok(fetched.text().text)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Fetched(Page);

impl Fetched {
    /// The address that it is from, after redirects.
    pub fn url(&self) -> &Uri {
        &self.0.head.url
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.0.head.status
    }

    /// Its header fields, without those about a content coding that was undone.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.head.headers
    }

    /// Its body, decoded by `Content-Encoding` and not by charset.
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// The page itself.
    pub fn into_page(self) -> Page {
        self.0
    }

    /// Itself, if its status is one of success (2xx).
    ///
    /// # Errors
    ///
    /// With any other status; the error has the page.
    pub fn ok(self) -> Result<Self, StatusError> {
        if self.status().is_success() { Ok(self) } else { Err(StatusError(Box::new(self))) }
    }

    /// Its text, in whatever encoding it is, and which that was.
    pub fn text(&self) -> Text {
        decode_text(&Declared::by(&self.0.head), &self.0.body, &SniffLimits::default())
    }

    /// Its JSON as a `T`.
    ///
    /// # Errors
    ///
    /// When it is none, or not of this type: where, and with which status it came.
    #[cfg(feature = "json")]
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, JsonError> {
        json::from_page(&self.0)
    }

    /// Its links (`a[href]`), in order, resolved against it; read in the encoding that its [`text`](Fetched::text) is in, as the
    /// query of an address depends on it.
    ///
    /// # Errors
    ///
    /// When it is beyond the limits of the parser. Broken HTML is no error.
    #[cfg(feature = "html")]
    pub fn links(&self) -> Result<gather_html::Links, ParseError> {
        parse_page(&gather_html::links(), &self.saying_its_charset())
    }

    /// The page, whose head says what the body is in: the parser asks that and the document, and guesses nothing.
    #[cfg(feature = "html")]
    fn saying_its_charset(&self) -> Cow<'_, Page> {
        let charset = sniff(&Declared::by(&self.0.head), &self.0.body, &SniffLimits::default());
        use CharsetSource::{ByteOrderMark, Default, Header};
        if matches!(charset.source, ByteOrderMark | Default | Header) || charset.encoding == encoding_rs::UTF_8 {
            return Cow::Borrowed(&self.0);
        }
        let mut page = self.0.clone();
        if let Ok(said) = format!("text/html; charset={}", charset.encoding.name()).parse() {
            page.head.headers.insert(CONTENT_TYPE, said);
        }
        Cow::Owned(page)
    }
}

impl From<Page> for Fetched {
    fn from(page: Page) -> Self {
        Fetched(page)
    }
}

/// A page whose status is not one of success.
#[derive(Debug)]
pub struct StatusError(Box<Fetched>);

impl StatusError {
    /// The page.
    pub fn into_fetched(self) -> Fetched {
        *self.0
    }
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {}", self.0.url(), self.0.status())
    }
}

impl std::error::Error for StatusError {}
