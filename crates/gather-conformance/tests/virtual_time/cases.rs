//! Single cases that random ones would miss: corners of gather-core's contracts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use gather_conformance::signals::Tally;
use gather_conformance::simulated::{Script, Scripted, Simulated, SimulatedHandle};
use gather_core::{Cause, Clock, Fetch, Host, Limits, Request, Scraper, Task, fetch_page, get};
use http::{Method, StatusCode};

use crate::oracle::MS;

fn requests(many: usize) -> Vec<Request> {
    (0..many).map(|number| get(format!("http://script/{number}")).expect("an address")).collect()
}

/// A deadline of for ever is none, and costs no timer each time something happens.
#[test]
fn deadline_of_forever_is_none() {
    /// Counts the timers that it makes.
    #[derive(Clone)]
    struct Counting(SimulatedHandle, Arc<AtomicUsize>);
    impl Clock for Counting {
        type Sleep = <SimulatedHandle as Clock>::Sleep;
        fn now(&self) -> Instant {
            self.0.now()
        }
        fn sleep(&self, duration: Duration) -> Self::Sleep {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.sleep(duration)
        }
    }
    let timers = Arc::new(AtomicUsize::new(0));
    Simulated::new().run(async |clock| {
        let fetch = Scripted::new(clock.clone(), |_| Script::new().head_after(MS));
        let limits = Limits::default().deadline(Duration::MAX);
        let scraper = Scraper::over(Counting(clock, timers.clone()), fetch).limits(limits).concurrency(4);
        assert_eq!(
            scraper.scrape(requests(200)).filter(|result| std::future::ready(result.is_ok())).count().await,
            200
        );
    });
    let timers = timers.load(Ordering::Relaxed);
    assert!(timers <= 2, "{timers} timers for a deadline that never strikes");
}

/// No time at all: what is there at once has come in time, all else has not.
#[test]
fn deadline_of_nothing_strikes_at_once() {
    Simulated::new().run(async |clock| {
        let fetch = Scripted::new(clock.clone(), |request| {
            if request.uri().path() == "/2" { Script::new().head_after(MS) } else { Script::new() }
        });
        let scraper = Scraper::over(clock.clone(), fetch).limits(Limits::default().deadline(Duration::ZERO));
        let start = clock.now();
        for result in scraper.scrape(requests(5)).collect::<Vec<_>>().await {
            match result {
                Ok(page) => assert_ne!(page.index, 2),
                Err(error) => assert!(error.index() == 2 && error.is_timeout(), "{error}"),
            }
        }
        assert_eq!(clock.now(), start);
    });
}

/// A pause after a poll that brought nothing is forgiven, though the timer ran on.
#[test]
fn pause_in_a_select_is_forgiven() {
    Simulated::new().run(async |clock| {
        let fetch = Scripted::new(clock.clone(), |_| Script::new().head_after(900 * MS).chunk(50 * MS, "late"));
        let scraper = Scraper::over(clock.clone(), fetch).limits(Limits::default().deadline(1000 * MS));
        let mut results = scraper.scrape(requests(3));
        let waiting = select(results.next(), clock.sleep(300 * MS)).await;
        assert!(matches!(waiting, Either::Right(_)), "nothing comes so soon");
        clock.sleep(2000 * MS).await;
        assert_eq!(results.filter(|result| std::future::ready(result.is_ok())).count().await, 3);
    });
}

/// The same more than once: three polls of a quarter of the deadline, with long pauses in between.
#[test]
fn pauses_in_selects_are_forgiven_again() {
    Simulated::new().run(async |clock| {
        // Each part comes during a pause and starts the wait for the next one, so that less than the deadline is polled.
        let script = Script::new().head_after(400 * MS).chunk(400 * MS, "a").chunk(400 * MS, "b").chunk(100 * MS, "c");
        let fetch = Scripted::new(clock.clone(), move |_| script.clone());
        let scraper = Scraper::over(clock.clone(), fetch).limits(Limits::default().deadline(1000 * MS));
        let mut results = scraper.scrape(requests(3));
        for round in 0..3 {
            let waiting = select(results.next(), clock.sleep(250 * MS)).await;
            assert!(matches!(waiting, Either::Right(_)), "round {round}");
            clock.sleep(2000 * MS).await;
        }
        assert_eq!(results.filter(|result| std::future::ready(result.is_ok())).count().await, 3);
    });
}

/// The answer to HEAD announces the length of a body that does not come: no reason to call it too large.
#[test]
fn length_of_no_body_is_not_too_large() {
    Simulated::new().run(async |clock| {
        let fetch = Scripted::new(clock.clone(), |_| Script::new().announces(1 << 40));
        let mut head = get("http://script/0").expect("an address");
        *head.method_mut() = Method::HEAD;
        let page = fetch_page(&fetch, &clock, head.clone(), Limits::default()).await;
        assert_eq!(page.expect("a head is not too large").body.len(), 0);
        let results = Scraper::over(clock, fetch).scrape([head]).collect::<Vec<_>>().await;
        assert!(results[0].is_ok(), "{:?}", results[0]);
    });
}

/// So does a 304.
#[test]
fn length_of_a_304_is_not_too_large() {
    Simulated::new().run(async |clock| {
        let not_modified = Script::new().status(StatusCode::NOT_MODIFIED).announces(1 << 40);
        let fetch = Scripted::new(clock.clone(), move |_| not_modified.clone());
        let results = Scraper::over(clock, fetch).scrape(requests(1)).collect::<Vec<_>>().await;
        assert!(results[0].is_ok(), "{:?}", results[0]);
    });
}

/// A transport that panics when it is asked, before there is a future, makes an error of that request.
#[test]
fn panicking_transport_is_an_error_of_its_request() {
    let run = || {
        Simulated::new().run(async |clock| {
            let fetch = Scripted::new(clock.clone(), |request| {
                assert!(request.uri().path() != "/3", "not this one");
                Script::new()
            });
            Scraper::over(clock, fetch).concurrency(2).scrape(requests(8)).collect::<Vec<_>>().await
        })
    };
    let results = catch_unwind(AssertUnwindSafe(run)).expect("the panic belongs to its request");
    assert_eq!(results.len(), 8);
    let failed: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].index() == 3 && matches!(failed[0].cause(), Cause::Task(_)), "{:?}", failed[0]);
}

/// A body whose destructor panics does it at the cost of its own request.
#[test]
fn panicking_destructor_is_an_error_of_its_request() {
    #[derive(Clone)]
    struct Trapped;
    struct Trap(bool);
    impl Drop for Trap {
        fn drop(&mut self) {
            assert!(!self.0, "a body's destructor");
        }
    }
    impl futures_core::Stream for Trap {
        type Item = Result<gather_core::Bytes, gather_core::FetchError>;
        fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(None)
        }
    }
    impl Fetch for Trapped {
        type Body = Trap;
        type Future = std::future::Ready<Result<gather_core::Response<Trap>, gather_core::FetchError>>;
        fn fetch(&self, request: Request) -> Self::Future {
            std::future::ready(Ok(gather_core::Response::new(Trap(request.uri().path() == "/1"))))
        }
    }
    let run = || {
        Simulated::new().run(async |clock| {
            Scraper::over(clock, Trapped).concurrency(2).scrape(requests(4)).collect::<Vec<_>>().await
        })
    };
    let results = catch_unwind(AssertUnwindSafe(run)).expect("the panic belongs to its request");
    assert_eq!(results.len(), 4);
}

/// When the outcome of a cancelled job is there, what the job owned has been dropped, as it is for a task.
#[test]
fn skipped_job_is_dropped_before_its_outcome() {
    struct Look(Tally, AtomicUsize);
    impl Wake for Look {
        fn wake(self: Arc<Self>) {
            self.1.store(1 + self.0.get(), Ordering::SeqCst);
        }
    }
    let dropped = Tally::new();
    let guard = dropped.on_drop();
    let (task, job) = Task::of_job(move || drop(guard));
    let look = Arc::new(Look(dropped, AtomicUsize::new(0)));
    let waker = Waker::from(look.clone());
    let mut task = pin!(task);
    assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    task.cancel();
    job();
    assert_eq!(look.1.load(Ordering::SeqCst), 2, "1: woken with the closure's captures alive; 0: never woken");
}

/// A destructor that panics in a cancelled task is that task's panic, not its executor's.
#[test]
fn panicking_destructor_of_a_task_is_its_own() {
    struct Trap;
    impl Drop for Trap {
        fn drop(&mut self) {
            panic!("a destructor");
        }
    }
    let (task, driver) = Task::of_future(async {
        let _trap = Trap;
        std::future::pending::<()>().await;
    });
    let mut driver = Box::pin(driver);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(driver.as_mut().poll(&mut cx).is_pending());
    task.cancel();
    let polled = catch_unwind(AssertUnwindSafe(|| driver.as_mut().poll(&mut cx)));
    assert!(polled.is_ok(), "the panic reached the executor");
}
