//! What `http-cache-semantics` is asked, and what it is shown.
//!
//! It compares directives by letter case, reads one form of date, adds an `Age` from the network without looking for an
//! overflow, and formats the present time; so it is shown a tidied copy.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use gather_core::Request;
use http::header::{self, HeaderMap, HeaderValue};
use http_cache_semantics::{CacheOptions as Options, CachePolicy};

use super::{Audience, CacheOptions, Entry, VALIDATORS};

/// Whether `entry` may be kept, as the answer to `request`, and can ever be of use: it is fresh for a while, or has
/// something to be asked about by.
pub(super) fn is_storable(options: &CacheOptions, request: &Request, entry: &Entry) -> bool {
    let policy = policy(options, request, entry);
    let lasts = !policy.is_stale(clamped(entry.received()));
    policy.is_storable() && (lasts || VALIDATORS.iter().any(|(validator, _)| entry.headers().contains_key(validator)))
}

/// How old `entry` is.
pub(super) fn age(options: &CacheOptions, request: &Request, entry: &Entry, now: SystemTime) -> Duration {
    policy(options, request, entry).age(clamped(now))
}

/// How old `entry` is, if it answers `request` without asking the server.
pub(super) fn age_if_fresh(
    options: &CacheOptions,
    request: &Request,
    entry: &Entry,
    now: SystemTime,
) -> Option<Duration> {
    let policy = policy(options, request, entry);
    let now = clamped(now);
    let fresh = policy.before_request(&tidied_request(request), now).satisfies_without_revalidation();
    fresh.then(|| policy.age(now))
}

fn policy(options: &CacheOptions, request: &Request, entry: &Entry) -> CachePolicy {
    let options = Options {
        shared: options.audience == Audience::Shared,
        cache_heuristic: if options.heuristic.is_finite() { options.heuristic.clamp(0.0, 1.0) } else { 0.0 },
        ..Options::default()
    };
    let mut response = http::Response::new(());
    *response.status_mut() = entry.status();
    *response.headers_mut() = tidied(entry.headers());
    // Which request an entry fits is compared by `Entry::fits`, over all values of a header.
    response.headers_mut().remove(header::VARY);
    CachePolicy::new_options(&tidied_request(request), &response, clamped(entry.received()), options)
}

fn tidied_request(request: &Request) -> http::Request<()> {
    let mut tidy = http::Request::new(());
    *tidy.method_mut() = request.method().clone();
    *tidy.uri_mut() = request.uri().clone();
    *tidy.headers_mut() = tidied(request.headers());
    tidy
}

/// The names of the `Cache-Control` directives, in lower case.
pub(super) fn directives(headers: &HeaderMap) -> BTreeSet<String> {
    let values = headers.get_all(header::CACHE_CONTROL).iter().map(readable);
    let names =
        |value: String| value.split(',').map(|part| part.split('=').next().unwrap_or(part).trim().to_owned()).collect();
    values.flat_map::<Vec<_>, _>(names).collect()
}

/// A value in lower case, with a question mark for what is not ASCII: a byte too many in one directive must not hide the
/// others.
fn readable(value: &HeaderValue) -> String {
    let letter = |byte: &u8| if byte.is_ascii() { char::from(byte.to_ascii_lowercase()) } else { '?' };
    value.as_bytes().iter().map(letter).collect()
}

fn tidied(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [header::CACHE_CONTROL, header::PRAGMA] {
        if let header::Entry::Occupied(mut values) = headers.entry(name) {
            for value in values.iter_mut() {
                if let Ok(readable) = HeaderValue::try_from(readable(value)) {
                    *value = readable;
                }
            }
        }
    }
    for name in [header::DATE, header::EXPIRES, header::LAST_MODIFIED] {
        let date = headers.get(&name).and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
        if let Some(value) = date.and_then(|date| HeaderValue::try_from(httpdate::fmt_http_date(date)).ok()) {
            headers.insert(name, value);
        }
    }
    if let Some(given) = headers.remove(header::AGE) {
        headers.insert(header::AGE, HeaderValue::from(capped_age(&given)));
    }
    headers
}

/// RFC 9111 sections 1.2.2 and 5.1: an age beyond 2³¹ seconds is 2³¹ seconds, and one that is no number is not there. It
/// then is old for safety's sake when it has digits only, and new otherwise.
fn capped_age(given: &HeaderValue) -> u64 {
    const MOST: u64 = 1 << 31;
    let digits = given.as_bytes().trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).map_or(MOST, |age: u64| age.min(MOST))
}

/// A time of day within 1970 and the year 9000, which is what can be written as a date.
pub(super) fn clamped(now: SystemTime) -> SystemTime {
    const LAST: Duration = Duration::from_secs(221_845_392_000);
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    SystemTime::UNIX_EPOCH + since.min(LAST)
}
