//! The way into async-std's runtime. It is global to the process: nobody owns it and it never ends.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::thread;

use async_global_executor::GlobalExecutorConfig;
use gather_core::Host;

use crate::runtime::AsyncStdHandle;

/// Runs a main function on async-std's global runtime.
///
/// The runtime outlives [`run`](Host::run): there is no way to stop it. What gather spawns is owned and ends with its
/// owner all the same.
#[derive(Debug, Clone, Copy)]
pub struct AsyncStd(());

/// How many threads the global runtime was given, once it is known.
static THREADS: OnceLock<NonZeroUsize> = OnceLock::new();

/// async-std's own name for it.
const THREADS_VARIABLE: &str = "ASYNC_STD_THREAD_COUNT";

impl AsyncStd {
    /// The runtime with as many threads as the environment variable `ASYNC_STD_THREAD_COUNT` says, or else one for each
    /// core. The thread that calls [`run`](Host::run) is extra.
    pub fn new() -> Self {
        let default = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        start(default);
        AsyncStd(())
    }

    /// The runtime with `threads` threads (0 is read as 1).
    ///
    /// Their number is chosen once in the life of a process: call this before anything else touches async-std, which the
    /// crate cannot know. `ASYNC_STD_THREAD_COUNT` overrides it.
    ///
    /// # Errors
    ///
    /// When this crate has started the runtime with another number before, or the environment has another opinion.
    pub fn with_threads(threads: usize) -> Result<Self, ThreadsAlreadyChosen> {
        let wanted = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        let chosen = start(wanted);
        if chosen == wanted { Ok(AsyncStd(())) } else { Err(ThreadsAlreadyChosen { wanted, chosen }) }
    }
}

impl Default for AsyncStd {
    fn default() -> Self {
        AsyncStd::new()
    }
}

/// Starts the global executor unless it has been started. Returns its number of threads.
pub(crate) fn start(wanted: NonZeroUsize) -> NonZeroUsize {
    *THREADS.get_or_init(|| {
        let environment = std::env::var(THREADS_VARIABLE).ok().and_then(|threads| threads.parse().ok());
        let threads = environment.unwrap_or(wanted);
        // async-std starts this same executor at its first use, with what it finds configured.
        let config = GlobalExecutorConfig::default().with_env_var(THREADS_VARIABLE);
        async_global_executor::init_with_config(config.with_min_threads(threads.get()).with_max_threads(threads.get()));
        threads
    })
}

impl Host for AsyncStd {
    type Handle = AsyncStdHandle;

    /// # Panics
    ///
    /// When `main` panics.
    fn run<T>(self, main: impl AsyncFnOnce(AsyncStdHandle) -> T) -> T {
        async_std::task::block_on(main(AsyncStdHandle::current()))
    }
}

/// The global runtime already has another number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadsAlreadyChosen {
    /// The number that was asked for.
    pub wanted: NonZeroUsize,
    /// The number that the process has.
    pub chosen: NonZeroUsize,
}

impl fmt::Display for ThreadsAlreadyChosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ThreadsAlreadyChosen { wanted, chosen } = self;
        write!(f, "async-std already has {chosen} threads in this process, {wanted} were asked for")
    }
}

impl std::error::Error for ThreadsAlreadyChosen {}
