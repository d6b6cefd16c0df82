//! A client over answers that are data and a clock that is virtual, for the tests of each binary.
#![allow(dead_code, reason = "not every binary needs all of it")]

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_core::Stream;
use gather_client::{Client, ClientBody, ClientBuilder};
use gather_conformance::simulated::{Script, Scripted, Simulated, SimulatedHandle};
use gather_core::http::header::LOCATION;
use gather_core::http::{HeaderName, HeaderValue, StatusCode};
use gather_core::{Bytes, Capabilities, FetchError, Host, Request};

pub(crate) type Clients = Client<Scripted<SimulatedHandle>, SimulatedHandle>;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

pub(crate) fn builder() -> ClientBuilder {
    ClientBuilder::new(wall).seed(1)
}

/// Runs a conversation with a client of these settings; gives what it was asked, in order.
pub(crate) fn talk(
    settings: ClientBuilder,
    answer: impl Fn(&Request) -> Script + Send + Sync + 'static,
    conversation: impl AsyncFnOnce(Clients, SimulatedHandle),
) -> Vec<Request> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    Simulated::new().run(async |clock: SimulatedHandle| {
        let transport = Scripted::new(clock.clone(), move |request| {
            log.lock().unwrap().push(request.clone());
            answer(request)
        });
        let transport = transport.promising(Capabilities::none().address_policy(true));
        conversation(settings.build(transport, clock.clone()), clock).await;
    });
    let seen = seen.lock().unwrap();
    seen.clone()
}

pub(crate) fn say(text: &'static str) -> Script {
    Script::new().chunk(Duration::ZERO, text)
}

pub(crate) fn field(script: Script, name: HeaderName, value: &'static str) -> Script {
    script.field(name, HeaderValue::from_static(value))
}

pub(crate) fn redirect(to: &'static str) -> Script {
    field(Script::new().status(StatusCode::FOUND), LOCATION, to)
}

pub(crate) fn sent<'r>(request: &'r Request, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

pub(crate) async fn next<B>(body: &mut ClientBody<B, SimulatedHandle>) -> Option<Result<Bytes, FetchError>>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).await
}
