//! Retries: what is tried again, when, and what ends it.

use std::time::{Duration, SystemTime};

use gather_client::retry::{
    Backoff, Decision, InvalidRetryAfter, Retries, RetryBudget, RetryPolicy, Stop, retry_after,
};
use gather_core::http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use gather_core::http::{Method, StatusCode};
use gather_core::{FetchError, FetchErrorKind, Phase};

const ZERO: Duration = Duration::ZERO;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// 1994-11-06 08:49:37, the RFC's example.
fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + seconds(784_111_777)
}

fn asking(values: &[&str]) -> HeaderMap {
    values.iter().map(|value| (RETRY_AFTER, HeaderValue::from_str(value).expect(value))).collect()
}

fn retries(method: Method) -> Retries {
    Retries::new(RetryPolicy::default(), RetryBudget::default(), &method, 7)
}

fn status(retries: &mut Retries, status: u16, headers: &HeaderMap) -> Decision {
    retries.after_status(StatusCode::from_u16(status).expect("a status"), headers, ZERO, wall())
}

#[test]
fn retry_after_is_read_in_every_form_and_nothing_else() {
    use InvalidRetryAfter::{Negative, Neither, Overflow};
    for (value, expected) in [
        ("0", Ok(ZERO)),
        ("120", Ok(seconds(120))),
        (" 7 ", Ok(seconds(7))),
        ("007", Ok(seconds(7))),
        ("18446744073709551615", Ok(seconds(u64::MAX))),
        ("18446744073709551616", Err(Overflow)),
        ("99999999999999999999999999999999", Err(Overflow)),
        ("-1", Err(Negative)),
        ("-0.5", Err(Negative)),
        ("", Err(Neither)),
        ("+5", Err(Neither)),
        ("5.5", Err(Neither)),
        ("1e3", Err(Neither)),
        ("0x10", Err(Neither)),
        ("soon", Err(Neither)),
        ("5 seconds", Err(Neither)),
        ("NaN", Err(Neither)),
        ("-", Err(Neither)),
        ("Sun, 06 Nov 1994 08:49:47 GMT", Ok(seconds(10))),
        ("Sunday, 06-Nov-94 08:49:47 GMT", Ok(seconds(10))),
        ("Sun Nov  6 08:49:47 1994", Ok(seconds(10))),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Ok(ZERO)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", Ok(ZERO)),
        ("Sun, 32 Nov 1994 08:49:37 GMT", Err(Neither)),
        ("Sun, 06 Nov 1994 08:49:37 CET", Err(Neither)),
        ("Sun, 06 Nov 1994", Err(Neither)),
    ] {
        assert_eq!(retry_after(&asking(&[value]), wall()), expected.map(Some), "`{value}`");
    }
    assert_eq!(retry_after(&HeaderMap::new(), wall()), Ok(None));
    assert_eq!(retry_after(&asking(&["3", "9", "5"]), wall()), Ok(Some(seconds(9))));
    assert_eq!(retry_after(&asking(&["3", "soon"]), wall()), Err(Neither));
}

#[test]
fn arbitrary_retry_after_never_panics() {
    let mut random = fastrand::Rng::with_seed(5);
    let pieces =
        ["Sun, ", "06 ", "Nov ", "1994 ", "9999", "08:49:37", " GMT", "-", "0", "18446744073709551615", "Sunday", " "];
    for _ in 0..20_000 {
        let text: String = (0..random.usize(0..8)).map(|_| *random.choice(&pieces).unwrap()).collect();
        let _ = retry_after(&asking(&[&text]), SystemTime::UNIX_EPOCH + seconds(random.u64(..=u64::from(u32::MAX))));
        let bytes: Vec<u8> = (0..random.usize(0..40)).map(|_| random.u8(b' '..=b'~')).collect();
        let value = HeaderValue::from_bytes(&bytes).expect("printable");
        let _ = retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value)]), wall());
    }
}

#[test]
fn statuses_are_retried_for_idempotent_methods_only() {
    let retried = [408, 429, 500, 502, 503, 504];
    for code in 100..600 {
        for method in
            [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS, Method::POST, Method::PATCH]
        {
            let expected = match (retried.contains(&code), method.is_idempotent()) {
                (true, true) => None,
                (true, false) => Some(Stop::NotIdempotent),
                (false, _) => Some(Stop::NotRetryable),
            };
            match (status(&mut retries(method.clone()), code, &HeaderMap::new()), expected) {
                (Decision::Retry { .. }, None) => {}
                (Decision::Stop(why), Some(expected)) if why == expected => {}
                (decision, _) => panic!("{method} {code}: {decision:?}"),
            }
        }
    }
}

#[test]
fn errors_are_retried_when_they_may_pass() {
    use FetchErrorKind::{
        Closed, Forbidden, Interrupted, Invalid, Other, Protocol, Refused, Timeout, TooLarge, TooMany,
    };
    let kinds =
        [Invalid, Refused, Interrupted, Protocol, Timeout(ZERO), TooLarge(1), TooMany(1), Forbidden, Closed, Other];
    for phase in [Phase::Request, Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Head, Phase::Body] {
        for kind in kinds {
            let unsent = match kind {
                // In the head it is a server that says so of a request that it has not acted upon.
                Refused => matches!(phase, Phase::Resolve | Phase::Connect | Phase::Head),
                Interrupted | Timeout(_) | Other => matches!(phase, Phase::Resolve | Phase::Connect | Phase::Tls),
                _ => false,
            };
            let unanswered = phase == Phase::Head && matches!(kind, Interrupted | Timeout(_));
            for (method, expected) in [(Method::GET, unsent || unanswered), (Method::POST, unsent)] {
                let decision = retries(method.clone()).after_error(&FetchError::new(phase, kind), ZERO);
                assert_eq!(matches!(decision, Decision::Retry { .. }), expected, "{method} {phase:?} {kind:?}");
                if phase == Phase::Body {
                    assert_eq!(decision, Decision::Stop(Stop::BodyStarted));
                }
            }
        }
    }
}

#[test]
fn attempts_are_counted_over_answers_and_errors() {
    for limit in [0, 1, 2, 5] {
        let policy = RetryPolicy { max_attempts: limit, ..RetryPolicy::default() };
        let mut retries = Retries::new(policy, RetryBudget::default(), &Method::GET, 7);
        for attempt in 1..limit.max(1) {
            let decision = match attempt % 2 {
                0 => status(&mut retries, 503, &HeaderMap::new()),
                _ => retries.after_error(&FetchError::new(Phase::Connect, FetchErrorKind::Refused), ZERO),
            };
            assert!(matches!(decision, Decision::Retry { .. }), "{attempt} of {limit}: {decision:?}");
        }
        assert_eq!(status(&mut retries, 503, &HeaderMap::new()), Decision::Stop(Stop::Attempts(limit)));
        assert_eq!(retries.attempts(), limit.max(1));
    }
}

#[test]
fn waits_are_jittered_below_a_doubling_bound() {
    let backoff = Backoff { first: Duration::from_millis(100), max: seconds(1) };
    let bounds = [100, 200, 400, 800, 1_000, 1_000];
    for (attempt, bound) in (1..).zip(bounds) {
        assert_eq!(backoff.bound(attempt), Duration::from_millis(bound));
    }
    assert_eq!(Backoff { first: Duration::MAX, max: Duration::MAX }.bound(u32::MAX), Duration::MAX);

    let policy = RetryPolicy { backoff, max_attempts: 7, ..RetryPolicy::default() };
    let mut sums = [ZERO; 6];
    for seed in 0..1_000 {
        let mut retries = Retries::new(policy.clone(), RetryBudget::default(), &Method::GET, seed);
        for (sum, bound) in sums.iter_mut().zip(bounds) {
            let Decision::Retry { wait } = status(&mut retries, 503, &HeaderMap::new()) else { panic!("a retry") };
            assert!(wait <= Duration::from_millis(bound), "{wait:?} after {bound}");
            *sum += wait;
        }
    }
    for (sum, bound) in sums.iter().zip(bounds) {
        let share = sum.as_secs_f64() / bound as f64;
        assert!((0.45..0.55).contains(&share), "the mean is {share} of the bound and not the half");
    }
}

#[test]
fn the_same_seed_waits_the_same() {
    let wait = |seed| {
        let mut retries = Retries::new(RetryPolicy::default(), RetryBudget::default(), &Method::GET, seed);
        status(&mut retries, 503, &HeaderMap::new())
    };
    assert_eq!(wait(1), wait(1));
    assert_ne!(wait(1), wait(2));
}

#[test]
fn what_the_server_asks_for_is_waited_for_in_full_or_not_at_all() {
    let first = Backoff::default().first;
    for (asked, at_least) in
        [("7", seconds(7)), ("60", seconds(60)), ("Sun, 06 Nov 1994 08:49:47 GMT", seconds(10)), ("0", ZERO)]
    {
        let Decision::Retry { wait } = status(&mut retries(Method::GET), 429, &asking(&[asked])) else {
            panic!("{asked}")
        };
        assert!(wait >= at_least && wait <= at_least + first, "{asked}: {wait:?}");
    }
    let endless = [("18446744073709551616", Duration::MAX), ("99999999999999999999999", Duration::MAX)];
    for (asked, read) in [("61", seconds(61)), ("18446744073709551615", seconds(u64::MAX))].into_iter().chain(endless) {
        let decision = status(&mut retries(Method::GET), 503, &asking(&[asked]));
        let too_long = Stop::RetryAfterTooLong { asked: read, limit: seconds(60) };
        assert_eq!(decision, Decision::Stop(too_long));
    }
    for nonsense in ["-5", "-99999999999999999999999", "soon"] {
        let Decision::Retry { wait } = status(&mut retries(Method::GET), 503, &asking(&[nonsense])) else {
            panic!("{nonsense}")
        };
        assert!(wait <= first, "{nonsense} is as if it were not there");
    }
}

#[test]
fn no_retry_begins_after_the_total() {
    let policy = RetryPolicy { max_total: seconds(20), ..RetryPolicy::default() };
    for (elapsed, asked, retried) in
        [(seconds(0), "15", true), (seconds(10), "15", false), (seconds(20), "1", false), (Duration::MAX, "0", false)]
    {
        let mut retries = Retries::new(policy.clone(), RetryBudget::default(), &Method::GET, 7);
        let decision = retries.after_status(StatusCode::BAD_GATEWAY, &asking(&[asked]), elapsed, wall());
        match decision {
            Decision::Retry { .. } => assert!(retried, "{elapsed:?} {asked}"),
            Decision::Stop(why) => assert_eq!((why, retried), (Stop::Total(seconds(20)), false), "{elapsed:?} {asked}"),
        }
    }
}

#[test]
fn an_outage_is_not_multiplied() {
    let budget = RetryBudget::new(10, 100).unwrap();
    let request = || Retries::new(RetryPolicy::default(), budget.clone(), &Method::GET, 7);
    let mut sent = 0;
    for _ in 0..1_000 {
        let mut retries = request();
        loop {
            sent += 1;
            if let Decision::Stop(_) = status(&mut retries, 503, &HeaderMap::new()) {
                break;
            }
        }
    }
    assert!(sent <= 1_005, "{sent} requests where 1000 were asked for");
    assert_eq!(budget.tokens(), 0.0);
    assert_eq!(status(&mut request(), 503, &HeaderMap::new()), Decision::Stop(Stop::Budget));

    for _ in 0..61 {
        assert_eq!(status(&mut request(), 200, &HeaderMap::new()), Decision::Stop(Stop::NotRetryable));
    }
    assert!(budget.tokens() > 6.0 && budget.tokens() < 6.2, "a tenth back for each success: {}", budget.tokens());
    assert!(matches!(status(&mut request(), 503, &HeaderMap::new()), Decision::Retry { .. }));
    for _ in 0..1_000 {
        status(&mut request(), 404, &HeaderMap::new());
    }
    assert_eq!(budget.tokens(), 10.0, "never more than full");
}

#[test]
fn budgets_out_of_range_are_refused() {
    for (tokens, thousandths) in [(0, 100), (1_001, 100), (u32::MAX, 1), (10, 0)] {
        let error = RetryBudget::new(tokens, thousandths).expect_err("out of range");
        assert!(error.to_string().contains(&tokens.to_string()), "{error}");
    }
    assert_eq!(RetryBudget::new(1_000, u32::MAX).unwrap().tokens(), 1_000.0);
}
