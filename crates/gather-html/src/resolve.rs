//! References against a base, without a full parse where the result is known.

mod plain;
mod slashes;

use encoding_rs::{Encoding, UTF_8};
use gather_core::http::Uri;
use url::{Position, Url};

use plain::{has_colon_first, is_plain_host, is_plain_path};

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

/// An `http` or `https` base, and where its parts end.
#[derive(Debug, Clone)]
struct Known {
    /// Without its fragment.
    text: String,
    origin: usize,
    path: usize,
    /// Where the folders of its path end, the innermost first: after each slash. No more than [`FOLDERS`].
    folders: Vec<usize>,
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
        if absolute(reference, addresses) || self.known.as_ref().is_some_and(|base| base.append(reference, addresses)) {
            return true;
        }
        let resolved = self.resolve(reference);
        if let Some(url) = &resolved {
            addresses.push_str(url.as_str());
        }
        resolved.is_some()
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
}

impl Known {
    fn of(base: &Url) -> Self {
        let text = base[..Position::AfterQuery].to_owned();
        let (origin, path) = (base[..Position::BeforePath].len(), base[..Position::AfterPath].len());
        // The path begins with a slash, so there is one at least.
        let slashes = text[origin..path].rmatch_indices('/').take(FOLDERS);
        let folders = slashes.map(|(slash, _)| origin + slash + 1).collect();
        Known { text, origin, path, folders }
    }

    /// Appends what `reference` refers to, if that can be told at once.
    fn append(&self, reference: &str, addresses: &mut String) -> bool {
        let mut rest = reference;
        let keep = match reference.as_bytes() {
            [] | [b'#', ..] => self.text.len(),
            [b'?', ..] => self.path,
            [b'/', b'/', ..] => return false,
            [b'/', ..] => self.origin,
            bytes if has_colon_first(bytes) => return false,
            _ => {
                let mut above = 0;
                while let Some(after) = rest.strip_prefix("../") {
                    rest = after;
                    above += 1;
                }
                match self.folders.get(above) {
                    Some(folder) => *folder,
                    // Above the outermost folder there is nothing, if that is known.
                    None if self.folders.len() < FOLDERS => self.origin + 1,
                    None => return false,
                }
            }
        };
        if !is_plain_path(rest.as_bytes()) {
            return false;
        }
        addresses.push_str(&self.text[..keep]);
        addresses.push_str(rest);
        true
    }
}

/// Appends a reference that is absolute and in its normal form, but for the slash after a bare host.
fn absolute(reference: &str, addresses: &mut String) -> bool {
    let Some(rest) = reference.strip_prefix("https://").or_else(|| reference.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host);
    if !is_plain_host(host) || !is_plain_path(rest.as_bytes()) {
        return false;
    }
    let slash = if rest.starts_with('/') { "" } else { "/" };
    addresses.push_str(&reference[..reference.len() - rest.len()]);
    addresses.push_str(slash);
    addresses.push_str(rest);
    true
}

/// What references on a page at `address` are relative to, when `base` is the value of its first `<base href>`.
pub(crate) fn base_url(address: &Uri, base: Option<&str>, encoding: &'static Encoding) -> Option<Url> {
    let page = Url::parse(&address.to_string()).ok();
    let base = base.and_then(|value| Resolver::in_encoding(page.as_ref(), encoding).resolve(value));
    // The standard ignores a base that nothing can be relative to.
    base.filter(|base| !matches!(base.scheme(), "data" | "javascript")).or(page)
}

/// As many as any page has, and few for one that has megabytes of slashes.
const FOLDERS: usize = 32;
