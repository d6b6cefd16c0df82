//! What the laws of transports and pipelines share: requests, bodies, limits that are no law's business.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use gather_core::{Clock, Deviation, Fetch, FetchError, Limits, Page, Request, fetch_page};

use crate::origin::Origin;

/// Generous, and below the watchdog's patience: a law that hangs in an exchange then says in which.
pub(crate) fn generous() -> Limits {
    Limits::default().deadline(Duration::from_secs(20)).max_body(1 << 30)
}

pub(crate) fn request(url: &str) -> Request {
    gather_core::get(url).unwrap_or_else(|error| panic!("the law's own address `{url}`: {error}"))
}

/// Methods of requests without content, and what is to be said of its length. It is said where content would mean something
/// (RFC 9110, section 8.6), and is nobody's business where a method leaves that open.
pub(crate) const EMPTY_CONTENT: [(&str, &str); 5] =
    [("POST", "0"), ("PUT", "0"), ("PATCH", "0"), ("GET", "none"), ("DELETE", "none")];

/// A GET request for a path of the origin.
pub(crate) fn ask(origin: &Origin, path: &str) -> Request {
    request(&origin.url(path))
}

/// The whole page at a path of the origin.
pub(crate) async fn page<F: Fetch, C: Clock>(
    fetch: &F,
    clock: &C,
    origin: &Origin,
    path: &str,
) -> Result<Page, FetchError> {
    fetch_page(fetch, clock, ask(origin, path), generous()).await
}

/// Whether the transport declares that it deviates from a term that a law is about. The law then asks for the deviation
/// in place of the term, or ends; either way this is said on standard error, and the value is in the README's table.
pub(crate) fn deviates<F: Fetch>(fetch: &F, deviation: Deviation) -> bool {
    let deviates = fetch.capabilities().deviations.contains(deviation);
    if deviates {
        eprintln!("the transport declares a deviation from the contract: {deviation}");
    }
    deviates
}

/// `/say/TEXT` for several texts: that the client is in order, and that no other exchange's bytes are in these.
///
/// A careless pool promises nothing of the kind once something did not go its regular way.
pub(crate) async fn assert_usable<F: Fetch, C: Clock>(fetch: &F, clock: &C, origin: &Origin, after: &str) {
    if deviates(fetch, Deviation::CarelessPool) {
        return;
    }
    for number in 0..5 {
        let text = format!("after-{number}");
        let page = page(fetch, clock, origin, &format!("/say/{text}")).await;
        let page = page.unwrap_or_else(|error| panic!("after {after}, request {number}: {}", chain(&error)));
        assert_eq!(page.body, text, "after {after}, request {number} got another answer");
    }
}

/// The next chunk of a body.
pub(crate) fn next<B>(body: &mut B) -> impl Future<Output = Option<Result<Bytes, FetchError>>> + '_
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    poll_fn(|cx| Pin::new(&mut *body).poll_next(cx))
}

/// The rest of a body, chunks of no bytes left out.
pub(crate) async fn rest<B>(body: &mut B) -> Result<Vec<u8>, FetchError>
where
    B: Stream<Item = Result<Bytes, FetchError>> + Unpin,
{
    let mut bytes = Vec::new();
    while let Some(chunk) = next(body).await {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(bytes)
}

/// An error with everything behind it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
