//! Expectations that are met, and one by one those that are not.

use gather_core::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};

use super::*;

fn answer(body: &str) -> Outcome {
    let headers =
        HeaderMap::from_iter([(HeaderName::from_static("x-own"), HeaderValue::from_static("http://127.0.0.1:80"))]);
    let head = Some((StatusCode::OK, Version::HTTP_11, headers));
    Outcome { head, body: body.as_bytes().to_vec(), ..Outcome::default() }
}

/// The number of things in which the answer `{"a": 1}` is not as is expected here.
fn broken(expect: &str) -> usize {
    let expect: Expect = toml::from_str(expect).unwrap();
    expect.broken(&answer("{\"a\": 1}"), &|text| text.replace("http://127.0.0.1:80", "{base}")).len()
}

#[test]
fn what_is_as_expected_is_not_broken() {
    let all = "status = '200'\nversion = 'HTTP/1.1'\nbody = '{\"a\": 1}'\nlength = 8\ncontains = ['a']\n\
               absent = ['y']\njson = { '/a' = 1 }\nheaders = { x-own = '{base}' }";
    assert_eq!(broken(all), 0);
    assert_eq!(broken("error = 'Head Other | none'"), 0);
}

#[test]
fn what_is_not_is() {
    let each = [
        "status = 404",
        "version = 'HTTP/2.0'",
        "body = 'x'",
        "length = 7",
        "contains = ['b']",
        "absent = ['x-own']",
        "json = { '/a' = 2 }",
        "json = { '/b' = 1 }",
        "headers = { x-own = 'x' }",
        "headers = { y = 'x' }",
        "error = 'Head Other'",
        "pattern = 8",
    ];
    for expect in each {
        assert_eq!(broken(expect), 1, "{expect}");
    }
    let failed = Outcome { error: Some("Body Interrupted".to_owned()), ..answer("half") };
    let wanted = |expect: &str| toml::from_str::<Expect>(expect).unwrap().broken(&failed, &str::to_owned);
    assert_eq!(wanted("status = 200").len(), 1);
    assert!(wanted("status = 200\nerror = 'Body Protocol | Body Interrupted'\nbody = 'half'").is_empty());
}

#[test]
fn a_pattern_is_compared_to_its_last_byte() {
    let whole = pattern(1000);
    let changed: Vec<u8> = whole.iter().take(999).copied().chain([0]).collect();
    assert!(is_pattern(&whole, 1000) && !is_pattern(&whole, 1001) && !is_pattern(&changed, 1000));
}

#[test]
fn what_the_server_saw_is_compared() {
    let fields = BTreeMap::from([("requests".to_owned(), "2".to_owned()), ("sent te".to_owned(), "x".to_owned())]);
    let broken = |seen: &str| toml::from_str::<Seen>(seen).unwrap().broken(&fields).len();
    assert_eq!(broken("requests = 2\nsent = { te = 'x' }\nunsent = ['cookie']"), 0);
    for seen in ["requests = 1", "connections = 1", "sent = { te = 'y' }", "unsent = ['te']", "asked = ['GET /']"] {
        assert_eq!(broken(seen), 1, "{seen}");
    }
}
