//! Answers as data: for laws about time and backpressure on the deterministic host.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use gather_core::FetchErrorKind;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// One answer as data: how long until the head, until each chunk, and how it ends.
///
/// Each wait begins when the part before it has been taken: the sender is stopped while nobody reads.
///
/// ```
/// use gather_conformance::simulated::Script;
/// use std::time::Duration;
///
/// let second = Duration::from_secs(1);
/// let script = Script::new().head_after(second).chunk(second, "hello, ").chunk(second, "world");
/// assert_eq!(script.duration(), Some(3 * second));
/// ```
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) head: Option<(Duration, Result<StatusCode, FetchErrorKind>)>,
    pub(super) fields: HeaderMap,
    pub(super) chunks: VecDeque<(Duration, Bytes)>,
    pub(super) end: End,
}

/// What comes after the last chunk.
#[derive(Debug, Clone)]
pub(super) enum End {
    Done,
    Fails(Duration, FetchErrorKind),
    Hangs,
    Repeats(Duration, Bytes),
}

impl Default for Script {
    fn default() -> Self {
        Script::new()
    }
}

impl Script {
    /// 200 and an empty body, at once.
    pub fn new() -> Self {
        let head = Some((Duration::ZERO, Ok(StatusCode::OK)));
        Script { head, fields: HeaderMap::new(), chunks: VecDeque::new(), end: End::Done }
    }

    /// An answer that never comes.
    pub fn silent() -> Self {
        Script { head: None, ..Script::new() }
    }

    /// An error instead of a head, after some time.
    pub fn fails_in_head(after: Duration, kind: FetchErrorKind) -> Self {
        Script { head: Some((after, Err(kind))), ..Script::new() }
    }

    /// The head comes after so long. Nothing changes for an answer that never comes.
    #[must_use]
    pub fn head_after(mut self, after: Duration) -> Self {
        self.head = self.head.map(|(_, outcome)| (after, outcome));
        self
    }

    /// Another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.head = self.head.map(|(after, outcome)| (after, outcome.map(|_| status)));
        self
    }

    /// The head announces a length, true or not.
    #[must_use]
    pub fn announces(mut self, length: u64) -> Self {
        self.fields.insert(CONTENT_LENGTH, length.into());
        self
    }

    /// The head has one more field.
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.append(name, value);
        self
    }

    /// One more chunk, so long after what was before it.
    #[must_use]
    pub fn chunk(mut self, after: Duration, bytes: impl Into<Bytes>) -> Self {
        self.chunks.push_back((after, bytes.into()));
        self
    }

    /// The body fails, so long after its last chunk, instead of ending.
    #[must_use]
    pub fn fails_in_body(mut self, after: Duration, kind: FetchErrorKind) -> Self {
        self.end = End::Fails(after, kind);
        self
    }

    /// The body neither ends nor goes on after its last chunk.
    #[must_use]
    pub fn hangs(mut self) -> Self {
        self.end = End::Hangs;
        self
    }

    /// After its last chunk the body goes on with this one, again and again.
    #[must_use]
    pub fn repeats(mut self, after: Duration, bytes: impl Into<Bytes>) -> Self {
        self.end = End::Repeats(after, bytes.into());
        self
    }

    /// How long the whole answer takes when it is read at once; `None` when it never ends.
    pub fn duration(&self) -> Option<Duration> {
        let (head, outcome) = self.head.as_ref()?;
        if outcome.is_err() {
            return Some(*head);
        }
        let last = match &self.end {
            End::Done => Duration::ZERO,
            End::Fails(after, _) => *after,
            End::Hangs | End::Repeats(..) => return None,
        };
        Some(self.chunks.iter().fold(*head + last, |sum, (after, _)| sum + *after))
    }

    /// Whether the whole answer, read to its end, is a page and not an error.
    pub fn is_page(&self) -> bool {
        matches!(self, Script { head: Some((_, Ok(_))), end: End::Done, .. })
    }

    /// The size of the body in its chunks, in bytes.
    pub fn size(&self) -> u64 {
        self.chunks.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }
}
