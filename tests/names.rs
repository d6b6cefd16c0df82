//! Names on real runtimes: pinned, looked up once, asked of the system, judged by the policy.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gather_conformance::origin::Origin;
use gather_core::addresses::Discovered;
use gather_core::{BoxFuture, FetchErrorKind, Limits, Phase, fetch_page, gather, get};
use gather_http::{Builder, Connect, Overrides, Resolve, ResolveError, Resolved, SystemResolver};

gather_tests::on_each_runtime!(
    pinned_name_is_reached_under_its_name,
    other_names_are_the_systems,
    one_lookup_serves_many
);

async fn pinned_name_is_reached_under_its_name<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let overrides = Overrides::new().pin("Pinned.Test", [Ipv4Addr::LOCALHOST.into()]);
    let client = Builder::new().resolver(overrides).build(runtime.clone()).expect("TLS");
    let url = format!("http://pinned.test:{}/echo", origin.addr().port());
    let page = fetch_page(&client, &runtime, get(&url).expect("an address"), Limits::default()).await.expect("a page");
    let request = String::from_utf8(page.body.to_vec()).expect("text");
    assert!(request.contains(&format!("host: pinned.test:{}", origin.addr().port())), "{request}");

    let unknown = get("http://unknown.test/").expect("an address");
    let error = fetch_page(&client, &runtime, unknown, Limits::default()).await.expect_err("not pinned");
    assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Refused), "{error:?}");

    let mut discovered = get(&url).expect("an address");
    discovered.extensions_mut().insert(Discovered);
    let error = fetch_page(&client, &runtime, discovered, Limits::default()).await.expect_err("not public");
    assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Forbidden), "{error:?}");
}

async fn other_names_are_the_systems<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let overrides = Overrides::new().pin("blocked.test", []).or_else(SystemResolver::new(runtime.clone()));
    let client = Builder::new().resolver(overrides).build(runtime.clone()).expect("TLS");
    let url = format!("http://localhost:{}/say/hello", origin.addr().port());
    let page = fetch_page(&client, &runtime, get(url).expect("an address"), Limits::default()).await.expect("a page");
    assert_eq!(page.body, "hello");
    let blocked = get("http://blocked.test/").expect("an address");
    let error = fetch_page(&client, &runtime, blocked, Limits::default()).await.expect_err("blocked");
    assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::Refused), "{error:?}");
}

/// Counts what it is asked.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Resolve for Counting {
    fn resolve(&self, _: &str) -> BoxFuture<Result<Resolved, ResolveError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Resolved::new([Ipv4Addr::LOCALHOST.into()])) })
    }
}

async fn one_lookup_serves_many<R: Connect>(runtime: R) {
    let origin = Origin::start();
    let resolver = Counting::default();
    let client = Builder::new().resolver(resolver.clone()).max_idle_per_host(0).build(runtime.clone()).expect("TLS");
    let url = format!("http://one.test:{}/say/hello", origin.addr().port());
    let pages = gather((0..50).map(|_| {
        let request = get(&url).expect("an address");
        let (client, runtime) = (&client, &runtime);
        async move { fetch_page(client, runtime, request, Limits::default()).await }
    }));
    for page in pages.limit(50).await {
        assert_eq!(page.expect("a page").body, "hello");
    }
    assert_eq!((resolver.0.load(Ordering::Relaxed), origin.counts().accepted), (1, 50));
}
