//! HTTP caching (RFC 9111): whether an answer can be used again, must be asked about, or can be kept.

use std::time::{Duration, SystemTime};

use gather_core::Request;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, response};

mod async_store;
mod disk;
mod entry;
mod memory;
mod offloaded;
mod semantics;
mod store;

pub use async_store::{AsyncStore, StoreFuture};
pub use disk::DiskStore;
pub use entry::{Entry, Recording};
pub use memory::MemoryStore;
pub use offloaded::Offloaded;
pub use store::{CacheStore, Key};

/// How a [`Cache`] decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheOptions {
    /// Whose cache it is. Default: [`Audience::One`].
    pub audience: Audience,
    /// The share of an answer's age at which it is taken to be fresh, when it says when it was last modified and not how
    /// long it lasts (RFC 9111 section 4.2.2). Default: 0.1, as the RFC suggests.
    pub heuristic: f32,
    /// Bytes of a body that is kept. Default: 8 MiB.
    pub max_body: usize,
}

/// Whose cache it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// One user's: what is `private` is kept, separately for each `Cookie` and `Authorization` it was asked for with.
    One,
    /// Several users': nothing that is `private`, nor, unless it says so, what was asked for with `Authorization`.
    Shared,
}

impl Default for CacheOptions {
    fn default() -> Self {
        CacheOptions { audience: Audience::One, heuristic: 0.1, max_body: 8 << 20 }
    }
}

/// The decisions of a cache. It holds no answers: those are in a [`CacheStore`], and whoever drives both does this:
///
/// 1. Ask [`before`](Cache::before) with what the store has under the request's [`Key`].
/// 2. Unless that is the answer, make the exchange, with the headers of [`Before::Revalidate`] if it says so.
/// 3. Ask [`after`](Cache::after) with the head, and do to the store as it says.
///
/// Only GET is cached, one answer for each address: an answer that `Vary` tells apart from what a request wants is
/// replaced by the one to that request. Answers to requests for a `Range` or with conditions of their own pass by.
/// Freshness and what may be stored are the judgement of `http-cache-semantics`; what it sees is put into one form
/// first (letter case, dates, absurd ages), so that no server's spelling decides.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use gather_client::cache::{After, Before, Cache, CacheStore, Key, MemoryStore, Recording};
/// use gather_core::http;
///
/// let (cache, store) = (Cache::default(), MemoryStore::default());
/// let request = gather_core::get("http://example.com/")?;
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
/// assert!(matches!(cache.before(&request, None, now), Before::Miss));
///
/// let (head, ()) = http::Response::builder().header("cache-control", "max-age=60").body(())?.into_parts();
/// let After::Store(mut recording) = cache.after(&request, None, &head, now) else { panic!("it may be kept") };
/// recording.push(b"hello");
/// store.put(&Key::of(&request), recording.finish().expect("complete and small enough"))?;
///
/// let entry = store.get(&Key::of(&request))?;
/// assert!(matches!(cache.before(&request, entry.as_ref(), now + Duration::from_secs(59)), Before::Fresh(_)));
/// assert!(matches!(cache.before(&request, entry.as_ref(), now + Duration::from_secs(60)), Before::Miss));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cache {
    options: CacheOptions,
}

/// What to do with a request.
#[derive(Debug)]
pub enum Before {
    /// The cache has no part in it: send it, and do not ask [`Cache::after`] what to store. (But do ask, if the method
    /// is not GET: it says what to forget.)
    Bypass,
    /// Send it as it is.
    Miss,
    /// Send it with these headers in place of its own: it asks whether what is stored is still right.
    Revalidate(HeaderMap),
    /// The stored entry is the answer: this head, with an `Age`, and the entry's body.
    Fresh(Box<response::Parts>),
    /// The request wants what is stored or nothing (`only-if-cached`), and nothing fits: RFC 9111 section 5.2.1.7 answers
    /// it with 504.
    Unavailable,
}

/// What to do with an answer.
#[derive(Debug)]
pub enum After {
    /// Return it, and leave the store as it is.
    Keep,
    /// Return it, and remove what is stored.
    Forget,
    /// Return it, record its body as it passes, and store the recording when it is complete.
    Store(Box<Recording>),
    /// What is stored is right: the answer is this head and the stored body. Put this entry, which has what the server
    /// said anew, into the store; it has the same body.
    NotModified(Box<(response::Parts, Entry)>),
    /// The same, but the server says that it is not to be stored any longer: remove it.
    NotModifiedForget(Box<response::Parts>),
    /// It is right about something else than what is stored: remove that and send the request once more, as it was.
    Again,
}

impl Cache {
    /// A cache that decides by these.
    pub fn new(options: CacheOptions) -> Self {
        Cache { options }
    }

    /// What to do with `request`, given what is `stored` under its key, at the time of day `now`.
    pub fn before(&self, request: &Request, stored: Option<&Entry>, now: SystemTime) -> Before {
        if *request.method() != Method::GET || passes_by(request) {
            return Before::Bypass;
        }
        let fitting = stored.filter(|entry| entry.fits(request));
        if let Some(entry) = fitting
            && let Some(age) = semantics::age_if_fresh(&self.options, request, entry, now)
        {
            return Before::Fresh(Box::new(entry.head_aged(age)));
        }
        if semantics::directives(request.headers()).contains("only-if-cached") {
            return Before::Unavailable;
        }
        match fitting.and_then(|entry| conditional(request, entry)) {
            Some(headers) => Before::Revalidate(headers),
            None => Before::Miss,
        }
    }

    /// What to do with the answer to `request`, of which the head is there, at the time of day `now`.
    ///
    /// `asked_about` is the stored entry if [`Before::Revalidate`] was said about it, and `request` is the one that was
    /// given then, without the headers that were added.
    pub fn after(
        &self,
        request: &Request,
        asked_about: Option<&Entry>,
        head: &response::Parts,
        now: SystemTime,
    ) -> After {
        if *request.method() != Method::GET {
            // RFC 9111 section 4.4: what is not safe and went well has changed the resource.
            let changed = !request.method().is_safe() && (head.status.is_success() || head.status.is_redirection());
            return if changed { After::Forget } else { After::Keep };
        }
        if passes_by(request) {
            return After::Keep;
        }
        if let (StatusCode::NOT_MODIFIED, Some(entry)) = (head.status, asked_about) {
            return self.not_modified(request, entry, head, now);
        }
        if head.status.is_server_error() || head.status == StatusCode::NOT_MODIFIED {
            // The server is unwell; what is stored may be right again in a moment.
            return After::Keep;
        }
        match Entry::selected_by(request, head, now) {
            Some(entry) if semantics::is_storable(&self.options, request, &entry) => {
                After::Store(Box::new(Recording::new(entry, self.options.max_body)))
            }
            _ => After::Forget,
        }
    }

    fn not_modified(&self, request: &Request, entry: &Entry, head: &response::Parts, now: SystemTime) -> After {
        // RFC 9111 section 4.3.4. A 304 without a validator, against the rule, is about the one entry asked about.
        let etag = |headers: &HeaderMap| headers.get(header::ETAG).map(|etag| strong_part(etag).to_owned());
        if let Some(new) = etag(&head.headers)
            && etag(entry.headers()) != Some(new)
        {
            return After::Again;
        }
        let Some(updated) = entry.updated(request, &head.headers, now) else {
            return After::NotModifiedForget(Box::new(entry.head_aged(Duration::ZERO)));
        };
        let age = semantics::age(&self.options, request, &updated, now);
        let answer = updated.head_aged(age);
        if semantics::is_storable(&self.options, request, &updated) {
            After::NotModified(Box::new((answer, updated)))
        } else {
            After::NotModifiedForget(Box::new(answer))
        }
    }
}

/// An entity tag without the mark of weakness: a GET compares weakly (RFC 9110 section 8.8.3.2).
fn strong_part(etag: &HeaderValue) -> &[u8] {
    let etag = etag.as_bytes().trim_ascii();
    etag.strip_prefix(b"W/").unwrap_or(etag)
}

/// Request headers with which an answer is about less, or about something else, than the whole resource.
const OWN_CONDITIONS: [HeaderName; 6] = [
    header::RANGE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::IF_RANGE,
];

/// Whether the cache has no part in a GET: it has conditions of its own, forbids to store, or has a password in its
/// address, which must not end up in a file.
fn passes_by(request: &Request) -> bool {
    OWN_CONDITIONS.iter().any(|name| request.headers().contains_key(name))
        || semantics::directives(request.headers()).contains("no-store")
        || request.uri().authority().is_some_and(|authority| authority.as_str().contains('@'))
}

/// The headers of a request that asks whether `entry` is still right. `None` if the entry has nothing to ask by.
fn conditional(request: &Request, entry: &Entry) -> Option<HeaderMap> {
    let mut headers = request.headers().clone();
    for (validator, condition) in VALIDATORS {
        if let Some(value) = entry.headers().get(validator) {
            headers.insert(condition, value.clone());
        }
    }
    (headers.len() > request.headers().len()).then_some(headers)
}

/// What an answer is recognised by, and how it is asked about.
const VALIDATORS: [(HeaderName, HeaderName); 2] =
    [(header::ETAG, header::IF_NONE_MATCH), (header::LAST_MODIFIED, header::IF_MODIFIED_SINCE)];
