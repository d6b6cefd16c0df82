//! The deterministic host keeps the laws of a runtime, with ready tasks in order and in a seeded one.

use std::num::NonZeroUsize;

use gather_conformance::simulated::Simulated;

mod in_order {
    use super::*;
    gather_conformance::runtime_laws!(
        Simulated::new(),
        except {
            blocking_leaves_the_executor_free: "blocking work runs as a task: there is one thread",
            wakes_across_threads: "waiting for another thread is a deadlock in virtual time",
            sleep_works_on_any_thread: "virtual time goes on only while the host runs and is idle",
            spawns_from_any_thread: "waiting for another thread is a deadlock in virtual time",
            busy_task_lets_timers_fire: "virtual time goes on only while nothing is ready",
            panicking_destructor_is_contained: "a panic that nobody owns comes out of `run`, so that a test sees it",
        }
    );
}

mod by_seed {
    use super::*;
    gather_conformance::runtime_laws!(
        Simulated::seeded(42),
        except {
            blocking_leaves_the_executor_free: "blocking work runs as a task: there is one thread",
            wakes_across_threads: "waiting for another thread is a deadlock in virtual time",
            sleep_works_on_any_thread: "virtual time goes on only while the host runs and is idle",
            spawns_from_any_thread: "waiting for another thread is a deadlock in virtual time",
            busy_task_lets_timers_fire: "virtual time goes on only while nothing is ready",
            panicking_destructor_is_contained: "a panic that nobody owns comes out of `run`, so that a test sees it",
        }
    );
}

mod local {
    use super::*;
    gather_conformance::local_laws!(Simulated::seeded(7).workers(NonZeroUsize::MIN));
}

mod itself {
    use std::future::{pending, poll_fn};
    use std::panic::catch_unwind;
    use std::task::Poll;
    use std::time::Duration;

    use gather_core::{Clock, Host, Runtime, RuntimeExt, TaskSet};

    use super::*;

    fn message_of(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = catch_unwind(run).expect_err("it panics");
        panic.downcast_ref::<String>().expect("a message that was formatted").clone()
    }

    #[test]
    fn a_deadlock_panics_and_says_so() {
        let message = message_of(|| Simulated::new().run(async |_| pending().await));
        assert!(message.starts_with("deadlock: the main function and 0 tasks wait"), "{message}");
    }

    #[test]
    fn a_sleep_of_forever_alone_is_a_deadlock() {
        let message = message_of(|| Simulated::new().run(async |clock| clock.sleep(Duration::MAX).await));
        assert!(message.starts_with("deadlock"), "{message}");
    }

    #[test]
    fn a_livelock_panics_and_says_so() {
        let busy = poll_fn::<(), _>(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        let message = message_of(|| Simulated::new().run(async |_| busy.await));
        assert!(message.starts_with("livelock"), "{message}");
    }

    #[test]
    fn a_year_passes_in_no_time() {
        let start = std::time::Instant::now();
        let year = Duration::from_secs(365 * 24 * 3600);
        let passed = Simulated::new().run(async |clock| {
            let start = clock.now();
            clock.sleep(year).await;
            clock.now() - start
        });
        assert_eq!(passed, year);
        assert!(start.elapsed() < year / 1000);
    }

    #[test]
    fn the_seed_decides_the_order_and_nothing_else_does() {
        let order = |seed| {
            Simulated::seeded(seed).run(async |runtime| {
                let mut set = TaskSet::new(runtime);
                (0..20).for_each(|number| set.spawn(async move { number }));
                let mut order = Vec::new();
                while let Some(number) = set.next().await {
                    order.push(number.expect("a task"));
                }
                order
            })
        };
        assert_eq!(order(1), order(1));
        let orders: std::collections::BTreeSet<_> = (0..20).map(order).collect();
        assert!(orders.len() > 10, "{} different orders of 20 seeds", orders.len());
    }

    #[test]
    fn workers_are_as_many_as_it_is_told() {
        let three = NonZeroUsize::new(3).expect("3");
        assert_eq!(Simulated::new().workers(three).run(async |runtime| runtime.workers()), three);
    }

    #[test]
    fn a_panic_that_nobody_owns_comes_out() {
        let panic = catch_unwind(|| {
            Simulated::new().run(async |runtime| {
                runtime.spawn(async { panic!("lost") });
                runtime.task(async {}).await
            })
        });
        assert_eq!(panic.map(|_| ()).expect_err("it panics").downcast_ref(), Some(&"lost"));
    }
}
