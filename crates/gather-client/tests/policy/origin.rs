//! Origins and the way between `url` and `http`, over tables and over the outside suite of URLs.

use gather_client::Url;
use gather_client::origin::{Origin, to_uri, to_url};
use gather_core::{FetchErrorKind, Phase};

#[track_caller]
fn origin(url: &str) -> Origin {
    Origin::of(&Url::parse(url).expect(url)).expect(url)
}

#[test]
fn origins_are_compared_in_canonical_form() {
    for (a, b, same) in [
        ("http://example.com/", "http://EXAMPLE.com:80/x?y#z", true),
        ("https://example.com/", "https://example.com:443/", true),
        ("http://127.0.0.1/", "http://2130706433/", true),
        ("http://127.0.0.1/", "http://0x7f.1/", true),
        ("http://user:secret@example.com/", "http://example.com/", true),
        ("http://example.com/", "https://example.com/", false),
        ("http://example.com:443/", "https://example.com:443/", false),
        ("http://example.com/", "http://example.com:8080/", false),
        ("http://example.com/", "http://www.example.com/", false),
        ("http://example.com/", "http://example.com./", false),
        ("http://[::1]/", "http://127.0.0.1/", false),
    ] {
        assert_eq!(origin(a) == origin(b), same, "{a} {b}");
    }
}

#[test]
fn schemes_that_are_not_fetched_have_no_origin() {
    for url in ["ftp://example.com/", "file:///etc/passwd", "data:,x", "javascript:alert(1)", "about:blank", "ws://a/"]
    {
        let error = Origin::of(&Url::parse(url).expect(url)).expect_err(url);
        assert_eq!((error.phase(), error.kind()), (Phase::Request, FetchErrorKind::Invalid), "{url}");
    }
}

#[test]
fn a_uri_has_neither_fragment_nor_userinfo() {
    let url = Url::parse("http://user:secret@example.com/a?b#c").unwrap();
    assert_eq!(to_uri(&url).unwrap().to_string(), "http://example.com/a?b");
    assert_eq!(to_url(&to_uri(&url).unwrap()).unwrap().as_str(), "http://example.com/a?b");
    let long = Url::parse(&format!("http://example.com/{}", "a".repeat(70_000))).unwrap();
    assert_eq!(to_uri(&long).unwrap_err().kind(), FetchErrorKind::Invalid);
}

#[test]
fn the_outside_urls_become_uris_and_come_back() {
    let Some(suites) = crate::suites() else { return };
    let text = std::fs::read_to_string(suites.join("urls/urltestdata.json")).expect("the suite");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let (mut passed, mut refused) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.is_object() && case["failure"] != true) {
        let href = case["href"].as_str().expect("every success has one");
        if !href.starts_with("http:") && !href.starts_with("https:") {
            continue;
        }
        // Whether the url crate parses all of the suite is for another test; what it parses must survive the way.
        let Ok(url) = Url::parse(href) else { continue };
        match to_uri(&url) {
            Ok(uri) => {
                let (mut back, mut bare) = (to_url(&uri).expect(href), url);
                for url in [&mut back, &mut bare] {
                    url.set_fragment(None);
                    let _ = (url.set_username(""), url.set_password(None));
                }
                assert_eq!(back, bare);
                passed += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), FetchErrorKind::Invalid, "{href}");
                refused.push(href.to_owned());
            }
        }
    }
    println!("{passed} URLs became URIs, {} are none: {refused:?}", refused.len());
    assert!(passed > 200, "{passed}");
    assert_eq!(refused, ["http://!\"$&'()*+,-.;=_`{}~/"], "the one host that a URI cannot have");
}
