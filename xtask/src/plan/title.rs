//! A cell in words.

use super::find;
use super::share::RATE_PERCENT;
use crate::numbers;

/// Stands in a title for a number that is not known before it is measured.
pub(super) const CAPACITY: &str = "the slowest engine's capacity";

/// The parameters of a cell in words: `20 ms delay, 64 in flight, pages of 2,700 B, length`.
pub(crate) fn title(params: &[(String, String)]) -> String {
    let phrase = |(key, value): &(String, String)| {
        let number = value.parse().unwrap_or(0);
        Some(match key.as_str() {
            "model" | "requests" => return None,
            "compute" if value == "inline" => return None,
            "delay_us" => format!("{} delay", numbers::micros(number)),
            "concurrency" => format!("{} in flight", numbers::thousands(number)),
            "tasks" => format!("{} tasks", numbers::thousands(number)),
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
