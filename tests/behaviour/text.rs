//! Small things about text: numbers that a template may have written, and patterns with stars.

use serde::Deserialize;

/// A number, or the text of one: what a template fills in is text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    Number(u64),
    Text(String),
}

impl Text {
    /// # Panics
    ///
    /// When it is not a number.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Text::Number(number) => *number,
            Text::Text(text) => text.parse().unwrap_or_else(|_| panic!("`{text}` stands where a number has to")),
        }
    }
}

/// Whether `text` is of the form of `pattern`, in which a star is any text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(after, &rest[at..]))
        }),
    }
}

#[test]
fn a_star_is_any_text() {
    let yes = [("*", ""), ("*", "x"), ("a*", "a"), ("a*c", "abc"), ("*b*", "abc"), ("a b", "a b"), ("a*b*c", "abbbc")];
    let no = [("", "x"), ("a", "ab"), ("a*c", "ab"), ("*b", "bc"), ("a*b*c", "acb")];
    assert!(yes.iter().all(|(pattern, text)| matches(pattern, text)));
    assert!(no.iter().all(|(pattern, text)| !matches(pattern, text)));
}
