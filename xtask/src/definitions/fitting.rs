//! What no single key of a workload's file can say: that its parts fit together.

use super::reader::Table;
use super::workload::Workload;
use crate::failure::Failure;
use crate::plan::RATE_PERCENT;

/// Refuses a workload that contradicts itself, with the line.
pub(super) fn check(root: &Table<'_>, workload: &Workload) -> Result<(), Failure> {
    for (list, names) in
        [("engines", Some(&workload.contestants)), ("quick.engines", workload.quick.as_ref().map(|q| &q.contestants))]
    {
        if names.is_some_and(|names| !names.iter().any(|contestant| contestant.label == workload.reference)) {
            return Err(root.wrong_at(
                "reference",
                format_args!("`reference`: expected one of `{list}`, found \"{}\"", workload.reference),
            ));
        }
    }
    if let Some(label) =
        workload.against.iter().find(|label| !workload.contestants.iter().any(|known| known.label == **label))
    {
        return Err(root.wrong_at("against", format_args!("`against`: expected some of `engines`, found \"{label}\"")));
    }
    for axes in [workload.axes(false), workload.axes(true)] {
        workload.server.check(&axes).map_err(|what| root.wrong_at("server", format_args!("`server`: {what}")))?;
    }
    let requests = workload.params.iter().find(|(key, _)| key == "requests");
    if requests.is_some_and(|(_, words)| words.len() != 1 || words[0].parse::<u64>().is_ok_and(|number| number == 0)) {
        return Err(
            root.wrong_at("params", "`params.requests`: expected one number of at least 1; use [[size]] to vary it")
        );
    }
    check_shares(&workload.axes(false))
        .and_then(|()| check_shares(&workload.axes(true)))
        .map_err(|what| root.wrong_at("params", format_args!("`params.{RATE_PERCENT}`: {what}")))
}

/// A share of a capacity is for an open loop that has no rate of its own; from 100 % on its queue would never end.
fn check_shares(axes: &[(String, Vec<String>)]) -> Result<(), String> {
    let words = |key: &str| axes.iter().find(|(name, _)| name == key).map(|(_, words)| words.as_slice());
    let Some(shares) = words(RATE_PERCENT) else { return Ok(()) };
    if let Some(wrong) = shares.iter().find(|word| !word.parse().is_ok_and(|percent: u64| (1..100).contains(&percent)))
    {
        return Err(format!("expected percentages from 1 to 99, found {wrong}"));
    }
    match words("model") {
        Some([model]) if model == "open-loop" && words("rate").is_none() => Ok(()),
        _ => Err("goes with model = \"open-loop\" and without `rate`".into()),
    }
}
