//! References against a base, without a full parse where the result is known.

use encoding_rs::{Encoding, UTF_8};
use gather_core::http::Uri;
use url::{Position, Url};

/// Resolves references against one base.
///
/// What it gives is what [`Url::join`] would, to the letter. Most references on the web are written in a way that makes
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
        let bytes = reference.as_bytes();
        let mut rest = reference;
        let keep = match bytes.first() {
            None => self.text.len(),
            Some(b'#') if is_plain_fragment(&bytes[1..]) => self.text.len(),
            Some(b'?') if is_plain_query(&bytes[1..]) => self.path,
            Some(b'/') if is_plain_path(&bytes[1..]) && bytes.get(1) != Some(&b'/') => self.origin,
            Some(b'#' | b'?' | b'/') => return false,
            Some(_) => {
                let mut above = 0;
                while let Some(after) = rest.strip_prefix("../") {
                    rest = after;
                    above += 1;
                }
                if !is_plain_path(rest.as_bytes()) || has_colon_first(rest.as_bytes()) {
                    return false;
                }
                match self.folders.get(above) {
                    Some(folder) => *folder,
                    // Above the outermost folder there is nothing, if that is known.
                    None if self.folders.len() < FOLDERS => self.origin + 1,
                    None => return false,
                }
            }
        };
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
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host);
    let (is_plain, slash) = match rest.as_bytes() {
        [] => (true, "/"),
        [b'/', path @ ..] => (is_plain_path(path), ""),
        [b'?', query @ ..] => (is_plain_query(query), "/"),
        [_, fragment @ ..] => (is_plain_fragment(fragment), "/"),
    };
    if !is_plain || !is_plain_host(host) {
        return false;
    }
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

/// Whether a host is a name in lower case that is no number and needs no IDNA.
fn is_plain_host(host: &str) -> bool {
    let label = |label: &str| {
        let bytes = label.as_bytes();
        let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_edge(bytes.first())
            && is_edge(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
            // What `xn--` begins is decoded, and may be refused.
            && !label.contains("--")
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    last.as_bytes().first().is_some_and(u8::is_ascii_lowercase) && host.split('.').all(label)
}

/// Whether a path, with the query and the fragment that may follow, stays as it is: no byte of it is encoded, and none of
/// its segments is (or may be) a dot or two.
#[inline]
fn is_plain_path(bytes: &[u8]) -> bool {
    // Nothing is decided on the way: a processor that guesses wrong at each dot and slash loses more than there is to win.
    let (mut seen, mut again, mut before) = (0, 0, SLASH);
    for &byte in bytes {
        let kind = KINDS[usize::from(byte)];
        again |= kind & (before >> 1) & DOT | kind & seen & FRAGMENT;
        seen |= kind;
        before = kind;
    }
    (seen & (OTHER | PERCENT) == 0 && again == 0) || is_plain_path_in_parts(bytes)
}

/// Whether there is a colon before the first slash, which may be that of a scheme.
fn has_colon_first(reference: &[u8]) -> bool {
    let end = reference.iter().position(|&byte| matches!(byte, b'/' | b'?' | b'#' | b':'));
    end.is_some_and(|at| reference[at] == b':')
}

/// The same of a path that is not plain at first sight.
#[cold]
fn is_plain_path_in_parts(bytes: &[u8]) -> bool {
    let mut before = b'/';
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'?' => return is_plain_query(&bytes[at + 1..]),
            b'#' => return is_plain_fragment(&bytes[at + 1..]),
            b'.' if before == b'/' => return false,
            // An encoded dot is one, too.
            b'%' if bytes.get(at + 1) == Some(&b'2') && matches!(bytes.get(at + 2), Some(b'e' | b'E')) => return false,
            _ if !is_plain(byte) => return false,
            _ => before = byte,
        }
    }
    true
}

fn is_plain_query(bytes: &[u8]) -> bool {
    let query = bytes.iter().position(|&byte| !is_plain(byte) && byte != b'?');
    query.is_none_or(|at| bytes[at] == b'#' && is_plain_fragment(&bytes[at + 1..]))
}

fn is_plain_fragment(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| is_plain(byte) || byte == b'?')
}

/// Whether a byte stays as it is in paths, queries and fragments alike: it is in no "percent-encode set" of the [URL
/// standard](https://url.spec.whatwg.org/#percent-encoded-bytes), and separates none of them.
fn is_plain(byte: u8) -> bool {
    KINDS[usize::from(byte)] & (OTHER | QUERY | FRAGMENT) == 0
}

/// What a byte is in a reference, as bits. A dot's is half of a slash's, so that one shift tells a dot after a slash.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        if (byte as u8).is_ascii_alphanumeric() {
            kinds[byte] = 0;
        }
        byte += 1;
    }
    let others = b"-_~!$&()*+,;=:@";
    let mut at = 0;
    while at < others.len() {
        kinds[others[at] as usize] = 0;
        at += 1;
    }
    kinds[b'.' as usize] = DOT;
    kinds[b'/' as usize] = SLASH;
    kinds[b'%' as usize] = PERCENT;
    kinds[b'?' as usize] = QUERY;
    kinds[b'#' as usize] = FRAGMENT;
    kinds
};

/// As many as any page has, and few for one that has megabytes of slashes.
const FOLDERS: usize = 32;

const OTHER: u8 = 1;
const DOT: u8 = 2;
const SLASH: u8 = 4;
const PERCENT: u8 = 8;
const QUERY: u8 = 16;
const FRAGMENT: u8 = 32;
