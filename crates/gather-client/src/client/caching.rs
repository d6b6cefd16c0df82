//! The cache's part in an exchange.

use std::time::Instant;

use gather_core::{Clock, Fetch, FetchError, Request, Response};
use http::StatusCode;

use super::Inner;
use super::body::{ClientBody, Kept};
use crate::cache::{After, Before, CacheStore as _, Entry, Key, MemoryStore};

impl<F: Fetch, C: Clock> Inner<F, C> {
    /// The answer to one exchange, from what is stored where that is right.
    pub(super) async fn cached(
        &self,
        request: Request,
        begin: Instant,
    ) -> Result<Response<ClientBody<F::Body, C>>, FetchError> {
        let Some((cache, store)) = &self.settings.cache else { return self.wire(&request, begin).await };
        let wall = self.settings.wall;
        let key = Key::of(&request);
        let stored = store.get(&key).ok().flatten();
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
                let body = stored.map(|entry| entry.body().clone()).unwrap_or_default();
                return Ok(Response::from_parts(*head, ClientBody::stored(body)));
            }
            Before::Unavailable => return Ok(unavailable()),
        }
        let (head, body) = self.attempts(asking.as_ref().unwrap_or(&request), begin).await?.into_parts();
        match cache.after(&request, asked_about.as_ref(), &head, wall()) {
            After::Keep => Ok(self.watched(head, body, begin, None)),
            After::Forget => {
                forget(store, &key);
                Ok(self.watched(head, body, begin, None))
            }
            After::Store(recording) => {
                let kept = Kept { recording, key, store: store.clone() };
                Ok(self.watched(head, body, begin, Some(kept)))
            }
            After::NotModified(answer) => {
                let (head, entry) = *answer;
                let body = entry.body().clone();
                // A place that cannot be written has lost an entry, and nobody their answer.
                let _ = store.put(&key, entry);
                Ok(Response::from_parts(head, ClientBody::stored(body)))
            }
            After::NotModifiedForget(head) => {
                forget(store, &key);
                let body = asked_about.as_ref().map(Entry::body).cloned().unwrap_or_default();
                Ok(Response::from_parts(*head, ClientBody::stored(body)))
            }
            After::Again => {
                forget(store, &key);
                drop(body);
                self.wire(&request, begin).await
            }
        }
    }

    /// An exchange without a cache.
    async fn wire(&self, request: &Request, begin: Instant) -> Result<Response<ClientBody<F::Body, C>>, FetchError> {
        let (head, body) = self.attempts(request, begin).await?.into_parts();
        Ok(self.watched(head, body, begin, None))
    }
}

fn forget(store: &MemoryStore, key: &Key) {
    // What cannot be removed is judged anew whenever it is met.
    let _ = store.remove(key);
}

/// RFC 9111 section 5.2.1.7.
fn unavailable<B, C: Clock>() -> Response<ClientBody<B, C>> {
    let mut response = Response::new(ClientBody::stored(bytes::Bytes::new()));
    *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    response
}
