//! The system's resolver: how many threads it takes, and the ways in which it may not come to an answer.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use gather_conformance::simulated::{Simulated, SimulatedHandle, SimulatedSleep};
use gather_core::{Clock, Host, Runtime};
use gather_http::{Overrides, Resolve, ResolveErrorKind, SystemResolver};

type Jobs = Arc<Mutex<Vec<Box<dyn FnOnce() + Send>>>>;

/// A runtime whose blocking pool does nothing until it is told to.
#[derive(Clone)]
struct Held {
    host: SimulatedHandle,
    jobs: Jobs,
}

impl Held {
    fn jobs(&self) -> usize {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn run_one(&self) {
        let job = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(0);
        job();
    }
}

impl Clock for Held {
    type Sleep = SimulatedSleep;

    fn now(&self) -> Instant {
        self.host.now()
    }

    fn sleep(&self, duration: Duration) -> SimulatedSleep {
        self.host.sleep(duration)
    }
}

impl Runtime for Held {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.host.spawn(task);
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(job));
    }
}

fn held<T>(test: impl AsyncFnOnce(Held) -> T) -> T {
    Simulated::new().run(async |host: SimulatedHandle| test(Held { host, jobs: Arc::default() }).await)
}

#[test]
fn this_machine_is_found() {
    held(async |runtime| {
        let mut lookup = SystemResolver::new(runtime.clone()).resolve("localhost");
        assert!((&mut lookup).now_or_never().is_none());
        runtime.run_one();
        let found = lookup.await.expect("a name that every system has");
        assert!(found.addresses().iter().all(|address| address.ip().is_loopback()), "{found:?}");
        assert!(!found.addresses().is_empty());
    });
}

#[test]
fn thread_is_taken_until_its_lookup_ends_whoever_waits() {
    held(async |runtime| {
        let resolver = SystemResolver::new(runtime.clone()).max_threads(2);
        let mut lookups: Vec<_> = (0..5).map(|_| resolver.resolve("localhost")).collect();
        for lookup in &mut lookups {
            assert!(lookup.now_or_never().is_none());
        }
        assert_eq!(runtime.jobs(), 2);
        // All are given up, but nobody can take the two threads back.
        drop(lookups);
        let mut next = resolver.resolve("localhost");
        assert!((&mut next).now_or_never().is_none());
        assert_eq!(runtime.jobs(), 2);
        runtime.run_one();
        assert!((&mut next).now_or_never().is_none());
        assert_eq!(runtime.jobs(), 2, "the place that became free was taken");
        runtime.run_one();
        runtime.run_one();
        next.await.expect("an answer at last");
    });
}

#[test]
fn name_that_no_system_can_look_up_is_invalid() {
    held(async |runtime| {
        let mut lookup = SystemResolver::new(runtime.clone()).resolve("with\0zero");
        assert!((&mut lookup).now_or_never().is_none());
        runtime.run_one();
        assert_eq!(lookup.await.expect_err("no name").kind(), ResolveErrorKind::Invalid);
    });
}

#[test]
fn runtime_that_goes_down_gives_the_lookup_up() {
    held(async |runtime| {
        let mut lookup = SystemResolver::new(runtime.clone()).resolve("localhost");
        assert!((&mut lookup).now_or_never().is_none());
        runtime.jobs.lock().unwrap_or_else(PoisonError::into_inner).clear();
        assert_eq!(lookup.await.expect_err("given up").kind(), ResolveErrorKind::Closed);
    });
}

#[test]
fn names_that_are_not_pinned_are_left_to_the_other_resolver() {
    held(async |runtime| {
        let address = "192.0.2.1".parse().expect("an address");
        let pinned = Overrides::new().pin("Pinned.test.", [address]);
        let found = pinned.resolve("pinned.test").await.expect("pinned");
        assert_eq!(found.addresses().iter().map(|found| found.ip()).collect::<Vec<_>>(), [address]);
        assert_eq!(pinned.resolve("localhost").await.expect_err("not pinned").kind(), ResolveErrorKind::NotFound);

        let others = pinned.or_else(SystemResolver::new(runtime.clone()));
        let mut lookup = others.resolve("localhost");
        assert!((&mut lookup).now_or_never().is_none());
        runtime.run_one();
        assert!(lookup.await.expect("this machine").addresses().iter().all(|found| found.ip().is_loopback()));
    });
}
