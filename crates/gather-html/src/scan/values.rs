//! Values that are kept: decoded, and all in one string.

use std::fmt;

use encoding_rs::UTF_8;

use crate::value::{into_string, push_attribute_value};

/// Keeps values of a page in UTF-8 while it is scanned.
///
/// A string for each would cost as much as it costs to find it, and to ask each of them whether it is UTF-8 as much again.
/// Here they stand behind each other, and are asked once.
///
/// ```
/// use gather_html::{HtmlLimits, Kinds, scan::{Event, LinkScanner, Values}};
///
/// let mut values = Values::default();
/// let mut scanner = LinkScanner::new(Kinds::ANCHORS, HtmlLimits::default());
/// scanner.feed(b"<a href='?a&amp;b'><a href=/>", |event| {
///     if let Event::Link(link) = event {
///         values.push(link.value);
///     }
/// })?;
/// scanner.finish(|_| {});
/// let texts = values.finish();
/// assert!(texts.iter().eq(["?a&b", "/"]));
/// # Ok::<(), gather_html::LimitExceeded>(())
/// ```
#[derive(Clone, Default)]
pub struct Values {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Values {
    /// Keeps what a tree would have of a value that is written so: character references decoded, line ends and NUL mended,
    /// and what is no UTF-8 replaced.
    #[inline]
    pub fn push(&mut self, raw: &[u8]) {
        push_attribute_value(raw, UTF_8, &mut self.text);
        self.ends.push(self.text.len());
    }

    /// The bytes that they take, for who has a limit.
    pub fn memory(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<usize>()
    }

    /// The values, for reading.
    pub fn finish(self) -> Texts {
        Texts { text: into_string(self.text), ends: self.ends }
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("count", &self.ends.len()).field("memory", &self.memory()).finish()
    }
}

/// What [`Values`] kept, in order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The one at `index`, from zero; `None` behind the last.
    pub fn get(&self, index: usize) -> Option<&str> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or_default());
        self.ends.get(index).map(|&end| &self.text[start..end])
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.text[std::mem::replace(&mut start, end)..end])
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
