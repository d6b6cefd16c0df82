//! A panic inside of surf becomes an error of its exchange.
//!
//! http-types unwraps what it is given: a header field of an answer that is UTF-8 but not ASCII ends in a panic, which any
//! server can bring about. Where panics abort the process nothing can be done here.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gather_core::{FetchError, FetchErrorKind, Phase};

/// Runs `call`; what it worked on must not be touched again after an error.
pub(crate) fn caught<T>(phase: Phase, call: impl FnOnce() -> T) -> Result<T, FetchError> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let message = format!("surf panicked over what it was given: {}", message(&*panic));
        FetchError::new(phase, FetchErrorKind::Protocol).with_source(message)
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "without a message",
    }
}
