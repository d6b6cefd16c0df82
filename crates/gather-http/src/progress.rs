//! How far connecting has come, for a deadline that strikes on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gather_core::Phase;

/// Written by the connector, read when its time is over. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicUsize>);

/// In the order of time. The first one is that of a request that waits for a connection which another one opens.
const PHASES: [Phase; 4] = [Phase::Connect, Phase::Resolve, Phase::Connect, Phase::Tls];

impl Progress {
    /// Its host's addresses are looked up.
    pub(crate) fn resolving(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    /// Its host's addresses are known, or somebody else's business.
    pub(crate) fn connecting(&self) {
        self.0.store(2, Ordering::Relaxed);
    }

    /// There is a stream to speak TLS over.
    pub(crate) fn securing(&self) {
        self.0.store(3, Ordering::Relaxed);
    }

    /// What it is at.
    pub(crate) fn phase(&self) -> Phase {
        PHASES[self.0.load(Ordering::Relaxed)]
    }
}
