//! What errors say, and what they must not.

use gather_core::{Cause, FetchError, FetchErrorKind, Phase, ScrapeError};

#[test]
fn no_error_shows_a_password() {
    for address in
        ["http://user:secret@example.com/a?b", "http://secret@example.com/", "https://a@b:secret@[::1]:8080/"]
    {
        let Ok(url) = address.parse::<gather_core::http::Uri>() else { continue };
        assert!(!fetch_address(&url).contains("secret"), "not in the address that it holds");
        let fetch = || FetchError::new(Phase::Head, FetchErrorKind::Refused).with_url(url.clone());
        let nested = FetchError::new(Phase::Head, FetchErrorKind::Other).with_source(fetch());
        let scrape = ScrapeError::new(0, url.clone(), 0, Cause::Fetch(fetch()));
        for said in [format!("{0} {0:?}", fetch()), format!("{0} {0:?}", nested), format!("{0} {0:#?}", scrape)] {
            assert!(!said.contains("secret"), "{said}");
        }
        assert!(format!("{:?}", fetch()).contains(url.host().expect("a host")), "the host is still there");
    }
}

fn fetch_address(url: &gather_core::http::Uri) -> String {
    let error = FetchError::new(Phase::Body, FetchErrorKind::Interrupted).with_url(url.clone());
    let held = error.url().expect("an address");
    assert_eq!((held.host(), held.port(), held.path_and_query()), (url.host(), url.port(), url.path_and_query()));
    held.to_string()
}

#[test]
fn what_is_no_address_shows_no_password_either() {
    for text in ["http://user:secret@exa mple.com/", "user:secret@example.com:80/", "http://user:secret@[", "secret@"] {
        let error = gather_core::get(text).expect_err("no address");
        assert_eq!((error.phase(), error.kind()), (Phase::Request, FetchErrorKind::Invalid), "{text}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}
