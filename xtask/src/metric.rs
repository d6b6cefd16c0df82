//! What a cell compares: a rate, a price in CPU time, or a word of the trial's line that the workload names.

use crate::numbers;
use crate::plan::Entry;
use crate::words::Words;

/// The number that a cell is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Work done a second; more is better.
    Rate(Item),
    /// CPU time for a piece of work; less is better.
    Cpu(Item),
    /// A word of the trial's line, as the engine reports it.
    Word { name: String, more_is_better: bool },
}

/// A piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Page,
    Job,
    Task,
    /// Whatever the engine counts as `ops`.
    Operation,
}

/// What stands for zero, and for everything below a billionth of its unit: of a true zero there is no logarithm.
pub(crate) const ZERO: f64 = 1e-9;

impl Item {
    /// What a model does.
    pub(crate) fn of_model(model: &str) -> Item {
        match model {
            "cpu" => Item::Job,
            "idle" => Item::Task,
            "fetch" | "heartbeat" | "open-loop" | "memory" | "parse" => Item::Page,
            _ => Item::Operation,
        }
    }

    /// In the singular.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Item::Page => "page",
            Item::Job => "job",
            Item::Task => "task",
            Item::Operation => "op",
        }
    }

    /// How much of it a trial did.
    pub(crate) fn done(self, trial: &Words, entry: &Entry) -> Option<f64> {
        match self {
            Item::Job => Some(entry.number("jobs").max(1) as f64),
            Item::Task => Some(entry.number("tasks").max(1) as f64),
            Item::Page => trial.number("pages"),
            Item::Operation => trial.number("ops").or_else(|| trial.number("pages")),
        }
    }
}

impl Metric {
    /// `rate`, `cpu` or a word, for a model; without any, what the model is usually about.
    pub(crate) fn new(compare: Option<&str>, more_is_better: bool, model: &str) -> Metric {
        let word = |name: &str| Metric::Word { name: name.to_owned(), more_is_better };
        match (compare, model) {
            (Some("rate"), _) => Metric::Rate(Item::of_model(model)),
            (Some("cpu"), _) => Metric::Cpu(Item::of_model(model)),
            (Some(name), _) => word(name),
            (None, "heartbeat") => word("beat_p99_ns"),
            (None, "idle") => word("per_task_bytes"),
            (None, "open-loop") => word("latency_p99_ns"),
            (None, _) => Metric::Rate(Item::of_model(model)),
        }
    }

    pub(crate) fn is_rate(&self) -> bool {
        matches!(self, Metric::Rate(_))
    }

    pub(crate) fn more_is_better(&self) -> bool {
        matches!(self, Metric::Rate(_) | Metric::Word { more_is_better: true, .. })
    }

    pub(crate) fn item(&self, model: &str) -> Item {
        match self {
            Metric::Rate(item) | Metric::Cpu(item) => *item,
            Metric::Word { .. } => Item::of_model(model),
        }
    }

    /// The number that the cell compares; `None` when the trial does not report it.
    pub(crate) fn value(&self, trial: &Words, entry: &Entry) -> Option<f64> {
        let value = match self {
            Metric::Rate(item) => item.done(trial, entry)? / seconds(trial)?,
            Metric::Cpu(item) => cpu_seconds(*item, trial, entry)?,
            Metric::Word { name, .. } => word(name, trial, entry)?,
        };
        (value >= 0.0).then(|| value.max(ZERO))
    }

    /// The logarithm of a value, turned so that more is better.
    pub(crate) fn goodness(&self, value: f64) -> f64 {
        if self.more_is_better() { value.ln() } else { -value.ln() }
    }

    /// The heading of its column.
    pub(crate) fn column(&self) -> String {
        match self {
            Metric::Rate(item) => format!("{}s/s", item.name()),
            Metric::Cpu(item) => format!("CPU us/{}", item.name()),
            Metric::Word { name, .. } => column(name),
        }
    }

    /// A value in the unit of its column.
    pub(crate) fn shown(&self, value: f64) -> f64 {
        match self {
            Metric::Rate(_) => value,
            Metric::Cpu(_) => value * 1e6,
            Metric::Word { name, .. } => value * scale(name),
        }
    }

    /// The same, as it is printed.
    pub(crate) fn show(&self, value: f64) -> String {
        numbers::significant(self.shown(value))
    }

    /// `is fastest`.
    pub(crate) fn superlative(&self) -> &'static str {
        match self {
            Metric::Rate(_) => "fastest",
            Metric::Cpu(_) => "thriftiest",
            Metric::Word { name, .. } if is_size(name) => "smallest",
            Metric::Word { .. } => "best",
        }
    }

    /// `twice as fast as`.
    pub(crate) fn comparative(&self) -> &'static str {
        match self {
            Metric::Rate(_) => "as fast as",
            Metric::Cpu(_) => "as thrifty as",
            Metric::Word { name, .. } if is_size(name) => "as small as",
            Metric::Word { .. } => "as good as",
        }
    }
}

/// Whether a word, or what is shared out, is a number of bytes of memory.
fn is_size(word: &str) -> bool {
    word.split('/').next().is_some_and(|word| word.ends_with("_bytes"))
}

/// Bytes for a microsecond of CPU time, user and system together, which are megabytes for a second.
const THROUGHPUT: &str = "bytes/cpu_us";

/// The number of a word, or the quotient of two: `ops_ns/ops`; what the trial does not say may be a parameter.
pub(crate) fn word(name: &str, trial: &Words, entry: &Entry) -> Option<f64> {
    let number = |name: &str| match name {
        "cpu_us" => Some((trial.number("cpu_user_ns")? + trial.number("cpu_sys_ns")?) / 1e3),
        _ => trial.number(name).or_else(|| entry.param(name)?.parse().ok()),
    };
    match name.split_once('/') {
        None => trial.number(name),
        Some((above, below)) => Some(number(above)? / number(below).filter(|number| *number > 0.0)?),
    }
}

/// `beat_p99_ns` as `beat p99 ms`: times are shown in milliseconds, sizes as they are, shares in thousandths.
pub(crate) fn column(word: &str) -> String {
    if word == THROUGHPUT {
        return "MB/CPU s".to_owned();
    }
    if let Some((above, below)) = word.split_once('/') {
        return format!("{}/{}", above.replace('_', " "), below.trim_end_matches('s').replace('_', " "));
    }
    let (name, unit) = match word.rsplit_once('_') {
        Some((name, "ns")) => (name, " ms"),
        Some((name, "us")) => (name, " ms"),
        Some((name, "milli")) => (name, ""),
        Some(("per_task", "bytes")) => ("bytes/task", ""),
        Some(("per_connection", "bytes")) => ("bytes/connection", ""),
        Some((name, "bytes")) => (name, " MB"),
        _ => (word, ""),
    };
    format!("{}{unit}", name.replace('_', " "))
}

/// What a word's number is multiplied with to stand in its column.
pub(crate) fn scale(word: &str) -> f64 {
    if word.contains('/') {
        return 1.0;
    }
    match word.rsplit_once('_') {
        Some((_, "ns")) => 1e-6,
        Some((_, "us" | "milli")) => 1e-3,
        Some((name, "bytes")) if !name.starts_with("per_") => 1e-6,
        _ => 1.0,
    }
}

/// The CPU time that a piece of work took, in seconds.
pub(crate) fn cpu_seconds(item: Item, trial: &Words, entry: &Entry) -> Option<f64> {
    let ns = trial.number("cpu_user_ns")? + trial.number("cpu_sys_ns")?;
    Some(ns / 1e9 / item.done(trial, entry).filter(|items| *items > 0.0)?)
}

/// How long a trial took.
pub(crate) fn seconds(trial: &Words) -> Option<f64> {
    trial.number("wall_ns").filter(|wall| *wall > 0.0).map(|wall| wall / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_becomes_a_column_in_a_unit_that_people_read() {
        let read = |word| (column(word), scale(word));
        assert_eq!(read("beat_p99_ns"), ("beat p99 ms".to_owned(), 1e-6));
        assert_eq!(read("per_task_bytes"), ("bytes/task".to_owned(), 1.0));
        assert_eq!(read("rss_idle_bytes"), ("rss idle MB".to_owned(), 1e-6));
        assert_eq!(read("jain_milli"), ("jain".to_owned(), 1e-3));
        assert_eq!(read("ops"), ("ops".to_owned(), 1.0));
        assert_eq!(read("ops_ns/ops"), ("ops ns/op".to_owned(), 1.0));
        assert_eq!(read("bytes/cpu_us"), ("MB/CPU s".to_owned(), 1.0));
    }

    #[test]
    fn a_model_has_a_usual_metric_and_a_workload_may_name_another() {
        let word = |name: &str, more_is_better| Metric::Word { name: name.into(), more_is_better };
        assert_eq!(Metric::new(None, false, "fetch"), Metric::Rate(Item::Page));
        assert_eq!(Metric::new(Some("cpu"), false, "cpu"), Metric::Cpu(Item::Job));
        assert_eq!(Metric::new(None, false, "heartbeat"), word("beat_p99_ns", false));
        assert_eq!(Metric::new(Some("jain_milli"), true, "fairness"), word("jain_milli", true));
        assert!(word("x_bytes", false).goodness(100.0) > word("x_bytes", false).goodness(200.0));
        assert!(word("jain_milli", true).goodness(100.0) < word("jain_milli", true).goodness(200.0));
    }
}
