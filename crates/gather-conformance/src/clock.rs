//! Laws of time, and of what is built on nothing else: every host keeps them, with or without `Send`.

use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};
use gather_core::{Clock, Elapsed, Host, gather, timeout, try_gather};

use crate::signals::Tally;

const MS: Duration = Duration::from_millis(1);

/// A sleep takes at least its time, as the runtime's own clock and the machine's have it.
pub fn sleep_is_never_early<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        for duration in [MS, 7 * MS, 20 * MS] {
            let start = clock.now();
            clock.sleep(duration).await;
            let passed = clock.now() - start;
            assert!(passed >= duration, "a sleep of {duration:?} was over after {passed:?}");
        }
    });
}

/// A sleep that is over by the time it is first polled makes nobody wait again.
pub fn sleep_runs_from_the_call<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        let first = clock.sleep(200 * MS);
        clock.sleep(210 * MS).await;
        // Had it counted from its first poll, it would lose this race.
        let later = clock.sleep(150 * MS);
        let first_won = matches!(select(pin!(first), pin!(later)).await, Either::Left(_));
        assert!(first_won, "a sleep counts from the call, not from its first poll");
    });
}

/// The shorter of two sleeps that start together ends first.
pub fn shorter_sleep_ends_first<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        let (long, short) = (clock.sleep(Duration::from_secs(20)), clock.sleep(5 * MS));
        assert!(matches!(select(pin!(long), pin!(short)).await, Either::Right(_)), "20 s were over before 5 ms");
    });
}

/// No time at all is over at once, or nearly.
pub fn sleep_of_nothing_ends<H: Host>(host: H) {
    host.run(async |clock: H::Handle| clock.sleep(Duration::ZERO).await);
}

/// The longest duration there is can be slept for: it does not overflow, and is not over.
pub fn sleep_of_forever_waits<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        let (forever, short) = (clock.sleep(Duration::MAX), clock.sleep(5 * MS));
        assert!(matches!(select(pin!(forever), pin!(short)).await, Either::Right(_)), "forever was over");
    });
}

/// The clock never goes backwards.
pub fn now_never_goes_backwards<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        let mut last = clock.now();
        for turn in 0..1000 {
            if turn % 250 == 0 {
                clock.sleep(MS).await;
            }
            let now = clock.clone().now();
            assert!(now >= last, "the clock went backwards");
            last = now;
        }
    });
}

/// What takes too long is dropped, its destructors run, and the error says what it was given.
pub fn timeout_fires_and_drops<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        let dropped = Tally::new();
        let guard = dropped.on_drop();
        let work = async move {
            let _guard = guard;
            pending::<()>().await;
        };
        assert_eq!(timeout(&clock, 5 * MS, work).await, Err(Elapsed { limit: 5 * MS }));
        assert_eq!(dropped.get(), 1, "what timed out is dropped with its timeout");
    });
}

/// What is done in time is not touched, and what is done at the last moment wins.
pub fn timeout_lets_the_output_win<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        assert_eq!(timeout(&clock, Duration::MAX, async { 7 }).await, Ok(7));
        assert_eq!(timeout(&clock, Duration::ZERO, ready(8)).await, Ok(8));
        let in_time = async {
            clock.sleep(5 * MS).await;
            9
        };
        assert_eq!(timeout(&clock, Duration::from_secs(20), in_time).await, Ok(9));
    });
}

/// Outputs come in the order of the input, whatever the order of completion, and all futures run at once.
pub fn gather_keeps_the_order<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        let waits = [40, 10, 0, 25].into_iter().enumerate();
        let finished = std::cell::RefCell::new(Vec::new());
        let outputs = gather(waits.map(|(index, wait)| {
            let (sleep, finished) = (clock.sleep(wait * 10 * MS), &finished);
            async move {
                sleep.await;
                finished.borrow_mut().push(index);
                index
            }
        }));
        assert_eq!(outputs.await, [0, 1, 2, 3]);
        assert_eq!(finished.into_inner().len(), 4);
        assert_eq!(gather(std::iter::empty::<std::future::Ready<()>>()).await, [], "nothing is done at once");
    });
}

/// With a limit, that many futures run at once: never more, and no fewer while there are enough.
pub fn gather_keeps_its_limit<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        for limit in [1, 3, 10] {
            let (now, most) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
            let outputs = gather((0..10).map(|number| {
                let (clock, now, most) = (&clock, &now, &most);
                async move {
                    now.set(now.get() + 1);
                    most.set(most.get().max(now.get()));
                    clock.sleep(2 * MS).await;
                    now.set(now.get() - 1);
                    number
                }
            }));
            assert_eq!(outputs.limit(limit).await, (0..10).collect::<Vec<_>>());
            assert_eq!(most.get(), limit, "the most that ran at once");
        }
    });
}

/// Dropping a gather drops what it runs.
pub fn gather_dropped_cancels<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        let dropped = Tally::new();
        let endless = (0..5).map(|_| {
            let guard = dropped.on_drop();
            async move {
                let _guard = guard;
                pending::<()>().await;
            }
        });
        assert!(timeout(&clock, 5 * MS, gather(endless.collect::<Vec<_>>())).await.is_err());
        assert_eq!(dropped.get(), 5);
    });
}

/// The first error ends a fallible gather, and what has not finished is dropped by then.
pub fn try_gather_fails_fast<H: Host>(host: H) {
    host.run(async |clock: H::Handle| {
        let dropped = Tally::new();
        let mut gathered = pin!(try_gather((0..4).map(|number| {
            let (guard, sleep) = (dropped.on_drop(), clock.sleep(5 * MS));
            async move {
                let _guard = guard;
                sleep.await;
                if number == 2 {
                    return Err(number);
                }
                if number > 0 {
                    pending::<()>().await;
                }
                Ok(number)
            }
        })));
        assert_eq!(gathered.as_mut().await, Err(2));
        assert_eq!(dropped.get(), 4, "the rest is cancelled when the error is there");
        let all = try_gather((0..4).map(|number| ready(Ok::<_, ()>(number)))).limit(2).await;
        assert_eq!(all, Ok(vec![0, 1, 2, 3]));
    });
}

/// `run` gives back what the main function returns, after as many turns as that takes.
pub fn run_returns_the_output<H: Host>(host: H) {
    let output = host.run(async |clock: H::Handle| {
        let mut turns = 0;
        poll_fn(|cx| {
            turns += 1;
            cx.waker().wake_by_ref();
            if turns < 100 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        clock.sleep(MS).await;
        // Not `'static`, not `Send`: the main function stays on its thread.
        std::rc::Rc::new(turns)
    });
    assert_eq!(*output, 100);
}

/// A panic of the main function comes out of `run`.
pub fn main_panic_comes_out<H: Host>(host: H) {
    let run = || host.run(async |_: H::Handle| panic!("the law's own panic"));
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("the panic was swallowed");
    assert_eq!(panic.downcast_ref(), Some(&"the law's own panic"), "and is the one that was thrown");
}
