//! Fields of answers: `Retry-After`, `Content-Type`, `Content-Encoding`.

use std::time::Duration;

use gather_client::charset::ContentType;
use gather_client::decode::{DecodeError, codings};
use gather_client::retry::{Decision, InvalidRetryAfter, Retries, RetryBudget, RetryPolicy, Stop, retry_after};
use gather_core::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use gather_core::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::input::{Input, now};

/// Which field; then a value on each line.
pub(crate) fn fields(data: &[u8]) {
    let mut input = Input::new(data);
    let which = input.byte() % 3;
    let values: Vec<_> = input.lines().take(8).filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let headers = |name: HeaderName| values.iter().map(|value| (name.clone(), value.clone())).collect::<HeaderMap>();
    match which {
        0 => waits(&headers(RETRY_AFTER), &values),
        1 => types(&headers(CONTENT_TYPE), &values),
        _ => stacks(&headers(CONTENT_ENCODING)),
    }
}

fn waits(headers: &HeaderMap, values: &[HeaderValue]) {
    let asked = retry_after(headers, now());
    let seconds = |value: &HeaderValue| {
        let text = value.to_str().ok()?.trim();
        (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
    };
    if let Some(all) = values.iter().map(seconds).collect::<Option<Vec<u64>>>() {
        assert_eq!(asked, Ok(all.into_iter().max().map(Duration::from_secs)));
    }
    if values.iter().any(|value| value.as_bytes().trim_ascii().starts_with(b"-")) {
        assert!(asked.is_err(), "a wait that begins with a minus: {asked:?}");
    }

    let policy = RetryPolicy::default();
    let mut retries = Retries::new(policy.clone(), RetryBudget::default(), &Method::GET, 7);
    match retries.after_status(StatusCode::SERVICE_UNAVAILABLE, headers, Duration::ZERO, now()) {
        Decision::Retry { wait } => {
            assert_ne!(asked, Err(InvalidRetryAfter::Overflow), "longer than can be said is too long");
            let asked = asked.ok().flatten();
            assert!(asked.is_none_or(|asked| wait >= asked), "{wait:?} is less than was asked for");
            let longest = asked.map_or(policy.backoff.max, |asked| asked + policy.backoff.first);
            assert!(wait <= longest && wait <= policy.max_total, "{wait:?}");
            assert!(asked.is_none_or(|asked| asked <= policy.max_retry_after));
        }
        Decision::Stop(Stop::RetryAfterTooLong { asked: told, limit }) => {
            let overflows = asked == Err(InvalidRetryAfter::Overflow) && told == Duration::MAX;
            assert!((asked == Ok(Some(told)) || overflows) && told > limit);
        }
        Decision::Stop(other) => panic!("{other:?} after the first attempt"),
    }
}

fn types(headers: &HeaderMap, values: &[HeaderValue]) {
    let of_all = ContentType::of(headers);
    let texts = values.iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    for known in texts.filter_map(|text| ContentType::parse(&text)).chain(of_all) {
        let essence = known.essence();
        assert_eq!(essence.to_ascii_lowercase(), essence);
        assert_eq!(essence.matches('/').count(), 1, "{essence}");
        assert!(!essence.contains(|char: char| char.is_whitespace() || char.is_control()), "{essence:?}");
        // Written in the normal form it is the same.
        let written = match known.charset() {
            Some(label) => {
                assert!(!label.is_empty());
                format!("{essence}; charset=\"{}\"", label.replace('\\', "\\\\").replace('"', "\\\""))
            }
            None => essence.to_owned(),
        };
        assert_eq!(ContentType::parse(&written).as_ref(), Some(&known), "{written}");
    }
}

fn stacks(headers: &HeaderMap) {
    for limit in [0, 1, 2, 100] {
        match codings(headers, limit) {
            Ok(found) => assert!(found.len() <= limit),
            Err(DecodeError::TooManyCodings { limit: told }) => assert_eq!(told, limit),
            Err(DecodeError::Unknown { name }) => assert!(!name.is_empty()),
            Err(other) => panic!("{other:?}"),
        }
    }
}
