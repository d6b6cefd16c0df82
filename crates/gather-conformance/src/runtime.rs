//! Laws of a [`Runtime`]: tasks, blocking work, threads. (Those of its clock are here too, by [`crate::clock`].)

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_channel::oneshot;
use gather_core::{Clock, Host, Runtime, RuntimeExt, TaskError, TaskSet};

pub use crate::clock::*;
use crate::signals::{Latch, Tally};

const MS: Duration = Duration::from_millis(1);

/// Every task that is spawned runs, and gives its output.
pub fn spawned_tasks_run<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let mut set = TaskSet::new(runtime);
        for number in 0..100 {
            set.spawn(async move { number });
        }
        let mut sum = 0;
        while let Some(number) = set.next().await {
            sum += number.expect("a task that does nothing wrong");
        }
        assert_eq!(sum, 4950);
    });
}

/// Tasks can spawn, sleep and wait for each other, through many turns.
pub fn tasks_spawn_and_wait<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let outer = runtime.clone();
        let task = runtime.task(async move {
            let inner = outer.clone();
            let nested = outer.task(async move {
                inner.sleep(MS).await;
                20
            });
            nested.await.expect("the inner task") + 1
        });
        assert_eq!(task.await.expect("the outer task"), 21);
    });
}

/// Dropping a task cancels it: its future is dropped.
pub fn dropped_task_is_cancelled<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (started, dropped) = (Tally::new(), Tally::new());
        let task = runtime.task(wait_for_ever(&started, &dropped));
        started.until(1).await;
        drop(task);
        dropped.until(1).await;
        // One that has perhaps not started is dropped as well.
        drop(runtime.task(wait_for_ever(&started, &dropped)));
        dropped.until(2).await;
    });
}

/// Once a cancelled task is awaited, its destructors have run.
pub fn cancellation_is_joined<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        for _ in 0..50 {
            let (started, dropped) = (Tally::new(), Tally::new());
            let task = runtime.task(wait_for_ever(&started, &dropped));
            started.until(1).await;
            task.cancel();
            assert!(matches!(task.await, Err(TaskError::Cancelled)));
            assert_eq!(dropped.get(), 1, "the outcome was there before the destructor had run");
        }
    });
}

/// A panic in a task is its outcome; the executor and the other tasks live on.
pub fn task_panic_is_a_value<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        for _ in 0..4 * runtime.workers().get() {
            let outcome: Result<(), TaskError> = runtime.task(async { panic!("boom: {}", 1) }).await;
            let error = outcome.expect_err("it panics");
            assert_eq!(error.panic_message(), Some("boom: 1"), "{error}");
        }
        let after = runtime.task(async { 1 }).await;
        assert_eq!(after.expect("the executor lives on"), 1);
    });
}

/// A panic in blocking work is its outcome too.
pub fn blocking_panic_is_a_value<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let outcome: Result<(), TaskError> = runtime.unblock(|| panic!("bang")).await;
        let error = outcome.expect_err("it panics");
        assert_eq!(error.panic_message(), Some("bang"), "{error}");
        assert_eq!(runtime.unblock(|| 2).await.expect("the pool lives on"), 2);
    });
}

/// A set that is shut down has dropped everything its tasks owned.
pub fn shutdown_is_joined<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (started, dropped) = (Tally::new(), Tally::new());
        let mut set = TaskSet::new(runtime.clone());
        for _ in 0..20 {
            set.spawn(wait_for_ever(&started, &dropped));
        }
        started.until(10).await;
        set.shutdown().await;
        assert_eq!(dropped.get(), 20, "every destructor has run before shutdown returns");
    });
}

/// Dropping a set cancels its tasks.
pub fn dropped_set_is_cancelled<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (started, dropped) = (Tally::new(), Tally::new());
        let mut set = TaskSet::new(runtime.clone());
        for _ in 0..20 {
            set.spawn(wait_for_ever(&started, &dropped));
        }
        started.until(20).await;
        drop(set);
        dropped.until(20).await;
    });
}

/// Blocking work does not stand in the way of tasks: these jobs wait for a task that is spawned after them.
pub fn blocking_leaves_the_executor_free<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (started, latch) = (Tally::new(), Latch::new());
        let mut jobs = TaskSet::new(runtime.clone());
        for _ in 0..runtime.workers().get() + 3 {
            let (started, latch) = (started.clone(), latch.clone());
            jobs.unblock(move || {
                started.add();
                latch.wait();
            });
        }
        started.until(1).await;
        let opener = latch.clone();
        runtime.task(async move { opener.open() }).await.expect("a task runs beside blocking work");
        while let Some(job) = jobs.next().await {
            job.expect("the latch was opened");
        }
    });
}

/// A task is woken from a thread that the runtime does not know.
pub fn wakes_across_threads<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        for number in 0..20 {
            let (polled, sees) = oneshot::channel();
            let (sender, mut receiver) = oneshot::channel();
            let mut polled = Some(polled);
            let task = runtime.task(poll_fn(move |cx| {
                let outcome = std::pin::Pin::new(&mut receiver).poll(cx);
                // Only now the other thread may send, so that it has to wake.
                polled.take().map(|polled| polled.send(()));
                outcome
            }));
            sees.await.expect("the task is polled");
            let sending = thread::spawn(move || sender.send(number));
            assert_eq!(task.await.expect("the task"), Ok(number));
            sending.join().expect("the thread").expect("the task was waiting");
        }
    });
}

/// A timer works wherever it is polled: on a thread that knows no runtime, by an executor that is not one.
pub fn sleep_works_on_any_thread<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (report, passed) = oneshot::channel();
        let elsewhere = runtime.clone();
        let thread = thread::spawn(move || {
            let start = elsewhere.now();
            // Made and polled here.
            park_on(elsewhere.sleep(10 * MS));
            let _ = report.send(elsewhere.now() - start);
        });
        let passed = passed.await.expect("the timer works on a foreign thread");
        assert!(passed >= 10 * MS, "{passed:?}");
        thread.join().expect("the foreign thread");
    });
}

/// A handle spawns from a thread that the runtime does not know.
pub fn spawns_from_any_thread<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let elsewhere = runtime.clone();
        let thread = thread::spawn(move || (elsewhere.task(async { 3 }), elsewhere.unblock(|| 4)));
        // Not joined from here in a way that blocks: a runtime of one thread has to run those tasks.
        let (task, job) = runtime.unblock(move || thread.join()).await.expect("the pool").expect("spawning worked");
        assert_eq!(task.await.expect("the task"), 3);
        assert_eq!(job.await.expect("the job"), 4);
    });
}

/// As many tasks as there are workers run at the same time: they meet.
pub fn workers_run_at_the_same_time<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let workers = runtime.workers().get();
        let barrier = Arc::new(Barrier::new(workers));
        let mut set = TaskSet::new(runtime);
        for _ in 0..workers {
            let barrier = barrier.clone();
            set.spawn(async move { barrier.wait().is_leader() });
        }
        let mut leaders = 0;
        while let Some(leads) = set.next().await {
            leaders += usize::from(leads.expect("the tasks meet"));
        }
        assert_eq!(leaders, 1);
    });
}

/// A task that wakes itself again and again lets the others have their turn.
pub fn busy_task_lets_others_run<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (mut busy, stop) = spin(&runtime);
        runtime.task(async move { stop.store(true, Ordering::Release) }).await.expect("the task that ends it");
        while let Some(outcome) = busy.next().await {
            outcome.expect("a busy task");
        }
    });
}

/// It lets timers fire, too.
pub fn busy_task_lets_timers_fire<H: Host<Handle: Runtime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (mut busy, stop) = spin(&runtime);
        let clock = runtime.clone();
        let timer = async move {
            clock.sleep(5 * MS).await;
            stop.store(true, Ordering::Release);
        };
        runtime.task(timer).await.expect("the task that ends it");
        while let Some(outcome) = busy.next().await {
            outcome.expect("a busy task");
        }
    });
}

/// More tasks than workers that do nothing but wake themselves, until they are told to stop.
fn spin<R: Runtime>(runtime: &R) -> (TaskSet<R, ()>, Arc<AtomicBool>) {
    let stop = Arc::new(AtomicBool::new(false));
    let mut busy = TaskSet::new(runtime.clone());
    for _ in 0..runtime.workers().get() + 1 {
        let stop = stop.clone();
        busy.spawn(poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            if stop.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
        }));
    }
    (busy, stop)
}

/// What is spawned and owned by nobody ends with the runtime, its destructors run.
pub fn run_ends_what_it_spawned<H: Host<Handle: Runtime>>(host: H) {
    let (started, dropped) = (Tally::new(), Tally::new());
    host.run(async |runtime: H::Handle| {
        for _ in 0..10 {
            runtime.spawn(wait_for_ever(&started, &dropped));
        }
        started.until(10).await;
    });
    assert_eq!(dropped.get(), 10, "nothing of a runtime survives `run`");
}

/// A handle that outlives its runtime spawns nothing, and says so by cancelling; it neither hangs nor panics.
pub fn handle_may_outlive_the_runtime<H: Host<Handle: Runtime>>(host: H) {
    let handle = host.run(async |runtime: H::Handle| runtime);
    let outcome = catch_unwind(AssertUnwindSafe(|| park_on(handle.task(async { 1 }))));
    let outcome = outcome.expect("spawning on a runtime that is gone does not panic");
    assert!(matches!(outcome, Err(TaskError::Cancelled)), "{outcome:?}");
}

/// A destructor that panics while its task is cancelled takes neither the executor nor the other tasks along.
pub fn panicking_destructor_is_contained<H: Host<Handle: Runtime>>(host: H) {
    struct PanicOnDrop;
    impl Drop for PanicOnDrop {
        fn drop(&mut self) {
            panic!("a destructor's panic");
        }
    }
    host.run(async |runtime: H::Handle| {
        for _ in 0..runtime.workers().get() + 1 {
            let started = Tally::new();
            let starting = started.clone();
            let task = runtime.task(async move {
                let _trap = PanicOnDrop;
                starting.add();
                pending::<()>().await;
            });
            started.until(1).await;
            task.cancel();
            assert!(task.await.is_err(), "cancelled, or panicked");
        }
        assert_eq!(runtime.task(async { 5 }).await.expect("the executor lives on"), 5);
    });
}

/// A future that notes that it has started, and when it is dropped; it is never done.
fn wait_for_ever(started: &Tally, dropped: &Tally) -> impl Future<Output = ()> + Send + use<> {
    let (started, guard) = (started.clone(), dropped.on_drop());
    async move {
        let _guard = guard;
        started.add();
        pending::<()>().await;
    }
}

/// The smallest executor there is: no runtime, a parked thread.
fn park_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = std::pin::pin!(future);
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "a future polled outside of the runtime was not woken within 20 s");
        thread::park_timeout(left);
    }
}
