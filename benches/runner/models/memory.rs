//! What memory the process has, and what the kernel charges its group with.

use std::fmt::Write as _;
use std::fs;

use crate::cgroup;
use crate::usage;

/// Memory at one moment, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) resident: u64,
    /// What the cgroup uses, page tables and the stacks that the kernel has for each thread included; `None` where the
    /// process has no group of its own.
    cgroup: Option<u64>,
}

impl Memory {
    pub(super) fn now() -> Self {
        Memory { resident: resident(), cgroup: cgroup::usage() }
    }

    /// How much more this is than `before`, by resident memory.
    pub(super) fn beyond(&self, before: &Memory) -> u64 {
        self.resident.saturating_sub(before.resident)
    }

    /// The word for how much more the cgroup uses than it did `before`, where there is one.
    pub(super) fn cgroup_word(&self, before: &Memory) -> String {
        let grown = self.cgroup.zip(before.cgroup).map(|(now, before)| now.saturating_sub(before));
        grown.map(|grown| format!("cgroup_grown_bytes={grown}")).unwrap_or_default()
    }

    /// The words for this moment.
    pub(super) fn words(&self, moment: &str) -> String {
        let mut words = format!("rss_{moment}_bytes={}", self.resident);
        if let Some(bytes) = self.cgroup {
            let _ = write!(words, " cgroup_{moment}_bytes={bytes}");
        }
        words
    }
}

/// Counted by walking the page tables: `VmRSS` is a sum of counters of each CPU and may be off by some hundred kilobytes,
/// which is nothing for a million tasks and everything for one.
fn resident() -> u64 {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kilobytes: Option<u64> = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kilobytes.map_or_else(usage::resident, |kilobytes| kilobytes * 1024)
}
