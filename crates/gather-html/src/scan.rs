//! Links where they stand in the bytes: nothing decoded, nothing resolved, nothing copied.
//!
//! ```
//! use gather_html::{Kinds, HtmlLimits, scan::{Event, LinkScanner}};
//!
//! let mut scanner = LinkScanner::new(Kinds::ALL, HtmlLimits::default());
//! let mut sources = Vec::new();
//! let mut take = |event: Event<'_>| {
//!     if let Event::Link(link) = event {
//!         sources.push((link.kind, link.offset, link.value.to_vec()));
//!     }
//! };
//! scanner.feed(b"<!-- <a href=no> --><a title='>' hr", &mut take)?;
//! scanner.feed(b"ef=yes><script src=x.js>'<a href=no>'</script>", &mut take)?;
//! scanner.finish(&mut take);
//! assert_eq!(sources[0], (gather_html::LinkKind::Anchor, 38, b"yes".to_vec()));
//! assert_eq!(sources[1].2, b"x.js");
//! # Ok::<(), gather_html::LimitExceeded>(())
//! ```
//!
//! What the standard's tree would make of a page is followed as far as it decides where markup is markup (SVG, MathML,
//! integration points, templates, framesets) and not beyond: see the table of [`links`](crate::links()) for what differs.

mod element;
mod fields;
mod kinds;
mod names;
mod page;
mod structure;
mod values;

use crate::limits::{HtmlLimits, LimitExceeded};
use crate::tokenizer::{Content, Tokenizer};
pub use kinds::{Kinds, LinkKind};
use page::{Page, Scan};
pub use values::{Texts, Values};

/// Finds links in bytes that are pushed in as they arrive, cut anywhere.
#[derive(Debug)]
pub struct LinkScanner {
    tokenizer: Tokenizer,
    page: Page,
    /// How many bytes of a byte order mark the page begins with; `None` once that is known.
    mark: Option<usize>,
}

/// What is found, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A link of one of the [`Kinds`] that were asked for.
    Link(LinkSpan<'a>),
    /// A piece of the text inside the last [`LinkKind::Anchor`], as it is written; when it was asked for.
    AnchorText(&'a [u8]),
    /// That anchor is at its end.
    AnchorEnd,
    /// A piece of the page's title, as it is written.
    Title(&'a [u8]),
    /// The title is at its end; there is no other.
    TitleEnd,
    /// The value of a `<meta charset>`, as it is written.
    Charset(&'a [u8]),
    /// The `content` of a `<meta http-equiv=content-type>`, as it is written.
    ContentType(&'a [u8]),
    /// The `content` of a `<meta name=robots>`, as it is written.
    Robots(&'a [u8]),
}

/// A link where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkSpan<'a> {
    /// Which element it is of.
    pub kind: LinkKind,
    /// The name of the attribute, in lower case.
    pub attribute: &'static str,
    /// The attribute's value as it is written. Of a `srcset` all of it, of a refresh the whole `content`.
    pub value: &'a [u8],
    /// Where that starts, in bytes from the beginning of the page.
    pub offset: usize,
    /// The value of `rel` as it is written, where the element has one.
    pub rel: Option<&'a [u8]>,
}

impl LinkScanner {
    /// A scanner for links of these kinds, within [`memory`](HtmlLimits::memory) for a tag that chunks cut and
    /// [`depth`](HtmlLimits::depth) for SVG and MathML.
    pub fn new(kinds: Kinds, limits: HtmlLimits) -> Self {
        let tokenizer = Tokenizer::new(Content::Data, limits.memory);
        LinkScanner { tokenizer, page: Page::new(kinds, limits.depth), mark: Some(0) }
    }

    /// This scanner, which tells the text of anchors too.
    #[must_use]
    pub fn anchor_text(mut self) -> Self {
        self.page.is_text_wanted = true;
        self
    }

    /// Takes the next bytes of the page, in UTF-8 or another encoding that has ASCII in it.
    ///
    /// # Errors
    ///
    /// When a tag that is cut between chunks is longer than the limit. Do not go on then.
    pub fn feed(&mut self, chunk: &[u8], mut take: impl FnMut(Event<'_>)) -> Result<(), LimitExceeded> {
        let chunk = if self.mark.is_some() { self.after_mark(chunk, &mut take)? } else { chunk };
        self.tokenizer.feed(chunk, &mut Scan { page: &mut self.page, take })
    }

    /// Takes the end of the page.
    pub fn finish(self, mut take: impl FnMut(Event<'_>)) {
        let LinkScanner { tokenizer, mut page, .. } = self;
        tokenizer.finish(&mut Scan { page: &mut page, take: &mut take });
        page.end_reading(&mut take);
    }

    /// What follows the byte order mark, which is no text of the page.
    fn after_mark<'a>(&mut self, chunk: &'a [u8], take: &mut impl FnMut(Event<'_>)) -> Result<&'a [u8], LimitExceeded> {
        let before = self.mark.unwrap_or(MARK.len());
        let length = chunk.iter().zip(&MARK[before..]).take_while(|(byte, of_mark)| byte == of_mark).count();
        let (of_mark, rest) = (before + length, &chunk[length..]);
        if of_mark == MARK.len() {
            self.tokenizer.skip(of_mark);
        } else if rest.is_empty() {
            self.mark = Some(of_mark);
            return Ok(rest);
        } else {
            self.tokenizer.feed(&MARK[..of_mark], &mut Scan { page: &mut self.page, take })?;
        }
        self.mark = None;
        Ok(rest)
    }
}

/// U+FEFF in UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";
