//! The address in a `Location` header.

use std::borrow::Cow;

use http::header::{HeaderMap, LOCATION};
use url::Url;

use super::RedirectError;
use crate::origin::without_userinfo;

/// Where `headers` redirect to, seen from `base`. `None` when they do not say.
pub(super) fn target(base: &Url, headers: &HeaderMap) -> Result<Option<Url>, RedirectError> {
    let mut given = headers.get_all(LOCATION).iter().map(|value| value.as_bytes()).filter(|bytes| !bytes.is_empty());
    let Some(first) = given.next() else { return Ok(None) };
    if given.any(|other| other != first) {
        return Err(RedirectError::Ambiguous);
    }
    let text = decoded(first);
    let url =
        base.join(&with_two_slashes(base, &text)).map_err(|_| RedirectError::Invalid { location: shortened(&text) })?;
    let mut url = without_userinfo(url);
    if url.fragment().is_none() {
        url.set_fragment(base.fragment());
    }
    Ok(Some(url))
}

/// The reference with two slashes before a host where there are more, which are as good as two to whoever fetches (URL standard,
/// "special authority ignore slashes state"), and an error to the crate url.
fn with_two_slashes<'a>(base: &Url, reference: &'a str) -> Cow<'a, str> {
    let begin = reference.trim_start_matches(|letter| letter <= ' ');
    // Tabs and line ends are nothing at all, wherever they stand.
    let rest = begin.trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    let slashes = begin[..begin.len() - rest.len()].bytes().filter(|byte| matches!(byte, b'/' | b'\\')).count();
    match base.scheme() {
        "http" | "https" if slashes > 2 => Cow::Owned(format!("//{rest}")),
        _ => Cow::Borrowed(reference),
    }
}

/// The header's text: UTF-8 where it is that, else with each byte beyond ASCII escaped, so that the server gets back
/// the very bytes it sent. Both are what browsers do.
fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().fold(String::new(), |mut text, &byte| {
            if byte.is_ascii() {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
            text
        }),
    }
}

/// As much of an address as an error should carry, without what stands before an `@`: it may be a password.
pub(super) fn shortened(text: &str) -> String {
    let after_userinfo = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    after_userinfo.chars().take(200).collect()
}
