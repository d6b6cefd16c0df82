//! Slashes in front of a host, of which some pages have too many.

use std::borrow::Cow;

use url::Url;

/// The reference with two slashes before a host where there are more, which are as good as two to whoever fetches (URL standard,
/// "special authority ignore slashes state"), and an error to the crate url.
pub(super) fn two_at_most<'a>(base: Option<&Url>, reference: &'a str) -> Cow<'a, str> {
    let begin = reference.trim_start_matches(|letter| letter <= ' ');
    // Tabs and line ends are nothing at all, wherever they stand.
    let rest = begin.trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    let slashes = begin[..begin.len() - rest.len()].bytes().filter(|byte| matches!(byte, b'/' | b'\\')).count();
    match base.map(Url::scheme) {
        Some("http" | "https") if slashes > 2 => Cow::Owned(format!("//{rest}")),
        _ => Cow::Borrowed(reference),
    }
}
