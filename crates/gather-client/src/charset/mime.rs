//! Media types, as far as encodings need them.

use http::header::{CONTENT_TYPE, HeaderMap};

/// The value of a `Content-Type` field: what the document is, and the encoding it names.
///
/// Read as browsers do (the WHATWG's MIME Sniffing Standard, 4.4), which is more forgiving than RFC 9110.
///
/// ```
/// use gather_client::charset::ContentType;
/// let html = ContentType::parse("Text/HTML; foo=bar; Charset=\"utf-8\"").unwrap();
/// assert_eq!((html.essence(), html.charset()), ("text/html", Some("utf-8")));
/// assert_eq!(ContentType::parse("html"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType {
    essence: String,
    charset: Option<String>,
}

impl ContentType {
    /// The content type of a response. Of several fields the last one that says something counts, and inherits the
    /// encoding of an earlier one of the same type (the Fetch Standard, "extract a MIME type").
    pub fn of(headers: &HeaderMap) -> Option<ContentType> {
        let mut last: Option<ContentType> = None;
        for value in headers.get_all(CONTENT_TYPE) {
            let value = String::from_utf8_lossy(value.as_bytes());
            for mut next in split_outside_quotes(&value, ',').filter_map(ContentType::parse) {
                if next.essence == "*/*" {
                    continue;
                }
                if let Some(last) = last.filter(|last| last.essence == next.essence && next.charset.is_none()) {
                    next.charset = last.charset;
                }
                last = Some(next);
            }
        }
        last
    }

    /// The content type in one value; `None` where there is no type and subtype.
    pub fn parse(value: &str) -> Option<ContentType> {
        let mut parts = split_outside_quotes(value, ';');
        let (main, sub) = parts.next()?.trim_matches(WHITESPACE).split_once('/')?;
        let sub = sub.trim_end_matches(WHITESPACE);
        if !is_token(main) || !is_token(sub) {
            return None;
        }
        // The first one counts; a parameter that is not well formed counts for nothing.
        let charset = parts.find_map(|part| {
            let (name, value) = part.trim_start_matches(WHITESPACE).split_once('=')?;
            name.eq_ignore_ascii_case("charset").then(|| unquote(value)).filter(|label| !label.is_empty())
        });
        Some(ContentType { essence: format!("{main}/{sub}").to_ascii_lowercase(), charset })
    }

    /// The type and the subtype, in lower case: `text/html`.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The label of the encoding, as it came.
    pub fn charset(&self) -> Option<&str> {
        self.charset.as_deref()
    }

    pub(super) fn into_charset(self) -> Option<String> {
        self.charset
    }
}

/// HTTP whitespace.
const WHITESPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    let is_token_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_char)
}

/// The pieces between separators that do not stand in a quoted string.
fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |char| {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return char == separator && !quoted,
        }
        false
    })
}

/// The value of a parameter: a quoted string without its quotes and escapes, anything else as it is.
fn unquote(value: &str) -> String {
    let Some(quoted) = value.strip_prefix('"') else { return value.trim_end_matches(WHITESPACE).to_owned() };
    let mut unquoted = String::new();
    let mut chars = quoted.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => unquoted.extend(chars.next()),
            _ => unquoted.push(char),
        }
    }
    unquoted
}
