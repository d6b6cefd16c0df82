//! Whether a trial found what there is to find. A time with a wrong answer is not a time.

use crate::plan::Entry;
use crate::words::Words;

/// The words of an oracle's answer that a trial must repeat.
pub(crate) const ANSWER: [&str; 6] = ["pages", "bytes", "links", "checksum", "timeouts", "cancelled"];
/// The parameters that say how the work is done and not what it finds.
const HOW: [&str; 21] = [
    "by",
    "delay_us",
    "concurrency",
    "compute",
    "requests",
    "deadline_ms",
    "slow_percent",
    "slow_us",
    "flaky_percent",
    "flaky",
    "policy",
    "backoff_us",
    "reuse",
    "hosts",
    "results",
    "spawn",
    "mutex",
    "inject_cpu_ns",
    "inject_allocations",
    "inject_wrong",
    "inject_cap",
];

/// What a contestant must report.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    values: Vec<(String, String)>,
}

impl Expected {
    /// The oracle's answer, with what the workload itself says laid over it, as far as the engine answers at all: a load
    /// generator counts no links, and is not asked for them.
    pub(crate) fn new(oracle: &Words, entry: &Entry) -> Expected {
        let mut values: Vec<(String, String)> = Vec::new();
        for key in ANSWER {
            if let Some(value) = oracle.get(key) {
                values.push((key.to_owned(), value.to_owned()));
            }
        }
        for (key, value) in &entry.expected {
            values.retain(|(name, _)| name != key);
            values.push(((*key).to_owned(), value.clone()));
        }
        values.retain(|(key, _)| !ANSWER.contains(&key.as_str()) || entry.engine.answers.contains(key));
        Expected { values }
    }

    /// What differs, in words; empty when the answer is right. How many were in flight is judged only in `counted` trials:
    /// while a warm-up is still connecting, the first answers are there before the last request.
    pub(crate) fn differences(&self, trial: &Words, counted: bool) -> Vec<String> {
        let mut differences = Vec::new();
        if let Some(errors) = trial.get("errors").filter(|errors| *errors != "0") {
            differences.push(format!("{errors} errors"));
        }
        for (key, value) in &self.values {
            let reported = match key.as_str() {
                "in_flight_max" if !counted => continue,
                "in_flight_max" => "origin_in_flight_max",
                "connections" => "origin_accepted",
                "served" => "origin_served",
                "failed" => "origin_failed",
                other => other,
            };
            match trial.get(reported) {
                Some(found) if found == value => {}
                Some(found) => differences.push(format!("{key} {found} instead of {value}")),
                None => differences.push(format!("{key} not reported, expected {value}")),
            }
        }
        differences
    }
}

/// Two entries with the same question get the same answer, so the oracle is asked once.
pub(crate) fn question(entry: &Entry) -> String {
    let what = entry.params.iter().filter(|(key, _)| !HOW.contains(&key.as_str()));
    let words: Vec<String> = what.map(|(key, value)| format!("{key}={value}")).collect();
    format!("{} requests={}", words.join(" "), entry.requests)
}

#[cfg(test)]
mod tests;
