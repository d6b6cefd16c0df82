//! Whose memory a table shows: the process's own peak, and that of its cgroup under the name that the kernel has for it.

use super::{Score, median};
use crate::outcome::Trial;

/// The peak of a cgroup, and what the kernel calls it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Peak {
    pub(crate) bytes: f64,
    pub(crate) source: &'static str,
}

impl Peak {
    /// `None` where some trial has none, or one of another kind: two kinds have no median.
    pub(super) fn of(trials: &[&Trial]) -> Option<Peak> {
        let source = match trials.first()?.words.get("cgroup_source")? {
            "v2-peak" => "v2 peak",
            "v1-max" => "v1 maximum usage",
            _ => return None,
        };
        let first = trials[0].words.get("cgroup_source");
        let alike = trials.iter().all(|trial| trial.words.get("cgroup_source") == first);
        let bytes = trials.iter().map(|trial| trial.words.number("cgroup_bytes")).collect::<Option<Vec<f64>>>()?;
        alike.then_some(Peak { bytes: median(bytes.into_iter())?, source })
    }
}

impl Score {
    /// The names of the cgroup figures that the rows have, which a table must say.
    pub(crate) fn cgroup_sources(&self) -> Vec<&'static str> {
        let mut sources: Vec<&str> = self.rows.iter().filter_map(|row| Some(row.cgroup?.source)).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// Whose memory the tables show.
    pub(crate) fn memory(&self) -> String {
        let cgroup = match self.cgroup_sources()[..] {
            [] => "n/a".to_owned(),
            ref sources => sources.join(" or "),
        };
        format!("peak of the process: VmHWM; of its cgroup: {cgroup}")
    }
}
