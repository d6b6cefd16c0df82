//! The two views between a transport and tower: one inside the other keeps the laws of a transport, alone and with layers
//! between them; and what a service says with `poll_ready` is heeded.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gather_conformance::simulated::{Script, Scripted, Simulated, SimulatedHandle};
use gather_conformance::{drive_laws, fetch_laws, pipeline_laws};
use gather_core::http::{HeaderValue, header::USER_AGENT};
use gather_core::prelude::*;
use gather_core::tower::{BodyStream, BytesBody, FetchBody, FetchService, ServiceFetch};
use gather_core::{Capabilities, FetchError, FetchErrorKind, Phase, Response, SendFetch};
use gather_tokio::{Connect, HyperFetch, Tokio};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use tower::{Service, ServiceBuilder, ServiceExt as _};
use tower_http::map_response_body::MapResponseBodyLayer;
use tower_http::set_header::SetRequestHeaderLayer;

const SECOND: Duration = Duration::from_secs(1);

/// The transport as a service as a transport.
fn there_and_back<R: Connect>(runtime: R) -> ServiceFetch<FetchService<HyperFetch<R>>> {
    let transport = HyperFetch::new(runtime);
    let promises = transport.capabilities();
    ServiceFetch::new(FetchService::new(transport)).promising(promises)
}

/// The same with layers of tower and tower-http in between: one that changes requests, one that makes them wait, one that
/// puts bodies into boxes.
fn layered<R: Connect>(runtime: R) -> impl SendFetch {
    let transport = HyperFetch::new(runtime);
    let promises = transport.capabilities();
    let stack = ServiceBuilder::new()
        .concurrency_limit(1000)
        .layer(SetRequestHeaderLayer::if_not_present(USER_AGENT, HeaderValue::from_static("layered/1.0")))
        .layer(MapResponseBodyLayer::new(boxed::<FetchBody<<HyperFetch<R> as Fetch>::Body>>))
        .service(FetchService::new(transport));
    ServiceFetch::new(stack).promising(promises)
}

fn boxed<B>(body: B) -> UnsyncBoxBody<Bytes, FetchError>
where
    B: Body<Data = Bytes, Error = FetchError> + Send + 'static,
{
    UnsyncBoxBody::new(body)
}

fn host() -> Tokio {
    Tokio::current_thread().expect("a runtime")
}

mod alone {
    use super::*;

    mod fetch {
        use super::*;
        fetch_laws!(
            host(),
            there_and_back,
            except {
                close_ends_all_connections: "a tower service cannot be closed",
                close_ends_exchanges_in_flight: "a tower service cannot be closed",
            }
        );
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(host(), there_and_back);
    }
    mod drive {
        use super::*;
        drive_laws!(host(), there_and_back);
    }
}

mod with_layers {
    use super::*;

    fetch_laws!(
        host(),
        layered,
        except {
            close_ends_all_connections: "a tower service cannot be closed",
            close_ends_exchanges_in_flight: "a tower service cannot be closed",
        }
    );
}

fn page(text: &'static str) -> Script {
    Script::new().head_after(SECOND).chunk(Duration::ZERO, text)
}

fn request() -> Request {
    get("http://test/").expect("a request")
}

/// Not ready before it has been asked twice, and not to be called before it is. A clone has not been asked.
struct Strict<S> {
    inner: S,
    asked: usize,
    calls: Arc<AtomicUsize>,
}

impl<S: Clone> Clone for Strict<S> {
    fn clone(&self) -> Self {
        Strict { inner: self.inner.clone(), asked: 0, calls: self.calls.clone() }
    }
}

impl<S: Service<Request>> Service<Request> for Strict<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.asked += 1;
        if self.asked < 2 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        assert!(self.asked >= 2, "called before it was ready");
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.asked = 0;
        self.inner.call(request)
    }
}

#[test]
fn the_clone_that_is_called_is_the_one_that_was_ready() {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let calls = Arc::new(AtomicUsize::new(0));
        let inner = FetchService::new(Scripted::new(clock.clone(), |_| page("here")));
        let fetch = ServiceFetch::new(Strict { inner, asked: 0, calls: calls.clone() });
        for _ in 0..3 {
            let page = fetch_page(&fetch, &clock, request(), Limits::default()).await.expect("a page");
            assert_eq!(page.body, "here");
        }
        assert_eq!(calls.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn a_stack_that_is_full_is_waited_for() {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let transport = Scripted::new(clock.clone(), |_| page("here"));
        let stack = ServiceBuilder::new().concurrency_limit(2).service(FetchService::new(transport.clone()));
        let fetch = ServiceFetch::new(stack);
        let begin = clock.now();
        for answer in gather((0..6).map(|_| fetch.fetch(request()))).await {
            assert_eq!(answer.expect("an answer").status(), 200);
        }
        assert_eq!(clock.now() - begin, 3 * SECOND, "two at a time, a second each");
        assert_eq!(transport.traffic().started, 6);
    });
}

#[test]
fn whoever_stops_waiting_leaves_its_place_to_others() {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let transport = Scripted::new(clock.clone(), |_| page("here"));
        let stack = ServiceBuilder::new().concurrency_limit(1).service(FetchService::new(transport.clone()));
        let fetch = ServiceFetch::new(stack);
        let first = fetch.fetch(request());
        assert!(timeout(&clock, SECOND / 2, first).await.is_err(), "its head comes later");
        // It has been dropped while it was called, the next one while it waits behind another.
        let mut second = pin!(fetch.fetch(request()));
        assert!(timeout(&clock, SECOND / 4, second.as_mut()).await.is_err());
        assert!(timeout(&clock, SECOND / 4, fetch.fetch(request())).await.is_err(), "there is one place");
        second.await.expect("an answer");
        fetch.fetch(request()).await.expect("an answer");
        assert_eq!(transport.traffic().started, 3, "what waited was never sent");
        assert_eq!(transport.traffic().cancelled, 3, "and no body was read");
    });
}

#[test]
fn bodies_are_not_copied() {
    const CHUNK: &str = "the very bytes that the transport has";
    Simulated::new().run(async |clock: SimulatedHandle| {
        let transport = Scripted::new(clock, |_| Script::new().chunk(Duration::ZERO, CHUNK));
        let fetch = ServiceFetch::new(FetchService::new(transport));
        let mut body = fetch.fetch(request()).await.expect("a head").into_body();
        let chunk = body.next().await.expect("a chunk").expect("no error");
        assert!(std::ptr::eq(chunk.as_ptr(), CHUNK.as_ptr()), "a copy");
        assert!(body.next().await.is_none() && body.next().await.is_none());
    });
}

#[test]
fn a_service_of_other_bodies_is_a_transport() {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let echo = tower::service_fn(async |request: gather_core::http::Request<Full<Bytes>>| {
            Ok::<_, Infallible>(Response::new(request.into_body()))
        });
        let fetch = ServiceFetch::new(echo).request_body::<Full<Bytes>>();
        assert_eq!(fetch.capabilities(), Capabilities::none(), "a service promises nothing by itself");
        let mut request = request();
        *request.body_mut() = Bytes::from_static(b"there and back");
        let page = fetch_page(&fetch, &clock, request, Limits::default()).await.expect("an echo");
        assert_eq!(page.body, "there and back");
    });
}

#[test]
fn a_transport_takes_requests_whose_body_is_one() {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let transport = Scripted::new(clock, |request| {
            assert_eq!(request.body(), "a=1");
            Script::new().chunk(Duration::ZERO, "thanks")
        });
        let service = FetchService::new(transport).request_body::<BytesBody>();
        let request = request().map(|_| BytesBody::from(Bytes::from_static(b"a=1")));
        let response = service.oneshot(request).await.expect("an answer");
        assert_eq!(response.into_body().collect().await.expect("a body").to_bytes(), "thanks");
    });
}

#[test]
fn errors_keep_phase_and_kind() {
    Simulated::new().run(async |clock: SimulatedHandle| {
        let ours = Scripted::new(clock.clone(), |_| Script::fails_in_head(SECOND, FetchErrorKind::Interrupted));
        let fetch = ServiceFetch::new(FetchService::new(ours));
        let error = fetch.fetch(request()).await.map(drop).expect_err("it fails");
        assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::Interrupted));

        let body = Scripted::new(clock, |_| page("half").fails_in_body(SECOND, FetchErrorKind::Protocol));
        let stack = tower::util::BoxCloneSyncService::new(FetchService::new(body));
        let fetch = ServiceFetch::new(stack);
        let mut body = fetch.fetch(request()).await.expect("a head").into_body();
        assert_eq!(body.next().await.expect("a chunk").expect("no error"), "half");
        let error = body.next().await.expect("an error").expect_err("the other half");
        assert_eq!((error.phase(), error.kind()), (Phase::Body, FetchErrorKind::Protocol));
        assert!(body.next().await.is_none(), "nothing comes after an error");
    });
}

#[test]
fn errors_of_others_are_told_by_where_they_struck() {
    Simulated::new().run(async |_: SimulatedHandle| {
        let refusing = tower::service_fn(async |_: Request| Err::<Response<BytesBody>, _>(std::io::Error::other("no")));
        let fetch = ServiceFetch::new(refusing);
        let error = fetch.fetch(request()).await.map(drop).expect_err("it fails");
        assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::Other));
        assert!(std::error::Error::source(&error).expect("a source").is::<std::io::Error>());

        let known = fetch.map_error(|error, phase| FetchError::new(phase, FetchErrorKind::Refused).with_source(error));
        let error = known.fetch(request()).await.map(drop).expect_err("it fails");
        assert_eq!((error.phase(), error.kind()), (Phase::Head, FetchErrorKind::Refused));

        let broken = ServiceFetch::new(NeverReady).fetch(request()).await.map(drop).expect_err("it is broken");
        assert_eq!((broken.phase(), broken.kind()), (Phase::Request, FetchErrorKind::Other));
    });
}

/// Has failed, and says so before anything is sent.
#[derive(Clone)]
struct NeverReady;

impl Service<Request> for NeverReady {
    type Response = Response<BytesBody>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Response<BytesBody>, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Err(std::io::Error::other("broken")))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        panic!("called although it is broken")
    }
}

#[test]
fn frames_without_data_neither_show_nor_hold_others_up() {
    let trailers = gather_core::http::HeaderMap::new();
    let body = Full::new(Bytes::from_static(b"data")).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut body = BodyStream::new(body);
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Some(Ok(data))) = body.poll_next_unpin(&mut cx) else { panic!("data is there") };
    assert_eq!(data, "data");
    assert!(matches!(body.poll_next_unpin(&mut cx), Poll::Ready(None)), "trailers are no data");

    let mut body = BodyStream::new(Empty);
    assert!(body.poll_next_unpin(&mut cx).is_pending(), "others have their turn");
}

/// A body that always has a frame, and never a byte.
struct Empty;

impl Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::new()))))
    }
}

#[test]
fn what_can_cross_threads_still_can() {
    fn is_send_fetch(_: &impl SendFetch) {}
    Simulated::new().run(async |clock: SimulatedHandle| {
        let service = FetchService::new(Scripted::new(clock, |_| page("here")));
        is_send_fetch(&ServiceFetch::new(service.clone()));
        is_send_fetch(&ServiceFetch::new(tower::util::BoxCloneSyncService::new(service)));
    });
}
