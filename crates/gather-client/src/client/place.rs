//! Where a request goes: an address that is a URI from the start, and a URL for those who need one.

use std::net::Ipv4Addr;
use std::sync::OnceLock;

use gather_core::FetchError;
use http::Uri;
use http::uri::Scheme;
use url::Url;

use crate::credentials::{Credentials, take_userinfo};
use crate::origin::{Origin, to_uri, to_url};

/// The address of one hop, as the WHATWG URL standard writes it and without user name and password.
///
/// Parsing takes as long as a tenth of a whole exchange, and most requests need it for nothing: there is no cookie, no
/// credential and no redirect. An address that is obviously written as the standard would write it is therefore parsed
/// when somebody asks for it as a URL.
#[derive(Debug)]
pub(crate) struct Place {
    uri: Uri,
    /// In a box, because it is large and seldom there.
    url: OnceLock<Box<Url>>,
}

impl Place {
    /// Where a request to `uri` goes, and with which credentials, if the address has some.
    pub(crate) fn of(uri: &Uri) -> Result<(Self, Option<(Origin, Credentials)>), FetchError> {
        if is_plain(uri) {
            return Ok((Place::plain(uri.clone()), None));
        }
        let mut url = to_url(uri)?;
        let own = take_userinfo(&mut url)?;
        Ok((Place::at(url)?, own))
    }

    /// An address of which it is known that parsing would change nothing about it.
    pub(crate) fn plain(uri: Uri) -> Self {
        Place { uri, url: OnceLock::new() }
    }

    /// A URL that has no user name and no password.
    pub(crate) fn at(url: Url) -> Result<Self, FetchError> {
        Ok(Place { uri: to_uri(&url)?, url: Box::new(url).into() })
    }

    /// As transports take it.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// With the fragment, where a redirect has given it one.
    pub(crate) fn url(&self) -> Result<&Url, FetchError> {
        match self.url.get() {
            Some(url) => Ok(url),
            // A plain address always parses.
            None => to_url(&self.uri).map(|url| &**self.url.get_or_init(|| Box::new(url))),
        }
    }
}

/// Whether parsing as a URL would change nothing about the address, by a look at its bytes: `false` where that takes more than a
/// look.
fn is_plain(uri: &Uri) -> bool {
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return false };
    // The scheme's own port is left out of a URL.
    let own_port = match () {
        () if *scheme == Scheme::HTTP => 80,
        () if *scheme == Scheme::HTTPS => 443,
        () => return false,
    };
    let (host, port) = authority.as_str().rsplit_once(':').unwrap_or((authority.as_str(), ""));
    let plain_port = |port: &str| {
        !port.starts_with('0')
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port != own_port)
    };
    (authority.as_str().len() == host.len() || plain_port(port)) && is_plain_host(host) && has_plain_path(uri)
}

/// The same for what comes after the host.
pub(super) fn has_plain_path(uri: &Uri) -> bool {
    uri.path_and_query().is_none_or(|path| is_plain_path(path.path()) && path.query().is_none_or(is_plain_text))
}

/// Names in small letters, and IPv4 addresses in four decimal numbers. Labels in Punycode have rules of their own.
fn is_plain_host(host: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    if !host.bytes().all(letters) || host.contains("xn--") {
        return false;
    }
    // What ends in a number is an IPv4 address, in one of many ways of writing it, and else wrong.
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    last.starts_with(|letter: char| letter.is_ascii_lowercase()) || host.parse::<Ipv4Addr>().is_ok()
}

fn is_plain_path(path: &str) -> bool {
    // A dot segment, and one that hides its dots, begins with a slash and one of these.
    let dots = |pair: &[u8]| matches!(pair, b"/." | b"/%");
    let kinds = kinds(path);
    path.starts_with('/') && kinds & OTHER == 0 && (kinds & DOT == 0 || !path.as_bytes().windows(2).any(dots))
}

fn is_plain_text(text: &str) -> bool {
    kinds(text) & OTHER == 0
}

/// The kinds of all characters of a text.
fn kinds(text: &str) -> u8 {
    text.bytes().fold(0, |kinds, byte| kinds | KIND[usize::from(byte)])
}

/// What a dot segment may have in it.
const DOT: u8 = 1;

/// What is not a character that a URL keeps in a path and in a query: those of RFC 3986 but for the apostrophe.
const OTHER: u8 = 2;

/// The kind of each character. A table without branches, since the address of every request is looked at.
const KIND: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut letter = 0;
    while letter < 128_u8 {
        if letter.is_ascii_alphanumeric() {
            kinds[letter as usize] = 0;
        }
        letter += 1;
    }
    let (others, mut at) = (b"-_~!$&()*+,;=:@/?", 0);
    while at < others.len() {
        kinds[others[at] as usize] = 0;
        at += 1;
    }
    kinds[b'.' as usize] = DOT;
    kinds[b'%' as usize] = DOT;
    kinds
};

#[cfg(test)]
mod tests;
