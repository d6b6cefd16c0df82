//! The cache's part in an exchange.

use std::io;
use std::time::Duration;

use gather_core::{Clock, Fetch, FetchError, Request, Response, timeout};
use http::StatusCode;

use super::attempts::Tried;
use super::body::{Content, Kept};
use super::builder::Settings;
use super::prepare::Prepare;
use super::ticket::Hop;
use super::{Inner, Shared};
use crate::cache::{After, AsyncStore, Before, Entry, Key, StoreFuture};

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// The answer to one exchange, from what is stored where that is right.
    pub(super) async fn cached(
        &self,
        (request, prepare): (&Request, Prepare<'_>),
        hop: &Hop<'_>,
        tried: Option<Tried<F::Body>>,
    ) -> Result<Response<Content<F::Body>>, FetchError> {
        let Settings { cache, wall, .. } = &self.shared.settings;
        let Some((cache, store)) = cache else { return self.wire(|| prepare.copy(request), hop, tried).await };
        let request = prepare.copy(request)?;
        let key = Key::of(&request);
        let stored = self.within(store.get(&key), hop).await.ok().flatten();
        let (mut asked_about, mut asking) = (None, None);
        match cache.before(&request, stored.as_ref(), wall()) {
            // What is said after a request that passes the cache by is what it makes wrong, and nothing is stored.
            Before::Bypass | Before::Miss => {}
            Before::Revalidate(headers) => {
                let mut request = request.clone();
                *request.headers_mut() = headers;
                (asked_about, asking) = (stored, Some(request));
            }
            Before::Fresh(head) => {
                hop.account.cache_hit();
                hop.span.cache("fresh");
                let body = stored.map(|entry| entry.body().clone()).unwrap_or_default();
                return Ok(Response::from_parts(*head, Content::Stored(body)));
            }
            Before::Unavailable => return Ok(unavailable()),
        }
        let ask = || Ok(asking.as_ref().unwrap_or(&request).clone());
        let (head, body) = self.attempts(ask, hop, None).await?.into_parts();
        match cache.after(&request, asked_about.as_ref(), &head, wall()) {
            After::Keep => Ok(Response::from_parts(head, Content::wire(body))),
            After::Forget => {
                self.forget(&**store, &key, hop).await;
                Ok(Response::from_parts(head, Content::wire(body)))
            }
            After::Store(recording) => {
                let kept = Some(Box::new(Kept { recording, key, store: store.clone() }));
                Ok(Response::from_parts(head, Content::Wire { body, kept }))
            }
            After::NotModified(answer) => {
                revalidated(hop);
                let (head, entry) = *answer;
                let body = entry.body().clone();
                // A place that cannot be written has lost an entry, and nobody their answer.
                let _ = self.within(store.put(&key, entry), hop).await;
                Ok(Response::from_parts(head, Content::Stored(body)))
            }
            After::NotModifiedForget(head) => {
                revalidated(hop);
                self.forget(&**store, &key, hop).await;
                let body = asked_about.as_ref().map(Entry::body).cloned().unwrap_or_default();
                Ok(Response::from_parts(*head, Content::Stored(body)))
            }
            After::Again => {
                self.forget(&**store, &key, hop).await;
                drop(body);
                self.wire(|| Ok(request.clone()), hop, None).await
            }
        }
    }

    /// An exchange without a cache.
    async fn wire(
        &self,
        request: impl Fn() -> Result<Request, FetchError>,
        hop: &Hop<'_>,
        tried: Option<Tried<F::Body>>,
    ) -> Result<Response<Content<F::Body>>, FetchError> {
        Ok(self.attempts(request, hop, tried).await?.map(Content::wire))
    }

    async fn forget(&self, store: &dyn AsyncStore, key: &Key, hop: &Hop<'_>) {
        // What cannot be removed is judged anew whenever it is met.
        let _ = self.within(store.remove(key), hop).await;
    }

    /// What a store says, within its deadline. What it knows at once costs no timer.
    async fn within<T>(&self, said: StoreFuture<T>, hop: &Hop<'_>) -> io::Result<T> {
        let later = match said.try_now() {
            Ok(known) => return known,
            Err(later) => later,
        };
        let Shared { clock, settings, .. } = &*self.shared;
        let left = self.left(hop.begin, clock.now()).unwrap_or(Duration::ZERO);
        let limit = settings.deadlines.store.min(left);
        let waited = timeout(clock, limit, later).await;
        waited.unwrap_or_else(|late| Err(io::Error::new(io::ErrorKind::TimedOut, late)))
    }
}

fn revalidated(hop: &Hop<'_>) {
    hop.account.cache_revalidated();
    hop.span.cache("revalidated");
}

/// RFC 9111 section 5.2.1.7.
fn unavailable<B>() -> Response<Content<B>> {
    let mut response = Response::new(Content::Stored(bytes::Bytes::new()));
    *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    response
}
