//! How long a blocking transport waits: nobody can end its waiting from outside.

use std::time::Duration;

/// How long the parts of an exchange may take, each a limit of its own.
///
/// A [`Fetch`](gather_core::Fetch) has no deadlines as a rule, because whoever polls it has a timer beside it. A client that
/// blocks is out of the timer's reach, so it brings its own. The defaults are those of gather-client.
///
/// ```
/// use std::time::Duration;
/// use gather_blocking::{Timeouts, UreqFetch};
///
/// let client = UreqFetch::new().timeouts(Timeouts::default().idle(Duration::from_secs(5)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Looking the name up, opening the connection and agreeing on TLS, together, where the request brings no
    /// [`ConnectDeadline`](gather_core::ConnectDeadline) of its own. Default: 10 s.
    pub connect: Duration,
    /// From the request, sent, to the end of the head of its answer. Default: 30 s.
    pub head: Duration,
    /// Without a byte, in either direction. Default: 20 s.
    pub idle: Duration,
    /// From the call to the last byte of the body, however the body is polled. Default: 120 s.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let [connect, head, idle, total] = [10, 30, 20, 120].map(Duration::from_secs);
        Timeouts { connect, head, idle, total }
    }
}

impl Timeouts {
    /// These with another time for [connecting](Timeouts::connect).
    #[must_use]
    pub fn connect(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// These with another time for the [head](Timeouts::head).
    #[must_use]
    pub fn head(mut self, limit: Duration) -> Self {
        self.head = limit;
        self
    }

    /// These with another time for [idleness](Timeouts::idle).
    #[must_use]
    pub fn idle(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// These with another time for [everything](Timeouts::total).
    #[must_use]
    pub fn total(mut self, limit: Duration) -> Self {
        self.total = limit;
        self
    }
}
