//! Many cells of identical code, and many with a known difference: how often is the verdict right?

use super::Lab;
use super::ledger::Try;
use super::verdicts::{Finding, INJECTED};
use crate::failure::Failure;
use crate::flags::SelfTest;
use crate::plan::{Cell, Planned};
use crate::say;
use crate::score::{Score, Validity};

/// What has to be injected into each page so that its CPU time grows by 5 %, in the runner's nanoseconds.
///
/// A runner's nanosecond is a number of steps, which take what they take on this machine, and less in the shadow of other
/// instructions: so a first reading of a large burden says where to look, and one near 5 % settles it.
pub(super) fn calibrate(lab: &mut Lab) -> Result<u64, Failure> {
    let mut planned = lab.control("injected")?;
    let mut ns = planned.cells[0].entries.iter().map(|entry| entry.number("inject_cpu_ns")).max().unwrap_or(0);
    let mut page = f64::NAN;
    for reading in ["calibration", "calibration, once more"] {
        planned.name = reading.into();
        planned.cells.iter_mut().for_each(|cell| inject(cell, ns));
        lab.open(std::slice::from_ref(&planned))?;
        let (outcome, score) = lab.measure(&planned, 0)?;
        let reference = score.rows.iter().find(|row| row.label == planned.reference);
        let burden = score.real_rows().find_map(|row| row.ratio.as_ref());
        let (Some(reference), Some(burden)) = (reference, burden) else {
            return Err(Failure::Nothing(format!("nothing could be calibrated: {:?}", outcome.failed)));
        };
        page = reference.cpu_seconds;
        let share = 1.0 / burden.ratio - 1.0;
        let wanted = 0.05 / share * ns as f64;
        if !(wanted.is_finite() && wanted >= 1.0) {
            return Err(Failure::Nothing(format!("{ns} ns more for each page made no difference ({share:+.3})")));
        }
        ns = wanted.round() as u64;
    }
    say::note(&format!(
        "calibrated {:.2} us of CPU for each page; 5 % more is {ns} of the runner's nanoseconds",
        page * 1e6
    ));
    Ok(ns)
}

/// Both kinds of tries, in turn, so that both see the same hours of the machine.
pub(super) fn verdicts(
    lab: &mut Lab,
    injection: u64,
    flags: &SelfTest,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    // More of them than are needed: as many as fit the budget are run.
    let identical = repeat(lab.control("identical")?, flags.identical * 3, |_| {});
    let injected = repeat(lab.control("injected")?, flags.injected, |cell| inject(cell, injection));
    let plan = [identical, injected];
    lab.open(&plan)?;
    lab.keep()?;
    let (mut counts, mut cost) = (Counts::default(), 0.0_f64);
    let measured = loop {
        let [identical, injected] = &plan;
        let share = counts.detectable as f64 / flags.injected.max(1) as f64;
        let enough = counts.identical as usize >= flags.identical && counts.detectable as usize == flags.injected;
        if counts.identical as usize == identical.cells.len() || enough && lab.left() < cost {
            break Ok(());
        }
        if lab.left() <= 0.0 {
            break Ok(());
        }
        let begin = lab.left();
        let next = (counts.detectable as usize) < flags.injected
            && share <= counts.identical as f64 / flags.identical.max(1) as f64;
        let (planned, cell) = if next { (injected, counts.detectable) } else { (identical, counts.identical) };
        match lab.measure(planned, cell as usize) {
            Ok((_, score)) => {
                let kept = Try::new(planned, &planned.cells[cell as usize], &score, next);
                counts.add(&score, &kept);
                if let Err(failure) = lab.ledger.line(kept.to_json()) {
                    break Err(failure);
                }
            }
            Err(failure) => break Err(failure),
        }
        cost = cost.max(begin - lab.left());
    };
    if counts.identical > 0 {
        findings.push(Finding::false_verdicts(counts.false_verdicts, counts.identical));
        say::note(&format!(
            "of {} controls {} were invalid; 95 of 100 tied within {:.2} %",
            counts.floors.len() + counts.invalid,
            counts.invalid,
            counts.floor(0.95) * 100.0
        ));
    }
    if counts.detectable > 0 {
        findings.push(Finding::detected(INJECTED, counts.detected, counts.detectable));
    }
    measured
}

/// How the tries went.
#[derive(Debug, Default)]
struct Counts {
    identical: u64,
    false_verdicts: u64,
    detectable: u64,
    detected: u64,
    invalid: usize,
    /// How far the controls were from a tie.
    floors: Vec<f64>,
}

impl Counts {
    fn add(&mut self, score: &Score, kept: &Try) {
        match score.validity {
            Validity::Valid { floor } => self.floors.push(floor),
            Validity::Invalid(_) => self.invalid += 1,
            Validity::Unknown => {}
        }
        if kept.injected.is_some() {
            self.detectable += 1;
            self.detected += u64::from(kept.is_found());
        } else {
            self.identical += 1;
            self.false_verdicts += u64::from(kept.is_told_apart());
        }
    }

    fn floor(&self, share: f64) -> f64 {
        let mut floors = self.floors.clone();
        floors.sort_by(f64::total_cmp);
        let rank = (floors.len() as f64 * share).ceil() as usize;
        floors.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}

/// The workload's only cell so many times.
fn repeat(mut planned: Planned, tries: usize, change: impl Fn(&mut Cell)) -> Planned {
    let Some(mut first) = planned.cells.first().cloned() else { return planned };
    change(&mut first);
    let title = first.title.clone();
    let cell = |number| Cell { title: format!("try {number}, {title}"), ..first.clone() };
    planned.cells = (1..=tries).map(cell).collect();
    planned
}

/// Puts so much into the contestant that has something injected.
fn inject(cell: &mut Cell, ns: u64) {
    for entry in &mut cell.entries {
        if let Some((_, value)) = entry.params.iter_mut().find(|(key, _)| key == "inject_cpu_ns") {
            *value = ns.to_string();
            entry.label = format!("{} + 5 % CPU", entry.engine.name);
        }
    }
}
