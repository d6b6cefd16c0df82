//! The client, over answers that are data and a clock that is virtual: what it asks for, how often, how long it waits.

mod addresses;
mod arrived;
mod budgets;
mod careless;
mod drain;
mod statistics;
mod stores;
#[path = "../support/mod.rs"]
mod support;

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use gather_client::cache::{Cache, MemoryStore};
use gather_client::decode::DecodeLimits;
use gather_client::redirect::RedirectPolicy;
use gather_client::retry::RetryPolicy;
use gather_client::{Deadlines, History};
use gather_conformance::simulated::{Script, Scripted, Simulated, SimulatedHandle};
use gather_core::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH, LOCATION, RANGE,
    RETRY_AFTER, SET_COOKIE,
};
use gather_core::http::{HeaderValue, Method, StatusCode};
use gather_core::{Bytes, Clock, FetchError, FetchErrorKind, Host, Phase, Request, get};
use support::*;

#[test]
fn a_redirect_is_followed_and_the_page_knows_where_it_is_from() {
    let answer = |request: &Request| match request.uri().path() {
        "/a" => redirect("/b?x"),
        "/b" => redirect("http://other.test/c"),
        _ => say("here"),
    };
    let seen = talk(builder(), answer, async |client, _| {
        let page = client.page("http://one.test/a").await.unwrap();
        assert_eq!((&page.body[..], page.head.url.to_string()), (&b"here"[..], "http://other.test/c".to_owned()));
        let response = client.send(get("http://one.test/a").unwrap()).await.unwrap();
        let History(visits) = response.extensions().get().unwrap();
        assert_eq!(visits.iter().map(|visit| visit.url.path()).collect::<Vec<_>>(), ["/a", "/b"]);
    });
    assert_eq!(seen.len(), 6);
}

#[test]
fn links_are_read_in_the_encoding_that_the_document_names() {
    // A query is written in the encoding of its page; "world" in Russian, in windows-1251.
    let page = b"<meta charset=windows-1251><a href='?q=\xec\xe8\xf0'>";
    let answer = |_: &Request| {
        Script::new().field(CONTENT_TYPE, HeaderValue::from_static("text/html")).chunk(Duration::ZERO, &page[..])
    };
    talk(builder(), answer, async |client, _| {
        let links = client.get("http://one.test/").await.unwrap().links().unwrap();
        assert_eq!(links.urls[0].as_str(), "http://one.test/?q=%EC%E8%F0");
    });
}

#[test]
fn an_address_is_read_as_browsers_read_it() {
    let addresses =
        ["http://one.test/a b?q=\u{e9}#f", " HTTP://B\u{fc}cher.test\t", "http://me:secret@one.test/{\u{2713}}"];
    let seen = talk(
        builder(),
        |_| say("here"),
        async |client, _| {
            for address in addresses {
                client.get(address).await.unwrap();
            }
            for none in ["one.test/a", "mailto:me@one.test", "http://", "http://me:secret@/", "http://one.test:99999/"]
            {
                let error = client.get(none).await.unwrap_err();
                assert_eq!(
                    (error.phase(), error.kind()),
                    (Phase::Request, FetchErrorKind::Invalid),
                    "{none}: {error:?}"
                );
                assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            }
        },
    );
    let sent: Vec<_> = seen.iter().map(|request| request.uri().to_string()).collect();
    let written = ["http://one.test/a%20b?q=%C3%A9", "http://xn--bcher-kva.test/", "http://one.test/%7B%E2%9C%93%7D"];
    assert_eq!(sent, written);
}

#[test]
fn a_body_is_handed_on_where_it_lies_and_is_not_copied() {
    static BODY: [u8; 70_000] = [b'x'; 70_000];
    let chunks = || [&BODY[..1], &BODY[1..3_000], &BODY[3_000..]].map(Bytes::from_static);
    let answer = move |_: &Request| {
        chunks().into_iter().fold(Script::new(), |script, chunk| script.chunk(Duration::from_millis(1), chunk))
    };
    talk(builder(), answer, async |client, _| {
        let mut body = client.send(get("http://one.test/").unwrap()).await.unwrap().into_body();
        for sent in chunks() {
            let chunk = next(&mut body).await.unwrap().unwrap();
            assert_eq!((chunk.as_ptr(), chunk.len()), (sent.as_ptr(), sent.len()));
        }
        assert!(next(&mut body).await.is_none());
    });
    let whole = |_: &Request| Script::new().chunk(Duration::ZERO, Bytes::from_static(&BODY));
    talk(builder(), whole, async |client, _| {
        let page = client.page("http://one.test/").await.unwrap();
        assert_eq!(
            (page.body.as_ptr(), page.body.len()),
            (BODY.as_ptr(), BODY.len()),
            "a page of one chunk is that chunk"
        );
    });
}

#[test]
fn endless_redirects_end_at_the_cap_and_name_the_address() {
    let answer = |request: &Request| {
        let number: u32 = request.uri().path()[1..].parse().unwrap();
        let next = HeaderValue::try_from(format!("/{}", number + 1)).unwrap();
        Script::new().status(StatusCode::FOUND).field(LOCATION, next)
    };
    let policy = RedirectPolicy { max_hops: 4, ..RedirectPolicy::default() };
    let seen = talk(builder().redirect(policy), answer, async |client, _| {
        let error = client.page("http://one.test/0").await.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::TooMany(4), "{error:?}");
        assert!(error.to_string().contains("http://one.test/"), "{error}");
    });
    assert_eq!(seen.len(), 5);
}

#[test]
fn what_is_sent_along_does_not_travel_to_another_origin() {
    let answer = |request: &Request| match request.uri().path() {
        "/a" => field(redirect("/b"), SET_COOKIE, "id=7"),
        "/b" => redirect("http://other.test/c"),
        _ => say("here"),
    };
    let seen = talk(builder(), answer, async |client, _| {
        client.page("http://user:secret@one.test/a").await.unwrap();
    });
    let [a, b, c] = &seen[..] else { panic!("{seen:?}") };
    assert!(a.uri().authority().unwrap().as_str() == "one.test", "the password is not in the address");
    assert_eq!(sent(a, &AUTHORIZATION), Some("Basic dXNlcjpzZWNyZXQ="));
    assert_eq!((sent(b, &AUTHORIZATION).is_some(), sent(b, &COOKIE)), (true, Some("id=7")));
    assert_eq!((sent(c, &AUTHORIZATION), sent(c, &COOKIE)), (None, None));
}

#[test]
fn a_password_does_not_stay_in_the_address_of_the_page() {
    let answer = |_: &Request| Script::new().status(StatusCode::NOT_FOUND).chunk(Duration::ZERO, "<a href=next>on</a>");
    talk(builder(), answer, async |client, _| {
        let fetched = client.get("http://user:secret@one.test/a?b").await.unwrap();
        assert_eq!(fetched.url(), "http://one.test/a?b");
        let error = fetched.ok().unwrap_err();
        assert_eq!(error.to_string(), "http://one.test/a?b answered 404 Not Found");
    });
}

#[test]
fn a_failure_that_may_pass_is_tried_again_when_the_server_says() {
    let busy = || field(Script::new().status(StatusCode::SERVICE_UNAVAILABLE), RETRY_AFTER, "7");
    let calls = Arc::new(Mutex::new(0));
    let answer = move |_: &Request| {
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        if *calls < 3 { busy() } else { say("at last") }
    };
    let seen = talk(builder(), answer, async |client, clock| {
        let begin = clock.now();
        assert_eq!(client.page("http://one.test/").await.unwrap().body, "at last");
        let waited = clock.now() - begin;
        assert!(waited >= 14 * SECOND && waited < 20 * SECOND, "{waited:?}");
    });
    assert_eq!(seen.len(), 3);
}

#[test]
fn cookies_are_taken_from_every_answer_also_from_those_that_nobody_sees() {
    let answer = || {
        let count = Arc::new(Mutex::new(0));
        move |_: &Request| {
            let mut count = count.lock().unwrap();
            *count += 1;
            match *count {
                1 => field(Script::new().status(StatusCode::SERVICE_UNAVAILABLE), SET_COOKIE, "waits=1"),
                2 => field(field(say("page"), CACHE_CONTROL, "max-age=0"), ETAG, "\"a\""),
                3 => field(field(Script::new().status(StatusCode::NOT_MODIFIED), ETAG, "\"a\""), SET_COOKIE, "same=1"),
                _ => say("page"),
            }
        }
    };
    let asked = async |client: Clients, _| {
        for path in ["/", "/", "/other"] {
            client.page(format!("http://one.test{path}")).await.unwrap();
        }
    };
    let cookies =
        |seen: Vec<Request>| seen.iter().map(|asked| sent(asked, &COOKIE).map(str::to_owned)).collect::<Vec<_>>();
    let [one, both] = ["waits=1", "waits=1; same=1"].map(|cookies| Some(cookies.to_owned()));
    assert_eq!(cookies(talk(builder(), answer(), asked)), [None, one.clone(), one.clone(), both.clone()]);
    let caching = builder().cache(Cache::default(), MemoryStore::default());
    // What may be stored is asked for in the same words each time.
    assert_eq!(cookies(talk(caching, answer(), asked)), [None, None, one, both]);
}

#[test]
fn a_wait_that_does_not_fit_is_not_begun() {
    let busy = |_: &Request| field(Script::new().status(StatusCode::SERVICE_UNAVAILABLE), RETRY_AFTER, "50");
    let deadlines = Deadlines::default().total(20 * SECOND);
    let seen = talk(builder().deadlines(deadlines), busy, async |client, clock| {
        let begin = clock.now();
        assert_eq!(client.page("http://one.test/").await.unwrap().head.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(clock.now(), begin);
    });
    assert_eq!(seen.len(), 1);
}

#[test]
fn each_deadline_strikes_in_its_place() {
    let limits = Deadlines::default().head(5 * SECOND).idle(3 * SECOND).total(11 * SECOND);
    let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let cases: [(&str, Script, Phase, Duration, Duration); 4] = [
        ("silent", Script::silent(), Phase::Head, 5 * SECOND, 5 * SECOND),
        ("hanging", say("x").hangs(), Phase::Body, 3 * SECOND, 3 * SECOND),
        ("endless", Script::new().repeats(SECOND, "x"), Phase::Body, 11 * SECOND, 11 * SECOND),
        (
            "dripping",
            Script::new().head_after(4 * SECOND).repeats(2 * SECOND, "x"),
            Phase::Body,
            11 * SECOND,
            11 * SECOND,
        ),
    ];
    for (name, script, phase, limit, at) in cases {
        let settings = builder().deadlines(limits).retry(once.clone());
        talk(
            settings,
            move |_| script.clone(),
            async |client, clock| {
                let begin = clock.now();
                let error = match client.send(get("http://one.test/").unwrap()).await {
                    Err(error) => error,
                    Ok(response) => {
                        let mut body = response.into_body();
                        loop {
                            match next(&mut body).await.unwrap_or_else(|| panic!("{name}: an end without an error")) {
                                Ok(chunk) => assert_eq!(chunk, "x"),
                                Err(error) => break error,
                            }
                        }
                    }
                };
                assert_eq!((error.phase(), error.kind()), (phase, FetchErrorKind::Timeout(limit)), "{name}: {error:?}");
                assert_eq!(clock.now() - begin, at, "{name}");
            },
        );
    }
}

#[test]
fn the_whole_time_ends_for_a_reader_that_never_waits_too() {
    let limits = Deadlines::default().total(11 * SECOND);
    talk(
        builder().deadlines(limits),
        |_| Script::new().repeats(Duration::ZERO, "x"),
        async |client, clock| {
            let begin = clock.now();
            let mut body = client.send(get("http://one.test/").unwrap()).await.unwrap().into_body();
            let error = loop {
                clock.sleep(SECOND).await;
                assert!(clock.now() - begin <= 12 * SECOND, "bytes keep flowing, and nothing ends");
                if let Err(error) = next(&mut body).await.expect("an end without an error") {
                    break error;
                }
            };
            assert_eq!((error.phase(), error.kind()), (Phase::Body, FetchErrorKind::Timeout(11 * SECOND)), "{error:?}");
        },
    );
}

#[test]
fn a_silent_server_is_tried_again_within_the_whole_time_and_no_longer() {
    let limits = Deadlines::default().head(5 * SECOND).total(12 * SECOND);
    let seen = talk(
        builder().deadlines(limits),
        |_| Script::silent(),
        async |client, clock| {
            let begin = clock.now();
            let error = client.page("http://one.test/").await.unwrap_err();
            assert!(error.is_timeout(), "{error:?}");
            assert!(clock.now() - begin <= 12 * SECOND);
        },
    );
    assert!((2..=3).contains(&seen.len()), "{}", seen.len());
}

#[test]
fn bodies_are_decoded_under_their_limits() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b'a'; 1 << 20]).unwrap();
    let bomb = Bytes::from(encoder.finish().unwrap());
    let answer = move |_: &Request| field(Script::new(), CONTENT_ENCODING, "gzip").chunk(Duration::ZERO, bomb.clone());
    let roomy = DecodeLimits::default().ratio(10_000);
    talk(builder().decode(roomy), answer.clone(), async |client, _| {
        let page = client.page("http://one.test/").await.unwrap();
        assert_eq!((page.body.len(), page.head.headers.get(CONTENT_ENCODING)), (1 << 20, None));
    });
    talk(builder().decode(roomy.decoded(100_000)), answer, async |client, _| {
        let error = client.page("http://one.test/").await.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::TooLarge(100_000), "{error:?}");
    });
}

#[test]
fn what_is_fresh_is_not_asked_for_again_and_what_is_stale_is_asked_about() {
    let answer = |request: &Request| match (request.uri().path(), sent(request, &IF_NONE_MATCH)) {
        ("/fresh", _) => field(say("fresh"), CACHE_CONTROL, "max-age=60"),
        (_, None) => field(field(say("stale"), CACHE_CONTROL, "no-cache"), ETAG, "\"1\""),
        (_, Some(tag)) => {
            assert_eq!(tag, "\"1\"");
            field(Script::new().status(StatusCode::NOT_MODIFIED), ETAG, "\"1\"")
        }
    };
    let settings = builder().cache(Cache::default(), MemoryStore::default());
    let seen = talk(settings, answer, async |client, _| {
        for path in ["/fresh", "/stale"] {
            for _ in 0..3 {
                let page = client.page(format!("http://one.test{path}")).await.unwrap();
                assert_eq!((page.head.status, &page.body[..]), (StatusCode::OK, &path.as_bytes()[1..]));
            }
        }
    });
    assert_eq!(seen.len(), 1 + 3);
}

#[test]
fn what_passes_the_cache_by_is_not_stored_and_a_change_forgets() {
    let answer = |request: &Request| {
        if *request.method() == "POST" {
            return say("done");
        }
        field(say("page"), CACHE_CONTROL, "max-age=60")
    };
    let settings = builder().cache(Cache::default(), MemoryStore::default());
    let seen = talk(settings, answer, async |client, _| {
        let ask = async |change: fn(&mut Request)| {
            let mut request = get("http://one.test/").unwrap();
            change(&mut request);
            let mut body = client.send(request).await.unwrap().into_body();
            while next(&mut body).await.is_some() {}
        };
        let range =
            |request: &mut Request| _ = request.headers_mut().insert(RANGE, HeaderValue::from_static("bytes=0-1"));
        ask(range).await;
        ask(|_| {}).await;
        ask(|_| {}).await;
        ask(|request| *request.method_mut() = Method::POST).await;
        ask(|_| {}).await;
    });
    let methods: Vec<&str> = seen.iter().map(|request| request.method().as_str()).collect();
    assert_eq!(methods, ["GET", "GET", "POST", "GET"], "the third was fresh, the last forgotten");
}

#[test]
fn a_body_that_was_not_read_to_its_end_is_not_stored() {
    let answer = |_: &Request| field(say("one").chunk(SECOND, "two"), CACHE_CONTROL, "max-age=60");
    let settings = builder().cache(Cache::default(), MemoryStore::default());
    let seen = talk(settings, answer, async |client, _| {
        let mut body = client.send(get("http://one.test/").unwrap()).await.unwrap().into_body();
        assert_eq!(next(&mut body).await.unwrap().unwrap(), "one");
        drop(body);
        assert_eq!(client.page("http://one.test/").await.unwrap().body, "onetwo");
        assert_eq!(client.page("http://one.test/").await.unwrap().body, "onetwo");
    });
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_broken_body_is_an_error_after_what_had_arrived() {
    let answer = |_: &Request| say("half").fails_in_body(SECOND, FetchErrorKind::Interrupted);
    let seen = talk(builder(), answer, async |client, _| {
        let mut body = client.send(get("http://one.test/").unwrap()).await.unwrap().into_body();
        assert_eq!(next(&mut body).await.unwrap().unwrap(), "half");
        assert_eq!(next(&mut body).await.unwrap().unwrap_err().kind(), FetchErrorKind::Interrupted);
        assert!(next(&mut body).await.is_none());
    });
    assert_eq!(seen.len(), 1, "a body that was half delivered is never asked for again");
}
