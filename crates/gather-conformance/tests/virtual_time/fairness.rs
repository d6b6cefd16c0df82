//! Order and fairness: nobody is overtaken for ever, and what starts together starts in order.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{Empty, empty};
use gather_conformance::simulated::{Script, Scripted, Simulated};
use gather_core::{Bytes, Fetch, FetchError, Host, Limits, Request, Response, Scraper, gather, get};

fn requests(many: usize) -> impl Iterator<Item = Request> {
    (0..many).map(|number| get(format!("http://script/{number}")).expect("an address"))
}

/// What starts together is polled in the order of the input, the first time at least.
#[test]
fn gather_starts_in_order() {
    Simulated::new().run(async |_| {
        let order = RefCell::new(Vec::new());
        let order = &order;
        gather((0..5).map(|number| async move { order.borrow_mut().push(number) })).await;
        assert_eq!(*order.borrow(), [0, 1, 2, 3, 4]);
    });
}

/// Requests whose answers are there at once are answered in order.
#[test]
fn scrape_starts_in_order() {
    Simulated::new().run(async |clock| {
        let fetch = Scripted::new(clock.clone(), |_| Script::new());
        let results = Scraper::over(clock, fetch).concurrency(4).scrape(requests(12).collect::<Vec<_>>());
        let order: Vec<_> = results.map(|result| result.expect("a page").index).collect().await;
        assert_eq!(order[..4], [0, 1, 2, 3], "{order:?}");
    });
}

/// An exchange that is ready has its turn although others keep being ready at once.
#[test]
fn ready_exchange_is_not_overtaken_for_ever() {
    Simulated::new().run(async |clock| {
        let scraper = Scraper::over(clock, FirstYields).concurrency(2);
        let results = scraper.scrape(requests(1000).collect::<Vec<_>>());
        let order: Vec<_> = results.map(|result| result.expect("a page").index).collect().await;
        let place = order.iter().position(|index| *index == 0).expect("it is there");
        assert!(place < 20, "the first request, ready at its second poll, was result number {place}");
    });
}

/// So is the deadline of an exchange beside others that are always ready.
#[test]
fn deadline_strikes_beside_busy_exchanges() {
    Simulated::new().run(async |clock| {
        let fetch =
            Scripted::new(
                clock.clone(),
                |request| {
                    if request.uri().path() == "/0" { Script::silent() } else { Script::new() }
                },
            );
        let scraper = Scraper::over(clock.clone(), fetch).concurrency(2);
        let scraper = scraper.limits(Limits::default().deadline(Duration::from_millis(10)));
        let mut results = scraper.scrape(requests(1000).collect::<Vec<_>>());
        let (mut taken, mut late) = (0, None);
        while let Some(result) = results.next().await {
            taken += 1;
            if result.is_err_and(|error| error.is_timeout()) {
                late = Some(taken);
            }
            // The consumer's own work takes time, of which none counts; but the host gets its turn.
            yield_once().await;
            if taken == 100 {
                gather_core::Clock::sleep(&clock, Duration::from_millis(20)).await;
            }
        }
        assert_eq!(taken, 1000);
        assert!(late.is_some(), "the silent one was a timeout");
    });
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A client whose answers are there at once; the first one's at its second poll, of which it tells at the first.
#[derive(Debug, Clone)]
struct FirstYields;

struct Answer {
    yields: bool,
}

impl Fetch for FirstYields {
    type Body = Empty<Result<Bytes, FetchError>>;
    type Future = Answer;

    fn fetch(&self, request: Request) -> Answer {
        Answer { yields: request.uri().path() == "/0" }
    }
}

impl Future for Answer {
    type Output = Result<Response<Empty<Result<Bytes, FetchError>>>, FetchError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::take(&mut self.yields) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(Response::new(empty())))
    }
}
