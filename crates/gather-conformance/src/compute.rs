//! Laws of a [`Compute`]: where CPU-bound work runs, and what keeps it from running wild.
//!
//! Each takes a host and a closure that makes the place from the host's handle.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;

use futures_util::future::{join, join_all};
use gather_core::{Compute, Host, TaskError};

use crate::signals::{Latch, Tally};

/// Every job runs, and its own future gives its result.
pub fn jobs_give_their_results<H: Host, X: Compute>(host: H, make: impl Fn(H::Handle) -> X) {
    host.run(async |handle: H::Handle| {
        let compute = make(handle);
        let squares = join_all((0..100_u64).map(|number| compute.compute(move || number * number))).await;
        for (number, square) in (0..).zip(squares) {
            let square: u64 = square.expect("a job that does nothing wrong");
            assert_eq!(square, number * number);
        }
    });
}

/// A job that panics is an error value; the place and the other jobs live on.
pub fn job_panic_is_a_value<H: Host, X: Compute>(host: H, make: impl Fn(H::Handle) -> X) {
    host.run(async |handle: H::Handle| {
        let compute = make(handle);
        // More of them than there are threads in most pools: none may take its thread along.
        for number in 0..64 {
            let outcome: Result<(), TaskError> = compute.compute(move || panic!("job {number}")).await;
            let error = outcome.expect_err("it panics");
            assert_eq!(error.panic_message(), Some(format!("job {number}").as_str()), "{error}");
        }
        assert_eq!(compute.compute(|| 1).await.expect("the place lives on"), 1);
    });
}

/// A place says that it is inline when its jobs run on the very thread that asks, and only then.
pub fn inline_is_what_it_says<H: Host, X: Compute>(host: H, make: impl Fn(H::Handle) -> X) {
    host.run(async |handle: H::Handle| {
        let compute = make(handle);
        let there = compute.compute(|| thread::current().id()).await.expect("a job");
        assert_eq!(compute.is_inline(), there == thread::current().id());
    });
}

/// While a job is at work the executor is free: this job waits for the task beside it.
pub fn job_leaves_the_executor_free<H: Host, X: Compute>(host: H, make: impl Fn(H::Handle) -> X) {
    host.run(async |handle: H::Handle| {
        let compute = make(handle);
        let (started, latch) = (Tally::new(), Latch::new());
        let job = {
            let (started, latch) = (started.clone(), latch.clone());
            compute.compute(move || {
                started.add();
                latch.wait();
            })
        };
        let beside = async {
            started.until(1).await;
            latch.open();
        };
        join(job, beside).await.0.expect("the latch was opened");
    });
}

/// Dropping the future of a job that has not started skips it: of thousands that wait behind some that do not end, none runs
/// any more.
pub fn dropped_job_is_skipped<H: Host, X: Compute>(host: H, make: impl Fn(H::Handle) -> X) {
    host.run(async |handle: H::Handle| {
        let Crowd { started, gone, latch, jobs, .. } = crowd(&make(handle)).await;
        drop(jobs);
        latch.open();
        gone.until(CROWD).await;
        assert!(started.get() < CROWD, "every job ran although nobody waited for it");
    });
}

/// Jobs wait outside of a place that has no room: dropping such a future drops its job there and then, while the place is as
/// busy as before.
pub fn admission_is_bounded<H: Host, X: Compute>(host: H, make: impl Fn(H::Handle) -> X) {
    host.run(async |handle: H::Handle| {
        let Crowd { gone, latch, jobs, .. } = crowd(&make(handle)).await;
        drop(jobs);
        let outside = gone.get();
        latch.open();
        gone.until(CROWD).await;
        assert!(outside >= CROWD / 2, "{} of {CROWD} jobs were let in while none was done", CROWD - outside);
    });
}

/// Only so many jobs run at the same time, however many are asked for.
pub fn jobs_at_once_are_bounded<H: Host, X: Compute>(host: H, make: impl Fn(H::Handle) -> X) {
    host.run(async |handle: H::Handle| {
        let Crowd { gone, latch, jobs, most, .. } = crowd(&make(handle)).await;
        let jobs = jobs.into_inner();
        latch.open();
        for outcome in join_all(jobs).await {
            outcome.expect("the latch was opened");
        }
        gone.until(CROWD).await;
        let most = most.load(Ordering::SeqCst);
        assert!((1..CROWD / 2).contains(&most), "{most} jobs of {CROWD} ran at once");
    });
}

/// How many jobs ask to run. More than there are threads in a blocking pool (512 at most, in the usual runtimes).
const CROWD: usize = 2000;

type Job = Pin<Box<dyn Future<Output = Result<(), TaskError>>>>;

/// Jobs that all wait for a latch, each polled once.
struct Crowd {
    started: Tally,
    /// Closures dropped, whether they ran or not.
    gone: Tally,
    latch: Latch,
    jobs: RefCell<Vec<Job>>,
    /// The most that were at work at once.
    most: Arc<AtomicUsize>,
}

async fn crowd<X: Compute>(compute: &X) -> Crowd {
    let (started, gone, latch) = (Tally::new(), Tally::new(), Latch::new());
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let jobs = RefCell::new(Vec::new());
    for _ in 0..CROWD {
        let (guard, started, latch, now, most) =
            (gone.on_drop(), started.clone(), latch.clone(), now.clone(), most.clone());
        jobs.borrow_mut().push(Box::pin(compute.compute(move || {
            let _guard = guard;
            started.add();
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            latch.wait();
            now.fetch_sub(1, Ordering::SeqCst);
        })) as Job);
    }
    poll_fn(|cx| {
        for job in jobs.borrow_mut().iter_mut() {
            assert!(pin!(job).poll(cx).is_pending(), "a job was done that waits for a latch that is closed");
        }
        Poll::Ready(())
    })
    .await;
    started.until(1).await;
    Crowd { started, gone, latch, jobs, most }
}
