//! Spans: what a subscriber is told, as text.
//!
//! A binary of its own, in which every thread that makes a request has a subscriber: what the first thread to come by a span
//! has to say of it tracing keeps for all threads, and one without a subscriber says that nobody wants it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use gather_client::ClientBuilder;
use gather_client::cache::{Cache, MemoryStore};
use gather_client::retry::RetryPolicy;
use gather_conformance::simulated::{Script, SimulatedHandle};
use gather_core::http::StatusCode;
use gather_core::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use gather_core::{FetchErrorKind, Request, get};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[path = "../support/mod.rs"]
mod support;

use support::*;

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    spans: Vec<Span>,
    events: Vec<(Option<u64>, Fields)>,
    entered: Vec<u64>,
}

struct Span {
    name: &'static str,
    parent: Option<u64>,
    fields: Fields,
    handles: usize,
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "gather_client"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut told = self.0.lock().unwrap();
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let contextual = told.entered.last().copied().filter(|_| attributes.is_contextual());
        let parent = attributes.parent().map(Id::into_u64).or(contextual);
        told.spans.push(Span { name: attributes.metadata().name(), parent, fields, handles: 1 });
        Id::from_u64(told.spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        values.record(&mut self.0.lock().unwrap().span(id).fields);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().unwrap().events.push((event.parent().map(Id::into_u64), fields));
    }

    fn enter(&self, id: &Id) {
        self.0.lock().unwrap().entered.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        assert_eq!(self.0.lock().unwrap().entered.pop(), Some(id.into_u64()), "spans are left in order");
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.0.lock().unwrap().span(id).handles += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut told = self.0.lock().unwrap();
        let span = told.span(&id);
        span.handles -= 1;
        span.handles == 0
    }
}

impl Told {
    fn span(&mut self, id: &Id) -> &mut Span {
        &mut self.spans[id.into_u64() as usize - 1]
    }

    /// Spans and the events in them, a line each, indented by what they are in.
    fn write(&self, parent: Option<u64>, depth: usize, text: &mut String) {
        let pad = "  ".repeat(depth);
        for (_, Fields(fields)) in self.events.iter().filter(|(span, _)| *span == parent && span.is_some()) {
            let message = &fields["message"];
            let others = fields.iter().filter(|(name, _)| *name != "message");
            writeln!(text, "{pad}- {message}{}", list(others)).unwrap();
        }
        for (number, span) in (1..).zip(&self.spans).filter(|(_, span)| span.parent == parent) {
            writeln!(text, "{pad}{}{}", span.name, list(&span.fields.0)).unwrap();
            self.write(Some(number), depth + 1, text);
        }
    }
}

fn list<'a>(fields: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    fields.into_iter().map(|(name, value)| format!(" {name}={value}")).collect()
}

/// What a conversation says to a subscriber. Every span is closed by then.
fn told(
    settings: ClientBuilder,
    answer: impl Fn(&Request) -> Script + Send + Sync + 'static,
    conversation: impl AsyncFnOnce(Clients, SimulatedHandle),
) -> String {
    let notes = Notes::default();
    tracing::subscriber::with_default(notes.clone(), || talk(settings, answer, conversation));
    let told = notes.0.lock().unwrap();
    let mut text = String::new();
    told.write(None, 0, &mut text);
    assert!(told.spans.iter().all(|span| span.handles == 0), "a span is still open:\n{text}");
    assert!(told.entered.is_empty() && told.events.iter().all(|(span, _)| span.is_some()));
    text
}

#[test]
fn a_request_with_a_redirect_and_a_retry() {
    let calls = Mutex::new(0);
    let answer = move |request: &Request| match request.uri().path() {
        "/a" => redirect("https://other.test:444/b"),
        _ => {
            *calls.lock().unwrap() += 1;
            let busy = field(Script::new().status(StatusCode::SERVICE_UNAVAILABLE), RETRY_AFTER, "7");
            if *calls.lock().unwrap() == 1 { busy } else { say("hello, ").chunk(SECOND, "world") }
        }
    };
    let text = told(builder(), answer, async |client, _| {
        client.page("http://user:secret@one.test/a?sig=secret&q=1&X-Amz-Signature=secret&sig#secret").await.unwrap();
    });
    let wait = text.split("gather.retry.wait=").nth(1).and_then(|rest| rest.lines().next()).expect("a wait");
    assert!((7.0..7.3).contains(&wait.parse::<f64>().unwrap()), "{wait}");
    let one = "http.request.method=GET";
    let address = "server.address=one.test server.port=80 url.full=http://one.test/a?sig=REDACTED&q=1&X-Amz-Signature=REDACTED&sig";
    let other = "server.address=other.test server.port=444 url.full=https://other.test:444/b";
    let expected = format!(
        "request {one} http.response.status_code=200 {address}
  - redirected http.response.status_code=302 to=https://other.test:444/b
  attempt {one} http.response.status_code=302 network.protocol.version=1.1 otel.kind=client {address}
  hop gather.redirect.number=1 {one} {other}
    attempt error.type=503 {one} http.response.status_code=503 network.protocol.version=1.1 otel.kind=client {other}
      - waiting to send it again gather.retry.wait={wait}
    attempt {one} http.request.resend_count=1 http.response.status_code=200 network.protocol.version=1.1 otel.kind=client {other}
  body gather.body.decoded_size=12 http.response.body.size=12
"
    );
    assert_eq!(text, expected);
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn what_fails_says_how() {
    let once = || builder().retry(RetryPolicy { max_attempts: 1, ..RetryPolicy::default() });
    let error = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains("error.type="));
        let name = |line: &str| line.split_whitespace().next().unwrap().to_owned();
        let kind = |line: &str| line.split("error.type=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        lines.map(|line| format!("{} {}", name(line), kind(line))).collect()
    };
    let cases: [(Script, &[&str]); 4] = [
        (Script::fails_in_head(SECOND, FetchErrorKind::Refused), &["request head.refused", "attempt head.refused"]),
        (Script::silent(), &["request head.timeout", "attempt head.timeout"]),
        (Script::new().status(StatusCode::NOT_FOUND), &["request 404", "attempt 404"]),
        (say("half").fails_in_body(SECOND, FetchErrorKind::Interrupted), &["body body.interrupted"]),
    ];
    for (script, expected) in cases {
        let text = told(
            once(),
            move |_| script.clone(),
            async |client, _| {
                let _ = client.page("http://user:secret@one.test/").await;
            },
        );
        assert_eq!(error(&text), expected, "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn what_is_dropped_is_cancelled() {
    let text = told(
        builder(),
        |_| say("half").hangs(),
        async |client, _| {
            let mut body = client.send(get("http://one.test/").unwrap()).await.unwrap().into_body();
            assert!(next(&mut body).await.unwrap().is_ok());
        },
    );
    assert!(
        text.ends_with("  body error.type=cancelled gather.body.decoded_size=4 http.response.body.size=4\n"),
        "{text}"
    );
    let text = told(
        builder(),
        |_| Script::silent(),
        async |client, clock| {
            let request = client.send(get("http://[::1]:8080/").unwrap());
            gather_core::timeout(&clock, SECOND, request).await.map(|_| ()).unwrap_err();
        },
    );
    assert!(text.starts_with("request error.type=cancelled http.request.method=GET server.address=::1 "), "{text}");
}

#[test]
fn what_comes_from_the_cache_says_so() {
    let answer = |request: &Request| match sent(request, &IF_NONE_MATCH) {
        None => field(field(say("stale"), CACHE_CONTROL, "no-cache"), ETAG, "\"1\""),
        Some(_) => field(Script::new().status(StatusCode::NOT_MODIFIED), ETAG, "\"1\""),
    };
    let settings = builder().cache(Cache::default(), MemoryStore::default());
    let text = told(settings, answer, async |client, _| {
        for _ in 0..2 {
            client.page("http://one.test/").await.unwrap();
        }
    });
    assert_eq!(text.matches("gather.cache=").count(), 1, "{text}");
    let last = text.lines().rfind(|line| line.starts_with("request")).unwrap();
    assert!(last.contains("gather.cache=revalidated") && last.contains("status_code=200"), "{text}");
}
