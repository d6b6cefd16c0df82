//! What the values of `<meta>` elements say.

/// The address in the `content` of a refresh, by the standard's [declarative refresh
/// steps](https://html.spec.whatwg.org/multipage/document-lifecycle.html#shared-declarative-refresh-steps). `None` if it
/// is none, or refreshes the page itself.
pub(super) fn refresh(content: &str) -> Option<&str> {
    let text = content.trim_start_matches(SPACE);
    let after_digits = text.trim_start_matches(|character: char| character.is_ascii_digit());
    let has_time = after_digits.len() < text.len() || text.starts_with('.');
    let after_time = after_digits.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
    let separated = after_time.trim_start_matches(SPACE);
    let is_separated = separated.len() < after_time.len() || separated.starts_with([';', ',']);
    if !has_time || !is_separated {
        return None;
    }
    let address = separated.strip_prefix([';', ',']).unwrap_or(separated).trim_start_matches(SPACE);
    let quoted = after_url(address).unwrap_or(address);
    let address = match quoted.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted[1..].split(quote).next().unwrap_or_default(),
        _ => quoted,
    };
    (!address.is_empty()).then_some(address)
}

/// What follows `url =`.
fn after_url(text: &str) -> Option<&str> {
    let name = text.get(..3).filter(|name| name.eq_ignore_ascii_case("url"))?;
    let equals = text[name.len()..].trim_start_matches(SPACE).strip_prefix('=')?;
    Some(equals.trim_start_matches(SPACE))
}

/// The charset in the `content` of a content type, by the standard's [algorithm for extracting a character encoding from
/// a meta element](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#extracting-character-encodings-from-meta-elements).
pub(crate) fn charset(content: &str) -> Option<&str> {
    let lower = content.to_ascii_lowercase();
    let mut from = 0;
    loop {
        let at = from + lower[from..].find("charset")? + "charset".len();
        let Some(value) = content[at..].trim_start_matches(SPACE).strip_prefix('=') else {
            from = at;
            continue;
        };
        let value = value.trim_start_matches(SPACE);
        return match value.chars().next()? {
            // A quote that is not closed makes it mean nothing.
            quote @ ('"' | '\'') => value[1..].find(quote).map(|end| &value[1..=end]),
            _ => value.split([';', '\t', '\n', '\x0C', '\r', ' ']).next(),
        };
    }
}

const SPACE: [char; 5] = ['\t', '\n', '\x0C', '\r', ' '];
