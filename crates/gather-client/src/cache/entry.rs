//! A stored answer, and how one is recorded.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use gather_core::addresses::AddressPolicy;
use gather_core::{Bytes, Request};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Uri, response};
use sha2::{Digest as _, Sha256};

use super::semantics::{clamped, directives};

/// An answer as it is stored: its head without what belongs to one connection, its body as it was received, content
/// codings included, and which requests it answers.
///
/// `Set-Cookie` is not stored: the jar has it, and a cookie must not be set again by an answer from yesterday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(super) url: Uri,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) received: SystemTime,
    /// A digest of the request's headers that select this answer, and of the addresses that it could come from; a digest,
    /// because credentials can be among them.
    pub(super) selecting: [u8; 32],
    pub(super) body: Bytes,
}

/// Headers that belong to one connection (RFC 9110 section 7.6.1), besides those that `Connection` names, and what is
/// not to be given twice.
const NOT_STORED: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    HeaderName::from_static("proxy-connection"),
    header::SET_COOKIE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Headers about the stored body, which a 304 cannot change (RFC 9111 section 3.2).
const OF_THE_BODY: [HeaderName; 4] =
    [header::CONTENT_ENCODING, header::CONTENT_LENGTH, header::CONTENT_RANGE, header::CONTENT_TYPE];

impl Entry {
    /// The address it is the answer of.
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its headers as they were received, or changed by a 304.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// When it was received, or last found to be right. Whole seconds.
    pub fn received(&self) -> SystemTime {
        self.received
    }

    /// Its body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Its bytes in memory, about.
    pub(super) fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
        let url = self.url.path_and_query().map_or(0, |path| path.as_str().len());
        self.body.len() + headers + url + 512
    }

    /// Whether it answers `request`, were it fresh. What came from a public address may be had by all; other answers only by
    /// who might have connected to where they are from.
    pub(super) fn fits(&self, request: &Request) -> bool {
        let selects = |policy| selection(request, &policy, &self.headers) == Some(self.selecting);
        self.url == *request.uri()
            && (selects(AddressPolicy::of(request.extensions())) || selects(AddressPolicy::public()))
    }

    /// The answer to `request` with this head, its body still to come. `None` if no other request could have it.
    pub(super) fn selected_by(request: &Request, head: &response::Parts, now: SystemTime) -> Option<Self> {
        let mut headers = head.headers.clone();
        let connection: Vec<_> = names(&headers, &header::CONNECTION).collect();
        for name in connection.iter().filter_map(|name| HeaderName::try_from(name).ok()).chain(NOT_STORED) {
            headers.remove(name);
        }
        Some(Entry {
            url: request.uri().clone(),
            status: head.status,
            selecting: selection(request, &AddressPolicy::of(request.extensions()), &headers)?,
            headers,
            received: whole_seconds(now),
            body: Bytes::new(),
        })
    }

    /// The same after a 304 with `news`. `None` if it answers no other request any longer.
    pub(super) fn updated(&self, request: &Request, news: &HeaderMap, now: SystemTime) -> Option<Self> {
        let mut updated = self.clone();
        // An age that the 304 does not repeat was that of the answer before.
        updated.headers.remove(header::AGE);
        for name in news.keys().filter(|name| !NOT_STORED.contains(name) && !OF_THE_BODY.contains(name)) {
            updated.headers.remove(name);
            for value in news.get_all(name) {
                updated.headers.append(name.clone(), value.clone());
            }
        }
        updated.received = whole_seconds(now);
        updated.selecting = selection(request, &AddressPolicy::of(request.extensions()), &updated.headers)?;
        Some(updated)
    }

    /// Its head as an answer, `age` after the server made it.
    pub(super) fn head_aged(&self, age: Duration) -> response::Parts {
        let mut response = http::Response::new(());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response.headers_mut().insert(header::AGE, HeaderValue::from(age.as_secs()));
        response.into_parts().0
    }
}

/// A digest of the values by which `request` selects an answer with these headers: those that `Vary` names, credentials,
/// and cookies if the answer is private. `None` if every request selects another: `Vary: *`. Where `policy` restricts the
/// addresses that the request may reach, that is one of the values: who must not connect to a host is not told what somebody
/// else had from there.
///
/// Salted with the address, because it ends up in a file: whoever reads the folder cannot see that the same password was
/// used in two places, nor look digests of likely ones up in a table made for all. The address itself is compared, too,
/// and not its digest ([`Entry::fits`]): another's answer is never served, whatever the file is called.
fn selection(request: &Request, policy: &AddressPolicy, answer: &HeaderMap) -> Option<[u8; 32]> {
    let mut selecting: BTreeSet<String> = names(answer, &header::VARY).collect();
    if selecting.contains("*") {
        return None;
    }
    selecting.insert(header::AUTHORIZATION.as_str().to_owned());
    if directives(answer).contains("private") {
        selecting.insert(header::COOKIE.as_str().to_owned());
    }
    let mut digest = Sha256::new();
    let salt = request.uri().to_string();
    digest.update((salt.len() as u64).to_le_bytes());
    digest.update(salt);
    for name in selecting {
        digest.update(name.as_bytes());
        for value in request.headers().get_all(&name) {
            // Lengths keep "a" and "bc" apart from "ab" and "c".
            digest.update((value.len() as u64).to_le_bytes());
            digest.update(value.as_bytes());
        }
        digest.update([0xff; 8]);
    }
    if policy.restricts() {
        // In whatever words, as long as they differ for others: what is not recognised later is asked for again.
        digest.update(format!("{policy:?}"));
    }
    Some(digest.finalize().into())
}

/// The names in a header that lists names, in lower case.
fn names(headers: &HeaderMap, list: &HeaderName) -> impl Iterator<Item = String> {
    // Bytes that no name has make one name wrong, and leave the others what they are.
    let values = headers.get_all(list).iter().flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    values.map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase()).filter(|name| !name.is_empty())
}

/// What a file can say; and an entry is the same before and after it was in one.
fn whole_seconds(now: SystemTime) -> SystemTime {
    let since = clamped(now).duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// A body that is recorded while it passes, to be stored when it is complete.
#[derive(Debug)]
pub struct Recording {
    entry: Entry,
    body: Vec<u8>,
    length: usize,
    limit: usize,
}

impl Recording {
    pub(super) fn new(entry: Entry, limit: usize) -> Self {
        Recording { entry, body: Vec::new(), length: 0, limit }
    }

    /// One more chunk. Beyond the limit of [`max_body`](super::CacheOptions::max_body) nothing is kept, neither this nor
    /// what was there.
    pub fn push(&mut self, chunk: &[u8]) {
        self.length = self.length.saturating_add(chunk.len());
        if self.length > self.limit {
            self.body = Vec::new();
        } else {
            // Copied, so that what is stored for long does not keep the connection's buffers alive.
            self.body.extend_from_slice(chunk);
        }
    }

    /// The entry to store, once the body has ended without an error; drop the recording otherwise. `None` when the body
    /// was too long, or not as long as its head said.
    pub fn finish(self) -> Option<Entry> {
        let Recording { mut entry, mut body, length, limit } = self;
        let announced = entry.headers.get(header::CONTENT_LENGTH).map(|value| value.to_str().ok()?.parse().ok());
        if length > limit || announced.is_some_and(|announced| announced != Some(length)) {
            return None;
        }
        body.shrink_to_fit();
        entry.body = body.into();
        Some(entry)
    }
}
