//! The whole client, over a transport whose answers are these bytes: it ends in time, and secrets go only where they
//! belong.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_lite::StreamExt as _;
use gather_client::cache::{Cache, MemoryStore};
use gather_client::cookies::registrable_domain;
use gather_client::credentials::{Credentials, Keyring};
use gather_client::decode::DecodeLimits;
use gather_client::origin::{Origin, to_url};
use gather_client::{ClientBuilder, Deadlines, Url};
use gather_conformance::simulated::{Script, Scripted, Simulated, SimulatedHandle};
use gather_core::addresses::AddressPolicy;
use gather_core::http::header::{AUTHORIZATION, COOKIE, HeaderName, LOCATION, SET_COOKIE};
use gather_core::http::{HeaderValue, StatusCode};
use gather_core::{Capabilities, Clock as _, FetchErrorKind, Host as _, Request, get};

use crate::input::{Input, cut, field, now};

const START: &str = "http://user:secret@one.test/start";
const START_ORIGIN: &str = "http://one.test:80";
const KEY_ORIGIN: &str = "https://two.test:443";
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const PLACES: [&str; 8] = [
    "/next",
    "http://one.test/other",
    "https://one.test/",
    "http://www.one.test/",
    "https://two.test/",
    "http://two.test/",
    "https://two.test:8443/",
    "http://three.test/",
];
const STATUSES: [u16; 8] = [200, 302, 307, 503, 301, 200, 429, 304];
const TOTAL: Duration = Duration::from_secs(60);

/// One group of lines for each answer: how it is sent, the fields, an empty line, the body.
pub(crate) fn client(data: &[u8]) {
    let script = Arc::new(Mutex::new((data.to_vec(), 0)));
    // A server that has guessed the password may say it.
    let is_guessed = data.windows(6).any(|word| word.eq_ignore_ascii_case(b"secret"));
    let sent = Arc::new(Mutex::new(0));
    let counted = sent.clone();
    Simulated::new().run(async |clock: SimulatedHandle| {
        let transport = Scripted::new(clock.clone(), move |request| {
            *counted.lock().expect("no panic before") += 1;
            may_have(request);
            let mut script = script.lock().expect("no panic before");
            let (bytes, at) = &mut *script;
            let mut input = Input::new(&bytes[*at..]);
            let answer = answer(&mut input, request);
            *at = bytes.len() - input.rest().len();
            answer
        });
        let transport = transport.promising(Capabilities::none().address_policy(true));
        let client = builder().build(transport, clock.clone());
        let begin = clock.now();
        if let Ok(page) = client.page(START).await {
            let stays = page.head.url.to_string().contains("secret");
            assert!(is_guessed || !stays, "a password stays in {}", page.head.url);
        }
        assert!(clock.now() - begin <= TOTAL, "it took {:?}", clock.now() - begin);
        // The others meet what the first has left: cookies, and what was stored.
        for _ in 0..2 {
            let begin = clock.now();
            match client.send(request()).await {
                Ok(response) => {
                    let mut body = response.into_body();
                    let mut length = 0;
                    while let Some(chunk) = body.next().await {
                        length += chunk.map_or(0, |chunk| chunk.len());
                    }
                    assert!(length <= 10_000, "{length} bytes");
                }
                Err(error) => {
                    assert!(error.url().is_some(), "an error that names no address: {error:?}");
                    let said = format!("{error} {error:?}");
                    assert!(is_guessed || !said.contains("secret"), "a password: {said}");
                    assert!(!matches!(error.kind(), FetchErrorKind::Closed), "{error:?}");
                }
            }
            assert!(clock.now() - begin <= TOTAL, "it took {:?}", clock.now() - begin);
        }
    });
    // Ten redirects, each with three attempts, and asked once more where a 304 was about something else.
    let sent = *sent.lock().expect("no panic before");
    assert!(sent <= 3 * 11 * 3 * 2, "{sent} exchanges");
}

fn builder() -> ClientBuilder {
    let mut keyring = Keyring::new();
    let key = Credentials::bearer("two-token").expect("a token");
    keyring.insert(Origin::of(&address("https://two.test/")).expect("an origin"), key).expect("room");
    ClientBuilder::new(now)
        .credentials(keyring)
        .cache(Cache::default(), MemoryStore::new(1 << 20))
        .decode(DecodeLimits::default().decoded(10_000).wire(10_000))
        .deadlines(Deadlines::default().total(TOTAL))
        .seed(7)
}

fn request() -> Request {
    let mut request = get(START).expect("a request");
    let mut key = HeaderValue::from_static("the key of one.test");
    key.set_sensitive(true);
    request.headers_mut().insert(API_KEY, key);
    request
}

/// What must hold of each request as it is sent.
fn may_have(request: &Request) {
    let url = to_url(request.uri()).expect("an address");
    let origin = Origin::of(&url).expect("http or https").to_string();
    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    let headers = request.headers();
    match headers.get(AUTHORIZATION).map(|value| value.to_str().expect("text")) {
        None => {}
        Some("Basic dXNlcjpzZWNyZXQ=") => assert_eq!(origin, START_ORIGIN),
        Some("Bearer two-token") => assert_eq!(origin, KEY_ORIGIN),
        Some(other) => panic!("{other} was given by nobody"),
    }
    assert!(origin == START_ORIGIN || !headers.contains_key(API_KEY), "the key of one.test goes to {origin}");
    assert!(
        origin == START_ORIGIN || AddressPolicy::of(request.extensions()).restricts(),
        "{origin} was chosen by a server, and may be anywhere"
    );
    for cookies in headers.get_all(COOKIE) {
        for cookie in cookies.to_str().unwrap_or_default().split("; ") {
            if let Some((_, from)) = cookie.split_once("=set-by-") {
                assert_eq!(site(from), site(url.host_str().expect("a host")), "`{cookie}` goes to {url}");
            }
        }
    }
}

/// Status, cut, where it leads; then fields to an empty line, and a line of body.
fn answer(input: &mut Input<'_>, request: &Request) -> Script {
    let status = StatusCode::from_u16(input.pick(&STATUSES)).expect("a status");
    let (seed, place) = (input.byte(), input.byte());
    let mut script = Script::new().status(status).head_after(Duration::from_millis(u64::from(seed) * 20));
    if status.is_redirection() {
        let place = PLACES.get(usize::from(place) % 12).map_or_else(|| input.line(), |place| place.as_bytes());
        script = HeaderValue::from_bytes(place).into_iter().fold(script, |script, value| script.field(LOCATION, value));
    }
    if place >= 128 {
        // A cookie that says where it is from.
        let attributes = String::from_utf8_lossy(input.line());
        let said = |host| format!("c{}=set-by-{host}; {attributes}", seed % 3);
        // A host with a semicolon in it, which a cookie cannot say, sets none.
        let cookie = request.uri().host().filter(|host| !host.contains(';')).map(said);
        let value = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok());
        script = value.into_iter().fold(script, |script, value| script.field(SET_COOKIE, value));
    }
    loop {
        let line = input.line();
        if line.is_empty() {
            break;
        }
        // Cookies are set above, where it is known whose they are.
        if let Some((name, value)) = field(line).filter(|(name, _)| *name != SET_COOKIE) {
            script = script.field(name, value);
        }
    }
    let pieces = cut(seed, input.line()).into_iter();
    pieces.fold(script, |script, piece| script.chunk(Duration::from_millis(u64::from(seed)), piece))
}

fn site(host: &str) -> String {
    registrable_domain(host).unwrap_or_else(|| host.to_owned())
}

fn address(text: &str) -> Url {
    text.parse().expect("an address")
}
