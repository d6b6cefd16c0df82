//! How much each count may rise: `--allow allocations=1%`.

use crate::names;

/// The counts that a request may cost, as the files name them, and by how much each may rise. `None` is for information only:
/// how often a thread waits depends on the machine's load as much as on the program.
const COUNTS: [(&str, Option<f64>); 9] = [
    ("allocations", Some(0.0)),
    ("reallocations", Some(0.0)),
    ("allocated_bytes", Some(0.0)),
    ("syscalls", Some(0.0)),
    ("connections", Some(0.0)),
    ("instructions", Some(0.01)),
    ("wakeups", None),
    ("voluntary_switches", None),
    ("involuntary_switches", None),
];

/// What `--allow` made of that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Allowance {
    counts: [(&'static str, Option<f64>); 9],
}

impl Allowance {
    /// From `name=1%` words; the message says what is wrong with one.
    pub(super) fn parse(words: &[String]) -> Result<Allowance, String> {
        let mut counts = COUNTS;
        for word in words {
            let wrong = || format!("`--allow {word}`: expected a count and a share, such as `allocations=1%`");
            let (name, share) = word.split_once('=').ok_or_else(wrong)?;
            let share: f64 = share.strip_suffix('%').and_then(|share| share.parse().ok()).ok_or_else(wrong)?;
            if !share.is_finite() || share < 0.0 {
                return Err(wrong());
            }
            let known = COUNTS.map(|(name, _)| name);
            let place = known.iter().position(|known| *known == name);
            let place = place.ok_or_else(|| format!("`--allow {word}`: {}", names::unknown("count", name, &known)))?;
            counts[place].1 = Some(share / 100.0);
        }
        Ok(Allowance { counts })
    }

    /// Every count with what it may rise by.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, Option<f64>)> {
        self.counts.into_iter()
    }
}
