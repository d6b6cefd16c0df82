//! One contestant in one cell: its own words laid over the cell's, how many requests a trial makes, what it must find.

use super::{ENOUGH_FOR_A_QUANTILE, ENOUGH_TO_VERIFY, Entry, RATE_PERCENT, find};
use crate::definitions::{Contestant, Definitions, Expect, InFlight, Size, Workload};
use crate::failure::Failure;

/// One contestant in one cell.
pub(super) fn entry(
    definitions: &Definitions,
    workload: &Workload,
    contestant: &Contestant,
    cell: &[(String, String)],
    sizes: &[Size],
    verify: bool,
) -> Result<Entry, Failure> {
    let wrong =
        |what: String| Failure::Setup(format!("workload `{}`, engine `{}`: {what}", workload.name, contestant.label));
    let engine = definitions.engine(&contestant.engine).ok_or_else(|| wrong("is not in engines.toml".into()))?;
    let mut entry = Entry {
        label: contestant.label.clone(),
        twin: false,
        engine: engine.clone(),
        params: cell.to_vec(),
        requests: 0,
        threads: workload.threads,
        cpus: workload.cpus.clone(),
        expected: Vec::new(),
    };
    for (key, value) in &contestant.own {
        let number =
            |word: &str| word.parse().map_err(|_| wrong(format!("`{key}`: expected a number, found `{word}`")));
        match key.as_str() {
            RATE_PERCENT => {
                return Err(wrong(format!("`{key}` is for [params]: the rate is the same for every engine")));
            }
            "threads" => entry.threads = number(value)?,
            "cpus" => entry.cpus = value.split(',').map(number).collect::<Result<_, _>>()?,
            _ => match entry.params.iter_mut().find(|(name, _)| name == key) {
                Some(param) => param.1.clone_from(value),
                None => entry.params.push((key.clone(), value.clone())),
            },
        }
    }
    entry.requests = requests(&entry, sizes);
    if verify {
        let enough = if is_open(&entry) { ENOUGH_FOR_A_QUANTILE } else { ENOUGH_TO_VERIFY };
        entry.requests = entry.requests.min(entry.number("concurrency").max(enough));
    }
    entry.expected = expected(&entry, &workload.expects);
    Ok(entry)
}

/// How many requests one trial makes.
fn requests(entry: &Entry, sizes: &[Size]) -> u64 {
    let named = |size: &&Size| size.engines.contains(&entry.label) || size.engines.contains(&entry.engine.name);
    let applies = |size: &&Size| (size.engines.is_empty() || named(size)) && matches(&size.when, &entry.params);
    let found = sizes.iter().rev().find(applies);
    let requests = found.map_or_else(|| entry.number("requests").max(1), |size| size.requests);
    if entry.engine.in_flight != InFlight::One || found.as_ref().is_some_and(named) || is_open(entry) {
        return requests;
    }
    // An engine that waits for each page alone would take minutes for what the others do in a second, unless the file
    // says that it shall: it makes as many as fit two seconds of waiting. Rates are compared, not times.
    match entry.number("delay_us") {
        0 => requests,
        delay => requests.min((2_000_000 / delay).max(2)),
    }
}

/// Whether requests come by a schedule, which says how long a trial takes.
fn is_open(entry: &Entry) -> bool {
    entry.param("model") == Some("open-loop")
}

/// The workload's own expectations, with the names of parameters replaced by their values.
fn expected(entry: &Entry, expects: &[Expect]) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = Vec::new();
    for (key, value) in expects.iter().filter(|expect| matches(&expect.when, &entry.params)).flat_map(|e| &e.values) {
        let value = match (*key, entry.engine.in_flight) {
            ("in_flight_max", InFlight::Own) => continue,
            ("in_flight_max", InFlight::One) => "1".to_owned(),
            // As many connections as are in flight.
            ("connections", InFlight::Own) if value == "concurrency" => continue,
            ("connections", InFlight::One) if value == "concurrency" => "1".to_owned(),
            ("in_flight_max", InFlight::Asked) if value == "concurrency" => {
                entry.number("concurrency").min(entry.requests).to_string()
            }
            (_, _) if value == "requests" => entry.requests.to_string(),
            (_, _) => entry.param(value).unwrap_or(value).to_owned(),
        };
        values.retain(|(name, _)| name != key);
        values.push(((*key).to_owned(), value));
    }
    values
}

/// Whether every condition holds; a parameter that is not there meets none.
pub(crate) fn matches(when: &[(String, Vec<String>)], params: &[(String, String)]) -> bool {
    when.iter().all(|(key, words)| find(params, key).is_some_and(|value| words.iter().any(|word| word == value)))
}
