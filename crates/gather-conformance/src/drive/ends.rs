//! How a drive ends: by itself, by being dropped or shut down, by a panic; and that nothing of it stays.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use gather_core::{Host, Page, Runtime, Scraper, SendFetch};

use crate::drive::scraper;
use crate::exchange::ask;
use crate::fetch::drop_when;
use crate::origin::Origin;
use crate::pipeline::{index_of, panicking_after, say};
use crate::signals::Tally;

/// When the stream ends, all tasks have ended and all clients that were made for it are closed, as the origin sees it.
pub fn ended_drive_leaves_no_connection<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let mut results = scraper(runtime, make).concurrency(6).drive(say(&origin, 40));
        while let Some(result) = results.next().await {
            index_of(result);
        }
        // The stream lives; what it had opened does not.
        origin.until(|counts| counts.open == 0).await;
        drop(results);
    });
}

/// Without requests there is nothing to wait for.
pub fn drive_of_nothing_ends_at_once<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    host.run(async |runtime: H::Handle| {
        assert!(scraper(runtime, make).drive([]).next().await.is_none());
    });
}

/// Dropping the stream ends every exchange, as the origin sees it.
pub fn dropping_a_drive_cancels<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let requests = (0..20).map(|_| ask(&origin, "/silent")).collect::<Vec<_>>();
        let mut results = scraper(runtime.clone(), make).concurrency(6).drive(requests);
        drop_when(&runtime, results.next(), origin.until(|counts| counts.in_flight == 6)).await;
        drop(results);
        origin.until(|counts| counts.open == 0).await;
    });
    assert_eq!(origin.counts().requests, 6, "nothing was asked for afterwards");
}

/// Once a shutdown returns, everything that the tasks owned has been dropped: the requests' iterator and the parser.
pub fn shutdown_of_a_drive_is_joined<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let (origin, dropped) = (Origin::start(), Tally::new());
    host.run(async |runtime: H::Handle| {
        let guard = dropped.on_drop();
        let requests = (0..20).map(|_| ask(&origin, "/silent")).collect::<Vec<_>>().into_iter();
        let requests = requests.inspect(move |_| {
            let _ = &guard;
        });
        let mut results = scraper(runtime.clone(), make).concurrency(6).drive(requests);
        drop_when(&runtime, results.next(), origin.until(|counts| counts.in_flight == 6)).await;
        results.shutdown().await;
        assert_eq!(dropped.get(), 1, "a task still owned the requests");
        origin.until(|counts| counts.open == 0).await;
    });
}

/// Dropping a `for_each` ends every exchange and the handlers.
pub fn dropping_a_for_each_cancels<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let (origin, handling, dropped) = (Origin::start(), Tally::new(), Tally::new());
    host.run(async |runtime: H::Handle| {
        let mut requests = (0..20).map(|_| ask(&origin, "/silent")).collect::<Vec<_>>();
        requests[0] = ask(&origin, "/say/0");
        let (started, ended) = (handling.clone(), dropped.clone());
        let handle = move |result| {
            let (started, guard) = (started.clone(), ended.on_drop());
            async move {
                let _guard = guard;
                index_of(result);
                started.add();
                std::future::pending::<()>().await;
            }
        };
        let each = scraper(runtime, make).concurrency(6).for_each(requests, handle);
        let Either::Right(((), each)) = select(each, pin!(handling.until(1))).await else {
            panic!("it ended with a handler at work");
        };
        assert_eq!(dropped.get(), 0);
        drop(each);
        dropped.until(1).await;
        origin.until(|counts| counts.open == 0).await;
    });
}

/// A panic of the requests' own iterator comes out of the stream, after the results that were under way.
pub fn panicking_requests_come_out_of_a_drive<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    let requests = panicking_after(say(&origin, 5));
    let message = panic_of(|| {
        host.run(async |runtime: H::Handle| {
            scraper(runtime, make).concurrency(2).drive(requests).map(index_of).count().await;
        });
    });
    assert_eq!(message, "no more requests");
}

/// So does one in the making of a client.
pub fn panicking_client_comes_out_of_a_drive<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    let message = panic_of(|| {
        host.run(async |runtime: H::Handle| {
            let make = move |runtime: &H::Handle| {
                assert!(runtime.workers().get() == 0, "no client today");
                make(runtime.clone())
            };
            Scraper::new(runtime, make).drive(say(&origin, 5)).count().await;
        });
    });
    assert_eq!(message, "no client today");
}

/// And one of a handler, from `for_each`.
pub fn panicking_handler_comes_out_of_for_each<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    let message = panic_of(|| {
        host.run(async |runtime: H::Handle| {
            let handle = |result| async move { assert!(index_of(result) != 7, "the handler of 7") };
            scraper(runtime, make).concurrency(4).for_each(say(&origin, 20), handle).await;
        });
    });
    assert_eq!(message, "the handler of 7");
}

/// A parser that panics is an error of its request here, too, and takes no worker along.
pub fn panicking_parser_takes_no_worker_along<H, F>(host: H, make: impl Fn(H::Handle) -> F + Send + Sync + 'static)
where
    H: Host<Handle: Runtime>,
    F: SendFetch,
{
    let origin = Origin::start();
    host.run(async |runtime: H::Handle| {
        let parser = |page: &Page| {
            assert!(page.body.len() != 1, "a page of one byte");
            crate::pipeline::text(page)
        };
        let results = scraper(runtime, make).parse(parser).concurrency(4).drive(say(&origin, 40));
        let (mut good, mut panicked) = (0, 0);
        for result in results.collect::<Vec<_>>().await {
            match result {
                Err(error) => {
                    assert!(matches!(error.cause(), gather_core::Cause::Task(_)), "{error:?}");
                    panicked += 1;
                }
                result => {
                    assert!(index_of(result) >= 10);
                    good += 1;
                }
            }
        }
        assert_eq!((good, panicked), (30, 10));
    });
}

fn panic_of(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("the panic was swallowed");
    match panic.downcast::<&'static str>() {
        Ok(text) => (*text).to_owned(),
        Err(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => resume_unwind(panic),
        },
    }
}
