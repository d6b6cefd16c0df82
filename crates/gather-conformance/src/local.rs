//! Laws of a [`LocalRuntime`]: tasks that never leave their thread. (Those of its clock are here too, by [`crate::clock`].)

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use gather_core::{Clock, Host, LocalRuntime, LocalRuntimeExt, TaskError};

pub use crate::clock::*;
use crate::signals::Tally;

const MS: Duration = Duration::from_millis(1);

/// Tasks that are not `Send` run, on the thread that spawned them, and share what is not `Send`.
pub fn local_tasks_run_here<H: Host<Handle: LocalRuntime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (here, sum) = (thread::current().id(), Rc::new(Cell::new(0)));
        let add = |number| {
            let (runtime, sum) = (runtime.clone(), sum.clone());
            async move {
                runtime.sleep(MS).await;
                assert_eq!(thread::current().id(), here);
                sum.set(sum.get() + number);
                Rc::new(number)
            }
        };
        let tasks: Vec<_> = (0..50).map(|number| runtime.task_local(add(number))).collect();
        for (number, task) in tasks.into_iter().enumerate() {
            assert_eq!(*task.await.expect("a task that does nothing wrong"), number);
        }
        assert_eq!(sum.get(), 1225);
    });
}

/// Spawning never polls: what the caller still holds borrowed is not taken from under it.
pub fn local_spawn_never_polls<H: Host<Handle: LocalRuntime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let shared = Rc::new(RefCell::new(0));
        let task = {
            let mut borrowed = shared.borrow_mut();
            let theirs = shared.clone();
            let task = runtime.task_local(async move { *theirs.borrow_mut() += 1 });
            *borrowed += 1;
            task
        };
        task.await.expect("it ran when nothing was borrowed");
        assert_eq!(*shared.borrow(), 2);
    });
}

/// Local tasks spawn local tasks.
pub fn local_tasks_spawn<H: Host<Handle: LocalRuntime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let inner = runtime.clone();
        let task = runtime.task_local(async move { inner.task_local(async { Rc::new(6) }).await });
        assert_eq!(*task.await.expect("the outer task").expect("the inner task"), 6);
    });
}

/// Dropping a local task cancels it, and awaiting a cancelled one means that its destructors have run.
pub fn local_cancellation_is_joined<H: Host<Handle: LocalRuntime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let (started, dropped) = (Tally::new(), Tally::new());
        let wait = || {
            let (started, guard) = (started.clone(), dropped.on_drop());
            async move {
                let _guard = guard;
                started.add();
                pending::<()>().await;
            }
        };
        let (first, second) = (runtime.task_local(wait()), runtime.task_local(wait()));
        started.until(2).await;
        drop(first);
        dropped.until(1).await;
        second.cancel();
        assert!(matches!(second.await, Err(TaskError::Cancelled)));
        assert_eq!(dropped.get(), 2, "the outcome was there before the destructor had run");
    });
}

/// A panic in a local task is its outcome.
pub fn local_panic_is_a_value<H: Host<Handle: LocalRuntime>>(host: H) {
    host.run(async |runtime: H::Handle| {
        let outcome: Result<(), TaskError> = runtime.task_local(async { panic!("boom") }).await;
        let error = outcome.expect_err("it panics");
        assert_eq!(error.panic_message(), Some("boom"), "{error}");
        assert_eq!(runtime.task_local(async { 1 }).await.expect("the executor lives on"), 1);
    });
}

/// What is spawned and owned by nobody ends with the runtime, on its thread.
pub fn run_ends_local_tasks<H: Host<Handle: LocalRuntime>>(host: H) {
    let (started, dropped) = (Tally::new(), Tally::new());
    host.run(async |runtime: H::Handle| {
        for _ in 0..10 {
            let (started, guard) = (started.clone(), dropped.on_drop());
            runtime.spawn_local(async move {
                let _guard = guard;
                started.add();
                pending::<()>().await;
            });
        }
        started.until(10).await;
    });
    assert_eq!(dropped.get(), 10, "nothing of a runtime survives `run`");
}
