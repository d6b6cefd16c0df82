//! The threads: as many as asked for, joined, stopped by a drop; panics surface where they belong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gather_blocking::{BlockingScraper, Raw, Strategy};
use gather_core::{FetchErrorKind, Phase, Request};

use crate::clients::{Outcome, outcome};
use crate::origin::Origin;

const THREADED: [Strategy; 3] = [Strategy::ThreadPerRequest, Strategy::Pool, Strategy::Rayon];

#[test]
fn concurrency_is_reached_and_not_exceeded() {
    for strategy in THREADED {
        let origin = Origin::start();
        let scraper = BlockingScraper::new(Raw::new()).strategy(strategy).concurrency(8);
        // The gate opens to eight at a time.
        scraper.for_each((0..32).map(|_| origin.get("/gate/8")), |result| drop(result.unwrap())).unwrap();
        assert_eq!(origin.in_flight_max(), 8, "{strategy}");
    }
}

#[test]
fn a_concurrency_of_nothing_is_one() {
    let origin = Origin::start();
    for strategy in Strategy::ALL {
        let scraper = BlockingScraper::new(Raw::new()).strategy(strategy).concurrency(0);
        assert_eq!(scraper.scrape((0..3).map(|_| origin.get("/length/1")).collect::<Vec<_>>()).unwrap().count(), 3);
    }
    assert_eq!(origin.in_flight_max(), 1);
}

#[test]
fn no_requests_no_results() {
    for strategy in Strategy::ALL {
        let scraper = BlockingScraper::new(Raw::new()).strategy(strategy).concurrency(2);
        let mut results = scraper.scrape(Vec::new()).unwrap();
        assert!(results.next().is_none() && results.next().is_none(), "{strategy}");
        scraper.for_each(Vec::new(), |_| unreachable!()).unwrap();
    }
}

#[test]
fn dropping_the_results_stops_and_joins() {
    let origin = Origin::start();
    for strategy in Strategy::ALL {
        let pulled = Arc::new(AtomicUsize::new(0));
        let endless = {
            let (pulled, request) = (pulled.clone(), origin.get("/length/10"));
            std::iter::repeat_with(move || {
                pulled.fetch_add(1, Ordering::SeqCst);
                request.clone()
            })
        };
        let scraper = BlockingScraper::new(Raw::new()).strategy(strategy).concurrency(4);
        let mut results = scraper.scrape(endless).unwrap();
        assert_eq!(results.by_ref().take(5).filter(Result::is_ok).count(), 5);
        drop(results);
        assert_eq!(Arc::strong_count(&pulled), 1, "{strategy}: a thread still holds the requests");
        // What was taken, what waited here, what each thread had in hand.
        let pulled = pulled.load(Ordering::SeqCst);
        assert!(pulled <= 5 + 4 + 4, "{strategy}: {pulled} requests for 5 results");
    }
}

#[test]
fn a_panic_in_the_requests_surfaces_after_the_results() {
    let origin = Origin::start();
    for strategy in Strategy::ALL {
        let request = origin.get("/length/10");
        let requests = move || {
            let request = request.clone();
            (0..).map(move |n| if n < 6 { request.clone() } else { panic!("no more requests") })
        };
        let scraper = BlockingScraper::new(Raw::new()).strategy(strategy).concurrency(2);

        let mut results = scraper.scrape(requests()).unwrap();
        let mut got = 0;
        let panic =
            catch_unwind(AssertUnwindSafe(|| results.by_ref().for_each(|result| got += usize::from(result.is_ok()))));
        assert_eq!((got, message(panic)), (6, "no more requests"), "{strategy}");

        let handled = AtomicUsize::new(0);
        let panic = catch_unwind(AssertUnwindSafe(|| {
            scraper.for_each(requests(), |_| _ = handled.fetch_add(1, Ordering::SeqCst))
        }));
        assert_eq!((handled.into_inner(), message(panic)), (6, "no more requests"), "{strategy}");
    }
}

#[test]
fn a_panic_in_the_handler_stops_the_scrape_and_surfaces() {
    let origin = Origin::start();
    for strategy in Strategy::ALL {
        let scraper = BlockingScraper::new(Raw::new()).strategy(strategy).concurrency(2);
        let endless = std::iter::repeat_with(|| origin.get("/length/10"));
        let panic = catch_unwind(AssertUnwindSafe(|| scraper.for_each(endless, |_| panic!("not this one"))));
        assert_eq!(message(panic), "not this one", "{strategy}");
    }
}

#[test]
fn threads_that_cannot_be_started_are_an_error() {
    let origin = Origin::start();
    // More than there is address space.
    let scraper = |strategy| BlockingScraper::new(Raw::new()).strategy(strategy).concurrency(2).stack_size(1 << 46);
    let requests = || (0..3).map(|_| origin.get("/length/10")).collect::<Vec<_>>();
    for strategy in [Strategy::Pool, Strategy::Rayon] {
        let error = scraper(strategy).scrape(requests()).map(drop).unwrap_err().to_string();
        assert!(error.contains("could not be started") && error.contains(strategy.name()), "{error}");
        scraper(strategy).for_each(requests(), |_| ()).unwrap_err();
    }
    let results: Vec<_> = scraper(Strategy::ThreadPerRequest).scrape(requests()).unwrap().collect();
    let expected = Outcome::Fails(Phase::Request, FetchErrorKind::Other);
    assert_eq!(results.iter().map(outcome).collect::<Vec<_>>(), [expected.clone(), expected.clone(), expected]);
}

#[test]
fn a_scraper_may_be_used_again_and_its_connections_stay() {
    let origin = Origin::start();
    let scraper = BlockingScraper::new(Raw::new()).strategy(Strategy::Sequential);
    let requests = || -> Vec<Request> { (0..3).map(|_| origin.get("/length/10")).collect() };
    for _ in 0..3 {
        assert_eq!(scraper.scrape(requests()).unwrap().filter(Result::is_ok).count(), 3);
    }
    assert_eq!(origin.accepted(), 1);
}

#[test]
fn strategies_have_names() {
    for strategy in Strategy::ALL {
        assert_eq!(strategy.to_string().parse(), Ok(strategy));
    }
    let error = "fibers".parse::<Strategy>().unwrap_err().to_string();
    assert_eq!(error, "there is no strategy `fibers`; there are sequential, thread-per-request, pool, rayon");
}

fn message<T>(outcome: std::thread::Result<T>) -> &'static str {
    let payload = outcome.err().expect("it panics");
    payload.downcast_ref::<&'static str>().copied().expect("with a text")
}
