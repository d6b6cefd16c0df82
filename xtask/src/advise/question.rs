//! The question as typed: `80ms`, `30KB`, `2ms`, 200.

use crate::flags::Advise;
use crate::numbers;

/// What somebody wants to fetch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    /// From a request to its answer, where nothing else is in the way.
    pub(super) latency_s: f64,
    pub(super) body_kb: f64,
    /// What parsing one page takes.
    pub(super) parse_s: f64,
    pub(super) concurrency: f64,
    pub(super) cpus: f64,
}

impl Question {
    /// The message says which flag is wrong and what it expects.
    pub(super) fn parse(flags: &Advise) -> Result<Question, String> {
        let wrong = |flag: &str, text: &str, expected: &str| format!("`{flag} {text}`: expected {expected}");
        let time = |flag: &str, text: &str| {
            seconds(text).ok_or_else(|| wrong(flag, text, "a time such as 500us, 80ms or 1.5s"))
        };
        let cpu = flags.cpu.as_deref().unwrap_or("0ms");
        Ok(Question {
            latency_s: time("--latency", &flags.latency)?,
            body_kb: kilobytes(&flags.body)
                .ok_or_else(|| wrong("--body", &flags.body, "a size such as 900B, 30KB or 1.5MB"))?,
            parse_s: time("--cpu", cpu)?,
            concurrency: flags.concurrency as f64,
            cpus: flags.cpus.unwrap_or(1) as f64,
        })
    }

    pub(super) fn show(&self) -> String {
        format!(
            "{} away, {} KB, {} of CPU to parse, {} in flight, {} cpu{}",
            show_seconds(self.latency_s),
            numbers::significant(self.body_kb),
            show_seconds(self.parse_s),
            numbers::thousands(self.concurrency as u64),
            self.cpus,
            numbers::plural(self.cpus as usize)
        )
    }
}

/// `80 ms`.
pub(super) fn show_seconds(seconds: f64) -> String {
    match seconds {
        0.0 => "0 ms".into(),
        small if small < 1e-3 => format!("{} us", numbers::significant(small * 1e6)),
        middling if middling < 1.0 => format!("{} ms", numbers::significant(middling * 1e3)),
        large => format!("{} s", numbers::significant(large)),
    }
}

fn seconds(text: &str) -> Option<f64> {
    // `ms` before `s`, which it ends in.
    measure(text, &[("us", 1e-6), ("ms", 1e-3), ("s", 1.0)], 86_400.0)
}

fn kilobytes(text: &str) -> Option<f64> {
    measure(text, &[("KB", 1.0), ("MB", 1e3), ("B", 1e-3)], 1e7)
}

/// A number with a unit, from 0 to a bound beyond which it is a slip of the pen.
fn measure(text: &str, units: &[(&str, f64)], most: f64) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let (number, factor) =
        units.iter().find_map(|(unit, factor)| Some((lower.strip_suffix(&unit.to_ascii_lowercase())?, factor)))?;
    let value = number.trim().parse::<f64>().ok()? * factor;
    (value.is_finite() && (0.0..=most).contains(&value)).then_some(value)
}
