//! The last resort against a law that hangs.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// What every law is given. No law needs a second on an idle machine that is not about a pause; the rest is for a loaded
/// one.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a law and fails, instead of hanging, when it is not done within [`PATIENCE`]. The laws' macros wrap each of theirs
/// in it.
///
/// # Panics
///
/// As the law does, or with the law's name when its time is over. Its thread is then left to itself.
pub fn watched(name: &str, law: impl FnOnce() + Send + 'static) {
    let (done, end) = sync_channel::<()>(1);
    let run = move || {
        // Dropped when the law ends, in whichever way.
        let _done = done;
        law();
    };
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
    let thread = thread.unwrap_or_else(|error| panic!("no thread for the law `{name}`: {error}"));
    if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        panic!("the law `{name}` was not done within {PATIENCE:?}: something in it waits for what never comes");
    }
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}
