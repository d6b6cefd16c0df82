//! A consumer that takes its time: deadlines stand still while nobody polls, or the exchanges are polled meanwhile.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use gather_core::{Clock, Fetch, Host, Request, Scraper};

use crate::exchange::{ask, generous};
use crate::origin::Origin;
use crate::pipeline::{index_of, say, text};

/// A pause of twice the deadline between two results costs no page, although the answers come only after it.
pub fn pausing_consumer_loses_no_page<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    host.run(async |clock: H::Handle| {
        for_some_deadline(async |deadline| {
            let origin = Origin::start();
            let scraper = Scraper::new(clock.clone(), |clock: &H::Handle| make(clock.clone())).parse(text);
            let scraper = scraper.limits(generous().deadline(deadline)).concurrency(8);
            let mut results = scraper.scrape(say_and_gates(&origin));
            let first = results.next().await.expect("the answer that is not held back");
            clock.sleep(2 * deadline).await;
            origin.open("later");
            let late = results.filter(|result| std::future::ready(is_timeout(result))).count().await;
            is_timeout(&first) || late > 0
        })
        .await;
    });
}

/// Nor does a pause after a poll that brought nothing, as in a `select` that something else has won.
pub fn pause_in_a_select_loses_no_page<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    host.run(async |clock: H::Handle| {
        for_some_deadline(async |deadline| {
            let origin = Origin::start();
            let scraper = Scraper::new(clock.clone(), |clock: &H::Handle| make(clock.clone())).parse(text);
            let scraper = scraper.limits(generous().deadline(deadline)).concurrency(8);
            let mut results = scraper.scrape(say_and_gates(&origin));
            let first = results.next().await.expect("the answer that is not held back");
            {
                let (next, other) = (results.next(), pin!(clock.sleep(deadline / 4)));
                assert!(matches!(select(next, other).await, Either::Right(_)), "all other answers are held back");
            }
            clock.sleep(2 * deadline).await;
            origin.open("later");
            let late = results.filter(|result| std::future::ready(is_timeout(result))).count().await;
            is_timeout(&first) || late > 0
        })
        .await;
    });
}

/// `for_each` goes on with the exchanges while its handler is at work: this handler waits until the origin has answered
/// all of them.
pub fn for_each_goes_on_meanwhile<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let mut indexes = Vec::new();
        let requests = (0..6).map(|number| ask(&origin, &format!("/body-gate/{number}"))).collect::<Vec<_>>();
        origin.open("0");
        let scrape = scraper.parse(text).concurrency(6).scrape(requests);
        let handled = scrape.for_each(async |result| {
            let page = result.expect("a page");
            assert_eq!(page.output, "firstsecond");
            if indexes.is_empty() {
                // The others can only be answered whole while this handler waits.
                (1..6).for_each(|number| origin.open(&number.to_string()));
                origin.until(|counts| counts.served == 6).await;
            }
            indexes.push(page.index);
        });
        handled.await;
        indexes.sort_unstable();
        assert_eq!(indexes, [0, 1, 2, 3, 4, 5]);
    });
}

/// A result waits for the handler within the concurrency: while it is at work no more than that is asked for.
pub fn for_each_keeps_the_concurrency<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let scraper = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous());
        let mut handled = 0;
        let scrape = scraper.parse(text).concurrency(4).scrape(say(&origin, 30));
        let handling = scrape.for_each(async |result| {
            index_of(result);
            if handled % 10 == 0 {
                // As far as it goes without another result being handled, and then a few polls more.
                origin.until(|counts| counts.served >= (handled + 4).min(30)).await;
                yield_now(20).await;
            }
            handled += 1;
            let asked = origin.counts().requests;
            assert!(asked <= handled + 4, "{asked} requests were made by the time {handled} results were handled");
        });
        handling.await;
        assert_eq!(handled, 30);
    });
}

/// What a pipeline is lent it leaves open; what it had made it closes at the end of `for_each`.
pub fn lent_client_stays_open<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        let lent = Scraper::over(clock.clone(), &fetch).limits(generous()).parse(text).concurrency(3);
        lent.scrape(say(&origin, 10)).for_each(async |result| drop(result.expect("a page"))).await;
        crate::exchange::assert_usable(&fetch, &clock, &origin, "a scrape over a client that was lent").await;
        drop(fetch);
        let made = Scraper::new(clock, |clock: &H::Handle| make(clock.clone())).limits(generous()).parse(text);
        made.scrape(say(&origin, 10)).for_each(async |result| drop(result.expect("a page"))).await;
        origin.until(|counts| counts.open == 0).await;
    });
}

/// One answer that comes at once, seven that are held back.
fn say_and_gates(origin: &Origin) -> Vec<Request> {
    let path = |number| if number == 0 { "/say/0".to_owned() } else { format!("/gate/later/{number}") };
    (0..8).map(|number| ask(origin, &path(number))).collect()
}

/// Whether a result is a timeout; any other error is no law's business here.
fn is_timeout(result: &gather_core::ScrapeResult<String>) -> bool {
    match result {
        Ok(_) => false,
        Err(error) => {
            assert!(error.is_timeout(), "{}", crate::exchange::chain(error));
            true
        }
    }
}

/// Tries with a short deadline and with longer ones, since a machine may be too busy to answer within the short one: a
/// pipeline whose deadlines run during pauses, which are as much longer, fails with each.
async fn for_some_deadline(mut timed_out: impl AsyncFnMut(Duration) -> bool) {
    for milliseconds in [250, 1000, 4000] {
        if !timed_out(Duration::from_millis(milliseconds)).await {
            return;
        }
    }
    panic!("requests timed out while nobody polled their stream, whatever the deadline");
}

async fn yield_now(times: usize) {
    let mut left = times;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
