//! What is taken for plain is what parsing leaves alone, for all addresses that somebody has collected.

use super::*;

/// The same address by way of the parser.
fn parsed(uri: &Uri) -> Option<(Uri, bool)> {
    let mut url = to_url(uri).ok()?;
    let own = take_userinfo(&mut url).ok()?;
    Some((to_uri(&url).ok()?, own.is_some()))
}

#[track_caller]
fn check(text: &str) -> Option<bool> {
    let uri: Uri = text.parse().ok()?;
    let plain = is_plain(&uri);
    if plain {
        assert_eq!(parsed(&uri), Some((uri.clone(), false)), "{text} is not plain");
        let (place, own) = Place::of(&uri).unwrap();
        assert_eq!((place.uri(), place.url().unwrap().as_str(), own.is_none()), (&uri, uri.to_string().as_str(), true));
    }
    Some(plain)
}

#[test]
fn most_addresses_are_plain() {
    for text in [
        "http://example.com/",
        "https://www.example.com:8443/a/b.html?c=d&e=%20f",
        "http://127.0.0.1:8080/page/17",
        "http://a-b.c1.example/~user/;x=1,2/(y)*!$",
        "http://example.com",
        "http://localhost:1/?",
    ] {
        assert_eq!(check(text), Some(true), "{text}");
    }
}

#[test]
fn what_a_parser_would_change_is_not_plain() {
    for text in [
        "http://EXAMPLE.com/",
        "http://user@example.com/",
        "http://user:word@example.com/",
        "http://example.com:80/",
        "https://example.com:443/",
        "http://example.com:/",
        "http://example.com:08080/",
        "http://example.com:65536/",
        "http://[::1]/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://127.0.0.01/",
        "http://127.0.0.1./",
        "http://xn--a/",
        "http://example.com/a/../b",
        "http://example.com/./b",
        "http://example.com/a/%2e%2e/b",
        "http://example.com/a/.%2E/b",
        "http://example.com/it's?it's",
        "http://example.com/?it's",
        "ftp://example.com/",
        "/a",
        "*",
    ] {
        assert_ne!(check(text), Some(true), "{text}");
    }
}

/// Every text of a suite of the URL standard's tests, however deep it is, tried as an address of its own and as parts of one.
#[test]
fn nothing_that_the_standard_tests_is_taken_for_plain_wrongly() {
    let suites = std::env::var("GATHER_SUITES").map_or_else(
        |_| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites"),
        std::path::PathBuf::from,
    );
    let folder = suites.join("urls");
    let mut tried = 0;
    let mut plain = 0;
    for file in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let Ok(text) = std::fs::read_to_string(file.unwrap().path()) else { continue };
        // The texts between quotes are the inputs and what they become; the rest of a JSON file is not worth a parser.
        for word in text.split('"').filter(|word| word.len() < 2_000) {
            for address in [
                word.to_owned(),
                format!("http://{word}/"),
                format!("http://h.test/{word}"),
                format!("http://h.test/?{word}"),
            ] {
                if let Some(is) = check(&address) {
                    tried += 1;
                    plain += usize::from(is);
                }
            }
        }
    }
    assert!(tried > 1_000 && plain > 100, "{tried} addresses of {}, {plain} plain", folder.display());
}
