//! The engine through proxies that this test starts: what they are asked, who looks names up, what comes of their faults.

mod addresses;
mod credentials;
mod curl;
mod environment;
mod faults;
mod laws;
mod ways;

use gather_conformance::proxy::ProxyServer;
use gather_core::{Fetch, FetchError, Limits, Page, Request, fetch_page};
use gather_http::{Builder, Connect, HyperFetch, Proxies, Proxy};

/// Each test once on every runtime.
macro_rules! on_every_runtime {
    ($($test:ident),* $(,)?) => {
        mod tokio {
            $(#[test] fn $test() {
                gather_conformance::watchdog::watched(stringify!($test), || {
                    let host = gather_tokio::Tokio::with_threads(2).expect("a runtime");
                    gather_core::Host::run(host, async |runtime| super::$test(runtime).await);
                });
            })*
        }
        mod smol {
            $(#[test] fn $test() {
                gather_conformance::watchdog::watched(stringify!($test), || {
                    let host = gather_smol::Smol::with_threads(2).expect("an executor");
                    gather_core::Host::run(host, async |runtime| super::$test(runtime).await);
                });
            })*
        }
        mod async_std {
            $(#[test] fn $test() {
                gather_conformance::watchdog::watched(stringify!($test), || {
                    let host = gather_async_std::AsyncStd::with_threads(2).expect("nobody has chosen otherwise");
                    gather_core::Host::run(host, async |runtime| super::$test(runtime).await);
                });
            })*
        }
    };
}
pub(crate) use on_every_runtime;

fn proxy(server: &ProxyServer, scheme: &str) -> Proxy {
    server.url(scheme).parse().expect("a proxy")
}

/// Everything through this proxy.
fn through(server: &ProxyServer, scheme: &str) -> Proxies {
    Proxies::all(proxy(server, scheme))
}

fn client<R: Connect>(runtime: &R, proxies: Proxies) -> HyperFetch<R> {
    Builder::new().proxies(proxies).build(runtime.clone()).expect("TLS")
}

fn request(url: &str) -> Request {
    gather_core::get(url).unwrap_or_else(|error| panic!("the test's own address `{url}`: {error}"))
}

async fn page<R: Connect, F: Fetch>(runtime: &R, client: &F, request: Request) -> Result<Page, FetchError> {
    fetch_page(client, runtime, request, Limits::default()).await
}

/// The body of the page at `url`, as text.
async fn text<R: Connect, F: Fetch>(runtime: &R, client: &F, url: &str) -> String {
    let page = page(runtime, client, request(url)).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    String::from_utf8_lossy(&page.body).into_owned()
}

/// An error with everything behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
