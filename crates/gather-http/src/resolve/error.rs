//! Why a name has no address, in a form that many requests can be given.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gather_core::{BoxError, FetchErrorKind};

/// A name that was not resolved. Clones are cheap: everybody who waited for the name gets one.
///
/// It is the source of a [`FetchError`](gather_core::FetchError) of the phase [`Resolve`](gather_core::Phase::Resolve).
///
/// ```
/// use gather_http::{ResolveError, ResolveErrorKind};
///
/// let error = ResolveError::new("nobody.example", ResolveErrorKind::NotFound);
/// assert_eq!(error.to_string(), "nobody.example: there is no such name");
/// ```
#[derive(Debug, Clone)]
pub struct ResolveError(Arc<Repr>);

#[derive(Debug)]
struct Repr {
    name: Box<str>,
    kind: ResolveErrorKind,
    source: Option<BoxError>,
}

/// What came of the lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolveErrorKind {
    /// No name at all: empty, or longer than DNS allows (RFC 1035, 2.3.4). Nobody was asked.
    Invalid,
    /// There is no such name.
    NotFound,
    /// The name exists and has no address.
    NoAddress,
    /// The resolver said no. The system's does not tell a name that does not exist from name servers that do not answer.
    Failed,
    /// The deadline, given here, was over.
    TimedOut(Duration),
    /// The client was closed, or its runtime went down, before there was an answer.
    Closed,
    /// The resolver panicked, or something else that is no answer; see the source.
    Other,
}

impl ResolveError {
    /// An error without a source.
    pub fn new(name: &str, kind: ResolveErrorKind) -> Self {
        ResolveError(Arc::new(Repr { name: name.into(), kind, source: None }))
    }

    /// An error with what caused it.
    pub fn caused_by(name: &str, kind: ResolveErrorKind, source: impl Into<BoxError>) -> Self {
        ResolveError(Arc::new(Repr { name: name.into(), kind, source: Some(source.into()) }))
    }

    /// The name that was asked for.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What came of the lookup.
    pub fn kind(&self) -> ResolveErrorKind {
        self.0.kind
    }

    /// The same in the words that all transports share.
    pub(crate) fn fetch_kind(&self) -> FetchErrorKind {
        match self.0.kind {
            ResolveErrorKind::Invalid => FetchErrorKind::Invalid,
            ResolveErrorKind::NotFound | ResolveErrorKind::NoAddress | ResolveErrorKind::Failed => {
                FetchErrorKind::Refused
            }
            ResolveErrorKind::TimedOut(limit) => FetchErrorKind::Timeout(limit),
            ResolveErrorKind::Closed => FetchErrorKind::Closed,
            ResolveErrorKind::Other => FetchErrorKind::Other,
        }
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name that is too long is as long as whoever wrote it liked.
        let mut shown = self.0.name.chars();
        write!(f, "{}", shown.by_ref().take(SHOWN).collect::<String>())?;
        f.write_str(if shown.next().is_some() { "…: " } else { ": " })?;
        match self.0.kind {
            ResolveErrorKind::Invalid => f.write_str("not a name that can be looked up"),
            ResolveErrorKind::NotFound => f.write_str("there is no such name"),
            ResolveErrorKind::NoAddress => f.write_str("the name has no address"),
            ResolveErrorKind::Failed => f.write_str("the name cannot be looked up"),
            ResolveErrorKind::TimedOut(limit) => write!(f, "not looked up within the deadline of {limit:?}"),
            ResolveErrorKind::Closed => f.write_str("the lookup was given up, as the client was closed"),
            ResolveErrorKind::Other => f.write_str("the lookup came to no answer"),
        }
    }
}

/// So many characters of a name are shown: all of one that DNS could have.
const SHOWN: usize = 254;

impl std::error::Error for ResolveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
