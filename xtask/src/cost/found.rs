//! The answer of a sweep: from what was found at each concurrency to the smallest one from which on async pays.

use crate::numbers;
use crate::style::Tone;

/// One concurrency, and whether async beat the control there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) concurrency: u64,
    /// `None` where the cell says nothing.
    pub(super) beats: Option<bool>,
    /// It may beat it, but not by more than noise: more rounds may tell.
    pub(super) open: bool,
}

/// The answer, and where it may change with more rounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    found: Found,
    open: Vec<u64>,
}

impl Answer {
    /// Points in the order of their concurrency.
    pub(super) fn of(points: &[Point]) -> Answer {
        let open = points.iter().filter(|point| point.open).map(|point| point.concurrency);
        Answer { found: Found::of(points), open: open.collect() }
    }

    /// For a table.
    pub(super) fn short(&self) -> String {
        self.found.short()
    }

    /// For a sentence.
    pub(super) fn long(&self) -> String {
        let open: Vec<String> = self.open.iter().map(|at| numbers::thousands(*at)).collect();
        match open.as_slice() {
            [] => self.found.long(),
            open => format!("{}, inconclusive at {}", self.found.long(), open.join(", ")),
        }
    }

    /// The concurrency itself: `Some(None)` where there is none, `None` where nothing is known.
    pub(super) fn first(&self) -> Option<Option<u64>> {
        match self.found {
            Found::From { first, .. } => Some(Some(first)),
            Found::Only { .. } | Found::Never { .. } => Some(None),
            Found::Unknown => None,
        }
    }

    pub(super) fn tone(&self) -> Tone {
        match self.found {
            Found::From { .. } => Tone::Good,
            Found::Only { .. } | Found::Never { .. } => Tone::Plain,
            Found::Unknown => Tone::Quiet,
        }
    }
}

/// From where on async beats the control.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    /// From `first` on, at every larger one that was measured; at `last_not` (if that was measured) not yet.
    From {
        last_not: Option<u64>,
        first: u64,
        largest: u64,
    },
    /// Not at the largest, but at these smaller ones.
    Only {
        at: Vec<u64>,
        largest: u64,
    },
    Never {
        largest: u64,
    },
    Unknown,
}

impl Found {
    fn of(points: &[Point]) -> Found {
        let known: Vec<(u64, bool)> =
            points.iter().filter_map(|point| Some((point.concurrency, point.beats?))).collect();
        let Some(&(largest, _)) = known.last() else { return Found::Unknown };
        let wins = known.iter().rev().take_while(|(_, beats)| *beats).count();
        let begin = known.len() - wins;
        match known.get(begin) {
            Some((first, _)) => {
                Found::From { last_not: begin.checked_sub(1).map(|before| known[before].0), first: *first, largest }
            }
            None => match known.iter().filter(|(_, beats)| *beats).map(|(at, _)| *at).collect::<Vec<u64>>() {
                at if at.is_empty() => Found::Never { largest },
                at => Found::Only { at, largest },
            },
        }
    }

    fn short(&self) -> String {
        let show = |number: &u64| numbers::thousands(*number);
        match self {
            Found::From { last_not: Some(last), first, .. } => {
                format!("{} ({}, {}]", show(first), show(last), show(first))
            }
            Found::From { last_not: None, first, .. } => format!("{} or less", show(first)),
            Found::Only { largest, .. } | Found::Never { largest } => format!("never up to {}", show(largest)),
            Found::Unknown => "?".into(),
        }
    }

    fn long(&self) -> String {
        let show = |number: &u64| numbers::thousands(*number);
        match self {
            Found::From { last_not: Some(last), first, largest } => format!(
                "async pays from {} in flight on (not shown at {}; measured up to {})",
                show(first),
                show(last),
                show(largest)
            ),
            Found::From { last_not: None, first, largest } => {
                format!("async pays at every concurrency measured, {} to {}", show(first), show(largest))
            }
            Found::Only { at, largest } => {
                let at: Vec<String> = at.iter().map(show).collect();
                format!("async never pays for good up to {}: only at {}", show(largest), at.join(", "))
            }
            Found::Never { largest } => format!("async never pays up to {} in flight", show(largest)),
            Found::Unknown => "nothing can be said".into(),
        }
    }
}

#[cfg(test)]
mod tests;
