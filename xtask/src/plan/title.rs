//! A cell in words.

use super::find;
use super::share::RATE_PERCENT;
use crate::numbers;

/// Stands in a title for a number that is not known before it is measured.
pub(super) const CAPACITY: &str = "the slowest engine's capacity";

/// The models whose other parameters do not say what is done.
const TOLD: [&str; 4] = ["spawn-many", "chained-spawn", "ping-pong", "yield-many"];

/// The parameters of a cell in words: `20 ms delay, 64 in flight, pages of 2,700 B, length`.
pub(crate) fn title(params: &[(String, String)]) -> String {
    let phrase = |(key, value): &(String, String)| {
        let number = value.parse().unwrap_or(0);
        let counted =
            |thing: &str| format!("{} {thing}{}", numbers::thousands(number), numbers::plural(number as usize));
        Some(match key.as_str() {
            "model" if TOLD.contains(&value.as_str()) => value.clone(),
            "model" | "requests" => return None,
            "compute" if value == "inline" => return None,
            "delay_us" => format!("{} delay", numbers::micros(number)),
            "concurrency" => format!("{} in flight", numbers::thousands(number)),
            "tasks" if find(params, "task") == Some("connection") => counted("connection"),
            "tasks" => counted("task"),
            "task" if value == "connection" => return None,
            "task" | "how" => value.clone(),
            "steps" => counted("step"),
            "connections" => counted("connection"),
            "sleeps" => counted("sleep"),
            "sleep_us" => format!("of {}", numbers::micros(number)),
            "armed" => format!("{} armed", numbers::thousands(number)),
            "link" if value == "socket" => "through sockets".to_owned(),
            "syscall" if value == "none" => "no system calls".to_owned(),
            "syscall" if value == "per-io" => "a system call for each I/O".to_owned(),
            "rows" => counted("row"),
            "sessions" => counted("session"),
            "files" => counted("file"),
            "bytes" => format!("of {} B", numbers::thousands(number)),
            "chunk_bytes" if value == "0" => "whole".to_owned(),
            "chunk_bytes" => format!("in chunks of {} B", numbers::thousands(number)),
            "freeze_ms" => format!("stops for {}", numbers::micros(number.saturating_mul(1000))),
            "freeze_after_ms" => format!("after {}", numbers::micros(number.saturating_mul(1000))),
            "upto" => format!("squares below {}", numbers::thousands(number)),
            "jobs" => format!("{value} jobs"),
            RATE_PERCENT => format!("{value} % of {CAPACITY}"),
            "rate" => format!("{} requests/s", numbers::thousands(number)),
            "arrivals" if value == "poisson" => "at random".to_owned(),
            "arrivals" => "at even intervals".to_owned(),
            "seconds" | "lead" => return None,
            "hosts" if value == "1" => "1 host".to_owned(),
            "hosts" => format!("{} hosts", numbers::thousands(number)),
            "reuse" if value == "yes" => "connections reused".to_owned(),
            "reuse" => "a connection per page".to_owned(),
            "slow_percent" => return None,
            "slow_us" => format!("{} for {} %", numbers::micros(number), find(params, "slow_percent").unwrap_or("0")),
            "cancel_percent" => format!("{value} % cancelled"),
            "silent_percent" => format!("{value} % silent"),
            "deadline_ms" => format!("deadline {value} ms"),
            "heavy_every" => format!("one in {value} heavy"),
            "page" if value == "corpus" => "real pages".to_owned(),
            "page" => match value.split_once(':').map(|(kind, size)| (kind, size.parse().map(numbers::thousands))) {
                Some(("fixed", Ok(size))) => format!("{size} B pages"),
                Some(("text", Ok(size))) => format!("{size} B pages of text"),
                Some(("gzip", Ok(size))) => format!("{size} B pages, compressed"),
                Some(("json", Ok(records))) => format!("JSON of {records} records"),
                Some(("drip", _)) => dripping(value).unwrap_or_else(|| format!("page {value}")),
                _ => format!("page {value}"),
            },
            "flaky" | "backoff_us" => return None,
            "flaky_percent" if value == "0" => "none fail".to_owned(),
            "flaky_percent" if find(params, "flaky") == Some("reset") => format!("{value} % reset at first"),
            "flaky_percent" => format!("{value} % answered 503 at first"),
            "policy" if value == "client" => "under gather's policies".to_owned(),
            "parse" if value == "length" => "not parsed".to_owned(),
            "parse" => match value.strip_prefix("heavy:").and_then(|us| us.parse().ok()) {
                Some(us) => format!("links + {} of CPU a page", numbers::micros(us)),
                None => format!("parse {value}"),
            },
            _ => format!("{key} {value}"),
        })
    };
    params.iter().filter_map(phrase).collect::<Vec<_>>().join(", ")
}

/// A cell's title with the axes that have no words of their own, for cells that would be called the same.
pub(super) fn with_silent_axes(params: &[(String, String)], axes: &[(String, Vec<String>)]) -> String {
    let silent = |pair: &&(String, String)| {
        let axis = axes.iter().find(|(key, _)| *key == pair.0);
        axis.is_some_and(|(_, words)| words.len() > 1) && title(std::slice::from_ref(*pair)).is_empty()
    };
    let silent = params.iter().filter(silent).map(|(key, value)| format!("{key} {value}"));
    let told = Some(title(params)).filter(|told| !told.is_empty());
    told.into_iter().chain(silent).collect::<Vec<_>>().join(", ")
}

/// `drip:16000:20:5000`: so many bytes in so many writes, so many microseconds apart.
fn dripping(page: &str) -> Option<String> {
    let numbers: Vec<u64> = page.split(':').skip(1).map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [bytes, chunks, gap_us] = numbers.as_slice() else { return None };
    Some(format!("{} B pages in {chunks} pieces {} apart", numbers::thousands(*bytes), numbers::micros(*gap_us)))
}
