//! Addresses: where a `Location` leads is fetched over HTTP, has no password, and is in a form that stays.

use std::error::Error as StdError;

use gather_client::Url;
use gather_client::origin::{Origin, to_uri, to_url};
use gather_client::redirect::{Action, RedirectPolicy, Redirects};
use gather_core::http::header::LOCATION;
use gather_core::http::{HeaderMap, HeaderValue, Method, StatusCode};
use gather_core::{FetchErrorKind, get};

use crate::input::Input;

/// The base on the first line, what is resolved against it on the second.
pub(crate) fn addresses(data: &[u8]) {
    let mut input = Input::new(data);
    let base = std::str::from_utf8(input.line()).ok().and_then(|text| Url::parse(text).ok());
    let base = base.filter(|base| Origin::of(base).is_ok() && to_uri(base).is_ok());
    let base = base.unwrap_or_else(|| "https://example.com/a/b?c#d".parse().expect("an address"));
    stays(&base);
    let reference = input.line();
    let Ok(location) = HeaderValue::from_bytes(reference) else { return };

    let mut redirects = Redirects::new(RedirectPolicy::default(), Method::GET, base.clone());
    let headers = HeaderMap::from_iter([(LOCATION, location)]);
    match redirects.next(StatusCode::FOUND, &headers) {
        Ok(Action::Return) => assert!(reference.is_empty(), "a `Location` that is not followed"),
        Ok(Action::Follow(hop)) => {
            assert!(matches!(hop.url().scheme(), "http" | "https"), "{}", hop.url());
            assert!(hop.url().username().is_empty() && hop.url().password().is_none(), "{}", hop.url());
            stays(hop.url());
            let mut request = get("http://before.test/").expect("a request");
            hop.apply(&mut request).expect("an address that was found to be one");
            assert_eq!(*request.uri(), to_uri(hop.url()).expect("a URI"));
            let crosses = Origin::of(&base).ok() != Origin::of(hop.url()).ok();
            assert_eq!(hop.crosses_origin(), crosses, "{base} to {}", hop.url());
        }
        Err(error) => {
            let known = matches!(
                error.kind(),
                FetchErrorKind::Forbidden | FetchErrorKind::Protocol | FetchErrorKind::TooMany(1)
            );
            assert!(known, "{error:?}");
            let password = std::str::from_utf8(reference).ok().and_then(|text| base.join(text).ok());
            let password = password.and_then(|url| url.password().map(|password| format!(":{password}@")));
            // A short one may stand in any text, and a server that says the very words elsewhere has them already.
            let times =
                |password: &str| format!("{base}\n{}", String::from_utf8_lossy(reference)).matches(password).count();
            if let Some(password) = password.filter(|password| password.len() >= 8 && times(password) <= 1) {
                assert!(!everything_said(&error).contains(&password), "a password: {}", everything_said(&error));
            }
        }
    }
}

/// Parsed again, or on its way to a transport and back, it is the same.
fn stays(url: &Url) {
    assert_eq!(Url::parse(url.as_str()).as_ref(), Ok(url), "read another time it is another one");
    let Ok(uri) = to_uri(url) else { return };
    let text = uri.to_string();
    assert!(!text.contains('#') && !uri.authority().expect("an authority").as_str().contains('@'), "{text}");
    let mut bare = url.clone();
    bare.set_fragment(None);
    let _ = (bare.set_username(""), bare.set_password(None));
    assert_eq!(to_url(&uri).expect("an address"), bare, "on its way to a transport it becomes another one");
}

fn everything_said(error: &dyn StdError) -> String {
    let mut said = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        said.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    said
}
