//! What one page may cost a parser, and the error when it would cost more.

use std::fmt;

/// The bounds of parsing one page. Every field has a safe default, and none can be unlimited by accident.
///
/// ```
/// let limits = gather_html::HtmlLimits::default().memory(1 << 20);
/// assert_eq!(limits.depth, 512);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HtmlLimits {
    /// The memory in bytes that streaming may hold at once: for a tag that is cut between chunks, and for the links of the
    /// page. 64 MiB by default. Real pages need some kilobytes; exceeding it is an error.
    pub memory: usize,
    /// How deep a tree may be; 512 by default, like the browsers. Exceeding it is not an error: the elements beyond are
    /// kept, but side by side (see [`Document::is_flattened`](crate::Document::is_flattened)).
    pub depth: usize,
    /// How many elements a tree may have. Half a million by default; exceeding it is an error. A few bytes of HTML can
    /// ask for hundreds of elements, because the standard reopens formatting elements that were not closed.
    pub elements: usize,
}

impl Default for HtmlLimits {
    fn default() -> Self {
        HtmlLimits { memory: 64 << 20, depth: 512, elements: 500_000 }
    }
}

impl HtmlLimits {
    /// These limits with other memory for streaming and for links, in bytes.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Whether so many bytes are within them.
    pub(crate) fn check(&self, bytes: usize) -> Result<(), LimitExceeded> {
        if bytes > self.memory { Err(LimitExceeded::Memory(self.memory)) } else { Ok(()) }
    }

    /// These limits with another depth of the tree, at least 16. The time that a page can cost grows with its size times
    /// this.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels.max(16);
        self
    }

    /// These limits with another number of elements in a tree.
    #[must_use]
    pub fn elements(mut self, count: usize) -> Self {
        self.elements = count;
        self
    }
}

/// A page that would cost more than its parser may spend. Reaches callers as a
/// [`ParseError`](gather_core::ParseError), whose message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitExceeded {
    /// Streaming, or the links that were found, need more memory than this many bytes.
    Memory(usize),
    /// The tree has more than this many elements.
    Elements(usize),
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LimitExceeded::Memory(limit) => write!(f, "its links need more memory than the limit of {limit} bytes"),
            LimitExceeded::Elements(limit) => write!(f, "its tree has more elements than the limit of {limit}"),
        }
    }
}

impl std::error::Error for LimitExceeded {}
