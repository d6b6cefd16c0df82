//! What the first bytes of a document say about its encoding.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::CharsetSource;

/// Looks for a declaration in HTML: the HTML standard's "prescan a byte stream to determine its encoding" (13.2.3.2).
///
/// It looks at all it is given; by the standard that is the first 1,024 bytes. It knows no scripts and no titles: what
/// looks like a `meta` element in one of them counts. An XML declaration counts where there is no `meta`.
///
/// ```
/// use gather_client::charset::{CharsetSource, prescan};
/// let (encoding, source) = prescan(b"<meta charset=utf-16>").unwrap();
/// assert_eq!((encoding.name(), source), ("UTF-8", CharsetSource::Meta), "bytes that can be read here are not UTF-16");
/// assert_eq!(prescan(b"<!-- <meta charset=utf-8> -->"), None);
/// ```
pub fn prescan(bytes: &[u8]) -> Option<(&'static Encoding, CharsetSource)> {
    if let Some(encoding) = utf_16_declaration(bytes) {
        return Some((encoding, CharsetSource::XmlDeclaration));
    }
    let meta = Scanner { bytes, at: 0 }.meta().map(|encoding| (encoding, CharsetSource::Meta));
    meta.or_else(|| xml_declaration(bytes).map(|encoding| (encoding, CharsetSource::XmlDeclaration)))
}

/// Looks for an XML declaration: the HTML standard's "get an XML encoding" (13.2.3.3), and before that, what begins as one
/// in UTF-16.
///
/// ```
/// use gather_client::charset::xml_declaration;
/// let encoding = xml_declaration(b"<?xml version='1.0' encoding='koi8-r'?>").unwrap();
/// assert_eq!(encoding.name(), "KOI8-R");
/// ```
pub fn xml_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some(encoding) = utf_16_declaration(bytes) {
        return Some(encoding);
    }
    if !bytes.starts_with(b"<?xml") {
        return None;
    }
    let declaration = &bytes[..find(bytes, b">")?];
    let rest = &declaration[find(declaration, b"encoding")? + b"encoding".len()..];
    let rest = trim_control(rest).strip_prefix(b"=")?;
    let (&quote, rest) = trim_control(rest).split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let label = &rest[..find(rest, &[quote])?];
    if label.iter().any(|&byte| byte <= b' ') {
        return None;
    }
    Encoding::for_label(label).map(readable)
}

/// `<?x` in UTF-16.
fn utf_16_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.starts_with(b"<\0?\0x\0") {
        return Some(UTF_16LE);
    }
    bytes.starts_with(b"\0<\0?\0x").then_some(UTF_16BE)
}

/// A declaration that could be read as ASCII is not in UTF-16, whatever it says.
fn readable(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16BE || encoding == UTF_16LE { UTF_8 } else { encoding }
}

/// The standard's position pointer. Each step gives `None` where the bytes run out, which ends the scan.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// An attribute: name and value in lower case.
type Attribute = (Vec<u8>, Vec<u8>);

impl Scanner<'_> {
    fn meta(mut self) -> Option<&'static Encoding> {
        loop {
            self.at += find(self.bytes.get(self.at..)?, b"<")?;
            let rest = &self.bytes[self.at..];
            if rest.starts_with(b"<!--") {
                // The two hyphens of the end may be those of the start.
                self.at += 2 + find(&rest[2..], b"-->")? + 2;
            } else if is_meta(rest) {
                self.at += b"<meta".len();
                if let Some(encoding) = self.meta_attributes()? {
                    return Some(encoding);
                }
            } else if is_tag(rest) {
                self.at += rest.iter().position(|&byte| byte.is_ascii_whitespace() || byte == b'>')?;
                while self.attribute()?.is_some() {}
            } else if matches!(rest.get(1), Some(b'!' | b'/' | b'?')) {
                self.at += find(rest, b">")?;
            }
            self.at += 1;
        }
    }

    /// What the attributes of a `meta` element say. Of several attributes of one name the first counts.
    fn meta_attributes(&mut self) -> Option<Option<&'static Encoding>> {
        let (mut got_pragma, mut need_pragma) = (false, None);
        // Whether there was such an attribute, and, inside, whether it named an encoding.
        let mut charset: Option<Option<&'static Encoding>> = None;
        let mut seen: Vec<Vec<u8>> = Vec::new();
        while let Some((name, value)) = self.attribute()? {
            if seen.contains(&name) {
                continue;
            }
            match &name[..] {
                b"http-equiv" => got_pragma |= value == b"content-type",
                b"content" if charset.is_none() => {
                    if let Some(encoding) = in_content(&value) {
                        charset = Some(Some(encoding));
                        need_pragma = Some(true);
                    }
                }
                b"charset" => {
                    charset = Some(Encoding::for_label(&value));
                    need_pragma = Some(false);
                }
                b"content" => {}
                _ => continue,
            }
            seen.push(name);
        }
        if need_pragma.is_none_or(|needed| needed && !got_pragma) {
            return Some(None);
        }
        let encoding = charset.flatten().map(readable);
        Some(encoding.map(|encoding| if encoding.name() == "x-user-defined" { WINDOWS_1252 } else { encoding }))
    }

    /// The standard's "get an attribute"; inside, `None` at the end of the tag.
    fn attribute(&mut self) -> Option<Option<Attribute>> {
        while self.byte()?.is_ascii_whitespace() || self.byte()? == b'/' {
            self.at += 1;
        }
        if self.byte()? == b'>' {
            return Some(None);
        }
        let mut name = Vec::new();
        loop {
            match self.byte()? {
                b'=' if !name.is_empty() => break,
                byte if byte.is_ascii_whitespace() => {
                    self.skip_spaces()?;
                    if self.byte()? != b'=' {
                        return Some(Some((name, Vec::new())));
                    }
                    break;
                }
                b'/' | b'>' => return Some(Some((name, Vec::new()))),
                byte => name.push(byte.to_ascii_lowercase()),
            }
            self.at += 1;
        }
        self.at += 1;
        self.skip_spaces()?;
        let value = self.value()?;
        Some(Some((name, value)))
    }

    fn value(&mut self) -> Option<Vec<u8>> {
        let start = self.at;
        let first = self.byte()?;
        if matches!(first, b'"' | b'\'') {
            let len = find(&self.bytes[start + 1..], &[first])?;
            self.at = start + 1 + len + 1;
            return Some(self.bytes[start + 1..][..len].to_ascii_lowercase());
        }
        while !self.byte()?.is_ascii_whitespace() && self.byte()? != b'>' {
            self.at += 1;
        }
        Some(self.bytes[start..self.at].to_ascii_lowercase())
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_spaces(&mut self) -> Option<()> {
        while self.byte()?.is_ascii_whitespace() {
            self.at += 1;
        }
        Some(())
    }
}

/// The standard's "extracting a character encoding from a `meta` element" (2.5.1), of a value in lower case.
fn in_content(value: &[u8]) -> Option<&'static Encoding> {
    let mut rest = value;
    loop {
        rest = &rest[find(rest, b"charset")? + b"charset".len()..];
        if let Some(after) = rest.trim_ascii_start().strip_prefix(b"=") {
            rest = after.trim_ascii_start();
            break;
        }
    }
    let (&first, behind) = rest.split_first()?;
    let label = if matches!(first, b'"' | b'\'') {
        &behind[..find(behind, &[first])?]
    } else {
        let end = rest.iter().position(|&byte| byte.is_ascii_whitespace() || byte == b';');
        &rest[..end.unwrap_or(rest.len())]
    };
    Encoding::for_label(label)
}

fn is_meta(rest: &[u8]) -> bool {
    rest.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case(b"<meta"))
        && rest.get(5).is_some_and(|&byte| byte.is_ascii_whitespace() || byte == b'/')
}

fn is_tag(rest: &[u8]) -> bool {
    let name = if rest.get(1) == Some(&b'/') { 2 } else { 1 };
    rest.get(name).is_some_and(u8::is_ascii_alphabetic)
}

fn trim_control(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&byte| byte > b' ').unwrap_or(bytes.len());
    &bytes[start..]
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}
