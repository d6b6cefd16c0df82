//! What is known of a document before its first byte.

use encoding_rs::Encoding;
use gather_core::Head;

use super::ContentType;

/// What a response's head says about the encoding of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// What sort of document it is.
    pub kind: DocumentKind,
    /// The label in the `Content-Type` field.
    label: Option<String>,
    /// The top-level domain it comes from, which says a little about its language.
    domain: Option<String>,
}

/// What sort of document it is, and so what it can say about its encoding itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// HTML, or a document of which no type is known: `meta` elements count.
    Html,
    /// XML, XHTML too: its declaration counts, and UTF-8 is the default (XML 1.0, 4.3.3).
    Xml,
    /// JSON: UTF-8 unless a field or a byte order mark says otherwise (RFC 8259, 8.1).
    Json,
    /// Everything else: nothing inside counts.
    Plain,
}

impl Declared {
    /// What the head of a response says.
    pub fn by(head: &Head) -> Self {
        let mut declared = Declared::by_type(ContentType::of(&head.headers));
        declared.domain = head.url.host().and_then(top_level_domain);
        declared
    }

    /// What the value of a `Content-Type` field says. One that is not a media type says nothing.
    pub fn content_type(value: &str) -> Self {
        Declared::by_type(ContentType::parse(value))
    }

    fn by_type(content_type: Option<ContentType>) -> Self {
        let kind = content_type.as_ref().map_or(DocumentKind::Html, |known| kind(known.essence()));
        let label = content_type.and_then(ContentType::into_charset);
        Declared { kind, label, domain: None }
    }

    /// The encoding that the field names; `None` where it names none, or one that nobody knows.
    pub fn header_encoding(&self) -> Option<&'static Encoding> {
        Encoding::for_label(self.label.as_ref()?.as_bytes())
    }

    /// The top-level domain: lower-case letters, digits and hyphens.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }
}

fn kind(essence: &str) -> DocumentKind {
    match essence {
        "text/html" => DocumentKind::Html,
        "text/xml" | "application/xml" => DocumentKind::Xml,
        "application/json" | "text/json" => DocumentKind::Json,
        _ if essence.ends_with("+xml") => DocumentKind::Xml,
        _ if essence.ends_with("+json") => DocumentKind::Json,
        _ => DocumentKind::Plain,
    }
}

/// The last label of a host name; `None` for addresses, and for what the detector would not take.
fn top_level_domain(host: &str) -> Option<String> {
    let label = host.trim_end_matches('.').rsplit('.').next()?.to_ascii_lowercase();
    let is_name = label.starts_with(|first: char| first.is_ascii_lowercase())
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    is_name.then_some(label)
}
