//! What errors say, and what they must not.

use gather_core::{Cause, FetchError, FetchErrorKind, Phase, ScrapeError};

#[test]
fn no_error_shows_a_password() {
    for address in
        ["http://user:secret@example.com/a?b", "http://secret@example.com/", "https://a@b:secret@[::1]:8080/"]
    {
        let Ok(url) = address.parse::<gather_core::http::Uri>() else { continue };
        let fetch = || FetchError::new(Phase::Head, FetchErrorKind::Refused).with_url(url.clone());
        let nested = FetchError::new(Phase::Head, FetchErrorKind::Other).with_source(fetch());
        let scrape = ScrapeError::new(0, url.clone(), 0, Cause::Fetch(fetch()));
        for said in [format!("{0} {0:?}", fetch()), format!("{0} {0:?}", nested), format!("{0} {0:#?}", scrape)] {
            assert!(!said.contains("secret"), "{said}");
        }
        assert!(format!("{:?}", fetch()).contains(url.host().expect("a host")), "the host is still there");
    }
}
