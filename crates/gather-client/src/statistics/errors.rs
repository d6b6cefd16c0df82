//! Errors, counted by phase and kind.

use std::collections::BTreeMap;

use gather_core::{FetchError, FetchErrorKind, Phase};

/// How often what went wrong in which phase. As many entries as there are phases times kinds, at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorCounts(BTreeMap<(Phase, &'static str), u64>);

impl ErrorCounts {
    /// How many were of this kind in this phase. A limit that the kind carries makes no difference.
    ///
    /// ```
    /// use gather_client::statistics::ErrorCounts;
    /// use gather_core::{FetchErrorKind, Phase};
    ///
    /// assert_eq!(ErrorCounts::default().of(Phase::Connect, FetchErrorKind::Refused), 0);
    /// ```
    pub fn of(&self, phase: Phase, kind: FetchErrorKind) -> u64 {
        self.0.get(&(phase, kind.name())).copied().unwrap_or(0)
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Phase, [name](FetchErrorKind::name) of the kind, and how many, in the order of the phases.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, &'static str, u64)> {
        self.0.iter().map(|(&(phase, kind), &count)| (phase, kind, count))
    }

    pub(super) fn count(&mut self, error: &FetchError) {
        *self.0.entry((error.phase(), error.kind().name())).or_default() += 1;
    }

    pub(super) fn add(&mut self, more: &ErrorCounts) {
        for (place, count) in &more.0 {
            *self.0.entry(*place).or_default() += count;
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for ErrorCounts {
    /// A map: `connect.refused` to how many.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(phase, kind, count)| (format!("{}.{kind}", phase.name()), count)))
    }
}
