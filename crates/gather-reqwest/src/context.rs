//! The tokio runtime that reqwest needs: found, or missed with an error, and entered whenever reqwest's code runs.

use std::fmt;

use gather_core::{FetchError, FetchErrorKind, Phase};
use tokio::runtime::Handle;

/// There is no tokio runtime where a request was made, and none was named with [`Builder::on`](crate::Builder::on).
///
/// The source of an error of phase [`Request`](Phase::Request).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffTokio;

impl fmt::Display for OffTokio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reqwest needs a tokio runtime, and there is none here")
    }
}

impl std::error::Error for OffTokio {}

/// The runtime that was named, or the one that this is called on.
pub(crate) fn find(named: Option<&Handle>) -> Result<Handle, FetchError> {
    if let Some(handle) = named {
        return Ok(handle.clone());
    }
    Handle::try_current().map_err(|_| FetchError::new(Phase::Request, FetchErrorKind::Other).with_source(OffTokio))
}

/// Something of reqwest's that is only ever touched inside of a runtime, its destructor included: reqwest's pool starts a
/// task when a connection comes back to it, which without a runtime is a panic.
pub(crate) struct Inside<T> {
    handle: Handle,
    inner: Option<T>,
}

impl<T> Inside<T> {
    pub(crate) fn new(handle: Handle, inner: T) -> Self {
        Inside { handle, inner: Some(inner) }
    }

    /// Runs `touch` in the runtime; `None` once [`end`](Inside::end) was called.
    pub(crate) fn with<R>(&mut self, touch: impl FnOnce(&mut T) -> R) -> Option<R> {
        let _entered = self.handle.enter();
        self.inner.as_mut().map(touch)
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Drops what is inside.
    pub(crate) fn end(&mut self) {
        let _entered = self.handle.enter();
        self.inner = None;
    }
}

impl<T> Drop for Inside<T> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            self.end();
        }
    }
}
