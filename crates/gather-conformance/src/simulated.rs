//! A deterministic host: one thread, virtual time, and the order of ready tasks by a seed.
//!
//! When no task is ready the clock jumps to the next timer, so that an hour passes in no time and a test of deadlines neither
//! waits nor depends on the machine. When there is no timer either, everything waits for nothing: [`run`](Host::run) then
//! panics and says so, instead of hanging. The same seed gives the same run, poll for poll.

mod executor;
mod script;
mod scripted;
mod timers;

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use gather_core::{Clock, Host, LocalRuntime, Runtime};

use executor::{Executor, Ready};
pub use script::Script;
pub use scripted::{Scripted, ScriptedBody, ScriptedHead, Traffic};
use timers::Timers;

/// The deterministic host.
///
/// ```
/// use gather_conformance::simulated::Simulated;
/// use gather_core::{Clock, Host};
/// use std::time::Duration;
///
/// let hour = Simulated::new().run(async |clock| {
///     let start = clock.now();
///     clock.sleep(Duration::from_secs(3600)).await;
///     clock.now() - start
/// });
/// assert_eq!(hour, Duration::from_secs(3600));
/// ```
#[derive(Debug, Clone)]
pub struct Simulated {
    seed: Option<u64>,
    workers: NonZeroUsize,
}

impl Default for Simulated {
    fn default() -> Self {
        Simulated::new()
    }
}

impl Simulated {
    /// A host that runs ready tasks in the order in which they were woken.
    pub fn new() -> Self {
        Simulated { seed: None, workers: NonZeroUsize::MIN }
    }

    /// A host that picks among ready tasks by chance, the chance being decided by `seed`.
    pub fn seeded(seed: u64) -> Self {
        Simulated { seed: Some(seed), ..Simulated::new() }
    }

    /// What [`Runtime::workers`] says. There is one thread all the same: this is for what spawns a task for each worker.
    #[must_use]
    pub fn workers(self, workers: NonZeroUsize) -> Self {
        Simulated { workers, ..self }
    }
}

impl Host for Simulated {
    type Handle = SimulatedHandle;

    /// Runs `main`, then drops every task that is left.
    ///
    /// # Panics
    ///
    /// When `main` or a task panics that nobody owns; when nothing is ready and no timer is set, which is a deadlock; when a
    /// million polls went by at one moment of the virtual time, which is a livelock.
    fn run<T>(self, main: impl AsyncFnOnce(SimulatedHandle) -> T) -> T {
        let shared = Arc::new(Shared {
            timers: Mutex::new(Timers::starting(Instant::now())),
            ready: Ready::default(),
            spawned: Mutex::new(Some(Vec::new())),
            workers: self.workers,
        });
        let local = Rc::new(RefCell::new(Some(Vec::new())));
        let inbox = LocalInbox::enter(&shared, &local);
        let handle = SimulatedHandle { shared: shared.clone() };
        let output = Executor::new(shared, local, self.seed).run(main(handle));
        drop(inbox);
        output
    }
}

/// The handle of a [`Simulated`] host: a [`Runtime`] and a [`LocalRuntime`].
///
/// Blocking work runs as a task: its closure is called when its turn comes, on the only thread there is.
#[derive(Clone)]
pub struct SimulatedHandle {
    shared: Arc<Shared>,
}

impl Clock for SimulatedHandle {
    type Sleep = SimulatedSleep;

    fn now(&self) -> Instant {
        self.shared.timers().now()
    }

    fn sleep(&self, duration: Duration) -> SimulatedSleep {
        let key = self.shared.timers().add(duration);
        SimulatedSleep { shared: self.shared.clone(), key }
    }
}

impl Runtime for SimulatedHandle {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let refused = match &mut *lock(&self.shared.spawned) {
            Some(spawned) => {
                spawned.push(Box::pin(task) as SendTask);
                None
            }
            None => Some(task),
        };
        // Outside the lock: a destructor may do anything.
        drop(refused);
    }

    fn spawn_blocking(&self, job: impl FnOnce() + Send + 'static) {
        self.spawn(async move { job() });
    }

    fn workers(&self) -> NonZeroUsize {
        self.shared.workers
    }
}

impl LocalRuntime for SimulatedHandle {
    /// # Panics
    ///
    /// On another thread than the host's.
    fn spawn_local(&self, task: impl Future<Output = ()> + 'static) {
        LocalInbox::push(&self.shared, Box::pin(task));
    }
}

impl fmt::Debug for SimulatedHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedHandle").field("workers", &self.shared.workers).finish_non_exhaustive()
    }
}

/// A timer of a [`Simulated`] host.
pub struct SimulatedSleep {
    shared: Arc<Shared>,
    key: timers::Key,
}

impl Future for SimulatedSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.shared.timers().poll(&self.key, cx.waker())
    }
}

impl Drop for SimulatedSleep {
    fn drop(&mut self) {
        self.shared.timers().remove(&self.key);
    }
}

impl fmt::Debug for SimulatedSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedSleep").field("key", &self.key).finish_non_exhaustive()
    }
}

type SendTask = Pin<Box<dyn Future<Output = ()> + Send>>;
type LocalTask = Pin<Box<dyn Future<Output = ()>>>;
type LocalTasks = Rc<RefCell<Option<Vec<LocalTask>>>>;

/// What handles and host share.
struct Shared {
    timers: Mutex<Timers>,
    ready: Ready,
    /// Tasks that are not taken in yet; `None` when the host is gone.
    spawned: Mutex<Option<Vec<SendTask>>>,
    workers: NonZeroUsize,
}

impl Shared {
    fn timers(&self) -> MutexGuard<'_, Timers> {
        lock(&self.timers)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// Where the handles of the hosts that run on this thread put what is not `Send`: a handle is `Send`, and so cannot hold
    /// it itself.
    static INBOXES: RefCell<Vec<(Arc<Shared>, LocalTasks)>> = const { RefCell::new(Vec::new()) };
}

/// A host's place in [`INBOXES`], for as long as it runs.
struct LocalInbox(Arc<Shared>);

impl LocalInbox {
    fn enter(shared: &Arc<Shared>, tasks: &LocalTasks) -> Self {
        INBOXES.with_borrow_mut(|inboxes| inboxes.push((shared.clone(), tasks.clone())));
        LocalInbox(shared.clone())
    }

    fn push(shared: &Arc<Shared>, task: LocalTask) {
        let inbox = INBOXES.with_borrow(|inboxes| {
            let mine = inboxes.iter().find(|(owner, _)| Arc::ptr_eq(owner, shared));
            mine.map(|(_, tasks)| tasks.clone())
        });
        let inbox = inbox.expect("spawn_local: this host does not run, or not on this thread");
        // Dropped, like any task, when the host is just ending.
        if let Some(tasks) = &mut *inbox.borrow_mut() {
            tasks.push(task);
        }
    }
}

impl Drop for LocalInbox {
    fn drop(&mut self) {
        INBOXES.with_borrow_mut(|inboxes| inboxes.retain(|(owner, _)| !Arc::ptr_eq(owner, &self.0)));
    }
}
