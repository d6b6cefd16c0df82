//! gather on a runtime of your own: a thread for each task.
//!
//! Not a good runtime, but a whole one, and small enough to read in ten minutes. An adapter supplies mechanism: how
//! time is told and waited for ([`Clock`](gather_core::Clock)), how a task is run ([`Runtime`](gather_core::Runtime)),
//! how a program gets in and out ([`Host`](gather_core::Host)). What that means is gather's: everything built on these
//! three, owned tasks, timeouts, `gather`, the pipeline, works as on any other runtime. `tests/laws.rs` has it checked.
//!
//! ```
//! use std::time::Duration;
//!
//! use gather_core::prelude::*;
//! use own_adapter::Threads;
//!
//! let sum = Threads::new().run(async |runtime| {
//!     let task = runtime.task(async { 20 });
//!     let job = runtime.unblock(|| 22);
//!     let late = timeout(&runtime, Duration::from_millis(10), std::future::pending::<()>()).await;
//!     assert!(late.is_err());
//!     Ok::<_, gather_core::TaskError>(task.await? + job.await?)
//! })?;
//! assert_eq!(sum, 42);
//! # Ok::<(), gather_core::TaskError>(())
//! ```
//!
//! What is missing is sockets. With `gather-http` and its `Connect` on top, one method more, it would fetch as well.

mod host;
mod park;
mod runtime;
mod timer;

pub use host::Threads;
pub use runtime::ThreadsHandle;
pub use timer::Sleep;
