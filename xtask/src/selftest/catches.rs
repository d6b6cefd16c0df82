//! What the lab must catch every time: faults that were put in on purpose.

use super::Lab;
use super::verdicts::{Finding, Numbers};
use crate::corpus::Corpus;
use crate::counting;
use crate::definitions::ProcessUse;
use crate::failure::Failure;
use crate::lab::{Origin, Serving};
use crate::session::Session;

/// A wrong answer, and a client that quietly keeps fewer in flight.
pub(super) fn mutations(lab: &mut Lab, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    let planned = lab.control("mutations")?;
    lab.open(std::slice::from_ref(&planned))?;
    let (outcome, _) = lab.measure(&planned, 0)?;
    let refused = |key: &str| {
        let entries = &planned.cells[0].entries;
        let entry = entries.iter().position(|entry| entry.param(key).is_some())?;
        outcome.wrong.iter().find(|(wrong, _)| *wrong == entry).map(|(_, why)| why.join(", "))
    };
    for (what, key) in [("one link too many", "inject_wrong"), ("a concurrency quietly capped", "inject_cap")] {
        let why = refused(key);
        findings.push(Finding::caught(what, why.is_some(), why.unwrap_or_else(|| "not noticed".into())));
    }
    Ok(())
}

/// An origin that is nearly busy must be named as what bounds the result.
pub(super) fn saturation(lab: &mut Lab, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    let planned = lab.control("saturated")?;
    // An answer costs the origin this much: more than any client needs for it.
    let Session { processes, binaries, environment, seed, .. } = &mut lab.session;
    let serving = Serving { cpu: environment.cpu(0), port: 0, seed: *seed, hosts: 1, burn_us: 60, nginx: Vec::new() };
    let burdened = Origin::start(processes, &binaries.origin, &Corpus::Generated, serving)?;
    let usual = std::mem::replace(&mut lab.session.origin, burdened);
    lab.open(std::slice::from_ref(&planned))?;
    let measured = lab.measure(&planned, 0);
    lab.session.origin = usual;
    let (_, score) = measured?;
    let bound = !score.rows.is_empty() && score.rows.iter().all(|row| row.origin_bound);
    let limit = score.rows.first().map_or(f64::NAN, |row| row.rate / row.origin_capacity * 100.0);
    findings.push(Finding::caught(
        "a saturated origin",
        bound,
        format!("{} (at {limit:.0} % of the origin's capacity)", if bound { "labelled" } else { "not noticed" }),
    ));
    Ok(())
}

/// An origin that stops for a while: requests that were due meanwhile waited, and that has to be seen.
pub(super) fn freeze(lab: &mut Lab, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    let mut planned = lab.control("freeze")?;
    for cell in &mut planned.cells {
        // One reading, of an engine that needs no warm-up to be frozen.
        cell.entries.retain(|entry| !entry.twin);
        (cell.process_use, cell.processes) = (ProcessUse::Cold, vec![1]);
    }
    lab.open(std::slice::from_ref(&planned))?;
    let (outcome, _) = lab.measure(&planned, 0)?;
    let entry = &planned.cells[0].entries[0];
    let theory = freeze_p99(entry.number("freeze_ms") as f64 / 1e3, entry.number("seconds") as f64);
    let trial = outcome.trials.iter().find(|trial| trial.entry == 0 && trial.round > 0);
    let reading = trial.and_then(|trial| trial.words.number("latency_p99_ns")).map(|ns| ns / 1e9);
    match reading {
        Some(seconds) => findings.push(Finding::reading("p99 of a frozen origin", seconds, theory, 0.05)),
        None => findings.push(Finding {
            numbers: Numbers::Nothing,
            ..Finding::caught("p99 of a frozen origin", false, format!("not measured: {:?}", outcome.failed))
        }),
    }
    let closed = trial.and_then(|trial| trial.words.number("uncorrected_p99_ns")).unwrap_or(f64::NAN) / 1e9;
    if let Some(finding) = findings.last_mut() {
        finding.found.push_str(&format!("; uncorrected it reads {} s", crate::numbers::significant(closed)));
    }
    Ok(())
}

/// With arrivals at even intervals over `seconds`, those that were due during a freeze of F wait from F down to nothing: a
/// share x of all requests waits longer than `F - x * seconds`. What is queued is then served so fast that it does not count.
fn freeze_p99(freeze: f64, seconds: f64) -> f64 {
    freeze - 0.01 * seconds
}

/// One more allocation for each page, by counting: found when the counts differ by exactly one.
pub(super) fn allocation(lab: &mut Lab, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    const TRIES: u64 = 10;
    let planned = lab.control("identical")?;
    let plain = planned.cells[0].entries[0].clone();
    let mut burdened = plain.clone();
    burdened.params.push(("inject_allocations".into(), "1".into()));
    let mut found = 0;
    let mut readings = Vec::new();
    for _ in 0..TRIES {
        let mut count = |entry| counting::allocations(&mut lab.session, &planned, entry);
        let (Some(without), Some(with)) = (count(&plain)?, count(&burdened)?) else {
            return Err(Failure::Nothing(
                "allocations cannot be counted: there is no gather-runner-allocations".into(),
            ));
        };
        found += u64::from((with.median - without.median - 1.0).abs() < 1e-9);
        readings = vec![without.median, with.median];
    }
    let readings: Vec<String> = readings.into_iter().map(crate::numbers::significant).collect();
    findings.push(Finding {
        what: "one more allocation found".into(),
        found: format!("{found} of {TRIES} ({} each)", readings.join(" and ")),
        numbers: Numbers::Tries { found, tries: TRIES, bounds: None },
        wanted: "always".into(),
        held: found == TRIES,
        statistical: false,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::freeze_p99;

    #[test]
    fn a_freeze_that_nearly_everybody_missed_is_the_freeze_itself() {
        assert!((freeze_p99(1.4, 14.0) - 1.26).abs() < 1e-12);
        // wrk2's own example: 1.4 s within a minute or so is read as 1.27 s when 13 s were measured.
        assert!((freeze_p99(1.4, 13.0) - 1.27).abs() < 1e-12);
    }
}
