//! No spans: the same methods, of which nothing is left when compiled.

use std::time::Duration;

use gather_core::FetchError;
use http::{Method, StatusCode, Version};

use crate::client::Place;

/// Nothing.
#[derive(Debug, Clone)]
pub(crate) struct Span;

impl Span {
    pub(crate) fn request(_method: &Method, _to: &Place) -> Span {
        Span
    }

    pub(crate) fn hop(&self, _number: usize, _method: &Method, _to: &Place) -> Span {
        Span
    }

    pub(crate) fn attempt(&self, _repeats: u32, _method: &Method, _to: &Place) -> Span {
        Span
    }

    pub(crate) fn body(&self) -> Span {
        Span
    }

    pub(crate) fn wrap<F: Future>(&self, future: F) -> F {
        future
    }

    pub(crate) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(crate) fn answered(&self, _status: StatusCode, _version: Version) {}

    pub(crate) fn failed(&self, _error: &FetchError) {}

    pub(crate) fn cancelled(&self) {}

    pub(crate) fn brought(&self, _wire: u64, _decoded: u64) {}

    pub(crate) fn cache(&self, _verdict: &'static str) {}

    pub(crate) fn redirected(&self, _status: StatusCode, _to: &Place) {}

    pub(crate) fn waits(self, _wait: Duration) {}
}
