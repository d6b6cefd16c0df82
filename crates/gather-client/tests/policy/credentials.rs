//! Credentials: what can be one, where it goes, and that nobody sees it.

use gather_client::Url;
use gather_client::credentials::{Credentials, InvalidCredentials, Keyring, take_userinfo};
use gather_client::origin::Origin;
use gather_core::FetchErrorKind;
use gather_core::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

#[test]
fn basic_is_encoded_as_the_rfc_says() {
    for (user, password, expected) in [
        ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("test", "123\u{a3}", "Basic dGVzdDoxMjPCow=="), // section 2.1 of RFC 7617
        ("", "", "Basic Og=="),
        ("user", "with:colon", "Basic dXNlcjp3aXRoOmNvbG9u"),
    ] {
        assert_eq!(Credentials::basic(user, password).unwrap().header(), expected);
    }
    assert_eq!(Credentials::basic("a:b", "c"), Err(InvalidCredentials::Colon));
    for (user, password) in [("a\n", "b"), ("a", "b\r\nX: y"), ("a\0", "b"), ("a", "\x7f")] {
        assert_eq!(Credentials::basic(user, password), Err(InvalidCredentials::Control));
    }
}

#[test]
fn bearer_takes_tokens_only() {
    for token in ["mF_9.B5f-4.1JqM", "abc==", "a~b+c/d", "0"] {
        assert_eq!(Credentials::bearer(token).unwrap().header(), &format!("Bearer {token}"));
    }
    for token in ["", "=", "a b", "a=b", "a\r\nX: y", "é", "a,b", "\"a\""] {
        assert_eq!(Credentials::bearer(token), Err(InvalidCredentials::Token), "{token}");
    }
}

#[test]
fn nothing_prints_them() {
    let mut keyring = Keyring::new();
    let credentials = Credentials::bearer("s3cret").unwrap();
    assert!(credentials.header().is_sensitive());
    keyring.insert(Origin::of(&url("http://a.test/")).unwrap(), credentials.clone()).unwrap();
    assert_eq!(format!("{credentials:?}"), "Credentials(Bearer, redacted)");
    assert!(!format!("{keyring:?} {:?}", credentials.header()).contains("s3cret"));
    for error in [
        Credentials::basic("s3cret:x", "s3cret").unwrap_err(),
        Credentials::basic("s3cret\n", "s3cret").unwrap_err(),
        Credentials::bearer("s3cret !").unwrap_err(),
    ] {
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}

#[test]
fn they_go_to_their_origin_and_nowhere_else() {
    let mut keyring = Keyring::new();
    keyring.insert(Origin::of(&url("https://a.test/")).unwrap(), Credentials::bearer("t").unwrap()).unwrap();
    for (to, sent) in [
        ("https://a.test/", true),
        ("https://A.test:443/x?y", true),
        ("http://a.test/", false),
        ("https://a.test:8443/", false),
        ("https://b.a.test/", false),
        ("https://a.test.b/", false),
        ("https://a.test@b.test/", false),
        ("ftp://a.test/", false),
    ] {
        let mut headers = HeaderMap::new();
        keyring.authorize(&url(to), &mut headers);
        assert_eq!(headers.contains_key(AUTHORIZATION), sent, "{to}");
    }
    let mut own = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Own x"))]);
    keyring.authorize(&url("https://a.test/"), &mut own);
    assert_eq!(own[AUTHORIZATION], "Own x", "what the request says itself wins");
    assert!(keyring.remove(&Origin::of(&url("https://a.test/")).unwrap()).is_some());
}

#[test]
fn userinfo_leaves_the_address_whatever_it_is() {
    for (given, left, header) in [
        ("http://user:pass@a.test/x", "http://a.test/x", Some("Basic dXNlcjpwYXNz")),
        ("http://user@a.test/", "http://a.test/", Some("Basic dXNlcjo=")),
        ("http://:pass@a.test/", "http://a.test/", Some("Basic OnBhc3M=")),
        ("http://us%40er:p%2Fw%3A@a.test/", "http://a.test/", Some("Basic dXNAZXI6cC93Og==")),
        ("http://%ff:%fe@a.test/", "http://a.test/", Some("Basic /zr+")),
        ("http://@a.test/", "http://a.test/", None),
        ("http://a.test/user:pass@x", "http://a.test/user:pass@x", None),
    ] {
        let mut address = url(given);
        let taken = take_userinfo(&mut address).expect(given);
        assert_eq!(address.as_str(), left);
        assert_eq!(taken.as_ref().map(|(_, credentials)| credentials.header().to_str().unwrap()), header, "{given}");
        assert!(taken.is_none_or(|(origin, _)| origin == Origin::of(&address).unwrap()));
    }
    for (given, left) in [
        ("http://a%3Ab:c@a.test/", "http://a.test/"),
        ("http://a:%0d%0a@a.test/", "http://a.test/"),
        ("ftp://a:b@c/", "ftp://c/"),
    ] {
        let mut address = url(given);
        assert_eq!(take_userinfo(&mut address).expect_err(given).kind(), FetchErrorKind::Invalid);
        assert_eq!(address.as_str(), left, "gone after an error too");
    }
}

#[test]
fn the_keyring_has_an_end() {
    let mut keyring = Keyring::new();
    let credentials = Credentials::bearer("t").unwrap();
    let origin = |number: u32| Origin::of(&url(&format!("http://{number}.test/"))).unwrap();
    for number in 0..1_000 {
        keyring.insert(origin(number), credentials.clone()).unwrap();
    }
    assert_eq!(keyring.insert(origin(1_000), credentials.clone()), Err(InvalidCredentials::TooMany(1_000)));
    keyring.insert(origin(5), credentials).expect("no new one");
}
