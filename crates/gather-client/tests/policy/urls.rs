//! Addresses are read and resolved as the outside suites say: those that stand alone, and those that a server sends us to.

use gather_client::Url;
use gather_client::redirect::{Action, RedirectError, RedirectPolicy, Redirects};
use gather_core::FetchError;
use gather_core::http::header::{HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use gather_core::http::{Method, StatusCode};

/// What a redirect from `base` to `reference` leads to; `None` for one that is no address.
fn followed(base: &Url, reference: &[u8]) -> Option<Url> {
    let mut headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(reference).expect("a field"))]);
    // An address that is the same again is no loop then.
    headers.insert(SET_COOKIE, HeaderValue::from_static("a=b"));
    match Redirects::new(RedirectPolicy::default(), Method::GET, base.clone()).next(StatusCode::FOUND, &headers) {
        Ok(Action::Follow(hop)) => Some(hop.url().clone()),
        Ok(Action::Return) => Some(base.clone()),
        Err(error) => match source(&error) {
            RedirectError::Invalid { .. } => None,
            // It is one, and nothing that is fetched.
            RedirectError::Scheme { .. } => base.join(std::str::from_utf8(reference).expect("text")).ok(),
            other => panic!("{other}"),
        },
    }
}

fn source(error: &FetchError) -> RedirectError {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<RedirectError>());
    source.expect("why it is not followed").clone()
}

/// The address without what a redirect changes about it: it has no user name of a server's choosing, and inherits the fragment.
fn without_extras(url: &str) -> String {
    if !is_fetched(url) {
        return url.to_owned();
    }
    let mut url = Url::parse(url).expect("an address");
    let _ = (url.set_username(""), url.set_password(None));
    url.set_fragment(None);
    url.into()
}

fn is_fetched(url: &str) -> bool {
    url.starts_with("http:") || url.starts_with("https:")
}

/// What gather makes of a case.
fn resolved(base: Option<&str>, reference: &str) -> Option<String> {
    let Some(base) = base.filter(|base| !base.is_empty()) else { return Url::parse(reference).ok().map(String::from) };
    let base = Url::parse(base).expect("a base");
    // What no field can have, a server cannot send.
    match HeaderValue::from_bytes(reference.as_bytes()) {
        Ok(_) if is_fetched(base.as_str()) => followed(&base, reference.as_bytes()).map(String::from),
        _ => base.join(reference).ok().map(String::from),
    }
}

#[test]
fn the_outside_urls_are_what_the_suite_says() {
    let Some(suites) = crate::suites() else { return };
    let text = std::fs::read_to_string(suites.join("urls/urltestdata.json")).expect("the suite");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let (mut agreed, mut invalid_names, mut not_fetched) = (0, 0, 0);
    for case in cases.iter().filter(|case| case.is_object()) {
        let (input, base) = (case["input"].as_str().expect("text"), case["base"].as_str());
        let expected = (case["failure"] != true).then(|| case["href"].as_str().expect("an address"));
        // A base that is none makes none of everything.
        let found = match base.map(Url::parse) {
            Some(Err(_)) => None,
            _ => resolved(base, input),
        };
        let name = expected.unwrap_or_default().to_ascii_lowercase();
        let cannot_be = name.contains("xn--pokxncvks") || name == "https://xn--/";
        if found.as_deref() == expected
            || !cannot_be && found.as_deref().map(without_extras) == expected.map(without_extras)
        {
            agreed += 1;
        } else if [found.as_deref(), expected].into_iter().flatten().all(|address| !is_fetched(address)) {
            // Files, their drives' letters, and schemes that nobody knows: of no use to a client of HTTP, which refuses
            // them by their scheme whatever the rest of them is.
            not_fetched += 1;
        } else {
            // The standard ("domain to ASCII") runs UTS 46, section 4.2, with IgnoreInvalidPunycode off, which fails for a
            // label that begins with `xn--` and decodes to nothing. The suite has it through, as browsers do. No such name can
            // be registered (RFC 5891, section 4.2).
            assert!(cannot_be && found.is_none(), "{input:?}, {base:?}: {found:?}");
            invalid_names += 1;
        }
    }
    println!("{agreed} agree, {not_fetched} are not fetched, {invalid_names} are names that cannot be");
    assert_eq!((invalid_names, not_fetched), (7, 51));
    assert!(agreed > 800, "{agreed}");
}

#[test]
fn the_outside_references_resolve_as_the_suite_says() {
    let Some(suites) = crate::suites() else { return };
    let text = std::fs::read_to_string(suites.join("urls/url-resolve.csv")).expect("the suite");
    let mut cases = 0;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let fields: Vec<_> = line.split(", ").map(|field| field.trim_matches('"')).collect();
        let [reference, base, expected] = fields[..] else { panic!("{line}") };
        assert_eq!(
            resolved(Some(base), reference).map(|url| without_extras(&url)),
            Some(without_extras(expected)),
            "{line}"
        );
        cases += 1;
    }
    assert!(cases >= 20, "{cases}");
}

#[test]
fn slashes_before_a_host_are_two_however_many_there_are() {
    let base = Url::parse("https://one.test/a/b?c").expect("a base");
    for (reference, expected) in [
        ("//two.test/x", "https://two.test/x"),
        ("///two.test/x", "https://two.test/x"),
        ("//////two.test", "https://two.test/"),
        ("\\/\\two.test/x", "https://two.test/x"),
        (" /\t//two.test/x", "https://two.test/x"),
        ("/x//y", "https://one.test/x//y"),
        ("x///y", "https://one.test/a/x///y"),
    ] {
        assert_eq!(followed(&base, reference.as_bytes()).map(String::from).as_deref(), Some(expected), "{reference:?}");
    }
    assert_eq!(followed(&base, b"///"), None, "there is no host");
}
