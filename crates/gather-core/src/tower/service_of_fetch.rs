//! A transport, shown as a service.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::FetchBody;
use crate::error::FetchError;
use crate::fetch::{Fetch, Response};

/// A [`Fetch`] as a tower [`Service`].
///
/// It is always ready, because a [`Fetch`] has no way to say that it is not: what bounds the requests in flight is a
/// layer around it, or the pipeline. Dropping the future, or the body of the response, cancels the exchange as the
/// transport does that. It is `Clone` if the transport is; one that is not goes in inside an [`Arc`](std::sync::Arc).
///
/// `B` is the type of the requests' bodies, [`Bytes`] unless [another](FetchService::request_body) is asked for.
///
/// ```
/// use gather_core::tower::FetchService;
/// use gather_core::{Fetch, FetchError, get};
/// use tower_service::Service;
///
/// async fn status<F: Fetch>(fetch: F) -> Result<u16, FetchError> {
///     let mut service = FetchService::new(fetch);
///     std::future::poll_fn(|cx| service.poll_ready(cx)).await?;
///     Ok(service.call(get("https://example.com/")?).await?.status().as_u16())
/// }
/// ```
pub struct FetchService<F, B = Bytes> {
    fetch: F,
    request_body: PhantomData<fn(B)>,
}

impl<F: Fetch> FetchService<F> {
    /// The view of `fetch`.
    pub fn new(fetch: F) -> Self {
        FetchService { fetch, request_body: PhantomData }
    }
}

impl<F: Fetch, B> FetchService<F, B> {
    /// The same for requests with another type of body: one that is in memory, since that is what a [`Fetch`] sends.
    /// Layers that ask for an [`http_body::Body`] there take [`BytesBody`](super::BytesBody).
    pub fn request_body<C: Into<Bytes>>(self) -> FetchService<F, C> {
        FetchService { fetch: self.fetch, request_body: PhantomData }
    }

    /// The transport.
    pub fn get_ref(&self) -> &F {
        &self.fetch
    }

    /// The transport, by value.
    pub fn into_inner(self) -> F {
        self.fetch
    }
}

impl<F: Fetch, B: Into<Bytes>> Service<http::Request<B>> for FetchService<F, B> {
    type Response = Response<FetchBody<F::Body>>;
    type Error = FetchError;
    type Future = ResponseFuture<F::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        ResponseFuture { exchange: self.fetch.fetch(request.map(Into::into)) }
    }
}

impl<F: Clone, B> Clone for FetchService<F, B> {
    fn clone(&self) -> Self {
        FetchService { fetch: self.fetch.clone(), request_body: PhantomData }
    }
}

impl<F: fmt::Debug, B> fmt::Debug for FetchService<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FetchService").field(&self.fetch).finish()
    }
}

pin_project! {
    /// The response of a [`FetchService`], on its way. Dropping it cancels the exchange.
    #[derive(Debug)]
    pub struct ResponseFuture<T> {
        #[pin]
        exchange: T,
    }
}

impl<T, B> Future for ResponseFuture<T>
where
    T: Future<Output = Result<Response<B>, FetchError>>,
{
    type Output = Result<Response<FetchBody<B>>, FetchError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().exchange.poll(cx).map_ok(|response| response.map(FetchBody::new))
    }
}
