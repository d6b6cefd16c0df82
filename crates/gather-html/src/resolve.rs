//! References against a base, without a full parse where the result is known.

mod known;
mod plain;
mod slashes;

use std::ops::Range;

use encoding_rs::{Encoding, UTF_8};
use gather_core::http::Uri;
use url::Url;

use crate::block::push_range;
use known::Known;
use plain::{Marks, is_plain_host, is_plain_path};

/// Resolves references against one base.
///
/// What it gives is what [`Url::join`] would, to the letter; but for more than two slashes in front of a host, which that refuses
/// and the URL standard does not. Most references on the web are written in a way that makes
/// the answer a matter of copying: they are absolute in their normal form, or a path without surprises. Those are
/// recognized byte by byte and put together; everything else is parsed.
///
/// ```
/// use gather_html::{Resolver, Url};
///
/// let resolver = Resolver::new(Some(&Url::parse("https://example.org/a/b/c?d#e")?));
/// let mut addresses = String::new();
/// assert!(resolver.resolve_into("../x?y", &mut addresses));
/// assert_eq!(addresses, "https://example.org/a/x?y");
/// assert!(!resolver.resolve_into("http://[", &mut addresses));
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Resolver {
    base: Option<Url>,
    encoding: &'static Encoding,
    known: Option<Known>,
}

/// How an address is put together, where that can be told without a parse.
#[derive(Debug, Clone, Copy)]
enum Plain {
    /// So many bytes of the base, then the reference without so many of its own.
    Joined { keep: usize, skip: usize },
    /// The reference, with a slash behind its host, which ends there.
    BareHost(usize),
}

impl Resolver {
    /// A resolver against `base`. Without one, only absolute references are addresses.
    pub fn new(base: Option<&Url>) -> Self {
        Resolver::in_encoding(base, UTF_8)
    }

    /// The same for a page in `encoding`, in which the queries of its references are sent.
    pub(crate) fn in_encoding(base: Option<&Url>, encoding: &'static Encoding) -> Self {
        let known = base.filter(|base| matches!(base.scheme(), "http" | "https")).map(Known::of);
        Resolver { base: base.cloned(), encoding, known }
    }

    /// Appends what `reference` refers to, in its normal form. `false`, and nothing appended, if that is no address.
    pub fn resolve_into(&self, reference: &str, addresses: &mut String) -> bool {
        let parts = match self.plain(reference, 0..reference.len()) {
            Some(Plain::Joined { keep, skip }) => [&self.base_text()[..keep], &reference[skip..], ""],
            Some(Plain::BareHost(end)) => [&reference[..end], "/", &reference[end..]],
            None => {
                let resolved = self.resolve(reference);
                addresses.push_str(resolved.as_ref().map_or("", Url::as_str));
                return resolved.is_some();
            }
        };
        parts.iter().for_each(|part| addresses.push_str(part));
        true
    }

    /// The same of a part of `text`, for who has many of them, and looks at the end whether all of it is UTF-8.
    pub(crate) fn append(&self, text: &str, range: Range<usize>, addresses: &mut Vec<u8>) -> bool {
        let bytes = text.as_bytes();
        match self.plain(text, range.clone()) {
            Some(Plain::Joined { keep, skip }) => {
                push_range(self.base_text().as_bytes(), 0..keep, addresses);
                push_range(bytes, range.start + skip..range.end, addresses);
            }
            Some(Plain::BareHost(end)) => {
                let (host, rest) = bytes[range].split_at(end);
                [host, b"/", rest].iter().for_each(|part| addresses.extend_from_slice(part));
            }
            None => {
                let Some(url) = self.resolve(&text[range]) else { return false };
                addresses.extend_from_slice(url.as_str().as_bytes());
            }
        }
        true
    }

    /// What `reference` refers to, by a full parse. `None` if that is no address.
    pub fn resolve(&self, reference: &str) -> Option<Url> {
        let reference = &*slashes::two_at_most(self.base.as_ref(), reference);
        let options = Url::options().base_url(self.base.as_ref());
        if self.encoding == UTF_8 {
            return options.parse(reference).ok();
        }
        // Queries, and nothing else of an address, are sent in the encoding of the page.
        options.encoding_override(Some(&|query| self.encoding.encode(query).0)).parse(reference).ok()
    }

    /// How many bytes the addresses of so many references take that have so many bytes themselves, if they are relative to
    /// the folder of the base.
    pub(crate) fn room(&self, references: usize, bytes: usize) -> usize {
        self.known.as_ref().map_or(0, Known::folder).saturating_mul(references).saturating_add(bytes)
    }

    /// How the address of a part of `text` is put together, if that can be told.
    #[inline(always)]
    fn plain(&self, text: &str, reference: Range<usize>) -> Option<Plain> {
        let bytes = text.as_bytes();
        let first = bytes[reference.clone()].first();
        let marks = Marks::of(bytes, reference.clone()).zip(self.known.as_ref());
        let at_first_sight = marks.and_then(|(marks, base)| base.at_first_sight(marks, first));
        at_first_sight.or_else(|| self.plain_in_parts(&bytes[reference]))
    }

    #[inline(never)]
    fn plain_in_parts(&self, reference: &[u8]) -> Option<Plain> {
        absolute(reference).or_else(|| self.known.as_ref()?.in_parts(reference))
    }

    /// The base, and something behind it.
    fn base_text(&self) -> &str {
        self.known.as_ref().map_or("", Known::text)
    }
}

/// Takes a reference that is absolute and in its normal form, but for the slash after a bare host.
fn absolute(reference: &[u8]) -> Option<Plain> {
    let rest = reference.strip_prefix(b"https://").or_else(|| reference.strip_prefix(b"http://"))?;
    let host = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host);
    if !is_plain_host(host) || !is_plain_path(rest) {
        return None;
    }
    if rest.first() == Some(&b'/') {
        return Some(Plain::Joined { keep: 0, skip: 0 });
    }
    Some(Plain::BareHost(reference.len() - rest.len()))
}

/// What references on a page at `address` are relative to, when `base` is the value of its first `<base href>`.
pub(crate) fn base_url(address: &Uri, base: Option<&str>, encoding: &'static Encoding) -> Option<Url> {
    let page = Url::parse(&address.to_string()).ok();
    let base = base.and_then(|value| Resolver::in_encoding(page.as_ref(), encoding).resolve(value));
    // The standard ignores a base that nothing can be relative to.
    base.filter(|base| !matches!(base.scheme(), "data" | "javascript")).or(page)
}
