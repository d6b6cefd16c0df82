//! When an exchange, or a part of it, has to be over.

use std::time::{Duration, Instant};

use gather_core::{FetchError, FetchErrorKind, Phase};

/// The end of something, and what it was agreed to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    limit: Duration,
    /// None when it lies beyond what the clock can say.
    end: Option<Instant>,
}

impl Deadline {
    pub(crate) fn starting_now(limit: Duration) -> Self {
        // The clock is not asked for nothing: this is done for every request.
        let end = if limit == Duration::MAX { None } else { Instant::now().checked_add(limit) };
        Deadline { limit, end }
    }

    /// Whichever of the two comes first.
    pub(crate) fn or(self, other: Deadline) -> Self {
        match (self.end, other.end) {
            (None, _) => other,
            (Some(mine), Some(others)) if others < mine => other,
            _ => self,
        }
    }

    /// What is left, never zero.
    ///
    /// # Errors
    ///
    /// When nothing is, in `phase`.
    pub(crate) fn remaining(&self, phase: Phase) -> Result<Duration, FetchError> {
        let left = self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() { Err(self.error(phase)) } else { Ok(left) }
    }

    pub(crate) fn error(&self, phase: Phase) -> FetchError {
        FetchError::new(phase, FetchErrorKind::Timeout(self.limit))
    }
}
