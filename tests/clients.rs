//! The client with all its policies, under the laws of a transport: what it adds takes nothing away.

use std::time::SystemTime;

use gather_client::decode::DecodeLimits;
use gather_client::retry::RetryPolicy;
use gather_client::{Client, ClientBuilder};
use gather_conformance::{drive_laws, fetch_laws, pipeline_laws};
use gather_core::Runtime;
use gather_smol::Smol;
use gather_tokio::{Connect, HyperFetch, Tokio};

/// Nothing is tried twice, because the laws count, and bodies may be as large as the laws have them.
fn client<R: Connect + Runtime>(runtime: R) -> Client<HyperFetch<R>, R> {
    let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let roomy = DecodeLimits::default().wire(1 << 30).decoded(1 << 30);
    ClientBuilder::new(SystemTime::now).retry(once).decode(roomy).build(HyperFetch::new(runtime.clone()), runtime)
}

/// One line for a page, on whichever runtime.
mod in_one_line {
    use gather_conformance::origin::Origin;
    use gather_core::Host;

    use super::*;

    #[test]
    fn tokio() {
        let origin = Origin::start();
        let text = Tokio::current_thread().expect("a runtime").run(async |_| {
            let client = gather_tokio::Client::new();
            let text = client.get(origin.url("/say/hello")).await.expect("a page").text().text;
            client.close().await;
            text
        });
        assert_eq!(text, "hello");
    }

    #[test]
    fn async_std() {
        let origin = Origin::start();
        let page = async_std_host().run(async |_| gather_async_std::Client::new().get(origin.url("/say/hello")).await);
        assert_eq!(page.expect("a page").text().text, "hello");
    }

    fn async_std_host() -> gather_async_std::AsyncStd {
        gather_async_std::AsyncStd::new()
    }

    #[test]
    fn smol() {
        let origin = Origin::start();
        let page = Smol::with_threads(1).expect("an executor").run(async |runtime| {
            gather_smol::Client::on(runtime).get(origin.url("/status/404")).await.expect("a page").ok()
        });
        let error = page.expect_err("not a status of success");
        assert!(error.to_string().ends_with("/status/404 answered 404 Not Found"), "{error}");
    }

    #[test]
    fn smol_by_itself() {
        let origin = Origin::start();
        let page = ::smol::block_on(async { gather_smol::Client::new().get(origin.url("/say/hello")).await });
        assert_eq!(page.expect("a page").text().text, "hello");
    }

    #[test]
    fn links_are_resolved_against_the_page() {
        let origin = Origin::start();
        let links = Tokio::current_thread().expect("a runtime").run(async |_| {
            let mut request = gather_core::get(origin.url("/echo")).expect("a request");
            *request.method_mut() = gather_core::http::Method::POST;
            *request.body_mut() = gather_core::Bytes::from_static(b"<a href=next>on</a>");
            gather_tokio::Client::new().whole(request).await.expect("an echo").links().expect("links").urls
        });
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].as_str(), origin.url("/next"));
    }
}

/// A transport that cannot leave its thread has the client's own functions: all but that of a [`gather_core::Fetch`].
mod on_one_thread {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::rc::Rc;

    use futures_util::Stream as _;
    use gather_conformance::origin::Origin;
    use gather_core::{Clock, Fetch, Host, get};
    use gather_smol::SmolLocal;
    use gather_tokio::TokioLocal;

    use super::*;

    async fn pages_and_streams<F: Fetch + 'static, C: Clock>(client: &Client<Rc<F>, C>, origin: &Origin) {
        let there = client.get(origin.url("/redirect/chunked/3/7")).await.expect("a page");
        assert_eq!((there.url().path(), there.body().len()), ("/chunked/3/7", 21));
        let answer = client.send(get(origin.url("/chunked/3/7")).expect("an address")).await.expect("a head");
        let (mut body, mut length) = (answer.into_body(), 0);
        while let Some(chunk) = poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await {
            length += chunk.expect("a chunk").len();
        }
        assert_eq!(length, 21);
        let done = client.statistics().total();
        assert_eq!((done.finished, done.redirects, done.in_flight), (2, 1, 0), "{done:?}");
    }

    fn settings() -> ClientBuilder {
        ClientBuilder::new(SystemTime::now)
    }

    #[test]
    fn tokio() {
        let origin = Origin::start();
        TokioLocal::new().expect("a runtime").run(async |runtime| {
            let engine = Rc::new(HyperFetch::new(runtime.runtime().clone()));
            pages_and_streams(&settings().build(engine, runtime), &origin).await;
        });
    }

    #[test]
    fn smol() {
        let origin = Origin::start();
        SmolLocal::new().run(async |runtime| {
            let engine = Rc::new(HyperFetch::new(runtime.runtime().clone()));
            pages_and_streams(&settings().build(engine, runtime), &origin).await;
        });
    }
}

/// One builder has the settings of every layer.
mod one_builder {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use gather_client::Deadlines;
    use gather_conformance::origin::Origin;
    use gather_core::http::HeaderValue;
    use gather_core::{Ambient, Fetch, FetchErrorKind, Host, Phase};
    use gather_http::{Overrides, Proxies};

    use super::*;

    async fn settings_of_each_layer_hold<R: Connect + Ambient>(origin: &Origin) {
        let names = Overrides::new().pin("one.test", [Ipv4Addr::LOCALHOST.into()]);
        let client = gather_http::Client::<R>::builder()
            .user_agent(HeaderValue::from_static("guide"))
            .retry(RetryPolicy { max_attempts: 1, ..RetryPolicy::default() })
            .deadlines(Deadlines::default().connect(Duration::from_secs(7)))
            .proxies(Proxies::none())
            .resolver(names)
            .max_header_fields(3)
            .build()
            .expect("TLS");
        assert_eq!(
            client.capabilities().connect_default,
            Some(Duration::from_secs(7)),
            "the engine has it from the client"
        );
        let asked = client.get(origin.url("/echo")).await.expect("a page").text().text;
        assert!(asked.contains("user-agent: guide"), "{asked}");
        let named = origin.url("/say/hello").replace("127.0.0.1", "one.test");
        assert_eq!(client.get(&named).await.expect("a page").text().text, "hello");
        let found = client.get_discovered(&named).await.expect_err("a loopback address");
        assert_eq!((found.phase(), found.kind()), (Phase::Connect, FetchErrorKind::Forbidden), "{found:?}");
        let many = client.get(origin.url("/fields/3")).await.expect_err("four fields");
        assert_eq!(many.kind(), FetchErrorKind::TooMany(3), "{many:?}");
        client.close().await;
    }

    #[test]
    fn tokio() {
        let origin = Origin::start();
        let host = Tokio::current_thread().expect("a runtime");
        host.run(async |_| settings_of_each_layer_hold::<gather_tokio::TokioHandle>(&origin).await);
    }

    #[test]
    fn smol() {
        let origin = Origin::start();
        ::smol::block_on(settings_of_each_layer_hold::<gather_smol::SmolHandle>(&origin));
    }

    #[test]
    fn async_std() {
        let origin = Origin::start();
        let host = gather_async_std::AsyncStd::new();
        host.run(async |_| settings_of_each_layer_hold::<gather_async_std::AsyncStdHandle>(&origin).await);
    }
}

/// Answers that nobody wants are read, if they are small: their connections are not lost.
mod connections {
    use gather_client::DrainLimits;
    use gather_conformance::origin::Origin;
    use gather_core::Host;
    use gather_core::http::StatusCode;

    use super::*;

    /// How many connections one page takes.
    fn opened(settings: ClientBuilder, path: &str) -> usize {
        let origin = Origin::start();
        let url = origin.url(path);
        Tokio::current_thread().expect("a runtime").run(async |runtime| {
            let client = settings.build(HyperFetch::new(runtime.clone()), runtime);
            client.page(url).await.expect("a page");
            client.transport().close().await;
        });
        origin.counts().accepted
    }

    fn settings() -> ClientBuilder {
        ClientBuilder::new(SystemTime::now).drain(DrainLimits::default().time(std::time::Duration::from_secs(10)))
    }

    #[test]
    fn a_redirect_with_a_small_body_costs_none() {
        assert_eq!(opened(settings(), "/redirect-with/9000/redirect-with/1/say/here"), 1);
    }

    #[test]
    fn one_with_a_large_body_does() {
        assert_eq!(opened(settings(), "/redirect-with/200000/say/here"), 2);
    }

    #[test]
    fn what_is_asked_for_again_costs_none() {
        let again = RetryPolicy { max_attempts: 3, statuses: vec![StatusCode::OK], ..RetryPolicy::default() };
        assert_eq!(opened(settings().retry(again), "/bytes/9000"), 1);
    }
}

mod tokio_current_thread {
    use super::*;

    fn host() -> Tokio {
        Tokio::current_thread().expect("a runtime")
    }

    mod fetch {
        use super::*;
        fetch_laws!(host(), client);
    }
    mod pipeline {
        use super::*;
        pipeline_laws!(host(), client);
    }
    mod drive {
        use super::*;
        drive_laws!(host(), client);
    }
}

mod smol {
    use super::*;

    fn host() -> Smol {
        Smol::with_threads(1).expect("an executor")
    }

    mod fetch {
        use super::*;
        fetch_laws!(host(), client);
    }
    mod drive {
        use super::*;
        drive_laws!(host(), client);
    }
}
