//! What can go wrong, typed by phase: which part of an exchange, what happened there, and against which limit.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::Uri;
use http::uri::Authority;

use crate::page::Page;
use crate::task::TaskError;

/// Any error, as the source of one of ours.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// How far an exchange had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Before anything was sent: the request cannot be made.
    Request,
    /// Looking up the host's addresses.
    Resolve,
    /// Opening the connection.
    Connect,
    /// Agreeing on TLS.
    Tls,
    /// Sending the request and waiting for the response's head.
    Head,
    /// Reading the response's body.
    Body,
}

impl Phase {
    /// Its name in statistics and traces: one lower-case word, the same in every version.
    ///
    /// ```
    /// assert_eq!(gather_core::Phase::Head.name(), "head");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Request => "request",
            Phase::Resolve => "resolve",
            Phase::Connect => "connect",
            Phase::Tls => "tls",
            Phase::Head => "head",
            Phase::Body => "body",
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The request cannot be sent as it is (no host, an unknown scheme).
    Invalid,
    /// The other side said no: no such host, connection refused, certificate not trusted. In the phase [`Head`](Phase::Head):
    /// a server says that it will not act on this request, and has not (HTTP/2: RFC 9113, section 8.7).
    Refused,
    /// The connection ended before the response did.
    Interrupted,
    /// What came is not HTTP, or not what its own head announced.
    Protocol,
    /// The deadline, given here, was over.
    Timeout(Duration),
    /// More bytes than the limit, given here, allows.
    TooLarge(u64),
    /// The body is not what its `Content-Encoding` says, or that says something unknown; see the source.
    Encoding,
    /// More of something countable, redirects for one, than the limit, given here, allows; see the source.
    TooMany(u64),
    /// A policy of the caller forbids it: an address that is not public, a redirect to another scheme; see the source.
    Forbidden,
    /// A proxy asks who is there: credentials are missing, or wrong.
    ProxyAuthentication,
    /// The client was closed.
    Closed,
    /// Something else; see the source.
    Other,
}

impl FetchErrorKind {
    /// Its name in statistics and traces: lower-case words, the same in every version, without the limit it may carry.
    ///
    /// ```
    /// use std::time::Duration;
    /// assert_eq!(gather_core::FetchErrorKind::Timeout(Duration::from_secs(1)).name(), "timeout");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            FetchErrorKind::Invalid => "invalid",
            FetchErrorKind::Refused => "refused",
            FetchErrorKind::Interrupted => "interrupted",
            FetchErrorKind::Protocol => "protocol",
            FetchErrorKind::Timeout(_) => "timeout",
            FetchErrorKind::TooLarge(_) => "too_large",
            FetchErrorKind::Encoding => "encoding",
            FetchErrorKind::TooMany(_) => "too_many",
            FetchErrorKind::Forbidden => "forbidden",
            FetchErrorKind::ProxyAuthentication => "proxy_authentication",
            FetchErrorKind::Closed => "closed",
            FetchErrorKind::Other => "other",
        }
    }
}

/// An exchange that failed: the phase, what happened, the address, and the underlying error as the
/// [source](StdError::source).
///
/// One concrete type for every transport, so that programs can change theirs. A user name or password that the address may
/// have had is not in it, and neither `Display` nor `Debug` show what had [arrived](FetchError::received).
pub struct FetchError(Box<Repr>);

struct Repr {
    phase: Phase,
    kind: FetchErrorKind,
    url: Option<Uri>,
    source: Option<BoxError>,
    received: Option<Box<Page>>,
}

impl FetchError {
    /// An error without a source.
    pub fn new(phase: Phase, kind: FetchErrorKind) -> Self {
        FetchError(Box::new(Repr { phase, kind, url: None, source: None, received: None }))
    }

    /// The same with the error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same with the address that was asked for, but for its user name and password. An address that is already there
    /// stays.
    ///
    /// ```
    /// use gather_core::{FetchError, FetchErrorKind, Phase};
    ///
    /// let error = FetchError::new(Phase::Body, FetchErrorKind::Interrupted).with_url("http://me:secret@a.test/b".parse()?);
    /// assert_eq!(error.url().map(ToString::to_string).as_deref(), Some("http://a.test/b"));
    /// # Ok::<(), gather_core::http::uri::InvalidUri>(())
    /// ```
    #[must_use]
    pub fn with_url(mut self, url: Uri) -> Self {
        self.0.url.get_or_insert_with(|| without_userinfo(url));
        self
    }

    /// The same with what had arrived of the page.
    #[must_use]
    pub fn with_received(mut self, page: Page) -> Self {
        self.0.received = Some(Box::new(page));
        self
    }

    /// How far the exchange had come.
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// What happened.
    pub fn kind(&self) -> FetchErrorKind {
        self.0.kind
    }

    /// The address that was asked for, when it is known; without user name and password.
    pub fn url(&self) -> Option<&Uri> {
        self.0.url.as_ref()
    }

    /// What had arrived of the page when this happened: its head, and its body up to there, however little that is. It lives
    /// as long as the error, and is no larger than the limit and one chunk.
    ///
    /// `None` where there was no head yet, and where whoever asked took the body chunk by chunk, and so has it.
    ///
    /// ```
    /// use gather_core::{Clock, Fetch, Limits, fetch_page, get};
    ///
    /// /// As much of a page as its server brings.
    /// async fn beginning<F: Fetch, C: Clock>(fetch: &F, clock: &C, url: &str) -> Option<gather_core::Bytes> {
    ///     match fetch_page(fetch, clock, get(url).ok()?, Limits::default()).await {
    ///         Ok(page) => Some(page.body),
    ///         Err(error) => error.into_received().map(|page| page.body),
    ///     }
    /// }
    /// ```
    pub fn received(&self) -> Option<&Page> {
        self.0.received.as_deref()
    }

    /// The [same](FetchError::received), by value.
    pub fn into_received(self) -> Option<Page> {
        self.0.received.map(|page| *page)
    }

    /// Whether a deadline was over.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, FetchErrorKind::Timeout(_))
    }

    /// Whether a size limit was exceeded.
    pub fn is_too_large(&self) -> bool {
        matches!(self.0.kind, FetchErrorKind::TooLarge(_))
    }

    /// Whether there never was a connection: the request has certainly not been acted upon.
    pub fn is_connect(&self) -> bool {
        matches!(self.0.phase, Phase::Resolve | Phase::Connect | Phase::Tls)
    }

    /// Whether the request has certainly not been acted upon, so that to send it again is not to send it twice, whatever its
    /// method: there never [was a connection](FetchError::is_connect), or the server itself says so.
    ///
    /// ```
    /// use gather_core::{FetchError, FetchErrorKind, Phase};
    ///
    /// assert!(FetchError::new(Phase::Head, FetchErrorKind::Refused).is_unprocessed());
    /// assert!(!FetchError::new(Phase::Head, FetchErrorKind::Interrupted).is_unprocessed());
    /// ```
    pub fn is_unprocessed(&self) -> bool {
        self.is_connect() || matches!((self.0.phase, self.0.kind), (Phase::Head, FetchErrorKind::Refused))
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = match self.0.phase {
            Phase::Request => "making the request for",
            Phase::Resolve => "looking up the host of",
            Phase::Connect => "connecting to",
            Phase::Tls => "agreeing on TLS with",
            Phase::Head => "asking for",
            Phase::Body => "reading the body of",
        };
        match &self.0.url {
            Some(url) => write!(f, "{doing} {}: ", Redacted(url))?,
            None => write!(f, "{doing} a page: ")?,
        }
        match self.0.kind {
            FetchErrorKind::Invalid => f.write_str("not a request that can be sent"),
            FetchErrorKind::Refused => f.write_str("refused"),
            FetchErrorKind::Interrupted => f.write_str("the connection ended too early"),
            FetchErrorKind::Protocol => f.write_str("the answer is not valid HTTP"),
            FetchErrorKind::Timeout(limit) => write!(f, "not done within the deadline of {limit:?}"),
            FetchErrorKind::TooLarge(limit) => write!(f, "larger than the limit of {limit} bytes"),
            FetchErrorKind::Encoding => f.write_str("the body cannot be decoded"),
            FetchErrorKind::TooMany(limit) => write!(f, "more than the limit of {limit}"),
            FetchErrorKind::Forbidden => f.write_str("forbidden by the policy in force"),
            FetchErrorKind::ProxyAuthentication => f.write_str("a proxy asks for credentials"),
            FetchErrorKind::Closed => f.write_str("the client is closed"),
            FetchErrorKind::Other => f.write_str("failed"),
        }
    }
}

impl fmt::Debug for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repr { phase, kind, url, source, received } = &*self.0;
        let url = url.as_ref().map(Redacted);
        let received = received.as_ref().map(|page| page.body.len());
        f.debug_struct("FetchError")
            .field("phase", phase)
            .field("kind", kind)
            .field("url", &url)
            .field("source", source)
            .field("received", &received)
            .finish()
    }
}

impl StdError for FetchError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The address without user name and password, which nothing that is logged should hold.
fn without_userinfo(url: Uri) -> Uri {
    let Some((_, host)) = url.authority().and_then(|authority| authority.as_str().rsplit_once('@')) else { return url };
    let host = Authority::try_from(host);
    let mut parts = url.into_parts();
    parts.authority = host.ok();
    // What was an address stays one with a shorter authority; if it did not, none is better than one that tells.
    Uri::from_parts(parts).unwrap_or_default()
}

/// A URI without the user name and password it may carry: errors end up in logs.
struct Redacted<'a>(&'a Uri);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.0.scheme_str() {
            write!(f, "{scheme}://")?;
        }
        if let Some(authority) = self.0.authority() {
            let authority = authority.as_str();
            f.write_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host))?;
        }
        f.write_str(self.0.path_and_query().map_or("", |path| path.as_str()))
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A parser's refusal. Broken HTML is input and not an error; this is for parsers with an opinion (a missing element,
/// JSON that does not decode).
#[derive(Debug)]
pub struct ParseError(BoxError);

impl ParseError {
    /// A refusal with its reason.
    pub fn new(reason: impl Into<BoxError>) -> Self {
        ParseError(reason.into())
    }

    /// The reason: what [`new`](ParseError::new) was given, to be downcast to what the parser documents.
    pub fn reason(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the page was refused by its parser: {}", self.0)
    }
}

impl StdError for ParseError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The reason is already in the message; what lies behind it follows.
        self.0.source()
    }
}

/// One request of a scrape that brought no result. The others go on. As in a [`FetchError`], a user name or password in
/// the address is not shown.
pub struct ScrapeError(Box<ScrapeRepr>);

struct ScrapeRepr {
    index: u64,
    url: Uri,
    received: u64,
    cause: Cause,
}

/// Which half of a scrape failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The page could not be fetched.
    Fetch(FetchError),
    /// The parser refused the page.
    Parse(ParseError),
    /// The parser, or the transport, panicked; or the place where parsers run went away.
    Task(TaskError),
}

impl ScrapeError {
    /// An error, for pipelines other than this crate's: which request, for what address, after how many bytes of the body.
    pub fn new(index: u64, url: Uri, received: u64, cause: Cause) -> Self {
        ScrapeError(Box::new(ScrapeRepr { index, url, received, cause }))
    }

    /// The request's place in the input, from 0.
    pub fn index(&self) -> u64 {
        self.0.index
    }

    /// The address that was asked for.
    pub fn url(&self) -> &Uri {
        &self.0.url
    }

    /// How many bytes of the body had arrived.
    pub fn received(&self) -> u64 {
        self.0.received
    }

    /// What failed.
    pub fn cause(&self) -> &Cause {
        &self.0.cause
    }

    /// What failed, by value.
    pub fn into_cause(self) -> Cause {
        self.0.cause
    }

    /// The fetch error, when fetching failed.
    pub fn as_fetch(&self) -> Option<&FetchError> {
        match &self.0.cause {
            Cause::Fetch(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the deadline was over.
    pub fn is_timeout(&self) -> bool {
        self.as_fetch().is_some_and(FetchError::is_timeout)
    }
}

impl fmt::Display for ScrapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            // It names the address itself.
            Cause::Fetch(error) => write!(f, "{error}"),
            Cause::Parse(error) => write!(f, "{}: {error}", Redacted(&self.0.url)),
            Cause::Task(error) => write!(f, "{}: {error}", Redacted(&self.0.url)),
        }
    }
}

impl fmt::Debug for ScrapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ScrapeRepr { index, url, received, cause } = &*self.0;
        f.debug_struct("ScrapeError")
            .field("index", index)
            .field("url", &Redacted(url))
            .field("received", received)
            .field("cause", cause)
            .finish()
    }
}

impl StdError for ScrapeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.cause {
            Cause::Fetch(error) => error.source(),
            Cause::Parse(error) => error.source(),
            Cause::Task(_) => None,
        }
    }
}
