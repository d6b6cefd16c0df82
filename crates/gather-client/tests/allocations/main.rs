//! What is looked up for each request takes no allocation once it is known. A binary of its own, since counting takes an
//! allocator of its own.

use std::future::{Pending, Ready, pending, ready};
use std::time::{Duration, Instant, SystemTime};

use allocation_counter::measure;
use futures_lite::StreamExt as _;
use futures_lite::future::block_on;
use futures_lite::stream::{Once, once};
use gather_client::cache::{AsyncStore as _, Key, MemoryStore};
use gather_client::retry::RetryBudgets;
use gather_client::{ClientBuilder, Deadlines, Url};
use gather_conformance::simulated::{Simulated, SimulatedHandle};
use gather_core::{Bytes, Capabilities, Clock, Fetch, FetchError, Host, Request, Response, get};

fn of(work: impl FnMut()) -> u64 {
    measure(work).count_total
}

/// A transport that allocates nothing: the answer is there at once.
struct Memory;

impl Fetch for Memory {
    type Body = Once<Result<Bytes, FetchError>>;
    type Future = Ready<Result<Response<Self::Body>, FetchError>>;

    fn fetch(&self, request: Request) -> Self::Future {
        drop(request);
        ready(Ok(Response::new(once(Ok(Bytes::from_static(b"here"))))))
    }

    /// As gather's engine: a deadline that is the transport's own need not be sent along.
    fn capabilities(&self) -> Capabilities {
        Capabilities::none().connect_default(Deadlines::default().connect)
    }
}

/// A clock that stands still.
#[derive(Clone)]
struct Still(Instant);

impl Clock for Still {
    type Sleep = Pending<()>;

    fn now(&self) -> Instant {
        self.0
    }

    fn sleep(&self, _: Duration) -> Pending<()> {
        pending()
    }
}

#[test]
fn a_plain_request_takes_its_box_and_the_field_that_is_added() {
    let mut now = None;
    Simulated::new().run(async |clock: SimulatedHandle| now = Some(clock.now()));
    let clock = Still(now.expect("a moment"));
    let client = ClientBuilder::new(|| SystemTime::UNIX_EPOCH).build(Memory, clock);
    let fetch = |request: Request| {
        block_on(async {
            let mut body = client.send(request).await.expect("an answer").into_body();
            assert_eq!(body.next().await.expect("a chunk").expect("no error"), "here");
            assert!(body.next().await.is_none());
        });
    };
    let mut requests = vec![get("http://one.test/a").expect("an address"); 2];
    requests.drain(..1).for_each(fetch);
    let counted = of(|| requests.drain(..).for_each(fetch));
    assert_eq!(counted, 3, "one from the beginning to the last byte, two for the first field of a head");
}

#[test]
fn a_known_origins_budget_takes_no_allocation() {
    let budgets = RetryBudgets::default();
    let url = Url::parse("http://one.test/a").expect("an address");
    assert!(of(|| drop(budgets.of(&url))) > 0, "it is made once");
    assert_eq!(of(|| drop(budgets.of(&url))), 0);
}

#[test]
fn what_memory_says_takes_no_allocation() {
    let store = MemoryStore::default();
    let key = Key::of(&get("http://one.test/").expect("an address"));
    let ask = || {
        assert_eq!(store.get(&key).try_now().expect("known at once").expect("no error"), None);
        store.remove(&key).try_now().expect("known at once").expect("no error");
    };
    assert_eq!(of(ask), 0);
}
