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
        let Some((cache, store)) = &self.settings.cache else { return self.wire(request, begin, None).await };
        let wall = self.settings.wall;
        let key = Key::of(&request);
        let stored = store.get(&key).ok().flatten();
        let mut asked_about = None;
        let mut asked = request.clone();
        match cache.before(&request, stored.as_ref(), wall()) {
            Before::Bypass => return self.bypass(request, begin, store, key).await,
            Before::Miss => {}
            Before::Revalidate(headers) => {
                *asked.headers_mut() = headers;
                asked_about = stored;
            }
            Before::Fresh(head) => {
                let body = stored.map(|entry| entry.body().clone()).unwrap_or_default();
                return Ok(Response::from_parts(*head, ClientBody::stored(body)));
            }
            Before::Unavailable => return Ok(unavailable()),
        }
        let response = self.attempts(asked, begin).await?;
        let (head, body) = response.into_parts();
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
                self.wire(request, begin, None).await
            }
        }
    }

    /// What the cache has no part in but to forget what a change makes wrong.
    async fn bypass(
        &self,
        request: Request,
        begin: Instant,
        store: &MemoryStore,
        key: Key,
    ) -> Result<Response<ClientBody<F::Body, C>>, FetchError> {
        let Some((cache, _)) = &self.settings.cache else { return self.wire(request, begin, None).await };
        let (head, body) = self.attempts(request.clone(), begin).await?.into_parts();
        if let After::Forget = cache.after(&request, None, &head, (self.settings.wall)()) {
            forget(store, &key);
        }
        Ok(self.watched(head, body, begin, None))
    }

    /// An exchange without a cache.
    async fn wire(
        &self,
        request: Request,
        begin: Instant,
        kept: Option<Kept>,
    ) -> Result<Response<ClientBody<F::Body, C>>, FetchError> {
        let (head, body) = self.attempts(request, begin).await?.into_parts();
        Ok(self.watched(head, body, begin, kept))
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
