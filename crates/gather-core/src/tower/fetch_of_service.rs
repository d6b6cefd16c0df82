//! A service, shown as a transport.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::BodyStream;
use crate::capabilities::Capabilities;
use crate::error::{BoxError, FetchError, FetchErrorKind, Phase};
use crate::fetch::{Fetch, Request, Response};

/// A tower [`Service`] as a [`Fetch`].
///
/// Each exchange has a clone of the service, waits until that very clone is ready, and calls it: what was reserved in
/// becoming ready (a permit, a place in a queue) is spent on this request, and given back when the future is dropped
/// before. So a stack that says that it is not ready is waited for, and nothing is sent meanwhile.
///
/// It promises no [capabilities](Fetch::capabilities) unless [told to](ServiceFetch::promising), since a service does
/// not say what it enforces; and [`poll_close`](Fetch::poll_close) does nothing, since a service cannot be closed: keep a
/// clone of the transport inside and close that.
///
/// It is `Send` and `Sync`, and so a [`SendFetch`](crate::SendFetch), if the service is; of tower's boxed ones that is
/// `BoxCloneSyncService`.
///
/// `B` is the type of the requests' bodies that the service takes, [`Bytes`] unless
/// [another](ServiceFetch::request_body) is asked for.
///
/// ```
/// use gather_core::tower::ServiceFetch;
/// use gather_core::{Bytes, Fetch, Request, Response};
///
/// # fn is_a_transport(_: impl Fetch) {}
/// let echo = tower::service_fn(|request: Request| async move {
///     Ok::<_, std::convert::Infallible>(Response::new(gather_core::tower::BytesBody::from(request.into_body())))
/// });
/// is_a_transport(ServiceFetch::new(echo));
/// ```
pub struct ServiceFetch<S, B = Bytes> {
    service: S,
    capabilities: Capabilities,
    map_error: MapError,
    request_body: PhantomData<fn() -> B>,
}

/// Makes a [`FetchError`] of an error of a service or of its body; the phase says how far the exchange had come.
pub type MapError = fn(BoxError, Phase) -> FetchError;

impl<S> ServiceFetch<S> {
    /// The view of `service`.
    pub fn new(service: S) -> Self {
        let capabilities = Capabilities::none();
        ServiceFetch { service, capabilities, map_error: to_fetch_error, request_body: PhantomData }
    }
}

impl<S, B> ServiceFetch<S, B> {
    /// The same for a service that takes another type of body, `http_body_util::Full` for one.
    pub fn request_body<C: From<Bytes>>(self) -> ServiceFetch<S, C> {
        let ServiceFetch { service, capabilities, map_error, request_body: _ } = self;
        ServiceFetch { service, capabilities, map_error, request_body: PhantomData }
    }

    /// The same, which says of the stack that it enforces this. Whoever says so vouches for it: a client relies on it
    /// where it refuses to go on without.
    #[must_use]
    pub fn promising(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// The same with another way from the stack's errors to ours than [`to_fetch_error`]: for who knows that an error
    /// of some layer means a timeout, or a refusal.
    #[must_use]
    pub fn map_error(mut self, map: MapError) -> Self {
        self.map_error = map;
        self
    }

    /// The service. Not one that has been asked whether it is ready.
    pub fn get_ref(&self) -> &S {
        &self.service
    }
}

/// What [`ServiceFetch`] makes of errors unless told otherwise.
///
/// A [`FetchError`] is itself. An error that has one among its sources gets the phase and the kind of that; any other is
/// of the phase given, and [`Other`](FetchErrorKind::Other). Either way it is the source.
///
/// ```
/// use gather_core::tower::to_fetch_error;
/// use gather_core::{FetchErrorKind, Phase};
///
/// let error = to_fetch_error("the breaker is open".into(), Phase::Request);
/// assert_eq!((error.phase(), error.kind()), (Phase::Request, FetchErrorKind::Other));
/// ```
pub fn to_fetch_error(error: BoxError, phase: Phase) -> FetchError {
    let error = match error.downcast::<FetchError>() {
        Ok(ours) => return *ours,
        Err(error) => error,
    };
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    // An error that is its own source would have no end.
    for _ in 0..32 {
        let Some(inner) = cause else { break };
        if let Some(ours) = inner.downcast_ref::<FetchError>() {
            return FetchError::new(ours.phase(), ours.kind()).with_source(error);
        }
        cause = inner.source();
    }
    FetchError::new(phase, FetchErrorKind::Other).with_source(error)
}

impl<S, B, R> Fetch for ServiceFetch<S, B>
where
    S: Service<http::Request<B>, Response = Response<R>> + Clone + 'static,
    S::Error: Into<BoxError>,
    S::Future: 'static,
    B: From<Bytes> + 'static,
    R: Body + 'static,
    R::Error: Into<BoxError>,
{
    type Body = BodyStream<R>;
    type Future = Exchange<S, http::Request<B>, S::Future>;

    fn fetch(&self, request: Request) -> Self::Future {
        let request = Some(request.map(B::from));
        Exchange { state: State::Waiting { service: self.service.clone(), request }, map_error: self.map_error }
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }
}

impl<S: Clone, B> Clone for ServiceFetch<S, B> {
    fn clone(&self) -> Self {
        let &ServiceFetch { ref service, capabilities, map_error, request_body } = self;
        ServiceFetch { service: service.clone(), capabilities, map_error, request_body }
    }
}

impl<S: fmt::Debug, B> fmt::Debug for ServiceFetch<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ServiceFetch");
        debug.field("service", &self.service).field("capabilities", &self.capabilities).finish_non_exhaustive()
    }
}

pin_project! {
    /// One exchange of a [`ServiceFetch`]: first the wait until the service is ready, then its answer. Dropping it cancels
    /// either.
    pub struct Exchange<S, Q, T> {
        #[pin]
        state: State<S, Q, T>,
        map_error: MapError,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, Q, T> {
        Waiting { service: S, request: Option<Q> },
        Called { #[pin] answer: T },
        Over,
    }
}

impl<S, Q, R> Future for Exchange<S, Q, <S as Service<Q>>::Future>
where
    S: Service<Q, Response = Response<R>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<BodyStream<R>>, FetchError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let map_error = *this.map_error;
        let outcome = loop {
            match this.state.as_mut().project() {
                StateProjection::Waiting { service, request } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        break Err(map_error(error.into(), Phase::Request));
                    }
                    let request = request.take().expect("the state changes with the call");
                    let answer = service.call(request);
                    this.state.set(State::Called { answer });
                }
                StateProjection::Called { answer } => {
                    break match ready!(answer.poll(cx)) {
                        Ok(response) => Ok(response.map(|body| BodyStream::new(body).map_error(map_error))),
                        Err(error) => Err(map_error(error.into(), Phase::Head)),
                    };
                }
                StateProjection::Over => panic!("a future is not polled after it is done"),
            }
        };
        // The answer's future goes now, and with it what it holds of the stack.
        this.state.set(State::Over);
        Poll::Ready(outcome)
    }
}

impl<S, Q, T> fmt::Debug for Exchange<S, Q, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Waiting { .. } => "waiting until the service is ready",
            State::Called { .. } => "called",
            State::Over => "over",
        };
        f.debug_struct("Exchange").field("state", &state).finish_non_exhaustive()
    }
}
