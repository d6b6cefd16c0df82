//! Which encoding the bytes of a page are in: what it says itself, and else a guess.
//!
//! The order is that of the HTML standard (13.2.3.2): a byte order mark, the `Content-Type` field, what the document
//! says in its first bytes, detection, and a default. What a document can say depends on what it is: HTML has `meta`
//! elements, XML its declaration, JSON and plain text nothing.
//!
//! ```
//! use gather_client::charset::{CharsetSource, Declared, SniffLimits, sniff};
//!
//! let page = b"<!doctype html><meta charset=latin2><title>\xc8e\xb9tina</title>";
//! let charset = sniff(&Declared::content_type("text/html"), page, &SniffLimits::default());
//! assert_eq!((charset.encoding.name(), charset.source), ("ISO-8859-2", CharsetSource::Meta));
//! ```

mod declared;
mod detect;
mod mime;
mod prescan;

pub use declared::{Declared, DocumentKind};
pub(crate) use detect::Detection;
pub use encoding_rs::{self, Encoding};
pub use mime::ContentType;
pub use prescan::{prescan, xml_declaration};

use encoding_rs::{UTF_8, WINDOWS_1252};

/// An encoding, and how it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset {
    /// The encoding: one of those of the WHATWG Encoding Standard.
    pub encoding: &'static Encoding,
    /// How it was found.
    pub source: CharsetSource,
}

/// How an encoding was found, the most certain first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CharsetSource {
    /// The body begins with a byte order mark.
    ByteOrderMark,
    /// The `charset` parameter of the `Content-Type` field.
    Header,
    /// A `meta` element near the top of an HTML page.
    Meta,
    /// An XML declaration, which in HTML counts too where there is no `meta`.
    XmlDeclaration,
    /// Its bytes look like it.
    Detected,
    /// Nothing says anything: windows-1252 for HTML, as the standard has it for most of the world, UTF-8 for the rest.
    Default,
}

/// How much is looked at before the encoding is decided. Every field has a safe default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SniffLimits {
    /// In how many bytes at the top of a document its own declaration is looked for. 1,024 by default, as the standard
    /// says; authors have to keep to it. Browsers go on to the end of `head` in one way or another: 16 KiB finds what they
    /// find.
    pub prescan: usize,
    /// How many bytes, from the first one on that is not ASCII, the detector sees. 64 KiB by default; what is decided
    /// on is held back until then.
    pub detect: usize,
}

impl Default for SniffLimits {
    fn default() -> Self {
        SniffLimits { prescan: 1024, detect: 64 << 10 }
    }
}

impl SniffLimits {
    /// These limits with another number of bytes in which a declaration is looked for.
    #[must_use]
    pub fn prescan(mut self, bytes: usize) -> Self {
        self.prescan = bytes;
        self
    }

    /// These limits with another number of bytes that the detector sees.
    #[must_use]
    pub fn detect(mut self, bytes: usize) -> Self {
        self.detect = bytes;
        self
    }
}

/// The encoding of a body that is there as a whole. Never fails: there is always a default.
pub fn sniff(declared: &Declared, body: &[u8], limits: &SniffLimits) -> Charset {
    let top = &body[..body.len().min(opening(declared, limits))];
    if let Some((charset, _)) = sniff_opening(declared, top) {
        return charset;
    }
    let ascii = Encoding::ascii_valid_up_to(body);
    if ascii == body.len() {
        return default_for(declared.kind);
    }
    let mut detection = Detection::new();
    detection.feed(&body[..ascii]);
    let shown = (body.len() - ascii).min(limits.detect);
    detection.feed(&body[ascii..ascii + shown]);
    detection.guess(declared, shown < limits.detect)
}

/// How many bytes [`sniff_opening`] wants to see.
pub(crate) fn opening(declared: &Declared, limits: &SniffLimits) -> usize {
    let says_something = matches!(declared.kind, DocumentKind::Html | DocumentKind::Xml);
    if says_something && declared.header_encoding().is_none() { limits.prescan.max(LONGEST_MARK) } else { LONGEST_MARK }
}

/// The byte order mark of UTF-8; that of UTF-16 is shorter.
const LONGEST_MARK: usize = 3;

/// What the first bytes decide, and how many of them are a byte order mark. `None`: it has to be detected.
pub(crate) fn sniff_opening(declared: &Declared, top: &[u8]) -> Option<(Charset, usize)> {
    let found = |encoding, source| Some((Charset { encoding, source }, 0));
    if let Some((encoding, mark)) = Encoding::for_bom(top) {
        return Some((Charset { encoding, source: CharsetSource::ByteOrderMark }, mark));
    }
    if let Some(encoding) = declared.header_encoding() {
        return found(encoding, CharsetSource::Header);
    }
    let says = match declared.kind {
        DocumentKind::Html => prescan(top),
        DocumentKind::Xml => xml_declaration(top).map(|encoding| (encoding, CharsetSource::XmlDeclaration)),
        DocumentKind::Json | DocumentKind::Plain => None,
    };
    match (says, declared.kind) {
        (Some((encoding, source)), _) => found(encoding, source),
        (None, DocumentKind::Json | DocumentKind::Xml) => Some((default_for(declared.kind), 0)),
        (None, DocumentKind::Html | DocumentKind::Plain) => None,
    }
}

/// What is assumed of a document that says nothing and shows nothing.
pub(crate) fn default_for(kind: DocumentKind) -> Charset {
    let encoding = if kind == DocumentKind::Html { WINDOWS_1252 } else { UTF_8 };
    Charset { encoding, source: CharsetSource::Default }
}
