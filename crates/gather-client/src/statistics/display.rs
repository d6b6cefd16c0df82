//! Statistics as a table for people.

use std::cmp::Reverse;
use std::fmt;
use std::time::Duration;

use super::{HostStatistics, Statistics};

/// A table is for looking at: the busiest hosts have a line each, and the rest one together.
const LINES: usize = 20;

const HEADER: [&str; 13] = [
    "host",
    "requests",
    "finished",
    "failed",
    "cancelled",
    "in flight",
    "attempts",
    "retries",
    "cached",
    "errors",
    "bytes",
    "head p50/p99",
    "whole p50/p99",
];

impl fmt::Display for Statistics {
    /// A line for each of the twenty busiest hosts, one for all others, one for the sum.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hosts: Vec<_> = self.hosts().collect();
        hosts.sort_by_key(|(origin, host)| (Reverse(host.attempts.max(host.requests)), *origin));
        let mut rows = vec![HEADER.map(str::to_owned)];
        rows.extend(hosts.iter().take(LINES).map(|(origin, host)| row(origin, host)));
        let mut rest = self.other.clone();
        hosts.iter().skip(LINES).for_each(|(_, host)| rest.add(host));
        if rest != HostStatistics::default() {
            rows.push(row("(others)", &rest));
        }
        if rows.len() != 2 {
            rows.push(row("(total)", &self.total()));
        }
        write_table(f, &rows)
    }
}

fn row(name: &str, host: &HostStatistics) -> [String; 13] {
    let quantiles = |histogram: &super::Histogram| {
        let (half, most) = (histogram.quantile(0.5), histogram.quantile(0.99));
        half.zip(most).map_or_else(|| "-".to_owned(), |(half, most)| format!("{}/{}", short(half), short(most)))
    };
    let HostStatistics { requests, finished, failed, cancelled, in_flight, attempts, retries, .. } = host;
    let numbers = [requests, finished, failed, cancelled, in_flight, attempts, retries].map(u64::to_string);
    let [requests, finished, failed, cancelled, in_flight, attempts, retries] = numbers;
    let cached = (host.cache_hits + host.cache_revalidated).to_string();
    let errors = host.errors.total().to_string();
    let bytes = host.wire_bytes.to_string();
    let (head, whole) = (quantiles(&host.head), quantiles(&host.whole));
    let name = name.to_owned();
    [name, requests, finished, failed, cancelled, in_flight, attempts, retries, cached, errors, bytes, head, whole]
}

/// Three digits of a duration, since more would be noise.
fn short(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (number, unit) = match duration {
        _ if seconds >= 1.0 => (seconds, "s"),
        _ if seconds >= 1e-3 => (seconds * 1e3, "ms"),
        _ => (seconds * 1e6, "us"),
    };
    match number {
        number if number < 10.0 => format!("{number:.2}{unit}"),
        number if number < 100.0 => format!("{number:.1}{unit}"),
        number => format!("{number:.0}{unit}"),
    }
}

/// Columns as wide as what is in them: names to the left, numbers to the right.
fn write_table(f: &mut fmt::Formatter<'_>, rows: &[[String; 13]]) -> fmt::Result {
    let mut widths = [0; 13];
    for row in rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.len().max(*width));
    }
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            writeln!(f)?;
        }
        write!(f, "{:<width$}", row[0], width = widths[0])?;
        for (cell, width) in row.iter().zip(widths).skip(1) {
            write!(f, "  {cell:>width$}")?;
        }
    }
    Ok(())
}
