//! One thread, and futures that stay on it.

use std::future::Future;
use std::num::NonZeroUsize;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gather_core::{Clock, Host, LocalRuntime};
use smol::{Executor, LocalExecutor};

use crate::runtime::{Sleep, SmolHandle};

/// Owns two executors on the calling thread: one for futures that are not `Send`, one for those that are.
#[derive(Debug, Default)]
pub struct SmolLocal {
    local: Rc<LocalExecutor<'static>>,
    executor: Arc<Executor<'static>>,
}

impl SmolLocal {
    /// Starts nothing yet.
    pub fn new() -> Self {
        SmolLocal::default()
    }
}

impl Host for SmolLocal {
    type Handle = SmolLocalHandle;

    /// # Panics
    ///
    /// When `main` panics.
    fn run<T>(self, main: impl AsyncFnOnce(SmolLocalHandle) -> T) -> T {
        let runtime = SmolHandle::new(&self.executor, NonZeroUsize::MIN);
        let handle = SmolLocalHandle { local: Rc::downgrade(&self.local), runtime };
        smol::block_on(self.executor.run(self.local.run(main(handle))))
    }
}

/// The handle that [`SmolLocal`] gives: pinned to its thread.
#[derive(Debug, Clone)]
pub struct SmolLocalHandle {
    /// Weak, because tasks hold handles.
    local: Weak<LocalExecutor<'static>>,
    runtime: SmolHandle,
}

impl SmolLocalHandle {
    /// The same thread for what is `Send`: clients are made from this, and their connections run on the same thread.
    pub fn runtime(&self) -> &SmolHandle {
        &self.runtime
    }
}

impl Clock for SmolLocalHandle {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        self.runtime.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.runtime.sleep(duration)
    }
}

impl LocalRuntime for SmolLocalHandle {
    /// After [`run`](Host::run) has returned the task is dropped.
    fn spawn_local(&self, task: impl Future<Output = ()> + 'static) {
        if let Some(local) = self.local.upgrade() {
            local.spawn(task).detach();
        }
    }
}
