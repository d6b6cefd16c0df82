//! Pages of JSON as values of a type of yours.

use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;

use bytes::Bytes;
use encoding_rs::UTF_8;
use gather_core::{Head, Page, Parse, ParseError, Sink, WholePage, WholePageSink};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::charset::{CharsetSource, Declared, SniffLimits, sniff};

/// The parser that makes each page of JSON a `T`.
///
/// JSON is UTF-8 (RFC 8259, 8.1). A byte order mark is skipped; another encoding, which some servers name in their
/// `Content-Type`, is decoded first. Bytes that are not UTF-8 are refused, not replaced. The type that the head names is
/// not asked, as little as the status: what parses is taken.
///
/// ```
/// use gather_client::json::json;
/// use gather_core::{Page, ParseError, parse_page};
///
/// #[derive(serde::Deserialize)]
/// struct Release {
///     name: String,
/// }
///
/// fn names(page: &Page) -> Result<Vec<String>, ParseError> {
///     let releases = parse_page(&json::<Vec<Release>>(), page)?;
///     Ok(releases.into_iter().map(|release| release.name).collect())
/// }
/// ```
pub fn json<T: DeserializeOwned + Send + 'static>() -> Json<T> {
    Json(PhantomData)
}

/// See [`json`]. Refuses pages with a [`JsonError`] as the reason.
///
/// The body is collected, and copied once where it came in several chunks: its limit is the body's own
/// ([`gather_core::Limits::max_body`]). Nesting ends at 128 levels.
pub struct Json<T>(PhantomData<fn() -> T>);

impl<T: DeserializeOwned + Send + 'static> Parse for Json<T> {
    type Output = T;
    type Sink = JsonSink<T>;

    fn start(&self, head: &Head) -> JsonSink<T> {
        JsonSink { page: WholePage.start(head), output: PhantomData }
    }
}

/// The [`Sink`] of [`Json`].
pub struct JsonSink<T> {
    page: WholePageSink,
    output: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + 'static> Sink for JsonSink<T> {
    type Output = T;

    fn feed(&mut self, chunk: Bytes) -> ControlFlow<()> {
        self.page.feed(chunk)
    }

    fn finish(self) -> Result<T, ParseError> {
        let page = self.page.finish()?;
        from_page(&page).map_err(ParseError::new)
    }
}

/// What [`Json`] does, for a page at hand.
///
/// # Errors
///
/// [`JsonError`].
pub fn from_page<T: DeserializeOwned>(page: &Page) -> Result<T, JsonError> {
    let mut declared = Declared::by(&page.head);
    // Whatever the page calls itself, it is read as JSON, in which nothing but a mark or a field tells the encoding.
    declared.kind = crate::charset::DocumentKind::Json;
    let charset = sniff(&declared, &page.body, &SniffLimits::default());
    let result = if charset.encoding == UTF_8 {
        let mark = if charset.source == CharsetSource::ByteOrderMark { 3 } else { 0 };
        serde_json::from_slice(&page.body[mark..])
    } else {
        let (text, _) = charset.encoding.decode_with_bom_removal(&page.body);
        serde_json::from_str(&text)
    };
    result.map_err(|error| JsonError::new(error, &page.head))
}

/// Why a page is not the JSON that was asked for. The parser's own error is the source.
#[derive(Debug)]
pub struct JsonError {
    kind: JsonErrorKind,
    status: StatusCode,
    content_type: Option<Box<str>>,
    error: serde_json::Error,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// It is not JSON; or nested too deeply.
    Syntax,
    /// It is JSON, and not of the type that was asked for.
    Data,
    /// It ends in the middle, or is empty.
    Truncated,
}

impl JsonError {
    fn new(error: serde_json::Error, head: &Head) -> Self {
        use serde_json::error::Category;
        let kind = match error.classify() {
            // Of bytes in memory there is no I/O error.
            Category::Syntax | Category::Io => JsonErrorKind::Syntax,
            Category::Data => JsonErrorKind::Data,
            Category::Eof => JsonErrorKind::Truncated,
        };
        let content_type = head.headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into());
        JsonError { kind, status: head.status, content_type, error }
    }

    /// What is wrong.
    pub fn kind(&self) -> JsonErrorKind {
        self.kind
    }

    /// Where, as a line, from 1, and a byte in it, from 1; line 0 where it is no place.
    pub fn position(&self) -> (usize, usize) {
        (self.error.line(), self.error.column())
    }

    /// The status of the page: pages of errors are seldom what was asked for.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            JsonErrorKind::Syntax => "not JSON",
            JsonErrorKind::Data => "JSON of another type than was asked for",
            JsonErrorKind::Truncated => "JSON that ends too early",
        })?;
        let (line, column) = self.position();
        write!(f, ", at line {line} column {column}; status {}", self.status.as_u16())?;
        match &self.content_type {
            Some(content_type) => write!(f, ", type {content_type:?}"),
            None => f.write_str(", no type"),
        }
    }
}

impl StdError for JsonError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.error)
    }
}

impl<T> Clone for Json<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Json<T> {}

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json")
    }
}

impl<T> fmt::Debug for JsonSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonSink").field("page", &self.page).finish()
    }
}
